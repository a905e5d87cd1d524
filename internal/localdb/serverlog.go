package localdb

import (
	"fmt"
	"io"
	"os"
	"strings"
)

const (
	maxLog        = 4 << 20 // bytes; a longer log is moved to server.log.1
	maxComplaints = 5       // lines of the log that an error quotes
	maxQuoted     = 64 << 10
)

// serverLog is the log of one run of the server.
type serverLog struct {
	file *os.File
	from int64 // the offset at which this run begins
}

func openLog(path string) (*serverLog, error) {
	if err := trimLog(path); err != nil {
		return nil, fmt.Errorf("trim the server's log: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		file.Close() //nolint:errcheck // nothing written
		return nil, fmt.Errorf("open the server's log: %w", err)
	}
	return &serverLog{file: file, from: end}, nil
}

func (l *serverLog) close() {
	l.file.Close() //nolint:errcheck // the server writes to its own copy
}

// trimLog moves a long log to server.log.1. It copies and truncates the file instead of renaming
// it, because a running server keeps appending to it.
func trimLog(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Size() < maxLog {
		return nil //nolint:nilerr // no log yet
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".1", text, 0o600); err != nil {
		return err
	}
	return os.Truncate(path, 0)
}

// complaints returns the last errors of this run, or its last lines if none is an error, formatted
// as the end of an error message, or "" if it wrote nothing.
func (l *serverLog) complaints() string {
	info, err := l.file.Stat()
	if err != nil {
		return ""
	}
	from := max(l.from, info.Size()-maxQuoted)
	text := make([]byte, max(0, info.Size()-from))
	n, _ := l.file.ReadAt(text, from) // quote what could be read
	lines := lastErrors(string(text[:n]))
	if len(lines) == 0 {
		return ""
	}
	return "; its log says:\n\t" + strings.Join(lines, "\n\t") + permissionHint(lines)
}

func lastErrors(text string) []string {
	var lines, errs []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		lines = append(lines, line)
		if strings.Contains(line, "[ERROR]") {
			errs = append(errs, line)
		}
	}
	if len(errs) > 0 {
		lines = errs
	}
	return lines[max(0, len(lines)-maxComplaints):]
}

// permissionHint explains a permission error in a folder that the user owns.
func permissionHint(lines []string) string {
	text := strings.ToLower(strings.Join(lines, "\n"))
	for _, sign := range []string{"permission denied", "errno 13", "errno: 13", "errcode: 13"} {
		if strings.Contains(text, sign) {
			return "\nIf the folder is yours, AppArmor or SELinux may confine this server to its packaged data folder:" +
				" allow it (/etc/apparmor.d/local/usr.sbin.mysqld), use another server (IDENTIKIT_MYSQLD), or set DATABASE_URL."
		}
	}
	return ""
}
