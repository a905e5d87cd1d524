package main

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// Fails if the file differs between runs, or if not about 45 % of its rows have a known value.
func TestHistory(t *testing.T) {
	t.Parallel()
	const n = 20_000
	var first, second strings.Builder
	for _, w := range []*strings.Builder{&first, &second} {
		if err := history(w, n); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("two files differ")
	}
	rows, err := csv.NewReader(strings.NewReader(first.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"email", "phone"}, rows[0]); diff != "" {
		t.Error(diff)
	}
	normalizer, err := identity.NewNormalizer("")
	if err != nil {
		t.Fatal(err)
	}
	repeating, seen := 0, map[string]bool{}
	for _, r := range rows[1:] {
		o, err := normalizer.Observation(r[0], r[1])
		if err != nil {
			t.Fatalf("%q: %v", r, err)
		}
		if o.Email != "" && seen[o.Email] || o.Phone != "" && seen[o.Phone] {
			repeating++
		}
		seen[o.Email], seen[o.Phone] = true, true
	}
	if share := float64(repeating) / n; len(rows) != n+1 || share < 0.43 || share > 0.47 {
		t.Errorf("%.3f of %d rows repeat something", share, len(rows)-1)
	}
}
