package importer

import (
	"context"

	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
)

// maxWithheld is the most observations that one transaction withholds. Each needs the locks of two
// clusters.
const maxWithheld = 50

// decide applies decisions in order and returns those that contradict what is stored.
func (w *writing) decide(ctx context.Context, rows []decidedRow) (refused []refusedRow, err error) {
	for len(rows) > 0 {
		n := 1
		for n < len(rows) && n < maxWithheld && rows[0].withholds() && rows[n].withholds() {
			n++
		}
		reasons, err := w.apply(ctx, rows[:n])
		if err != nil {
			return refused, err
		}
		for i, reason := range reasons {
			if reason != nil {
				refused = append(refused, rows[i].refuse(*refusalOf(reason)))
			}
		}
		rows = rows[n:]
	}
	return refused, nil
}

// withholds reports whether the decision is about an observation.
func (d *decision) withholds() bool { return d.Decision != "block" && d.Decision != "separation" }

// apply applies several decisions about observations, or one other decision. For each it returns
// the reason why it cannot be applied, if any.
func (w *writing) apply(ctx context.Context, rows []decidedRow) (reasons []error, err error) {
	first := rows[0].decision
	err = w.repeat(ctx, limited(func(ctx context.Context) (err error) {
		switch first.Decision {
		case "block":
			err = w.block(ctx, first)
		case "separation":
			err = w.options.Decisions.SeparateValues(ctx, first.values[0], first.values[1], first.Reason)
		default:
			reasons, err = w.withhold(ctx, rows)
		}
		return err
	}))
	switch code := identity.CodeOf(err); {
	case first.withholds():
		return reasons, err
	case code != "" && !code.IsFailure():
		return []error{err}, nil
	}
	return reasons, err
}

func (w *writing) withhold(ctx context.Context, rows []decidedRow) ([]error, error) {
	withheld := make([]correction.Withheld, len(rows))
	for i, r := range rows {
		withheld[i] = correction.Withheld{Observation: r.values[0], Reason: r.Code, Why: r.Reason, Refusal: r.Refusal}
	}
	return w.options.Decisions.Withhold(ctx, withheld)
}

// block repeats until no observation links the value.
func (w *writing) block(ctx context.Context, d decision) error {
	for {
		b, err := w.options.Decisions.Block(ctx, d.values[0], d.Reason, false)
		if err != nil || b.Linking == 0 {
			return err
		}
	}
}
