package importer

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

const (
	// attemptTimeout is for a server that neither answers nor closes the connection. A batch
	// normally takes far less than a second.
	attemptTimeout = 2 * time.Minute

	minPause, maxPause = 250 * time.Millisecond, 10 * time.Second
)

// writing links segments one after the other and counts.
type writing struct {
	options  Options
	patience time.Duration
	size     int // of a batch
	writers  int
	rejects  *rejects
	stamps   stamps

	mu   sync.Mutex // guards done, and calls of Progress
	done Progress
}

func (w *writing) run(ctx context.Context, r *reading) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.opened:
	}
	if r.source == nil {
		return r.err
	}
	if err := w.begin(r.source); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case s, ok := <-r.segments:
			if !ok {
				return r.err
			}
			if err := w.write(ctx, s); err != nil {
				return err
			}
		}
	}
}

func (w *writing) begin(s source) (err error) {
	_, decisions := s.(*decisionSource)
	switch {
	case decisions && w.options.Decisions == nil:
		return InputError("this is a file of decisions, which cannot be imported here")
	case !decisions && w.options.Ready != nil:
		w.options.Ready(s.columns())
	}
	if w.options.Rejects != nil {
		w.rejects, err = newRejects(w.options.Rejects, s.header())
	}
	return err
}

func (w *writing) write(ctx context.Context, s *segment) error {
	if err := w.link(ctx, s); err != nil {
		return err
	}
	refused, err := w.decide(ctx, s.decisions)
	if err != nil {
		return err
	}
	decided := len(s.decisions) - len(refused)
	refused = append(s.refused, refused...)
	slices.SortStableFunc(refused, func(a, b refusedRow) int { return cmp.Compare(a.line, b.line) })
	if w.rejects != nil {
		if err := w.rejects.write(refused); err != nil {
			return err
		}
	}
	w.update(func(done *Progress) {
		done.Decided += decided
		done.Refused += len(refused)
		done.Rows += decided + len(refused)
		done.Bytes = s.end
		done.Unreachable = nil
	})
	return nil
}

// update changes and reports the progress.
func (w *writing) update(change func(*Progress)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(&w.done)
	if w.options.Progress != nil {
		w.options.Progress(w.done)
	}
}

// repeat calls attempt until the database answers or patience is over. What was committed although its
// answer was lost is unchanged the next time.
func (w *writing) repeat(ctx context.Context, attempt func(context.Context) error) error {
	begun := time.Now()
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		err := attempt(ctx)
		switch {
		case ctx.Err() != nil && err != nil:
			return context.Cause(ctx)
		case identity.CodeOf(err) != identity.CodeUnavailable, time.Since(begun) > w.patience:
			return err
		}
		w.update(func(done *Progress) { done.Unreachable = err })
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// limited returns an attempt that ends after attemptTimeout.
func limited(attempt func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
		defer cancel()
		return attempt(ctx)
	}
}
