package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

// surroundings are the machine, the server and the settings of a run. A figure means nothing without
// them.
type surroundings struct {
	machine, load, server, settings string
	start                           time.Time
}

func describe(ctx context.Context, s *server) (surroundings, error) {
	version, err := mysql.Version(ctx, s.admin)
	if err != nil {
		return surroundings{}, err
	}
	var flush, sync, pool uint64
	var binlog bool
	if err := s.admin.QueryRowContext(ctx, `SELECT @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.sync_binlog,
		@@GLOBAL.log_bin, @@GLOBAL.innodb_buffer_pool_size`).Scan(&flush, &sync, &binlog, &pool); err != nil {
		return surroundings{}, err
	}
	if s.private != nil {
		version += ", private"
	}
	return surroundings{
		machine: fmt.Sprintf("%s, %d cores, %s memory, %s/%s, %s",
			processor(ctx), runtime.NumCPU(), memory(ctx), runtime.GOOS, runtime.GOARCH, runtime.Version()),
		load:   firstWord("/proc/loadavg"),
		server: version,
		settings: fmt.Sprintf("innodb_flush_log_at_trx_commit=%d, sync_binlog=%d, log_bin=%t, innodb_buffer_pool_size=%d MiB",
			flush, sync, binlog, pool>>20),
		start: time.Now(),
	}, nil
}

func processor(ctx context.Context) string {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return sysctl(ctx, "machdep.cpu.brand_string", "unknown processor")
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown processor"
}

func memory(ctx context.Context) string {
	info, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		bytes, _ := strconv.ParseUint(sysctl(ctx, "hw.memsize", "0"), 10, 64) // 0 if it is not a number
		return fmt.Sprintf("%d GiB", bytes>>30)
	}
	var kib uint64
	if _, err := fmt.Sscanf(string(info), "MemTotal: %d kB", &kib); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%d GiB", (kib+1<<19)>>20)
}

func sysctl(ctx context.Context, name, fallback string) string {
	out, err := exec.CommandContext(ctx, "sysctl", "-n", name).Output()
	if err != nil {
		return fallback
	}
	return strings.TrimSpace(string(out))
}

func firstWord(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	word, _, _ := strings.Cut(string(text), " ")
	return word
}
