package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/client"
)

// Fails when an answer that is lost at any byte, after the service has done its work, is not asked for again, or
// when the repetition changes anything.
func TestAnswerIsCut(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), newClient(t, all.shared.url, client.Options{})
	for i, after := range []int{0, 1, 60} { // no answer, and parts of its body
		p := newProxy(t, all.shared.url, func(n int, _ exchange) int {
			if n%2 == 1 {
				return after
			}
			return -1
		})
		c := newClient(t, p.url, client.Options{Backoff: time.Millisecond})
		seen := client.Observation{Email: email("cut", i), PhoneNumber: phone(5, i)}
		a := must(c.Identify(ctx, seen))(t)
		if again := must(direct.Contact(ctx, a.Contact.PrimaryContactID))(t); len(again.Members) != 1 || len(again.Contact.Emails) != 1 {
			t.Errorf("got %+v", again)
		}
		receipt := must(c.EraseContact(ctx, a.Contact.PrimaryContactID))(t)
		if !receipt.Tombstone || receipt.Removed.Observations != 1 {
			t.Errorf("got %+v", receipt)
		}
		var made *client.Problem // its secret is not shown again
		name := fmt.Sprintf("cut %d", i)
		_, err := c.CreateKey(ctx, client.KeyRequest{Name: name, Scopes: []client.Scope{client.ScopeIdentify}})
		if !errors.As(err, &made) || made.Code != client.CodeAlreadyDone {
			t.Fatal(err)
		}
		for key, err := range direct.AllKeys(ctx, client.Page{}) {
			if err != nil {
				t.Fatal(err)
			}
			if key.Name == name && key.ID != made.KeyID {
				t.Errorf("%s made the keys %d and %d", name, made.KeyID, key.ID)
			}
		}
		sent := p.exchanges()
		if len(sent) != 6 || sent[0].status != 200 || sent[2].status != 200 || sent[4].status != 201 {
			t.Fatalf("got %+v", sent)
		}
		if key := sent[4].header.Get("Idempotency-Key"); key == "" || key != sent[5].header.Get("Idempotency-Key") {
			t.Errorf("the repetition has the idempotency key %q after %q", sent[5].header.Get("Idempotency-Key"), key)
		}
	}
}

// Fails when a deletion whose answer was lost looks like a mistake of the caller.
func TestDeletionIsCut(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), newClient(t, all.shared.url, client.Options{})
	first := must(direct.Identify(ctx, client.Observation{Email: email("gone", 1)}))(t).Contact.PrimaryContactID
	second := must(direct.Identify(ctx, client.Observation{Email: email("gone", 2)}))(t).Contact.PrimaryContactID
	must(direct.Separate(ctx, client.NewSeparation{ContactID: first, OtherContactID: second}))(t)
	p := newProxy(t, all.shared.url, func(n int, _ exchange) int { return min(0, 2-n) }) // two answers are lost
	c := newClient(t, p.url, client.Options{Backoff: time.Millisecond})
	var refused *client.Problem
	if _, err := c.UnseparatePair(ctx, first, second); !errors.As(err, &refused) || refused.Status != 404 || refused.Attempts != 3 {
		t.Errorf("got %v", err)
	}
}

// Fails when a caller whose key has used up its quota gets an error although waiting would help, or when the
// client does not wait as long as it is asked to.
func TestQuota(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), newClient(t, all.shared.url, client.Options{})
	made := must(direct.CreateKey(ctx, client.KeyRequest{
		Name: "slow", Scopes: []client.Scope{client.ScopeIdentify}, RequestsPerSecond: 1, Burst: 1,
	}))(t)
	known(ctx, t, made)
	p := newProxy(t, all.shared.url, whole)
	c := newClient(t, p.url, client.Options{Key: made.Secret})
	for n := range 3 {
		must(c.Identify(ctx, client.Observation{Email: email("quota", n)}))(t)
	}
	count := map[int]int{}
	for _, e := range p.exchanges() {
		count[e.status]++
	}
	if count[http.StatusOK] != 3 || count[http.StatusTooManyRequests] == 0 {
		t.Errorf("got %v", count)
	}
	hasty := newClient(t, all.shared.url, client.Options{Key: made.Secret, Retries: -1})
	var refused *client.Problem
	for {
		if _, err := hasty.Identify(ctx, client.Observation{Email: email("quota", 0)}); errors.As(err, &refused) {
			break
		}
	}
	if refused.Status != http.StatusTooManyRequests || refused.RetryAfter < time.Second {
		t.Errorf("got %+v", refused)
	}
}

// Fails when a follower of a stream that is cut at any byte misses an event, gets one twice or in another order.
func TestStreamIsCut(t *testing.T) {
	t.Parallel()
	ctx, direct := t.Context(), newClient(t, all.shared.url, client.Options{})
	start := must(direct.Events(ctx, client.Oldest, 1000))(t).Next
	p := newProxy(t, all.shared.url, func(n int, _ exchange) int { return 3 + 41*n%500 })
	c := newClient(t, p.url, client.Options{Backoff: time.Millisecond})
	const contacts = 60
	done := make(chan error, 1)
	go func() {
		for n := range contacts {
			if _, err := direct.Identify(ctx, client.Observation{Email: email("stream", n)}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	var streamed []client.FeedEvent
	for e, err := range c.StreamEvents(ctx, start) {
		if err != nil {
			continue // many connections in a row were cut before an event was complete
		}
		if streamed = append(streamed, e); len(streamed) >= contacts {
			break
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	page := must(direct.Events(ctx, start, contacts))(t)
	if !slices.Equal(streamed, page.Events) {
		t.Errorf("streamed %+v\nwant %+v", streamed, page.Events)
	}
	if n := len(p.exchanges()); n < 10 {
		t.Errorf("only %d connections: the test is void", n)
	}
}

// Fails when a restart of the service loses a request or an event, or ends a follower.
func TestRestart(t *testing.T) {
	t.Parallel()
	s, err := start("restarted")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	c := newClient(t, s.url, client.Options{Retries: 60, MaxWait: time.Second})
	const contacts = 40
	written, restarted := make(chan error, 1), make(chan error, 1)
	half := make(chan struct{})
	go func() {
		for n := range contacts {
			if n == contacts/2 {
				close(half)
			}
			if _, err := c.Identify(ctx, client.Observation{Email: email("restart", n)}); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	go func() {
		<-half
		restarted <- errors.Join(s.stop(), s.begin())
	}()
	var polled, streamed []client.FeedEvent
	var group sync.WaitGroup
	group.Go(func() {
		for e, err := range c.PollEvents(ctx, client.Oldest, 10*time.Millisecond) {
			if polled = append(polled, must(e, err)(t)); len(polled) == contacts {
				return
			}
		}
	})
	group.Go(func() {
		for e, err := range c.StreamEvents(ctx, client.Oldest) {
			if streamed = append(streamed, must(e, err)(t)); len(streamed) == contacts {
				return
			}
		}
	})
	if err := errors.Join(<-restarted, <-written); err != nil {
		t.Fatal(err)
	}
	group.Wait()
	page := must(c.Events(ctx, 0, 1000))(t)
	if !slices.Equal(polled, page.Events) || !slices.Equal(streamed, page.Events) || len(page.Events) != contacts {
		t.Errorf("got %d by polling, %d by stream and %d in all:\n%+v\n%+v\n%+v",
			len(polled), len(streamed), len(page.Events), polled, streamed, page.Events)
	}
}

// Fails when a client that has written something reads from a replica without saying what it has seen.
func TestReadsOwnWrites(t *testing.T) {
	t.Parallel()
	s, err := replicated("shared")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	})
	p := newProxy(t, s.url, whole)
	c, stale, ctx := newClient(t, p.url, client.Options{}), newClient(t, p.url, client.Options{StaleReads: true}), t.Context()
	id := must(c.Identify(ctx, client.Observation{Email: email("position", 0)}))(t).Contact.PrimaryContactID
	written := c.Position()
	if written == "" {
		t.Fatal("the answer has no position")
	}
	must(c.Contact(ctx, id))(t)
	must(c.SearchContact(client.WithPosition(ctx, client.Latest), client.Observation{Email: email("position", 0)}))(t)
	must(stale.Contact(ctx, id))(t)
	var sent []string
	for _, e := range p.exchanges() {
		sent = append(sent, e.header.Get("Identikit-Position"))
	}
	if want := []string{"", written, client.Latest, ""}; !slices.Equal(sent, want) {
		t.Errorf("got %q, want %q", sent, want)
	}
}
