package importer

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

const (
	// attemptTimeout is for a server that neither answers nor closes the connection. A batch takes
	// far less than a second where nothing is wrong.
	attemptTimeout = 2 * time.Minute

	minPause, maxPause = 250 * time.Millisecond, 10 * time.Second
)

// writing has batches linked, one after the other, and counts.
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
	if w.options.Ready != nil {
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
	if w.rejects != nil {
		if err := w.rejects.write(b.refused); err != nil {
			return err
		}
	}
	w.done.Refused += len(b.refused)
	w.done.Rows += len(b.observations) + len(b.refused)
	w.done.Bytes = b.end
	w.report()
	return nil
}

func (w *writing) count(c linker.Counts) {
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

// link repeats until the batch is linked, as long as patience lasts. A batch that was linked
// although its answer was lost is found unchanged.
func (w *writing) link(ctx context.Context, observations []identity.Observation) (linker.Counts, error) {
	begun := time.Now()
	for pause := minPause; ; pause = min(2*pause, maxPause) {
		counts, err := w.attempt(ctx, observations)
		switch {
		case ctx.Err() != nil && err != nil:
			return counts, ctx.Err()
		case identity.CodeOf(err) != identity.CodeUnavailable:
			w.done.Away = nil
			return counts, err
		case time.Since(begun) > w.patience:
			return counts, err
		}
		w.done.Away = err
		w.report()
		select {
		case <-ctx.Done():
			return counts, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (w *writing) attempt(ctx context.Context, observations []identity.Observation) (linker.Counts, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	return w.options.Linker.Import(ctx, observations)
}
