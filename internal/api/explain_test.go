package api_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/lookup"
)

// Fails when the shape of an explanation changes, or when an empty list is null.
func TestExplanation(t *testing.T) {
	t.Parallel()
	o := lookup.Observation{ID: 9, EmailContactID: 7, PhoneContactID: 1, Email: "a@b.c", Phone: "1", FirstSeenAt: april()}
	s := &stored{explanation: lookup.Explanation{
		ID: 7, PrimaryID: 1, OtherID: 8, OtherPrimaryID: 1, Connected: true, Chain: []lookup.Observation{o},
		Bridges: []lookup.Bridge{
			{Observation: o, Parts: []int{9, 4}}, {ContactID: 1, Phone: "1", Parts: []int{8, 3, 1}}, {ContactID: 7, Email: "a@b.c", Parts: []int{9, 3}},
		},
		BridgeCount: 40,
	}}
	observed := `{"id":9,"email":"a@b.c","phoneNumber":"1","emailContactId":7,"phoneContactId":1,"firstSeenAt":"2023-04-01T00:00:00.000374Z"}`
	wantBody(t, get(t, s, "/contacts/7/explain?with=8"), `{"id":7,"primaryContactId":1,"otherId":8,"otherPrimaryContactId":1,"connected":true,`+
		`"chain":[`+observed+`],"bridges":[{"observation":`+observed+`,"parts":[9,4]},`+
		`{"value":{"contactId":1,"phoneNumber":"1"},"parts":[8,3,1]},{"value":{"contactId":7,"email":"a@b.c"},"parts":[9,3]}],"bridgeCount":40}`)
	s = &stored{explanation: lookup.Explanation{ID: 7, PrimaryID: 1, OtherID: 8, OtherPrimaryID: 2}}
	wantBody(t, get(t, s, "/contacts/7/explain?with=8"),
		`{"id":7,"primaryContactId":1,"otherId":8,"otherPrimaryContactId":2,"connected":false,"chain":[],"bridges":[],"bridgeCount":0}`)
}

// Fails when the wrong contact is compared.
func TestExplanationReadsQuery(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]lookup.Ref{
		"with=8":                   {ID: 8},
		"email=A+x@b.c":            {Email: "a+x@b.c"},
		"phoneNumber=+14155550132": {Phone: "+14155550132"},
	} {
		s := &stored{}
		get(t, s, "/contacts/7/explain?"+query)
		if diff := cmp.Diff(want, s.with); diff != "" || s.id != 7 {
			t.Errorf("%s of %d (-want +asked):\n%s", query, s.id, diff)
		}
	}
}
