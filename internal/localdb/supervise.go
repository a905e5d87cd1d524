package localdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	minPause  = 100 * time.Millisecond // before a server that ended by itself is restarted
	maxPause  = 30 * time.Second
	settled   = time.Minute // after a run of this length the pause is minPause again
	trimEvery = time.Hour
	graceTime = 10 * time.Second // for a server that did not answer in time to end
)

// launch starts the server and returns when it answers. The error quotes the server's log. If ctx
// ends first, the server is stopped, and killed if killing ends.
func (s *Server) launch(ctx, killing context.Context) (*process, error) {
	if err := s.folder.evict(ctx, s.log); err != nil {
		return nil, err
	}
	if err := s.folder.emptyTemp(); err != nil {
		return nil, err
	}
	if err := removeSocket(s.socket); err != nil {
		return nil, err
	}
	log, err := openLog(s.folder.logFile())
	if err != nil {
		return nil, err
	}
	defer log.close()
	p, err := startProcess(s.serverCommand(log.file))
	if err != nil {
		return nil, err
	}
	err = s.folder.recordPID(p.cmd.Process.Pid)
	if err == nil {
		err = s.awaitAnswer(ctx, p)
	}
	if err != nil {
		grace, cancel := context.WithTimeout(killing, graceTime)
		defer cancel()
		p.end(grace)
		return nil, fmt.Errorf("%w%s", err, log.complaints())
	}
	return p, nil
}

// awaitAnswer returns when the server answers, or with an error if the server or ctx ends.
func (s *Server) awaitAnswer(ctx context.Context, p *process) error {
	db, err := mysql.Open(s.Config(""), 1)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // only pinged
	for {
		answer := db.PingContext(ctx)
		if answer == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended: %w", s.binary.path, exitError(p))
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer: %w", s.binary.path, errors.Join(ctx.Err(), answer))
		case <-time.After(pollInterval):
		}
	}
}

// exitError describes how a process ended that should not have, even with exit code 0.
func exitError(p *process) error {
	if p.err == nil {
		return errors.New("exit status 0")
	}
	return p.err
}

// supervise restarts the server whenever it ends, until stopping ends. Then it stops the server,
// kills it if killing ends too, and releases the folder.
func (s *Server) supervise(stopping, killing context.Context, p *process) {
	defer close(s.done)
	defer s.folder.unlock()
	trim := time.NewTicker(trimEvery)
	defer trim.Stop()
	pause, began := minPause, time.Now()
	for {
		select {
		case <-stopping.Done():
			p.end(killing)
			return
		case <-trim.C:
			if err := trimLog(s.folder.logFile()); err != nil {
				s.log.Warn("the database server's log cannot be trimmed", "error", err)
			}
		case <-p.exited:
			s.log.Error("the database server ended by itself; restarting it", "error", exitError(p))
			if time.Since(began) > settled {
				pause = minPause
			}
			if p = s.relaunch(stopping, killing, &pause); p == nil {
				return
			}
			began = time.Now()
		}
	}
}

// relaunch retries with growing pauses until the server answers. It returns nil if stopping ends
// first.
func (s *Server) relaunch(stopping, killing context.Context, pause *time.Duration) *process {
	for sleep(stopping, *pause) == nil {
		*pause = min(2*(*pause), maxPause)
		p, err := s.launch(stopping, killing)
		if err == nil {
			s.log.Info("the database server is running again", "pid", p.cmd.Process.Pid)
			return p
		}
		if stopping.Err() == nil {
			s.log.Error("the database server does not start; trying again", "pause", *pause, "error", err)
		}
	}
	return nil
}
