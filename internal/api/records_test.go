package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

// Fails when the shape of a list changes, when an empty list is null, or when the last page has a
// next one.
func TestRecords(t *testing.T) {
	t.Parallel()
	s := &stored{
		observations: []lookup.Observation{
			{ID: 1, EmailContactID: 2, PhoneContactID: 3, Email: "a@b.c", Phone: "1", FirstSeenAt: april()},
			{ID: 4, EmailContactID: 5, PhoneContactID: 6, Phone: "1", FirstSeenAt: april(), Withheld: identity.ReasonFanOut, WithheldAt: april()},
		},
		events: []lookup.Event{
			{Kind: "created", ContactID: 1, PrimaryID: 1, At: april()},
			{Kind: "merged", ContactID: 1, PrimaryID: 2, ObservationID: 3, At: april()},
		},
		next: "1.2.3",
	}
	wantBody(t, get(t, s, "/contacts/7/observations"), `{"observations":[`+
		`{"id":1,"email":"a@b.c","phoneNumber":"1","emailContactId":2,"phoneContactId":3,"firstSeenAt":"2023-04-01T00:00:00.000374Z"},`+
		`{"id":4,"phoneNumber":"1","emailContactId":5,"phoneContactId":6,"firstSeenAt":"2023-04-01T00:00:00.000374Z",`+
		`"withheld":"fan_out","withheldAt":"2023-04-01T00:00:00.000374Z"}],"next":"1.2.3"}`)
	wantBody(t, get(t, s, "/contacts/7/history"), `{"events":[`+
		`{"kind":"created","contactId":1,"primaryContactId":1,"at":"2023-04-01T00:00:00.000374Z"},`+
		`{"kind":"merged","contactId":1,"primaryContactId":2,"observationId":3,"at":"2023-04-01T00:00:00.000374Z"}],"next":"1.2.3"}`)
	wantBody(t, get(t, &stored{}, "/contacts/7/observations"), `{"observations":[]}`)
	wantBody(t, get(t, &stored{}, "/contacts/7/history"), `{"events":[]}`)
}

// Fails when a page is read with the wrong limit or start.
func TestPages(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]lookup.Page{
		"":                        {Limit: 100},
		"?limit=1000":             {Limit: 1000},
		"?limit=1&after=-12.0.34": {Limit: 1, After: "-12.0.34"},
	} {
		for _, list := range []string{"observations", "history"} {
			s := &stored{}
			wantBody(t, get(t, s, "/contacts/7/"+list+query), map[string]string{"observations": `{"observations":[]}`, "history": `{"events":[]}`}[list])
			if diff := cmp.Diff(want, s.page); diff != "" || s.id != 7 {
				t.Errorf("%s%s of %d (-want +asked):\n%s", list, query, s.id, diff)
			}
		}
	}
}
