package importer

import (
	"context"
	"errors"
	"io"

	"github.com/identikit/identikit/internal/identity"
)

// maxBatchText limits the refused rows that a batch keeps, in bytes, because they may be long.
const maxBatchText = 4 << 20

// batch is a number of rows in order.
type batch struct {
	observations []identity.Observation
	decisions    []decidedRow // only for a file of decisions, which has no observations
	refused      []refusedRow
	text         int   // bytes in decisions and refused
	end          int64 // bytes of input read up to the end of the batch
}

func (b *batch) rows() int { return len(b.observations) + len(b.decisions) + len(b.refused) }

// decidedRow is a decision, with its line in case it is refused.
type decidedRow struct {
	decision
	line int
	text string
}

func (r decidedRow) refuse(reason refusal) refusedRow {
	return refusedRow{line: r.line, refusal: reason, text: r.text}
}

// refusedRow is a row for the rejects.
type refusedRow struct {
	line int
	refusal
	cells []string
	text  string
}

// reading reads and normalizes rows while earlier ones are being linked.
type reading struct {
	input      *counter
	layout     Layout
	normalizer *identity.Normalizer
	size       int

	opened  chan struct{} // closed when source or err is set
	source  source
	batches chan batch // closed at the end, after err is set
	err     error
}

// run reads until the end of the input or of ctx.
func (r *reading) run(ctx context.Context) {
	defer close(r.batches)
	var err error
	if r.source, err = open(r.input, r.layout); err != nil {
		r.err = err
	}
	close(r.opened)
	if err == nil {
		r.err = r.read(ctx)
	}
}

func (r *reading) read(ctx context.Context) error {
	for more := true; more; {
		b := batch{observations: make([]identity.Observation, 0, r.size)}
		var err error
		if more, err = r.fill(&b); b.rows() > 0 {
			select {
			case r.batches <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// fill adds rows until the batch is full. more is false if there are none left.
func (r *reading) fill(b *batch) (more bool, err error) {
	for len(b.observations)+len(b.decisions) < r.size && len(b.refused) < r.size && b.text < maxBatchText {
		next, err := r.source.next()
		switch {
		case errors.Is(err, io.EOF):
			b.end = r.input.n.Load()
			return false, nil
		case err != nil:
			return false, err
		}
		r.add(b, next)
	}
	b.end = r.input.n.Load()
	return true, nil
}

func (r *reading) add(b *batch, next row) {
	if next.decision != nil {
		refused := next.decision.normalize(r.normalizer)
		kept := decidedRow{decision: *next.decision, line: next.line}
		_, kept.text = r.source.original()
		b.text += len(kept.text)
		if refused != nil {
			b.refused = append(b.refused, kept.refuse(*refused))
		} else {
			b.decisions = append(b.decisions, kept)
		}
		return
	}
	o, refused := r.observation(next)
	if refused == nil {
		b.observations = append(b.observations, o)
		return
	}
	kept := refusedRow{line: next.line, refusal: *refused}
	kept.cells, kept.text = r.source.original()
	b.refused = append(b.refused, kept)
	b.text += len(kept.text)
	for _, cell := range kept.cells {
		b.text += len(cell)
	}
}

func (r *reading) observation(next row) (identity.Observation, *refusal) {
	if next.refused != nil {
		return identity.Observation{}, next.refused
	}
	o, _, err := r.normalizer.Screened(next.email, next.phone)
	if err != nil {
		return o, refusalOf(err)
	}
	var ok bool
	if o.SeenAt, ok = parseTime(next.seenAt); !ok {
		return o, &refusal{fieldObservedAt, wantTime}
	}
	return o, nil
}

// refusalOf converts an error about the values of a row.
func refusalOf(err error) *refusal {
	if known, ok := errors.AsType[*identity.Error](err); ok {
		return &refusal{string(known.Field), known.Detail}
	}
	return &refusal{reason: "The row is not accepted."}
}
