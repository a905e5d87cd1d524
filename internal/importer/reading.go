package importer

import (
	"context"
	"errors"
	"io"

	"github.com/identikit/identikit/internal/identity"
)

// reading reads and normalizes rows while earlier ones are being linked.
type reading struct {
	input      *counter
	layout     Layout
	normalizer *identity.Normalizer
	batch      int // the fewest rows of a segment, except the last, and the most decisions
	most       int // the most observations of a segment

	opened   chan struct{} // closed when source or err is set
	source   source
	segments chan *segment // closed at the end, after err is set
	err      error
}

// run reads until the end of the input or of ctx.
func (r *reading) run(ctx context.Context) {
	defer close(r.segments)
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
		s := &segment{positions: map[values]int{}}
		var sent bool
		var err error
		if sent, more, err = r.fill(s); !sent && s.rows > 0 {
			select {
			case r.segments <- s:
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

// fill adds rows until the segment is full, or at the end of a batch until somebody takes it: then sent
// is true. The rows that are read while a segment is linked are the next one. more is false if there are
// no rows left.
func (r *reading) fill(s *segment) (sent, more bool, err error) {
	for len(s.observations) < r.most && len(s.decisions) < r.batch && s.text < maxText {
		next, err := r.source.next()
		s.end = r.input.n.Load()
		switch {
		case errors.Is(err, io.EOF):
			return false, false, nil
		case err != nil:
			return false, false, err
		}
		r.add(s, next)
		if s.rows%r.batch == 0 {
			select {
			case r.segments <- s:
				return true, true, nil
			default:
			}
		}
	}
	return false, true, nil
}

func (r *reading) add(s *segment, next row) {
	s.rows++
	if next.decision != nil {
		refused := next.decision.normalize(r.normalizer)
		kept := decidedRow{decision: *next.decision, line: next.line}
		_, kept.text = r.source.original()
		s.text += len(kept.text)
		if refused != nil {
			s.refused = append(s.refused, kept.refuse(*refused))
		} else {
			s.decisions = append(s.decisions, kept)
		}
		return
	}
	o, refused := r.observation(next)
	if refused == nil {
		s.add(o)
		return
	}
	kept := refusedRow{line: next.line, refusal: *refused}
	kept.cells, kept.text = r.source.original()
	s.refused = append(s.refused, kept)
	s.text += kept.size()
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
