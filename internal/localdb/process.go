package localdb

import (
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
)

// process is a child in a process group of its own: a Ctrl-C on the terminal reaches the service
// only, which ends its own requests before it ends their database.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
	err    error         // how it ended; read it after exited is closed
}

// startProcess starts the command and waits for its end in the background.
func startProcess(cmd *exec.Cmd) (*process, error) {
	cmd.SysProcAttr = childAttributes()
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux tells a child of its parent's death when the thread ends that started it, so
		// that thread must stay with this goroutine until the child is gone.
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

// end asks the process to end, waits, and kills it with its whole group when ctx is over. It
// returns when the process has ended.
func (p *process) end(ctx context.Context) {
	p.cmd.Process.Signal(syscall.SIGTERM) //nolint:errcheck // fails only when it has ended
	select {
	case <-p.exited:
	case <-ctx.Done():
		syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) //nolint:errcheck // as above
		<-p.exited
	}
}

// killed is a context for end that leaves no time.
func killed() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
