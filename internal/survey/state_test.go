package survey_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/survey"
)

// Fails when a value that was blocked, erased or moved to another contact since the survey is not shown as it
// is now, when clusters that were merged since are listed twice, or when the row of the survey has a value.
func TestShownAsItIsNow(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	l := ledger.New(db)
	link := func(email, phone string) {
		t.Helper()
		if _, err := linker.New(l, cluster.Policy{}, nil).Link(t.Context(), []identity.Observation{{Email: email, Phone: phone}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 6 {
		link(fmt.Sprintf("a%d@example.com", i), "111") // both values of contact 1 are in one contact
	}
	for i := range 4 {
		link("b@example.com", fmt.Sprintf("22%d", i))
	}
	s := process(t, db, &logged{})
	begin(t, s)
	first := wait(t, s)
	want := survey.Result{
		StartedAt: first.StartedAt, FinishedAt: first.FinishedAt,
		Clusters: []survey.Cluster{{PrimaryID: 1, Contacts: 6, Email: "a0@example.com", Phone: "111"}, {PrimaryID: 7, Contacts: 4, Email: "b@example.com", Phone: "220"}},
		Hubs: []survey.Hub{
			{ContactID: 1, PrimaryID: 1, Kind: identity.FieldPhone, Value: "111", Observations: 6},
			{ContactID: 7, PrimaryID: 7, Kind: identity.FieldEmail, Value: "b@example.com", Observations: 4},
		},
	}
	if diff := cmp.Diff(want, first); diff != "" {
		t.Fatalf("at first (-want +got):\n%s", diff)
	}
	row := linkertest.One[string](t, db, "SELECT result FROM survey")
	if wantRow := `{"clusters":[{"primary":1,"contacts":6},{"primary":7,"contacts":4}],"hubs":[` +
		`{"field":"phoneNumber","contact":1,"observation":1,"observations":6},{"field":"email","contact":7,"observation":7,"observations":4}]}`; row != wantRow {
		t.Errorf("the row has %s", row)
	}

	link("b@example.com", "111") // one cluster
	want.Clusters, want.Hubs[1].PrimaryID = want.Clusters[:1], 1
	if diff := cmp.Diff(want, *read(t, s).Result); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	c := correction.New(l, cluster.Policy{}, nil)
	blocked, err := c.Block(t.Context(), identity.Observation{Phone: "111"}, "", false)
	if err != nil {
		t.Fatal(err)
	}
	want.Clusters = append(want.Clusters, survey.Cluster{PrimaryID: 7, Contacts: 4, Email: "b@example.com", Phone: "220"})
	want.Clusters[0].Phone = ""
	want.Hubs[0] = survey.Hub{ContactID: blocked.ContactID, PrimaryID: blocked.ContactID, Kind: identity.FieldPhone, Value: "111", Observations: 6, Blocked: true}
	want.Hubs[1].PrimaryID = 7
	if diff := cmp.Diff(want, *read(t, s).Result); diff != "" || blocked.ContactID == 1 {
		t.Errorf("blocked (-want +got):\n%s", diff)
	}
	if _, err := erasure.New(l, nil).EraseValue(t.Context(), identity.Observation{Email: "b@example.com"}, false, false); err != nil {
		t.Fatal(err)
	}
	want.Clusters[1].Email, want.Hubs[1].Value = "", ""
	if diff := cmp.Diff(want, *read(t, s).Result); diff != "" {
		t.Errorf("erased (-want +got):\n%s", diff)
	}
}
