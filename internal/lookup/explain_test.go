package lookup_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when the chain between two contacts, or to a value of the other, is not the shortest, has
// wrong values or times, or includes a retracted observation.
func TestExplainChain(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	link(t, db.Pool, cluster.Policy{}, saw("a@example.com", "1007", 7))
	exec(t, db.Pool, "INSERT INTO observations (email_contact_id, phone_contact_id, withheld) VALUES (1, 3, 'retracted')")
	one := lookup.Observation{ID: 1, EmailContactID: 1, PhoneContactID: 1, Email: "a@example.com", Phone: "1001", FirstSeenAt: day(1)}
	two := lookup.Observation{ID: 2, EmailContactID: 2, PhoneContactID: 1, Email: "b@example.com", Phone: "1001", FirstSeenAt: day(2)}
	three := lookup.Observation{ID: 3, EmailContactID: 2, PhoneContactID: 3, Email: "b@example.com", Phone: "1002", FirstSeenAt: day(3)}
	six := lookup.Observation{ID: 6, EmailContactID: 1, PhoneContactID: 7, Email: "a@example.com", Phone: "1007", FirstSeenAt: day(7)}
	for name, c := range map[string]struct {
		id    uint64
		with  lookup.Ref
		other uint64
		want  []lookup.Observation
	}{
		"a contact":                    {1, lookup.Ref{ID: 3}, 3, []lookup.Observation{two, three}},
		"backwards":                    {3, lookup.Ref{ID: 1}, 1, []lookup.Observation{three, two}},
		"an e-mail of two values":      {3, lookup.Ref{Email: "a@example.com"}, 1, []lookup.Observation{three, two, one}},
		"a phone number of the same":   {3, lookup.Ref{Phone: "1001"}, 1, []lookup.Observation{three, two}},
		"a phone number of two values": {7, lookup.Ref{Phone: "1001"}, 1, []lookup.Observation{six, one}},
		"itself":                       {1, lookup.Ref{ID: 1}, 1, nil},
		"a value of its own":           {1, lookup.Ref{Phone: "1001"}, 1, nil},
	} {
		got, err := r.Explain(t.Context(), c.id, c.with)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !got.Connected || got.ID != c.id || got.OtherID != c.other || got.PrimaryID != 1 || got.OtherPrimaryID != 1 {
			t.Errorf("%s: got %+v", name, got)
		}
		if diff := cmp.Diff(c.want, got.Chain); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// Fails when contacts of two clusters are reported as connected.
func TestExplainUnconnected(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := shop(t, db.Pool)
	want := lookup.Explanation{ID: 3, PrimaryID: 1, OtherID: 5, OtherPrimaryID: 4}
	for _, with := range []lookup.Ref{{ID: 5}, {Email: "d@example.com"}} {
		got, err := r.Explain(t.Context(), 3, with)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", with, diff)
		}
	}
}

// Fails when an explanation does not show what holds the cluster together: here, one observation
// joins two families.
func TestExplainBridges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	var seen []identity.Observation
	for _, family := range []string{"1", "2"} {
		for i := range 2 {
			for k := range 2 {
				seen = append(seen, saw(fmt.Sprintf("%s%d@example.com", family, i), fmt.Sprintf("%s00%d", family, k), 1))
			}
		}
	}
	seen = append(seen, saw("10@example.com", "2000", 2))
	link(t, db.Pool, cluster.Policy{}, seen...)
	got, err := lookup.New(db.Pool).Explain(t.Context(), 1, lookup.Ref{Email: "21@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	want := []lookup.Bridge{
		{
			Observation: lookup.Observation{ID: 9, EmailContactID: 1, PhoneContactID: 4, Email: "10@example.com", Phone: "2000", FirstSeenAt: day(2)},
			Parts:       []int{4, 4},
		},
		{ContactID: 1, Email: "10@example.com", Parts: []int{4, 3}},
		{ContactID: 4, Phone: "2000", Parts: []int{4, 3}},
	}
	if diff := cmp.Diff(want, got.Bridges); diff != "" || got.BridgeCount != 3 {
		t.Errorf("%d bridges (-want +got):\n%s", got.BridgeCount, diff)
	}
}

// Fails when an explanation grows with the cluster or does not count what it leaves out, including
// clusters with more contacts than one statement can list.
func TestExplainLeavesOutSmallBridges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	link(t, db.Pool, cluster.Policy{}, hub(1200)...)
	got, err := lookup.New(db.Pool).Explain(t.Context(), 1, lookup.Ref{Email: "hub1198@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Bridges) != 20 || got.BridgeCount != 1200 || got.Bridges[0].Phone != "770" || len(got.Chain) != 1 {
		t.Errorf("%d of %d bridges, the first %+v, a chain of %d", len(got.Bridges), got.BridgeCount, got.Bridges[0], len(got.Chain))
	}
}
