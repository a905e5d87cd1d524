package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// event is an element of the feed.
type event struct {
	Cursor        uint64
	Kind          string
	ContactID     uint64
	PrimaryID     uint64 `json:"primaryContactId"`
	ObservationID uint64
}

// follower reads the feed from its beginning, and knows the primary of each contact by the rule of
// docs/feed.md.
type follower struct {
	events   []event
	primary  map[uint64]uint64
	findings []string
}

func newFollower() *follower { return &follower{primary: map[uint64]uint64{}} }

// next is the cursor of the last event.
func (f *follower) next() uint64 {
	if len(f.events) == 0 {
		return 0
	}
	return f.events[len(f.events)-1].Cursor
}

// read reads the next page from a process, and reports how many events it had.
func (f *follower) read(ctx context.Context, c *client, p *process) (int, error) {
	r := c.do(ctx, p, "events", http.MethodGet, fmt.Sprintf("/events?after=%d&limit=1000", f.next()), nil)
	if r.status != http.StatusOK {
		return 0, fmt.Errorf("the feed answered with %d", r.status)
	}
	var page struct{ Events []event }
	if err := json.Unmarshal(r.body, &page); err != nil {
		return 0, err
	}
	for _, e := range page.Events {
		f.apply(e)
	}
	return len(page.Events), nil
}

// follow reads while the load runs.
func (f *follower) follow(ctx context.Context, r *round) {
	for ctx.Err() == nil && !r.isOver() {
		for _, p := range r.processes {
			f.read(ctx, r.client, p) //nolint:errcheck // it is read again
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// finish reads the rest.
func (f *follower) finish(ctx context.Context, c *client, p *process) error {
	for {
		if n, err := f.read(ctx, c, p); err != nil || n == 0 {
			return err
		}
	}
}

// apply applies the rule to one event.
func (f *follower) apply(e event) {
	if e.Cursor != f.next()+1 {
		f.findings = append(f.findings, fmt.Sprintf("the feed has event %d after %d", e.Cursor, f.next()))
	}
	f.events = append(f.events, e)
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

// check compares what the follower knows with the tables, and with what another reader has read.
func (f *follower) check(t *tables, again *follower) []string {
	findings := f.findings
	stored := 0
	for n := range t.contacts {
		r := &t.contacts[n]
		if r.erased {
			continue
		}
		stored++
		if f.primary[r.id] != r.primary() {
			findings = append(findings,
				fmt.Sprintf("the feed says that the primary of contact %d is %d; it is %d", r.id, f.primary[r.id], r.primary()))
		}
	}
	if len(f.primary) != stored {
		findings = append(findings, fmt.Sprintf("the feed knows %d contacts; there are %d", len(f.primary), stored))
	}
	if len(f.events) != len(again.events) {
		return append(findings, fmt.Sprintf("the feed had %d events, and %d when it was read again", len(f.events), len(again.events)))
	}
	for n, e := range f.events {
		if e != again.events[n] {
			findings = append(findings, fmt.Sprintf("event %d was %v, and %v when it was read again", e.Cursor, e, again.events[n]))
		}
	}
	return findings
}
