package localdb

import (
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Signal sends a signal to the server's process, such as SIGKILL for a crash, after which it is started again,
// or SIGSTOP for a server that stands still. It is for tests.
func (s *Server) Signal(signal syscall.Signal) error {
	text, err := os.ReadFile(s.folder.pidFile())
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(pid, signal)
}
