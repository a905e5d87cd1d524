package correction_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// follower is a consumer of the feed that knows nothing else. It applies the rule that the README
// documents, and so knows the primary of each contact.
type follower struct {
	feed    *feed.Feed
	after   uint64
	primary map[uint64]uint64

	// What the history of contacts must show: the first primary of each contact, and the events after
	// the entry that was compared last.
	first    map[uint64]uint64
	history  []identity.Event
	compared uint64
}

func newFollower(db *sql.DB) *follower {
	return &follower{feed: feed.New(db), primary: map[uint64]uint64{}, first: map[uint64]uint64{}}
}

func (f *follower) catchUp(ctx context.Context) error {
	for {
		events, err := f.feed.Read(ctx, f.after, feed.MaxRead)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			if err := f.apply(e); err != nil {
				return err
			}
			f.after = e.Number
		}
	}
}

// apply returns an error for an event that names another primary than the events before it.
func (f *follower) apply(e feed.Event) error {
	kind := identity.EventKind(e.Kind)
	if kind.IsOrigin() || kind == identity.EventDivided {
		f.first[e.ContactID] = e.PrimaryID
	}
	if !kind.IsOrigin() {
		f.history = append(f.history, identity.Event{Kind: kind, ContactID: e.ContactID, PrimaryID: e.PrimaryID, ObservationID: e.ObservationID})
	}
	switch e.Kind {
	case "refused", "retracted", "restored", "separated", "unseparated", "blocked", "unblocked", "value_erased":
		contact := e.ContactID
		if e.Kind == "refused" {
			contact = e.PrimaryID // of the e-mail
		}
		if f.primary[contact] != e.PrimaryID {
			return fmt.Errorf("event %d, %s of %d: primary %d, expected %d", e.Number, e.Kind, e.ContactID, e.PrimaryID, f.primary[contact])
		}
	case "created", "split":
		f.primary[e.ContactID] = e.ContactID
	case "linked", "divided", "moved":
		f.primary[e.ContactID] = e.PrimaryID
	case "merged", "demoted", "erased":
		for contact, primary := range f.primary {
			if primary == e.ContactID {
				f.primary[contact] = e.PrimaryID
			}
		}
		if e.Kind == "erased" {
			delete(f.primary, e.ContactID)
		}
	}
	return nil
}

// primaries returns the primary of each contact.
func primaries(rows []linkertest.Row) map[uint64]uint64 {
	all := map[uint64]uint64{}
	for _, r := range rows {
		all[r.ID] = r.ID
		if r.LinkedID != 0 {
			all[r.ID] = r.LinkedID
		}
	}
	return all
}
