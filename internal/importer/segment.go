package importer

import (
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// maxText limits the decisions and refused rows that a segment keeps, in bytes, because they may be
// long.
const maxText = 4 << 20

// segment is a part of the file, with its rows in order. Rows with the same values are kept once.
type segment struct {
	observations []identity.Observation
	repeats      []int // how many more rows have the values of each
	positions    map[values]int
	decisions    []decidedRow // only for a file of decisions, which has no observations
	refused      []refusedRow
	rows         int
	text         int   // bytes in decisions and refused
	end          int64 // bytes of input read up to the end of the segment
}

// values identify an observation.
type values struct{ email, phone string }

// add adds an observation. If the segment has it already, the earlier time remains: no time means now.
func (s *segment) add(o identity.Observation) {
	key := values{o.Email, o.Phone}
	if at, repeated := s.positions[key]; repeated {
		s.repeats[at]++
		first := &s.observations[at]
		if first.SeenAt.IsZero() || !o.SeenAt.IsZero() && o.SeenAt.Before(first.SeenAt) {
			first.SeenAt = o.SeenAt
		}
		return
	}
	s.positions[key] = len(s.observations)
	s.observations = append(s.observations, o)
	s.repeats = append(s.repeats, 0)
}

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

// size is about how many bytes the row takes in memory.
func (r refusedRow) size() int {
	const fixed, perCell = 128, 16
	n := fixed + len(r.text)
	for _, cell := range r.cells {
		n += perCell + len(cell)
	}
	return n
}

// stamps gives each observation of a file its own time, in order: an observation without a time is as old
// as when it was read, so that earlier rows are older in whatever order they are written.
type stamps struct{ last time.Time }

// next returns the time of the first of n observations that were read by now. The others follow in steps
// of a microsecond, which is the precision of the database.
func (s *stamps) next(now time.Time, n int) time.Time {
	first := now.Add(-time.Duration(n) * time.Microsecond)
	if !first.After(s.last) {
		first = s.last.Add(time.Microsecond)
	}
	s.last = first.Add(time.Duration(n) * time.Microsecond)
	return first
}
