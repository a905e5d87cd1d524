// Package erasure deletes values for good, with everything that was observed of them and decided about
// them, and keeps a receipt without values.
package erasure

import (
	"context"
	"errors"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/store"
	"github.com/identikit/identikit/internal/suppression"
)

// Eraser erases in one database. It is safe for concurrent use.
type Eraser struct {
	ledger *ledger.Ledger
	keys   suppression.Keys
}

// New returns an eraser that suppresses under the first of the keys.
func New(l *ledger.Ledger, keys suppression.Keys) *Eraser { return &Eraser{l, keys} }

// Erasure is the receipt of what was erased: ids and counts, no values.
type Erasure struct {
	ContactID uint64
	Tombstone bool      // nothing is left of the contact but its id; false when it keeps its other value
	At        time.Time // by the clock of the database; zero in a dry run
	KeyID     *uint64   // the API key that erased it; nil without a key and in a dry run

	Observations, Refusals, Separations, Blocks int // deleted with it

	Suppressed    bool
	Before, After []Members // of the cluster that the contact was in, each list by primary
}

// Members is a cluster without its values. SecondaryIDs is never nil.
type Members struct {
	PrimaryID    uint64
	SecondaryIDs []uint64
}

// Erase deletes the values of one contact, with everything that was observed of them and decided about
// them, and leaves a tombstone. The cluster becomes what the other observations say; each part goes under
// its oldest contact. With suppress the values are refused from now on (see identity.ReasonErased), and
// only a keyed digest of them is kept; without a key that is CodeConflict.
//
// The block of an erased value ends with it: the value links again when it is seen again, unless it is
// suppressed.
//
// Erasing again returns the same receipt; in a dry run, and with suppress where the values were not
// suppressed, it is CodeGone. An unknown id is CodeNotFound.
func (x *Eraser) Erase(ctx context.Context, contact uint64, suppress, dryRun bool) (Erasure, error) {
	done, err := x.erase(ctx, erasing{contact: contact, suppress: suppress}, dryRun)
	if identity.CodeOf(err) == identity.CodeGone && !dryRun {
		return x.receipt(ctx, contact, suppress, err)
	}
	return done, err
}

// EraseValue is Erase for one normalized value. A contact that holds another value, too, keeps that
// one, its id and its age. CodeInvalid unless o has exactly one value; CodeNotFound when nobody holds it,
// also because it was erased before. Repeating it returns the same receipt if the context has an
// idempotency.Key.
func (x *Eraser) EraseValue(ctx context.Context, o identity.Observation, suppress, dryRun bool) (Erasure, error) {
	if (o.Email == "") == (o.Phone == "") {
		return Erasure{}, &identity.Error{Code: identity.CodeInvalid, Detail: "Either an email or a phoneNumber is required, not both."}
	}
	done, err := x.erase(ctx, erasing{value: o, suppress: suppress}, dryRun)
	if before, ok := errors.AsType[*idempotency.Repeated](err); ok {
		return x.receiptByID(ctx, before.ErasureID)
	}
	return done, err
}

func (x *Eraser) erase(ctx context.Context, e erasing, dryRun bool) (Erasure, error) {
	if e.suppress && len(x.keys) == 0 {
		return Erasure{}, &identity.Error{
			Code:   identity.CodeConflict,
			Detail: "Nothing can be suppressed without the setting ERASURE_KEY. Set it, or erase without suppress.",
		}
	}
	e.keys, e.reasons = x.keys, &reasonScan{}
	return ledger.Decide(ctx, x.ledger, dryRun, e)
}

// erasing is one erasure: of a contact, or of a value.
type erasing struct {
	contact  uint64
	value    identity.Observation // without values: all that the contact has
	suppress bool
	keys     suppression.Keys

	// reasons is what was found before the locks. It is the one thing that Apply takes over from there;
	// forget looks again at what it found and at what changed since.
	reasons *reasonScan
}

func (e erasing) byValue() bool { return e.value.Email != "" || e.value.Phone != "" }

// target returns the contact of which something is erased.
func (e erasing) target(ctx context.Context, r ledger.Reader) (uint64, error) {
	if !e.byValue() {
		return e.contact, nil
	}
	found, err := r.FindMatches(ctx, []identity.Observation{e.value})
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, ledger.UnknownValue()
	}
	return found[0].ContactID, nil
}

// Find names the contact, and those that it was separated from: their marks change. Where an observation
// is withheld, the cluster of its other end is left out, which may be thousands: whoever links a pair
// holds the locks on both ends, and to delete a withheld one changes no cluster.
func (e erasing) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	if err := idempotency.Claim(ctx, r.Queries); err != nil {
		return nil, err
	}
	contact, err := e.target(ctx, r)
	if err == nil && !e.byValue() {
		_, err = r.FindContacts(ctx, []uint64{contact})
	}
	if err != nil {
		return nil, err
	}
	separations, err := r.Queries.ListSeparationsOf(ctx, store.ListSeparationsOfParams{ContactID: contact})
	ids := []uint64{contact}
	for _, s := range separations {
		ids = append(ids, s.OtherID)
	}
	if err != nil {
		return nil, err
	}
	if e.byValue() {
		return ids, e.reasons.scan(ctx, r.Queries, e.value)
	}
	return ids, e.reasons.scanContact(ctx, r.Queries, e.contact)
}

// Apply implements ledger.Decision.
func (e erasing) Apply(ctx context.Context, l *ledger.Locked) (Erasure, error) {
	contact, err := e.target(ctx, l.Reader)
	if err != nil {
		return Erasure{}, err
	}
	at, err := l.Match(contact)
	if err != nil {
		return Erasure{}, err
	}
	g, err := l.ReadClusters(ctx, ledger.Matches{at}, nil)
	if err != nil {
		return Erasure{}, err
	}
	c := g.ByID(contact)
	all := identity.Observation{Email: c.Email, Phone: c.Phone}
	what := all
	if e.byValue() {
		what = identity.Observation{Email: e.value.Email, Phone: e.value.Phone}
	}
	done := Erasure{ContactID: c.ID, Tombstone: what == all, Suppressed: e.suppress, Before: membersOf(g)}
	t, err := readTraces(ctx, l, c.ID, what, done.Tombstone)
	if err != nil {
		return Erasure{}, err
	}
	done.Observations, done.Refusals, done.Separations, done.Blocks = len(t.observations), t.refusals, len(t.separations), t.blocks
	rev, err := e.revise(ctx, l.Reader, g, c, what, done)
	if err != nil {
		return Erasure{}, err
	}
	done.After = membersOf(g)
	if l.DryRun {
		return done, nil
	}
	if err := e.write(ctx, l, rev, t, done, what); err != nil {
		return Erasure{}, err
	}
	done.KeyID = identity.ActorOf(ctx)
	if done.At, err = l.Queries.FindErasedAt(ctx, c.ID); err != nil {
		return Erasure{}, err
	}
	return done, e.keep(ctx, l.Queries, done)
}

// revise takes the value, or the whole contact, out of the graph.
func (e erasing) revise(
	ctx context.Context, r ledger.Reader, g *cluster.Graph, c *cluster.Contact, what identity.Observation, done Erasure,
) (*cluster.Revision, error) {
	rev, err := r.Revise(ctx, g)
	if err != nil {
		return nil, err
	}
	switch {
	case done.Tombstone:
		rev.Remove(c, done.Blocks > 0)
	case what.Email != "":
		rev.RemoveValue(c, identity.FieldEmail)
	default:
		rev.RemoveValue(c, identity.FieldPhone)
	}
	rev.Regroup()
	return rev, nil
}

// membersOf lists the clusters of a graph without their values, by primary.
func membersOf(g *cluster.Graph) []Members {
	all := []Members{}
	for _, c := range g.Clusters() {
		all = append(all, Members{c.PrimaryID, c.SecondaryIDs})
	}
	return all
}
