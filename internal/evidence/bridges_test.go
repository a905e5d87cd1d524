package evidence_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/evidence"
	"github.com/identikit/identikit/internal/identity"
)

// Fails when a bridge is missed, when something else is called a bridge, when the size of a part is
// wrong, or when the most even split is not first.
func TestBridges(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values       []evidence.Value
		observations []evidence.Edge
		want         []evidence.Bridge
	}{
		"nothing":       {},
		"no connection": {values: []evidence.Value{email(1), phone(2)}},
		"two values": {
			values:       []evidence.Value{email(1), phone(1)},
			observations: []evidence.Edge{{5, 1, 1}},
			want:         []evidence.Bridge{{Observation: 5, Parts: []int{1, 1}}},
		},
		"a shared phone number": { // e1, e2 and e3 meet in p1
			values:       []evidence.Value{email(1), phone(1), email(2), email(3)},
			observations: []evidence.Edge{{1, 1, 1}, {2, 2, 1}, {3, 3, 1}},
			want: []evidence.Bridge{
				{Value: phone(1), Parts: []int{1, 1, 1}},
				{Observation: 1, Parts: []int{3, 1}},
				{Observation: 2, Parts: []int{3, 1}},
				{Observation: 3, Parts: []int{3, 1}},
			},
		},
		"a ring": {
			values:       []evidence.Value{email(1), phone(1), email(2), phone(2)},
			observations: []evidence.Edge{{1, 1, 1}, {2, 2, 1}, {3, 2, 2}, {4, 1, 2}},
		},
		"two rings and an observation between": {
			values: []evidence.Value{
				email(1), phone(1), email(2), phone(2), email(3), phone(3), email(4), phone(4),
			},
			observations: []evidence.Edge{
				{1, 1, 1}, {2, 2, 1}, {3, 2, 2}, {4, 1, 2}, {5, 3, 3}, {6, 4, 3}, {7, 4, 4}, {8, 3, 4}, {9, 2, 3},
			},
			want: []evidence.Bridge{
				{Observation: 9, Parts: []int{4, 4}},
				{Value: email(2), Parts: []int{4, 3}},
				{Value: phone(3), Parts: []int{4, 3}},
			},
		},
		"beside what is not connected": { // its values are part of neither
			values:       []evidence.Value{email(1), email(2), phone(2)},
			observations: []evidence.Edge{{1, 2, 2}},
			want:         []evidence.Bridge{{Observation: 1, Parts: []int{1, 1}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := evidence.New(c.values, c.observations).Bridges()
			if diff := gocmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Fails when the search differs from removing each observation and each value in turn and counting
// the parts.
func TestBridgesAreThoseOfBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		values, observations := drawGraph(rt)
		got := evidence.New(values, observations).Bridges()
		if diff := gocmp.Diff(bruteForce(values, observations), byItself(got)); diff != "" {
			rt.Errorf("(-brute force +search):\n%s", diff)
		}
		if !slices.IsSortedFunc(got, func(a, b evidence.Bridge) int { return cmp.Compare(outside(b), outside(a)) }) {
			rt.Errorf("not the most even split first: %v", got)
		}
	})
}

// drawGraph draws few contacts, so that there are cycles as well as bridges.
func drawGraph(rt *rapid.T) ([]evidence.Value, []evidence.Edge) {
	const contacts = 7
	var values []evidence.Value
	for c := range uint64(contacts) {
		values = append(values, email(c+1), phone(c+1))
	}
	id := rapid.Uint64Range(1, contacts)
	pairs := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) [2]uint64 {
		return [2]uint64{id.Draw(rt, "email"), id.Draw(rt, "phone")}
	}), 0, 20, rapid.ID[[2]uint64]).Draw(rt, "pairs")
	var observations []evidence.Edge
	for i, p := range pairs {
		observations = append(observations, evidence.Edge{ID: uint64(i + 1), Email: p[0], Phone: p[1]})
	}
	return rapid.Permutation(values).Draw(rt, "values"), observations
}

func bruteForce(values []evidence.Value, observations []evidence.Edge) []evidence.Bridge {
	all := len(parts(values, observations))
	found := []evidence.Bridge{}
	for i, o := range observations {
		parts := parts(values, slices.Delete(slices.Clone(observations), i, i+1))
		if len(parts) > all {
			ends := []evidence.Value{email(o.Email), phone(o.Phone)}
			found = append(found, evidence.Bridge{Observation: o.ID, Parts: sizesWith(parts, ends)})
		}
	}
	for i, v := range values {
		parts := parts(slices.Delete(slices.Clone(values), i, i+1), observations)
		if len(parts) > all {
			found = append(found, evidence.Bridge{Value: v, Parts: sizesWith(parts, neighbours(v, observations))})
		}
	}
	return byItself(found)
}

// parts returns the connected components of the values.
func parts(values []evidence.Value, observations []evidence.Edge) [][]evidence.Value {
	of := make(map[evidence.Value]int, len(values)) // the part of each value
	for i, v := range values {
		of[v] = i
	}
	for _, o := range observations {
		e, known := of[email(o.Email)]
		p, both := of[phone(o.Phone)]
		if !known || !both {
			continue
		}
		for v, part := range of {
			if part == p {
				of[v] = e
			}
		}
	}
	byPart := map[int][]evidence.Value{}
	for v, part := range of {
		byPart[part] = append(byPart[part], v)
	}
	return slices.Collect(maps.Values(byPart))
}

func neighbours(v evidence.Value, observations []evidence.Edge) []evidence.Value {
	var ends []evidence.Value
	for _, o := range observations {
		switch v {
		case email(o.Email):
			ends = append(ends, phone(o.Phone))
		case phone(o.Phone):
			ends = append(ends, email(o.Email))
		}
	}
	return ends
}

// sizesWith returns the sizes of the parts that contain one of the values, largest first.
func sizesWith(parts [][]evidence.Value, values []evidence.Value) []int {
	var sizes []int
	for _, part := range parts {
		if slices.ContainsFunc(values, func(v evidence.Value) bool { return slices.Contains(part, v) }) {
			sizes = append(sizes, len(part))
		}
	}
	slices.SortFunc(sizes, func(a, b int) int { return cmp.Compare(b, a) })
	return sizes
}

// byItself sorts bridges by observation and value.
func byItself(bridges []evidence.Bridge) []evidence.Bridge {
	sorted := append([]evidence.Bridge{}, bridges...)
	slices.SortFunc(sorted, func(a, b evidence.Bridge) int {
		return cmp.Or(cmp.Compare(a.Observation, b.Observation),
			cmp.Compare(a.Value.Contact, b.Value.Contact), cmp.Compare(a.Value.Field, b.Value.Field))
	})
	return sorted
}

func outside(b evidence.Bridge) int {
	n := 0
	for _, part := range b.Parts[1:] {
		n += part
	}
	return n
}

// Fails when the search recurses as deep as a cluster is long, or takes quadratic time. The chain
// has 100,000 values, and all but its two ends split it; half as many values are unconnected.
func TestBridgesOfALongChain(t *testing.T) {
	t.Parallel()
	const n = 50_000
	var values []evidence.Value
	var observations []evidence.Edge
	for i := range uint64(n) {
		values = append(values, email(i+1), phone(i+1), email(n+i+1))
		observations = append(observations, evidence.Edge{ID: 2*i + 1, Email: i + 1, Phone: i + 1})
		if i > 0 {
			observations = append(observations, evidence.Edge{ID: 2 * i, Email: i + 1, Phone: i})
		}
	}
	g := evidence.New(values, observations)
	bridges := g.Bridges()
	if got, want := len(bridges), len(observations)+2*n-2; got != want {
		t.Errorf("%d bridges, want %d", got, want)
	}
	if diff := gocmp.Diff(evidence.Bridge{Observation: n, Parts: []int{n, n}}, bridges[0]); diff != "" {
		t.Errorf("the most even (-want +got):\n%s", diff)
	}
	if got, want := len(g.Path(values[:1], []evidence.Value{{Contact: n, Field: identity.FieldPhone}})), 2*n-1; got != want {
		t.Errorf("a path of %d, want %d", got, want)
	}
}
