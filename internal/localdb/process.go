package localdb

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a child in its own process group: a Ctrl-C on the terminal reaches only the service,
// which finishes its requests before it stops the database.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
	err    error         // how it ended; valid after exited is closed
}

// startProcess starts the command and waits for its end in the background.
func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux signals the child when the thread that started it ends, so the thread must stay
		// with this goroutine until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	return p, nil
}

// end asks the process to end, waits, and kills its whole group if ctx ends. It returns when the
// process has ended.
func (p *process) end(ctx context.Context) {
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // fails only when it has ended
	select {
	case <-p.exited:
	case <-ctx.Done():
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // as above
		<-p.exited
	}
}

// killed returns a context for end that has already ended.
func killed() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
