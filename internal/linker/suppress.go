package linker

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// errSuppressed rolls back a transaction that has inserted a suppressed value.
var errSuppressed = errors.New("a suppressed value was inserted")

// findSuppressed adds to found which values of new contacts are suppressed, and returns
// errSuppressed when there are any.
//
// It must run after the contacts were inserted, in the same transaction. A check before the insert would
// miss a value that another process inserts and erases in between. The unique index orders the two:
// either the erasing transaction still holds the old entry, and the insert waits for its commit, or it
// has committed. The digests are part of that commit, and under READ COMMITTED each statement sees what
// was committed before it.
func (l *Linker) findSuppressed(ctx context.Context, q *store.Queries, added []*contact, found map[string]bool) error {
	if len(l.keys) == 0 || len(added) == 0 {
		return nil
	}
	values := map[string][]string{} // by digest
	for _, c := range added {
		for _, digest := range l.lookupDigests(identity.FieldEmail, c.email) {
			values[digest] = append(values[digest], c.email)
		}
		for _, digest := range l.lookupDigests(identity.FieldPhone, c.phone) {
			values[digest] = append(values[digest], c.phone)
		}
	}
	suppressed, err := q.FindSuppressed(ctx, slices.Collect(maps.Keys(values)))
	if err != nil || len(suppressed) == 0 {
		return err
	}
	for _, s := range suppressed {
		for _, value := range values[s.Digest] {
			found[value] = true
		}
	}
	return errSuppressed
}

// lookupDigests returns the digests, under all keys, of the forms under which a value may have been
// suppressed, and none for "".
func (l *Linker) lookupDigests(f identity.Field, value string) []string {
	if value == "" {
		return nil
	}
	var digests []string
	for _, form := range identity.LookupForms(f, value) {
		for _, key := range l.keys {
			digests = append(digests, key.digest(f, form))
		}
	}
	return digests
}

// suppress stores the digests of what is erased, under the first key. Either value may be "".
func (l *Linker) suppress(ctx context.Context, q *store.Queries, email, phone string) error {
	if err := l.suppressValue(ctx, q, identity.FieldEmail, email); err != nil {
		return err
	}
	return l.suppressValue(ctx, q, identity.FieldPhone, phone)
}

func (l *Linker) suppressValue(ctx context.Context, q *store.Queries, f identity.Field, value string) error {
	if value == "" {
		return nil
	}
	key, forms := l.keys[0], identity.KeptForms(f, value)
	kind := store.SuppressionsKindEmail
	if f == identity.FieldPhone {
		kind = store.SuppressionsKindPhone
	}
	id, err := q.InsertSuppression(ctx, store.InsertSuppressionParams{Kind: kind, KeyID: key.ID(), Digest: key.digest(f, forms[0])})
	if err != nil {
		return err
	}
	for _, form := range forms {
		err := q.InsertSuppressionDigest(ctx, store.InsertSuppressionDigestParams{
			Digest: key.digest(f, form), SuppressionID: uint64(id), //nolint:gosec // an id is not negative
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// linkAllowed links an observation without its suppressed values.
func (p *plan) linkAllowed(o identity.Observation) answer {
	refused := p.removeSuppressed(&o)
	if refused == nil {
		return p.link(o)
	}
	counts, a := p.counts, answer{}
	if o.Email != "" || o.Phone != "" {
		a = p.link(o)
	}
	p.counts = counts
	p.counts.Erased++
	a.refused = append(refused, a.refused...)
	return a
}

// removeSuppressed removes the suppressed values from an observation, and returns them as refused.
func (p *plan) removeSuppressed(o *identity.Observation) (refused []identity.Refusal) {
	if p.graph.suppressed[o.Email] {
		refused = append(refused, identity.NewRefusal(identity.ReasonErased, identity.FieldEmail))
		o.Email = ""
	}
	if p.graph.suppressed[o.Phone] {
		refused = append(refused, identity.NewRefusal(identity.ReasonErased, identity.FieldPhone))
		o.Phone = ""
	}
	return refused
}
