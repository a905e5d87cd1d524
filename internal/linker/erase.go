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
	At        time.Time // by the clock of the database

	Observations, Refusals, Separations int // deleted along

	Suppressed    bool
	Before, After []Members // of the cluster that the contact was in, each list by primary
}

// Members is a cluster without its values. SecondaryIDs is never nil.
type Members struct {
	PrimaryID    uint64
	SecondaryIDs []uint64
}

// Erase deletes the values of one contact, with everything that was observed of them, and leaves a
// tombstone. The cluster becomes what the other observations say; each part goes under its oldest
// contact. With suppress the values are refused from now on (see identity.ReasonErased), of which
// only a keyed digest is kept; without ErasureKey that is CodeConflict. With dryRun it is done and
// taken back.
//
// The event erased names the tombstone and, as its primary, the oldest contact that is left of the
// cluster: the successor when the primary was erased, the tombstone itself when nobody is left.
// Other parts follow as split from that one.
//
// An unknown id is CodeNotFound, a tombstone CodeGone.
func (l *Linker) Erase(ctx context.Context, contact uint64, suppress, dryRun bool) (Erasure, error) {
	return l.erase(ctx, &erasing{linker: l, contact: contact, suppress: suppress}, dryRun)
}

// EraseValue is Erase for one normalized value. A contact that holds another value, too, keeps that
// one, its id and its age. CodeInvalid unless o has exactly one value, CodeNotFound when nobody holds it.
func (l *Linker) EraseValue(ctx context.Context, o identity.Observation, suppress, dryRun bool) (Erasure, error) {
	if (o.Email == "") == (o.Phone == "") {
		return Erasure{}, &identity.Error{Code: identity.CodeInvalid, Detail: "Either an email or a phoneNumber is required, not both."}
	}
	return l.erase(ctx, &erasing{linker: l, value: o, suppress: suppress}, dryRun)
}

// erasing is one erasure under way.
type erasing struct {
	linker   *Linker
	contact  uint64
	value    identity.Observation // the only one to erase; without values all that the contact has
	suppress bool
	reasons  reasonScan
	done     Erasure
}

func (l *Linker) erase(ctx context.Context, e *erasing, dryRun bool) (Erasure, error) {
	if e.suppress && len(l.keys) == 0 {
		return Erasure{}, conflict("Nothing can be suppressed without the setting ERASURE_KEY. Set it, or erase without suppress.")
	}
	change, err := l.change(ctx, dryRun, e.find, e.do)
	switch {
	case e.byValue() && identity.CodeOf(err) == identity.CodeGone: // another was faster
		return Erasure{}, unknownValue()
	case err != nil:
		return Erasure{}, err
	}
	e.report(change)
	return e.done, nil
}

// find names the contact, and whom it was separated from: their marks change. Where an observation
// is withheld the cluster of its other end is left out, which may be thousands: who links a pair
// holds the locks on both ends, and deleting a withheld one changes no cluster.
func (e *erasing) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	if e.byValue() {
		found, err := q.FindMatches(ctx, values([]identity.Observation{e.value}))
		if err != nil {
			return nil, err
		}
		if len(found) == 0 {
			return nil, unknownValue()
		}
		e.contact = found[0].ID
	}
	separations, err := q.ListSeparationsOf(ctx, store.ListSeparationsOfParams{ContactID: e.contact})
	ids := []uint64{e.contact}
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

func unknownValue() error {
	return &identity.Error{Code: identity.CodeNotFound, Detail: "No contact holds this value."}
}

func (e *erasing) byValue() bool { return e.value.Email != "" || e.value.Phone != "" }

func (e *erasing) do(ctx context.Context, q *store.Queries, g *graph) error {
	c := g.byID[e.contact]
	email, phone := c.email, c.phone
	if e.byValue() {
		email, phone = e.value.Email, e.value.Phone
	}
	if email != "" && email != c.email || phone != "" && phone != c.phone {
		return mysql.ErrRetry // it moved to another contact
	}
	e.done = Erasure{ContactID: c.id, Tombstone: email == c.email && phone == c.phone, Suppressed: e.suppress}
	if err := e.forget(ctx, q, g, email, phone); err != nil {
		return err
	}
	events, err := e.takeApart(ctx, q, g, c, email)
	if err != nil {
		return err
	}
	if err := e.dropValues(ctx, q, email); err != nil {
		return err
	}
	if e.suppress {
		if err := e.linker.suppress(ctx, q, email, phone); err != nil {
			return err
		}
	}
	if err := q.InsertEvents(ctx, events); err != nil {
		return err
	}
	e.done.At, err = q.FindErasedAt(ctx, c.id)
	return err
}

// takeApart takes the value, or the whole contact, out of the graph, and makes of the rest what its
// observations say. It returns what happened.
func (e *erasing) takeApart(ctx context.Context, q *store.Queries, g *graph, c *contact, email string) ([]store.NewEvent, error) {
	erased := store.NewEvent{Kind: store.EventsKindErased, ContactID: c.id, PrimaryID: c.cluster.root.id}
	switch {
	case e.done.Tombstone:
		if root := g.remove(c); root != nil {
			erased.PrimaryID = root.id
		}
	case email != "":
		delete(g.byEmail, c.email)
		c.email = ""
	default:
		delete(g.byPhone, c.phone)
		c.phone = ""
	}
	split, err := settle(ctx, q, g)
	return append([]store.NewEvent{erased}, split...), err
}

// dropValues takes the values from the row. Nobody may be linked to a tombstone any more.
func (e *erasing) dropValues(ctx context.Context, q *store.Queries, email string) error {
	switch {
	case e.done.Tombstone:
		return q.MakeTombstone(ctx, e.contact)
	case email != "":
		return q.DropEmail(ctx, e.contact)
	default:
		return q.DropPhoneNumber(ctx, e.contact)
	}
}

// remove takes a contact out of the graph and returns the primary of what is left of its cluster,
// until that is settled: its own, or the next oldest; nil when nobody is left.
func (g *graph) remove(c *contact) *contact {
	delete(g.byID, c.id)
	delete(g.byEmail, c.email)
	delete(g.byPhone, c.phone)
	cl := c.cluster
	cl.members = slices.DeleteFunc(slices.Clone(cl.members), func(m *contact) bool { return m == c })
	switch {
	case len(cl.members) == 0:
		cl.root = nil
	case cl.root == c:
		cl.root = slices.MinFunc(cl.members, older)
	}
	return cl.root
}

// report says what became of the cluster of the contact. The change is of other clusters, too, that
// were only locked.
func (e *erasing) report(change Change) {
	was := map[uint64]bool{}
	e.done.Before, e.done.After = []Members{}, []Members{}
	for _, c := range change.Before {
		if c.PrimaryID == e.contact || slices.Contains(c.SecondaryIDs, e.contact) {
			e.done.Before = append(e.done.Before, Members{c.PrimaryID, c.SecondaryIDs})
			for _, id := range append([]uint64{c.PrimaryID}, c.SecondaryIDs...) {
				was[id] = true
			}
		}
	}
	for _, c := range change.After {
		if was[c.PrimaryID] {
			e.done.After = append(e.done.After, Members{c.PrimaryID, c.SecondaryIDs})
		}
	}
}
