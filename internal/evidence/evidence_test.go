package evidence_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/evidence"
	"github.com/identikit/identikit/internal/identity"
)

func email(contact uint64) evidence.Value {
	return evidence.Value{Contact: contact, Field: identity.FieldEmail}
}

func phone(contact uint64) evidence.Value {
	return evidence.Value{Contact: contact, Field: identity.FieldPhone}
}

// chain is e1 -1- p1 -2- e2 -3- p2 -4- e3, with a shortcut 9 from e1 to p2. Observations 10 and 11
// would connect e1 and e7 through a phone number that is not in the graph.
func chain() *evidence.Graph {
	return evidence.New(
		[]evidence.Value{email(1), phone(1), email(2), phone(2), email(3), email(7)},
		[]evidence.Edge{{1, 1, 1}, {2, 2, 1}, {3, 2, 2}, {4, 3, 2}, {9, 1, 2}, {10, 1, 8}, {11, 7, 8}},
	)
}

// Fails when a chain is not the shortest, is out of order, or leads through a value that is not in
// the graph.
func TestPath(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to []evidence.Value
		want     []uint64
	}{
		"one observation":          {[]evidence.Value{email(1)}, []evidence.Value{phone(1)}, []uint64{1}},
		"in order":                 {[]evidence.Value{phone(1)}, []evidence.Value{phone(2)}, []uint64{1, 9}},
		"the short cut":            {[]evidence.Value{email(1)}, []evidence.Value{email(3)}, []uint64{9, 4}},
		"from the nearest of some": {[]evidence.Value{phone(1), email(2)}, []evidence.Value{email(3)}, []uint64{3, 4}},
		"to the nearest of others": {[]evidence.Value{email(3)}, []evidence.Value{phone(1), email(2)}, []uint64{4, 3}},
		"a value of both":          {[]evidence.Value{email(1), phone(1)}, []evidence.Value{email(3), phone(1)}, []uint64{}},
		"nothing connects them":    {[]evidence.Value{email(1)}, []evidence.Value{email(7)}, nil},
		"a value that is not here": {[]evidence.Value{email(1)}, []evidence.Value{email(8)}, nil},
		"from nowhere":             {nil, []evidence.Value{email(1)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := chain().Path(c.from, c.to)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
