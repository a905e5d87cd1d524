package importer

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
)

const (
	// attemptTimeout is for a server that neither answers nor closes the connection. A batch
	// normally takes far less than a second.
	attemptTimeout = 2 * time.Minute

	minPause, maxPause = 250 * time.Millisecond, 10 * time.Second
)

// writing links batches one after the other and counts.
type writing struct {
	options  Options
	patience time.Duration
	rejects  *rejects
	done     Progress
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
		case b, ok := <-r.batches:
			if !ok {
				return r.err
			}
			if err := w.write(ctx, b); err != nil {
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

func (w *writing) write(ctx context.Context, b batch) error {
	if len(b.observations) > 0 {
		counts, err := w.link(ctx, b.observations)
		if err != nil {
			return err
		}
		w.count(counts)
	}
	refused, err := w.decide(ctx, b.decisions)
	if err != nil {
		return err
	}
	w.done.Decided += len(b.decisions) - len(refused)
	w.done.Rows += b.rows()
	b.refused = append(b.refused, refused...)
	slices.SortStableFunc(b.refused, func(a, b refusedRow) int { return cmp.Compare(a.line, b.line) })
	if w.rejects != nil {
		if err := w.rejects.write(b.refused); err != nil {
			return err
		}
	}
	w.done.Refused += len(b.refused)
	w.done.Bytes = b.end
	w.report()
	return nil
}

func (w *writing) count(c cluster.Counts) {
	w.done.Counts.Created += c.Created
	w.done.Counts.Linked += c.Linked
	w.done.Counts.Merged += c.Merged
	w.done.Counts.Unchanged += c.Unchanged
	w.done.Counts.Withheld += c.Withheld
	w.done.Counts.Erased += c.Erased
}

func (w *writing) report() {
	if w.options.Progress != nil {
		w.options.Progress(w.done)
	}
}

// link links a batch. If it was already linked and only the answer was lost, it counts as
// unchanged.
func (w *writing) link(ctx context.Context, observations []identity.Observation) (counts cluster.Counts, err error) {
	err = w.repeat(ctx, func(ctx context.Context) (err error) {
		counts, err = w.options.Linker.Import(ctx, observations)
		return err
	})
	return counts, err
}

// repeat calls attempt until the database answers or patience is over.
func (w *writing) repeat(ctx context.Context, attempt func(context.Context) error) error {
	begun := time.Now()
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		err := withTimeout(ctx, attempt)
		switch {
		case ctx.Err() != nil && err != nil:
			return ctx.Err()
		case identity.CodeOf(err) != identity.CodeUnavailable:
			w.done.Unreachable = nil
			return err
		case time.Since(begun) > w.patience:
			return err
		}
		w.done.Unreachable = err
		w.report()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}

func withTimeout(ctx context.Context, attempt func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return attempt(ctx)
}
