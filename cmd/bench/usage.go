package main

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// usage is processor time. Other work on the machine affects it much less than requests per second.
// It is 0 where it cannot be read: for a database on another machine, or without /proc.
type usage struct {
	client, service, database time.Duration
}

func (u usage) minus(before usage) usage {
	return usage{u.client - before.client, u.service - before.service, u.database - before.database}
}

func (u usage) sum() time.Duration { return u.client + u.service + u.database }

// ownCPU is what this process, the client, has used so far.
func ownCPU() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf returns what another process has used so far. The process 0 has used nothing.
func cpuOf(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ") // after the name, which may hold blanks
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64) // the kernel writes numbers
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // its clock ticks are 1/100 s everywhere
}

// findProcess sets pid if the server is a process of this machine.
func (s *server) findProcess(ctx context.Context) {
	var path string
	if err := s.admin.QueryRowContext(ctx, "SELECT @@GLOBAL.pid_file").Scan(&path); err != nil {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || cpuOf(pid) == 0 {
		return
	}
	s.pid = pid
}
