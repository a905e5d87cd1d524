package linker

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Erasure is the receipt of what was erased: ids and counts, no values.
type Erasure struct {
	ContactID uint64
	Tombstone bool      // nothing is left of the contact but its id; false when it keeps its other value
	At        time.Time // by the clock of the database; zero in a dry run

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
// only a keyed digest of them is kept; without ErasureKey that is CodeConflict.
//
// The block of an erased value ends with it: the value links again when it is seen again, unless it is
// suppressed.
//
// Erasing again returns the same receipt; in a dry run, and with suppress where the values were not
// suppressed, it is CodeGone. An unknown id is CodeNotFound.
func (l *Linker) Erase(ctx context.Context, contact uint64, suppress, dryRun bool) (Erasure, error) {
	done, err := l.erase(ctx, erasing{contact: contact, suppress: suppress}, dryRun)
	if identity.CodeOf(err) == identity.CodeGone && !dryRun {
		return l.receipt(ctx, contact, suppress, err)
	}
	return done, err
}

// EraseValue is Erase for one normalized value. A contact that holds another value, too, keeps that
// one, its id and its age. CodeInvalid unless o has exactly one value; CodeNotFound when nobody holds it,
// also because it was erased before.
func (l *Linker) EraseValue(ctx context.Context, o identity.Observation, suppress, dryRun bool) (Erasure, error) {
	if (o.Email == "") == (o.Phone == "") {
		return Erasure{}, &identity.Error{Code: identity.CodeInvalid, Detail: "Either an email or a phoneNumber is required, not both."}
	}
	done, err := l.erase(ctx, erasing{value: o, suppress: suppress}, dryRun)
	if identity.CodeOf(err) == identity.CodeGone { // another was faster
		err = unknownValue()
	}
	return done, err
}

func (l *Linker) erase(ctx context.Context, e erasing, dryRun bool) (Erasure, error) {
	if e.suppress && len(l.keys) == 0 {
		return Erasure{}, conflict("Nothing can be suppressed without the setting ERASURE_KEY. Set it, or erase without suppress.")
	}
	e.reasons = &reasonScan{}
	return correct(ctx, l, dryRun, e)
}

func unknownValue() error { return notFound("No contact holds this value.") }

// erasing is one erasure: of a contact, or of a value.
type erasing struct {
	contact  uint64
	value    identity.Observation // without values: all that the contact has
	suppress bool

	// reasons is what was found before the locks. It is the one thing that apply takes over from there;
	// forget looks again at what it found and at what changed since.
	reasons *reasonScan
}

func (e erasing) byValue() bool { return e.value.Email != "" || e.value.Phone != "" }

// target returns the contact of which something is erased.
func (e erasing) target(ctx context.Context, q *store.Queries) (uint64, error) {
	if !e.byValue() {
		return e.contact, nil
	}
	found, err := q.FindMatches(ctx, values([]identity.Observation{e.value}))
	if err != nil {
		return 0, err
	}
	if len(found) == 0 {
		return 0, unknownValue()
	}
	return found[0].ID, nil
}

// find names the contact, and those that it was separated from: their marks change. Where an observation
// is withheld, the cluster of its other end is left out, which may be thousands: whoever links a pair
// holds the locks on both ends, and to delete a withheld one changes no cluster.
func (e erasing) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	contact, err := e.target(ctx, q)
	if err != nil {
		return nil, err
	}
	separations, err := q.ListSeparationsOf(ctx, store.ListSeparationsOfParams{ContactID: contact})
	ids := []uint64{contact}
	for _, s := range separations {
		ids = append(ids, s.OtherID)
	}
	if err != nil {
		return nil, err
	}
	if e.byValue() {
		return ids, e.reasons.scan(ctx, q, e.value)
	}
	return ids, e.reasons.scanContact(ctx, q, e.contact)
}

func (e erasing) apply(ctx context.Context, c *lockedClusters) (Erasure, error) {
	contact, err := e.target(ctx, c.q)
	if err != nil {
		return Erasure{}, err
	}
	at := slices.IndexFunc(c.matches, func(m match) bool { return m.contact == contact })
	if at < 0 {
		return Erasure{}, mysql.ErrRetry
	}
	g, err := readClusters(ctx, c.q, c.matches[at:at+1], nil)
	if err != nil {
		return Erasure{}, err
	}
	x := g.byID[contact]
	all := identity.Observation{Email: x.email, Phone: x.phone}
	what := all
	if e.byValue() {
		what = identity.Observation{Email: e.value.Email, Phone: e.value.Phone}
	}
	done := Erasure{ContactID: x.id, Tombstone: what == all, Suppressed: e.suppress, Before: g.members()}
	t, err := readTraces(ctx, c, x, what, done.Tombstone)
	if err != nil {
		return Erasure{}, err
	}
	done.Observations, done.Refusals, done.Separations, done.Blocks = len(t.observations), t.refusals, len(t.separations), t.blocks
	rev, err := e.revise(ctx, c.q, g, x, what, done)
	if err != nil {
		return Erasure{}, err
	}
	done.After = g.members()
	if c.dryRun {
		return done, nil
	}
	if err := e.write(ctx, c, rev, t, x, what); err != nil {
		return Erasure{}, err
	}
	if done.At, err = c.q.FindErasedAt(ctx, x.id); err != nil {
		return Erasure{}, err
	}
	return done, done.keep(ctx, c.q)
}

// revise takes the value, or the whole contact, out of the graph.
func (e erasing) revise(
	ctx context.Context, q *store.Queries, g *graph, x *contact, what identity.Observation, done Erasure,
) (*revision, error) {
	rev, err := revise(ctx, q, g)
	if err != nil {
		return nil, err
	}
	switch {
	case done.Tombstone:
		rev.remove(x, done.Blocks > 0)
	case what.Email != "":
		rev.addEvent(identity.EventValueErased, x, x.cluster.root, 0)
		rev.drop(func(e edge) bool { return e.email == x })
		delete(g.byEmail, x.email)
		x.email = ""
	default:
		rev.addEvent(identity.EventValueErased, x, x.cluster.root, 0)
		rev.drop(func(e edge) bool { return e.phone == x })
		delete(g.byPhone, x.phone)
		x.phone = ""
	}
	rev.regroup()
	return rev, nil
}

// remove takes a contact out of the graph. The oldest contact that is left of its cluster succeeds it as
// the primary of the others, until they are regrouped.
func (r *revision) remove(x *contact, wasBlocked bool) {
	g, cl := r.graph, x.cluster
	delete(g.byID, x.id)
	delete(g.byEmail, x.email)
	delete(g.byPhone, x.phone)
	r.drop(func(e edge) bool { return e.email == x || e.phone == x })
	cl.members = slices.DeleteFunc(slices.Clone(cl.members), func(m *contact) bool { return m == x })
	primary := x
	if len(cl.members) > 0 {
		if cl.root == x {
			cl.root = slices.MinFunc(cl.members, older)
		}
		primary = cl.root
	}
	delete(r.was, x)
	for _, c := range cl.members {
		r.was[c] = cl.root
	}
	if wasBlocked {
		r.addEvent(identity.EventUnblocked, x, x.cluster.root, 0)
	}
	r.addEvent(identity.EventErased, x, primary, 0)
}

// members lists the clusters of the graph without their values, by primary.
func (g *graph) members() []Members {
	all := []Members{}
	for _, c := range g.render() {
		all = append(all, Members{c.PrimaryID, c.SecondaryIDs})
	}
	return all
}
