package lookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when an observation of the cluster is missing, repeated or out of order, when a withheld
// one is left out, or when one of another cluster is shown, with several page sizes.
func TestObservations(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	exec(t, db.Pool,
		// Between two members, between a member and another cluster in either direction, and of an
		// erased contact.
		`INSERT INTO observations (id, email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at) VALUES
			(11, 1, 3, '2020-01-02 01:02:03.000004', 'retracted', '2020-02-01'),
			(12, 1, 4, '2020-01-01', 'separated', '2020-02-02'),
			(13, 5, 3, '2020-01-09', 'fuse', '2020-02-03 00:00:00.000001')`,
		"INSERT INTO observations (id, email_contact_id, phone_contact_id, first_seen_at, withheld) VALUES (15, 6, 3, '2020-01-10', 'blocked')",
		"INSERT INTO retractions (observation_id, reason) VALUES (11, 'he used her phone')",
	)
	want := []lookup.Observation{
		{ID: 12, EmailContactID: 1, PhoneContactID: 4, Email: "a@example.com", Phone: "1003", Withheld: identity.ReasonSeparated},
		{ID: 1, EmailContactID: 1, PhoneContactID: 1, Email: "a@example.com", Phone: "1001", FirstSeenAt: day(1)},
		{ID: 2, EmailContactID: 2, PhoneContactID: 1, Email: "b@example.com", Phone: "1001", FirstSeenAt: day(2)},
		{ID: 11, EmailContactID: 1, PhoneContactID: 3, Email: "a@example.com", Phone: "1002", FirstSeenAt: day(2), Withheld: identity.ReasonRetracted,
			Reason: "he used her phone"},
		{ID: 3, EmailContactID: 2, PhoneContactID: 3, Email: "b@example.com", Phone: "1002", FirstSeenAt: day(3)},
		{ID: 13, EmailContactID: 5, PhoneContactID: 3, Email: "d@example.com", Phone: "1002", Withheld: identity.ReasonFuse},
		{ID: 15, EmailContactID: 6, PhoneContactID: 3, Phone: "1002", Withheld: identity.ReasonBlocked},
	}
	want[0].FirstSeenAt, want[0].WithheldAt = day(1).Truncate(24*time.Hour), day(32).Truncate(24*time.Hour).Add(24*time.Hour)
	want[3].WithheldAt = day(32).Truncate(24 * time.Hour)
	want[5].FirstSeenAt, want[5].WithheldAt = day(9).Truncate(24*time.Hour), day(34).Truncate(24*time.Hour).Add(1000)
	want[6].FirstSeenAt = day(10).Truncate(24 * time.Hour)
	for _, id := range []uint64{1, 2, 3} {
		for _, size := range []int32{1, 2, 3, 7, 100} {
			got := pages(t, size, func(p lookup.Page) ([]lookup.Observation, string, error) {
				return r.Observations(t.Context(), id, p)
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("of %d in pages of %d (-want +got):\n%s", id, size, diff)
			}
		}
	}
}

// Fails when an observation that the linker withheld is not shown for both clusters that it would
// have united.
func TestObservationsWithheldByTheLinker(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	fuse := cluster.Policy{ClusterValues: 3}
	link(t, db.Pool, fuse, saw("a@example.com", "1001", 0), saw("b@example.com", "1002", 0), saw("a@example.com", "1002", 0))
	for id, want := range map[uint64][]lookup.Observation{
		1: {{ID: 1, Email: "a@example.com", Phone: "1001"}, {ID: 3, Email: "a@example.com", Phone: "1002", Withheld: identity.ReasonFuse}},
		2: {{ID: 2, Email: "b@example.com", Phone: "1002"}, {ID: 3, Email: "a@example.com", Phone: "1002", Withheld: identity.ReasonFuse}},
	} {
		got, next, err := lookup.New(db.Pool).Observations(t.Context(), id, lookup.Page{Limit: 2})
		if err != nil || next != "" {
			t.Errorf("next %q, %v", next, err)
		}
		ids := cmpopts.IgnoreFields(lookup.Observation{}, "EmailContactID", "PhoneContactID", "FirstSeenAt", "WithheldAt")
		if diff := cmp.Diff(want, got, ids, cmpopts.SortSlices(func(a, b lookup.Observation) bool { return a.ID < b.ID })); diff != "" {
			t.Errorf("of %d (-want +got):\n%s", id, diff)
		}
		if withheld := got[1]; withheld.WithheldAt.IsZero() || !got[0].WithheldAt.IsZero() {
			t.Errorf("withheld at %v, the other at %v", withheld.WithheldAt, got[0].WithheldAt)
		}
	}
}

// Fails when something is missing or repeated in a cluster of more contacts than one statement can
// list.
func TestRecordsOfALargeCluster(t *testing.T) {
	t.Parallel()
	const n = 1200
	db := mysqltest.NewDB(t)
	r := lookup.New(db.Pool)
	link(t, db.Pool, cluster.Policy{}, hub(n)...)
	exec(t, db.Pool, "INSERT INTO history (kind, contact_id, primary_id) SELECT 'merged', id, linked_id FROM contacts WHERE id > 1")
	for _, size := range []int32{100, 1000} {
		seen := pages(t, size, func(p lookup.Page) ([]lookup.Observation, string, error) { return r.Observations(t.Context(), 7, p) })
		events := pages(t, size, func(p lookup.Page) ([]lookup.Event, string, error) { return r.History(t.Context(), 7, p) })
		emails, contacts := map[string]bool{}, map[string]bool{}
		for _, o := range seen {
			emails[o.Email] = true
		}
		for _, e := range events {
			contacts[fmt.Sprint(e.Kind, e.ContactID)] = true
		}
		if len(seen) != n-1 || len(emails) != n-1 || len(events) != 2*n-3 || len(contacts) != 2*n-3 {
			t.Errorf("in pages of %d: %d observations of %d, %d events of %d", size, len(seen), len(emails), len(events), len(contacts))
		}
	}
}

// Fails when a cursor that no page returned is accepted or reaches the database.
func TestBadCursors(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	for _, after := range []string{
		"x", "17", "1.2", "1.2.3.4", "..", "1.-2.3", "1.2.x", "9223372036854775807.0.1", "-9223372036854775808.0.1", "0.0.99999999999999999999",
	} {
		_, _, err := r.Observations(t.Context(), 1, lookup.Page{Limit: 5, After: after})
		wantCode(t, err, identity.CodeInvalidRequest)
		_, _, err = r.History(t.Context(), 1, lookup.Page{Limit: 5, After: after})
		wantCode(t, err, identity.CodeInvalidRequest)
	}
}
