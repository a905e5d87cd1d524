package linker

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// readmit judges anew observations that were withheld, in their order, and links what nothing
// forbids any more. What a blocked value still forbids stays as it is. Their contacts must be in the
// locked graph.
func (l *Linker) readmit(ctx context.Context, q *store.Queries, g *graph, withheld []store.ListWithheldBetweenRow) error {
	if err := g.readSeparations(ctx, q); err != nil {
		return err
	}
	if l.policy.boundsFanOut() {
		if err := g.readFanOut(ctx, q, g.ids()); err != nil {
			return err
		}
	}
	p := newPlan(g, l.policy, nil)
	for _, o := range withheld {
		both := pair{g.byID[o.EmailContactID], g.byID[o.PhoneContactID]}
		if both.email.blocked || both.phone.blocked {
			continue
		}
		reason := p.mayLink(both.email, both.phone)
		if reason != "" {
			p.withhold(both, reason)
			continue
		}
		p.admit(both)
		if err := q.AcceptRefusalOf(ctx, o.ID); err != nil {
			return err
		}
	}
	return p.write(ctx, q)
}

// admit links two stored values, whatever is recorded of them.
func (p *plan) admit(o pair) {
	if o.email.cluster != o.phone.cluster {
		p.merge(o.email, o.phone)
	}
	p.known[o] = &seenPair{pair: o}
	p.pairs = append(p.pairs, p.known[o])
	o.email.phones++
	o.phone.emails++
}

// withhold gives a stored pair another reason not to link.
func (p *plan) withhold(o pair, reason identity.Reason) {
	p.known[o] = &seenPair{pair: o, reason: reason}
	p.pairs = append(p.pairs, p.known[o])
}
