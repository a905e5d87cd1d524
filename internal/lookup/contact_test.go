package lookup_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a contact is found with the wrong cluster, members or order, by its id, its own value
// or a value of a secondary.
func TestContact(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	want := lookup.Contact{
		Cluster: identity.Cluster{
			PrimaryID: 1, Emails: []string{"a@example.com", "b@example.com"}, Phones: []string{"1001", "1002"},
			SecondaryIDs: []uint64{2, 3},
		},
		Members: []lookup.Member{
			{ID: 1, Email: "a@example.com", Phone: "1001", Primary: true, FirstPrimaryID: 1, CreatedAt: day(1)},
			{ID: 2, Email: "b@example.com", FirstPrimaryID: 1, CreatedAt: day(2)},
			{ID: 3, Phone: "1002", FirstPrimaryID: 1, CreatedAt: day(3)},
		},
	}
	for name, c := range map[string]struct {
		look func() (lookup.Contact, error)
		id   uint64
	}{
		"primary":         {func() (lookup.Contact, error) { return r.Contact(t.Context(), 1) }, 1},
		"secondary":       {func() (lookup.Contact, error) { return r.Contact(t.Context(), 3) }, 3},
		"by e-mail":       {func() (lookup.Contact, error) { return r.Find(t.Context(), saw("b@example.com", "", 0)) }, 2},
		"by phone number": {func() (lookup.Contact, error) { return r.Find(t.Context(), saw("", "1001", 0)) }, 1},
	} {
		want.ID = c.id
		got, err := c.look()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(lookup.Member{}, "UpdatedAt")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	c, err := r.Contact(t.Context(), 1)
	if err != nil || c.Members[0].UpdatedAt.Before(day(1)) {
		t.Errorf("updated at %v, %v", c.Members[0].UpdatedAt, err)
	}
}

// Fails when a missing or erased contact is returned as an existing one.
func TestMissingContact(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	one := lookup.Page{Limit: 1}
	for id, code := range map[uint64]identity.Code{6: identity.CodeContactErased, 7: identity.CodeRecordNotFound, 1 << 63: identity.CodeRecordNotFound} {
		_, err := r.Contact(t.Context(), id)
		wantCode(t, err, code)
		if code == identity.CodeContactErased && !strings.Contains(err.Error(), "2021-02-03T04:05:06.000007Z") {
			t.Errorf("%v does not say when", err)
		}
		_, _, err = r.Observations(t.Context(), id, one)
		wantCode(t, err, code)
		_, _, err = r.History(t.Context(), id, one)
		wantCode(t, err, code)
		_, err = r.Explain(t.Context(), id, lookup.Ref{ID: 1})
		wantCode(t, err, code)
		_, err = r.Explain(t.Context(), 1, lookup.Ref{ID: id})
		wantCode(t, err, code)
	}
	for _, o := range []identity.Observation{saw("gone@example.com", "", 0), saw("", "9", 0), saw("A@example.com", "", 0)} {
		_, err := r.Find(t.Context(), o)
		wantCode(t, err, identity.CodeRecordNotFound)
		_, err = r.Explain(t.Context(), 1, lookup.Ref{Email: o.Email, Phone: o.Phone})
		wantCode(t, err, identity.CodeRecordNotFound)
	}
}

// Fails when an unreachable database looks like a missing contact.
func TestDatabaseUnreachable(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := r.Contact(over, 1)
	wantCode(t, err, identity.CodeUnavailable)
	_, err = r.Explain(over, 1, lookup.Ref{ID: 2})
	wantCode(t, err, identity.CodeUnavailable)
	_, _, err = r.Observations(over, 1, lookup.Page{Limit: 1})
	wantCode(t, err, identity.CodeUnavailable)
	_, _, err = r.History(over, 1, lookup.Page{Limit: 1})
	wantCode(t, err, identity.CodeUnavailable)
}

// Fails when a look-up differs from the answer of the linker after clusters have grown, merged and
// become older.
func TestContactMatchesLinker(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r, random := lookup.New(db.Pool), rand.New(rand.NewPCG(1, 2))
	var all []identity.Observation
	for range 200 {
		all = append(all, saw(
			fmt.Sprintf("e%d@example.com", random.IntN(100)), fmt.Sprintf("49%d", random.IntN(100)), random.IntN(20)))
	}
	link(t, db.Pool, cluster.Policy{}, all...)
	for _, o := range all {
		want := link(t, db.Pool, cluster.Policy{}, saw(o.Email, "", 0))[0]
		for _, one := range []identity.Observation{saw(o.Email, "", 0), saw("", o.Phone, 0)} {
			got, err := r.Find(t.Context(), one)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got.Cluster); diff != "" {
				t.Fatalf("(-linker +lookup):\n%s", diff)
			}
		}
	}
}

// Fails when an answer mixes two snapshots: during merges, a cluster would be without its primary,
// its primary would not be the oldest, or its history would name a contact that is not in it.
func TestContactDuringMerges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r, l := lookup.New(db.Pool), linkertest.New(db.Pool, cluster.Policy{})
	const n = 150
	var unlinked []identity.Observation
	for i := range n {
		unlinked = append(unlinked, saw(fmt.Sprintf("e%d@example.com", i), fmt.Sprintf("49%d", i), 0))
	}
	link(t, db.Pool, cluster.Policy{}, unlinked...)
	done := make(chan error, 1)
	go func() {
		for i := n - 1; i > 0; i-- { // each merge changes the primary
			if _, err := l.Link(context.Background(), []identity.Observation{saw(unlinked[i].Email, unlinked[i-1].Phone, 0)}); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for looks := 0; ; looks++ {
		select {
		case err := <-done:
			if err != nil || looks < 20 {
				t.Errorf("%d look-ups during the merges; the linker returned %v", looks, err)
			}
			return
		default:
		}
		for _, look := range []func() (lookup.Contact, error){
			func() (lookup.Contact, error) { return r.Contact(t.Context(), n) },
			func() (lookup.Contact, error) { return r.Find(t.Context(), saw("", unlinked[n-1].Phone, 0)) },
		} {
			c, err := look()
			if err != nil || !c.Members[0].Primary || len(c.Members) != len(c.Cluster.SecondaryIDs)+1 {
				t.Fatalf("%+v, %v", c.Members, err)
			}
		}
		events, _, err := r.History(t.Context(), n, lookup.Page{Limit: 10 * n})
		if err != nil {
			t.Fatal(err)
		}
		wantOneMoment(t, events)
	}
}

// wantOneMoment expects that every contact named in an event has its own origin.
func wantOneMoment(t *testing.T, events []lookup.Event) {
	t.Helper()
	came := map[uint64]bool{}
	for _, e := range events {
		came[e.ContactID] = came[e.ContactID] || e.Kind != "merged"
	}
	for _, e := range events {
		if !came[e.ContactID] || !came[e.PrimaryID] {
			t.Fatalf("%+v names a contact without an origin", e)
		}
	}
}
