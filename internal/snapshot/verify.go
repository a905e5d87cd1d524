package snapshot

import (
	"context"
	"database/sql"

	"github.com/identikit/identikit/internal/store"
)

// Verified counts what was verified.
type Verified struct {
	Contacts     int // without tombstones
	Clusters     int // as computed from the observations
	Observations int // without withheld ones
	Drifts       int
}

// Verify recomputes all clusters from one snapshot of contacts and observations and reports each
// difference from the stored ones: first missing observations, separations that are violated and
// rows that refer to nothing, then by contact. It needs about 70 bytes of memory per contact. The
// error is an *identity.Error of the database.
func Verify(ctx context.Context, db *sql.DB, report func(Drift)) (Verified, error) {
	v := &verifier{report: report}
	err := at(ctx, db, func(q *store.Queries) error {
		if err := v.readContacts(ctx, q); err != nil {
			return err
		}
		if err := v.readObservations(ctx, q); err != nil {
			return err
		}
		if err := v.readSeparations(ctx, q); err != nil {
			return err
		}
		return v.readStrays(ctx, q)
	})
	if err != nil {
		return v.done, err
	}
	v.compare()
	return v.done, nil
}

type verifier struct {
	nodes  nodes
	report func(Drift)
	done   Verified
}

func (v *verifier) drift(d Drift) {
	v.done.Drifts++
	v.report(d)
}

func (v *verifier) readContacts(ctx context.Context, q *store.Queries) error {
	return each(func(after uint64) ([]store.ListNodesPageRow, error) {
		return q.ListNodesPage(ctx, store.ListNodesPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListNodesPageRow) uint64 {
		return r.ID
	}, func(r *store.ListNodesPageRow) error {
		v.done.Contacts++
		n := node{
			id: r.ID, createdAt: r.CreatedAt.UnixMicro(), hasEmail: r.HasEmail, hasPhone: r.HasPhoneNumber,
			primary: r.LinkPrecedence == store.ContactsLinkPrecedencePrimary, separated: r.Separated,
		}
		if r.LinkedID != nil {
			n.linkedID = *r.LinkedID
		}
		v.nodes.add(n)
		return nil
	})
}

func (v *verifier) readObservations(ctx context.Context, q *store.Queries) error {
	return each(func(after uint64) ([]store.ListEdgesPageRow, error) {
		return q.ListEdgesPage(ctx, store.ListEdgesPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListEdgesPageRow) uint64 {
		return r.ID
	}, func(r *store.ListEdgesPageRow) error {
		if r.Links {
			v.done.Observations++
		}
		if r.Unrecorded.Bool {
			v.drift(Drift{Kind: RetractionMissing, ObservationID: r.ID})
		}
		v.connect(r)
		return nil
	})
}

// readSeparations reports separated contacts that observations connect.
func (v *verifier) readSeparations(ctx context.Context, q *store.Queries) error {
	return each(func(after uint64) ([]store.Separation, error) {
		return q.ListSeparations(ctx, store.ListSeparationsParams{AfterID: after, Limit: pageSize})
	}, func(s *store.Separation) uint64 {
		return s.ID
	}, func(s *store.Separation) error {
		a, b := v.nodes.byID(s.ContactID), v.nodes.byID(s.OtherContactID)
		if a == nil {
			v.drift(Drift{Kind: SeparationStray, ContactID: s.ContactID, OtherID: s.OtherContactID})
		}
		if b == nil {
			v.drift(Drift{Kind: SeparationStray, ContactID: s.OtherContactID, OtherID: s.ContactID})
		}
		for _, side := range [][2]*node{{a, b}, {b, a}} {
			if side[0] != nil && side[1] != nil && !side[0].separated {
				v.drift(Drift{Kind: SeparatedUnmarked, ContactID: side[0].id, OtherID: side[1].id})
			}
		}
		if a != nil && b != nil && v.nodes.oldest(a) == v.nodes.oldest(b) {
			v.drift(Drift{Kind: SeparatedTogether, ContactID: a.id, OtherID: b.id})
		}
		return nil
	})
}

// readStrays reports blocks, refusals and retractions that refer to nothing.
func (v *verifier) readStrays(ctx context.Context, q *store.Queries) error {
	err := each(func(after uint64) ([]store.ListBlockedPageRow, error) {
		return q.ListBlockedPage(ctx, store.ListBlockedPageParams{AfterID: after, Limit: pageSize})
	}, func(b *store.ListBlockedPageRow) uint64 {
		return b.ID
	}, func(b *store.ListBlockedPageRow) error {
		if v.nodes.byID(b.ContactID) == nil {
			v.drift(Drift{Kind: BlockStray, ContactID: b.ContactID})
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = each(func(after uint64) ([]store.ListStrayRefusalsPageRow, error) {
		return q.ListStrayRefusalsPage(ctx, store.ListStrayRefusalsPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListStrayRefusalsPageRow) uint64 {
		return r.ID
	}, func(r *store.ListStrayRefusalsPageRow) error {
		v.drift(Drift{Kind: RefusalStray, ObservationID: r.ObservationID})
		return nil
	})
	if err != nil {
		return err
	}
	return each(func(after uint64) ([]store.ListStrayRetractionsPageRow, error) {
		return q.ListStrayRetractionsPage(ctx, store.ListStrayRetractionsPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListStrayRetractionsPageRow) uint64 {
		return r.ID
	}, func(r *store.ListStrayRetractionsPageRow) error {
		v.drift(Drift{Kind: RetractionStray, ObservationID: r.ObservationID})
		return nil
	})
}

// connect joins the two contacts of an observation.
func (v *verifier) connect(r *store.ListEdgesPageRow) {
	e, p := v.nodes.byID(r.EmailContactID), v.nodes.byID(r.PhoneContactID)
	if e == nil || !e.hasEmail {
		v.drift(Drift{Kind: EmailGone, ObservationID: r.ID, ContactID: r.EmailContactID})
	}
	if p == nil || !p.hasPhone {
		v.drift(Drift{Kind: PhoneGone, ObservationID: r.ID, ContactID: r.PhoneContactID})
	}
	switch {
	case e == nil || p == nil || !r.Links:
	case e == p:
		e.seen = true
	default:
		v.nodes.union(e, p)
	}
}

// compare compares the primary of every contact with the oldest contact of its component.
func (v *verifier) compare() {
	for i := range v.nodes.all {
		n := &v.nodes.all[i]
		if v.nodes.oldest(n) == n {
			v.done.Clusters++
		}
		if n.primary != (n.linkedID == 0) {
			v.drift(Drift{Kind: PrecedenceWrong, ContactID: n.id})
		}
		if n.hasEmail && n.hasPhone && !n.seen {
			v.drift(Drift{Kind: ObservationMissing, ContactID: n.id})
		}
		if n.linkedID == 0 {
			v.comparePrimary(n)
		} else {
			v.compareSecondary(n)
		}
	}
}

func (v *verifier) comparePrimary(n *node) {
	oldest := v.nodes.oldest(n)
	switch {
	case oldest == n:
	case oldest.linkedID == n.id:
		v.drift(Drift{Kind: PrimaryNotOldest, ContactID: n.id, OtherID: oldest.id})
	default:
		v.drift(Drift{Kind: EvidenceNotLinked, ContactID: n.id, OtherID: oldest.id})
	}
}

// compareSecondary does not repeat what is reported for the primary.
func (v *verifier) compareSecondary(n *node) {
	primary := v.nodes.byID(n.linkedID)
	switch {
	case primary == nil:
		v.drift(Drift{Kind: PrimaryMissing, ContactID: n.id, OtherID: n.linkedID})
	case primary.linkedID != 0:
		v.drift(Drift{Kind: LinkedToSecondary, ContactID: n.id, OtherID: n.linkedID})
	case v.nodes.oldest(primary) != v.nodes.oldest(n):
		v.drift(Drift{Kind: LinkedWithoutEvidence, ContactID: n.id, OtherID: n.linkedID})
	}
}
