package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/identikit/identikit/client"
)

// value returns the nth e-mail address or phone number of a test.
func email(test string, n int) string { return fmt.Sprintf("%s%d@customer.example", test, n) }

func phone(test int, n int) string { return fmt.Sprintf("9900887766%d%04d", test, n) }

// Fails when a method does not send what the service accepts, does not return what it answers, or when an
// operation of the document was not sent.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	p := newProxy(t, all.shared.url, whole)
	c, ctx := newClient(t, p.url, client.Options{}), t.Context()
	corrections(ctx, t, c)
	refusals(ctx, t, c)
	blocks(ctx, t, c)
	erasures(ctx, t, c)
	keys(ctx, t, c)
	statistics(ctx, t, c)
	if s := must(c.Session(ctx))(t); s.KeyID == 0 || len(s.Scopes) != 1 || !s.ExpiresAt.IsZero() {
		t.Errorf("got %+v", s)
	}
	for e, err := range c.AllErasures(ctx, client.Page{Limit: 1}) {
		must(e, err)(t)
		break
	}
	must(c.Healthz(ctx))(t)
	must(c.Readyz(ctx))(t)
	must(c.OpenAPI(ctx))(t)
	if service := must(c.Index(ctx))(t); service.Service != "identikit" || service.Docs != "/docs" {
		t.Errorf("got %+v", service)
	}
	if page := must(c.Docs(ctx))(t); !strings.HasPrefix(string(page), "<!doctype html>") {
		t.Errorf("got %.80s", page)
	}
	if _, documented := read(t).Paths["/problems"]; documented {
		must(c.Problems(ctx))(t)
		must(c.Problem(ctx, client.CodeValueBlocked))(t)
	}
	if page := must(c.Events(ctx, client.Oldest, 1))(t); len(page.Events) != 1 || page.Events[0].Kind != client.EventCreated ||
		page.Events[0].At.IsZero() || page.Next != page.Events[0].Cursor {
		t.Errorf("got %+v", page)
	}
	sent := map[string]bool{}
	for _, e := range p.exchanges() {
		path := strings.Replace(e.path, "/problems/value-blocked", "/problems/{code}", 1)
		for part := range strings.SplitSeq(e.path, "/") {
			if strings.Trim(part, "0123456789") == "" && part != "" {
				path = strings.Replace(path, "/"+part, "/{id}", 1)
			}
		}
		sent[strings.ToLower(e.method)+" "+path] = true
	}
	for path, operations := range read(t).Paths {
		for method := range operations {
			pages := path == "/session" && method != "get"
			if method != "head" && !pages && !sent[method+" "+path] {
				t.Errorf("%s %s was not sent", method, path)
			}
		}
	}
}

// corrections merges two customers and takes it apart in every way.
func corrections(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	first := must(c.Identify(ctx, client.Observation{Email: email("merge", 1), PhoneNumber: phone(1, 1)}))(t).Contact.PrimaryContactID
	second := must(c.Identify(ctx, client.Observation{Email: email("merge", 2), PhoneNumber: phone(1, 2)}))(t).Contact.PrimaryContactID
	batch := must(c.IdentifyBatch(ctx, []client.Observation{
		{Email: email("merge", 2)}, {Email: "nobody"}, {Email: email("merge", 2), PhoneNumber: phone(1, 1)},
	}))(t)
	if len(batch) != 3 || batch[1].Problem == nil || batch[1].Problem.Field != client.FieldEmail || batch[2].Contact.PrimaryContactID != first ||
		len(batch[2].Contact.Emails) != 2 {
		t.Fatalf("got %+v", batch)
	}
	found := must(c.Contact(ctx, second))(t)
	if found.ID != second || found.Contact.PrimaryContactID != first || len(found.Members) != 2 || found.Members[0].CreatedAt.IsZero() {
		t.Errorf("got %+v", found)
	}
	for _, find := range []func(context.Context, client.Observation) (client.Found, error){c.SearchContact, c.FindContact} {
		if f := must(find(ctx, client.Observation{PhoneNumber: phone(1, 2)}))(t); f.ID != second {
			t.Errorf("got %+v", f)
		}
	}
	var observations []client.Observed
	for o, err := range c.AllObservations(ctx, first, client.Page{Limit: 1}) {
		observations = append(observations, must(o, err)(t))
	}
	var kinds []client.EventKind
	for e, err := range c.AllHistory(ctx, first, client.Page{Limit: 1}) {
		kinds = append(kinds, must(e, err)(t).Kind)
	}
	if len(observations) != 3 || fmt.Sprint(kinds) != "[created created merged]" {
		t.Fatalf("got %+v and %v", observations, kinds)
	}
	if e := must(c.Explain(ctx, first, client.Other{ID: second}))(t); !e.Connected || len(e.Chain) != 1 || e.BridgeCount != 5 {
		t.Errorf("got %+v", e)
	}
	joining := observations[2].ID
	_, err := c.Separate(ctx, client.NewSeparation{ContactID: first, OtherContactID: second})
	var refused *client.Problem
	if !errors.As(err, &refused) || refused.Status != 409 || refused.Explanation == nil || refused.RequestID == "" {
		t.Errorf("got %v", err)
	}
	if dry := must(c.Retract(ctx, joining, "", client.DryRun))(t); !dry.DryRun || len(dry.After) != 2 {
		t.Errorf("got %+v", dry)
	}
	must(c.Retract(ctx, joining, ""))(t)
	if back := must(c.Restore(ctx, joining))(t); back.DryRun || len(back.After) != 1 {
		t.Errorf("got %+v", back)
	}
	must(c.Retract(ctx, joining, "she lent it"))(t)
	separation := must(c.Separate(ctx, client.NewSeparation{ContactID: first, OtherContactID: second, Reason: "mother and son"}))(t)
	count := 0
	for s, err := range c.AllSeparations(ctx, client.Page{}) {
		if must(s, err)(t); *s.ID == *separation.ID && s.Reason == "mother and son" && s.KeyID != 0 {
			count++
		}
	}
	if count != 1 {
		t.Error("the separation is not listed")
	}
	must(c.UnseparatePair(ctx, second, first, client.DryRun))(t)
	for r, err := range c.AllRetractions(ctx, client.Page{Limit: 1}) {
		if must(r, err)(t); r.ObservationID == joining && r.Reason == "she lent it" && r.KeyID != 0 {
			count++
		}
	}
	if count != 2 {
		t.Error("the retraction is not listed")
	}
	must(c.Unseparate(ctx, *separation.ID))(t)
}

// refusals decides what a limit has refused.
func refusals(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	for n := range 4 { // MAX_EMAILS_PER_PHONE is 2
		a := must(c.Identify(ctx, client.Observation{Email: email("limit", n), PhoneNumber: phone(2, 0)}))(t)
		if n >= 2 && (len(a.Refused) != 1 || a.Refused[0].Code != client.ReasonFanOut) {
			t.Fatalf("got %+v", a)
		}
	}
	var open []client.Refusal
	for r, err := range c.AllRefusals(ctx, client.Page{Limit: 1}) {
		if must(r, err)(t); r.PhoneNumber == phone(2, 0) {
			open = append(open, r)
		}
	}
	if len(open) != 2 || open[0].RefusedAt.IsZero() {
		t.Fatalf("got %+v", open)
	}
	if accepted := must(c.AcceptRefusal(ctx, open[0].ID))(t); len(accepted.After) != 1 {
		t.Errorf("got %+v", accepted)
	}
	if d := must(c.DismissRefusal(ctx, open[1].ID))(t); d.Resolution != "dismissed" {
		t.Errorf("got %+v", d)
	}
	if r := must(c.Refusal(ctx, open[1].ID))(t); r.Resolution != client.Dismissed || r.KeyID == 0 || r.ClosedAt.IsZero() {
		t.Errorf("got %+v", r)
	}
	if r := must(c.ReopenRefusal(ctx, open[1].ID))(t); r.Resolution != "" || !r.ClosedAt.IsZero() {
		t.Errorf("got %+v", r)
	}
	filter := client.RefusalFilter{Code: client.ReasonFanOut, PhoneNumber: phone(2, 0), RefusedBefore: time.Now().Add(time.Hour)}
	if r := must(c.SearchRefusals(ctx, filter, client.Page{Limit: 10}))(t); len(r.Refusals) != 1 || r.Refusals[0].ID != open[1].ID {
		t.Errorf("got %+v", r)
	}
	resolved := must(c.ResolveRefusals(ctx, client.Dismissed, []uint64{open[0].ID, open[1].ID}))(t)
	if !resolved.Complete || len(resolved.Results) != 2 || resolved.Results[0].Problem.Code != client.CodeRefusalDecided ||
		resolved.Results[1].Resolution != client.Dismissed {
		t.Errorf("got %+v", resolved)
	}
}

// blocks tries every way to block a value.
func blocks(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	value := client.BlockedValue{Kind: client.FieldPhoneNumber, Value: phone(3, 0)}
	must(c.Identify(ctx, client.Observation{Email: email("block", 0), PhoneNumber: value.Value}))(t)
	blocked := must(c.Block(ctx, value, "the counter's phone"))(t)
	if !blocked.Complete || blocked.ID == nil || blocked.Reason != "the counter's phone" || blocked.Progress.Withheld != 1 {
		t.Fatalf("got %+v", blocked)
	}
	_, err := c.Identify(ctx, client.Observation{PhoneNumber: value.Value})
	var refused *client.Problem
	if !errors.As(err, &refused) || refused.Status != 422 {
		t.Errorf("got %v", err)
	}
	several := must(c.BlockAll(ctx, []client.BlockedValue{{Kind: client.FieldEmail, Value: email("block", 1)}}, "", client.DryRun))(t)
	if !several.DryRun || len(several.Results) != 1 || several.Results[0].Block == nil || several.Results[0].Block.ID != nil {
		t.Errorf("got %+v", several)
	}
	if list := must(c.BlockList(ctx, client.RoleMailboxes, "", client.DryRun))(t); list.List != client.RoleMailboxes || !list.DryRun {
		t.Errorf("got %+v", list)
	}
	listed := false
	for b, err := range c.AllBlocks(ctx, client.Page{}) {
		listed = must(b, err)(t).Value == value.Value && b.Complete && !b.Ending && b.Progress.Withheld == 1 || listed
	}
	if !listed {
		t.Error("the block is not listed, or not as complete")
	}
	must(c.UnblockValue(ctx, value, client.DryRun))(t)
	if ended := must(c.Unblock(ctx, *blocked.ID))(t); ended.Progress.Linking != 1 {
		t.Errorf("got %+v", ended)
	}
}

// erasures erases values and lets them in again.
func erasures(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	id := must(c.Identify(ctx, client.Observation{Email: email("erase", 0), PhoneNumber: phone(4, 0)}))(t).Contact.PrimaryContactID
	receipt := must(c.EraseValue(ctx, client.Observation{Email: email("erase", 0)}, client.Suppress))(t)
	if receipt.ContactID != id || receipt.Tombstone || !receipt.Suppressed || receipt.Removed.Observations != 1 {
		t.Errorf("got %+v", receipt)
	}
	if receipt := must(c.EraseContact(ctx, id, client.Suppress))(t); !receipt.Tombstone || !receipt.Suppressed || receipt.ErasedAt.IsZero() {
		t.Errorf("got %+v", receipt)
	}
	_, err := c.Contact(ctx, id)
	var gone *client.Problem
	if !errors.As(err, &gone) || gone.Status != 410 {
		t.Errorf("got %v", err)
	}
	if dry := must(c.LiftValue(ctx, client.Observation{Email: email("erase", 0)}, client.DryRun))(t); len(dry.Lifted) != 1 || !dry.DryRun {
		t.Errorf("got %+v", dry)
	}
	count := 0
	for s, err := range c.AllSuppressions(ctx, client.Page{Limit: 1}) {
		count += len(must(c.Lift(ctx, must(s, err)(t).ID))(t).Lifted)
	}
	if count != 2 {
		t.Errorf("lifted %d", count)
	}
}

// keys makes, rotates and revokes keys.
func keys(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	expires := time.Now().Add(time.Hour).Truncate(time.Second)
	made := must(c.CreateKey(ctx, client.KeyRequest{Name: "checkout", Scopes: []client.Scope{client.ScopeIdentify}, ExpiresAt: expires}))(t)
	if made.Secret.Reveal() == "" || made.ID == 0 || !made.ExpiresAt.Equal(expires) || made.CreatedByKeyID == 0 {
		t.Errorf("got %+v", made)
	}
	rotated := must(c.RotateKey(ctx, made.ID, time.Minute))(t)
	if rotated.ReplacesKeyID != made.ID || rotated.Secret == made.Secret {
		t.Errorf("got %+v", rotated)
	}
	with := known(ctx, t, rotated)
	var refused *client.Problem
	if _, err := with.Keys(ctx, client.Page{}); !errors.As(err, &refused) || refused.Status != 403 {
		t.Errorf("got %v", err)
	}
	if k := must(c.RevokeKey(ctx, rotated.ID, "it was in a public repository"))(t); k.RevokedAt.IsZero() || k.Reason == "" {
		t.Errorf("got %+v", k)
	}
	for k, err := range c.AllKeys(ctx, client.Page{Limit: 1}) {
		if must(k, err)(t); k.ID == rotated.ID && k.RevokedAt.IsZero() {
			t.Errorf("got %+v", k)
		}
	}
}

// statistics reads how the service is doing, and looks for the largest clusters.
func statistics(ctx context.Context, t *testing.T, c *client.Client) {
	t.Helper()
	s := must(c.Statistics(ctx))(t)
	if len(s.Minutes) != 60 || s.Minutes[0].At.IsZero() || len(s.Refusals) != 5 || s.Refusals[0].Code == "" {
		t.Errorf("got %+v", s)
	}
	for n := range 3 {
		must(c.Identify(ctx, client.Observation{Email: email("hub", n), PhoneNumber: phone(6, 0)}))(t)
	}
	found := must(c.BeginSurvey(ctx))(t)
	for end := time.Now().Add(time.Minute); found.Running != nil && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		found = must(c.Survey(ctx))(t)
	}
	if found.Result == nil || len(found.Result.Clusters) == 0 || len(found.Result.Hubs) == 0 {
		t.Fatalf("got %+v", found)
	}
	hub, largest := found.Result.Hubs[0], found.Result.Clusters[0]
	if hub.Value == "" || hub.Kind == "" || hub.Observations < 3 || largest.PrimaryContactID == 0 || largest.Contacts < 2 {
		t.Errorf("got %+v and %+v", hub, largest)
	}
}

// known returns a client with a key that was just made, when the service knows it.
func known(ctx context.Context, t *testing.T, made client.NewKey) *client.Client {
	t.Helper()
	c := newClient(t, all.shared.url, client.Options{Key: made.Secret})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var refused *client.Problem
		if _, err := c.Keys(ctx, client.Page{}); !errors.As(err, &refused) || refused.Status != 401 && refused.Status != 429 {
			return c
		}
	}
	t.Fatal("the service does not know the key within a minute")
	return nil
}
