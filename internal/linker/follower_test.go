package linker_test

import (
	"context"

	"github.com/identikit/identikit/internal/feed"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// follower is a consumer of the feed that knows nothing else. It applies the rule that the README
// documents, and so knows the primary of each contact.
type follower struct {
	feed    *feed.Feed
	after   uint64
	primary map[uint64]uint64
}

func (f *follower) catchUp(ctx context.Context) error {
	for {
		events, err := f.feed.Read(ctx, f.after, feed.MaxRead)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			f.apply(e)
			f.after = e.Number
		}
	}
}

func (f *follower) apply(e feed.Event) {
	switch e.Kind {
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
