package linkertest

import (
	"slices"
	"strings"
	"testing"
)

// Partition tells which values are one customer, whatever the ids: each cluster as its sorted
// values in one string, sorted.
func Partition(rows []Row) []string {
	clusters := map[uint64][]string{}
	for _, r := range rows {
		for _, v := range []string{r.Email, r.Phone} {
			if v != "" {
				clusters[root(r)] = append(clusters[root(r)], v)
			}
		}
	}
	partition := make([]string, 0, len(clusters))
	for _, values := range clusters {
		slices.Sort(values)
		partition = append(partition, strings.Join(values, " "))
	}
	slices.Sort(partition)
	return partition
}

// CheckRows reports every row that breaks an invariant: a value in two rows, a secondary on
// something that is no primary, and, as rows must be given by age, a secondary before its primary.
func CheckRows(t testing.TB, rows []Row) {
	t.Helper()
	values := map[string]uint64{}
	primaries := map[uint64]bool{}
	for _, r := range rows {
		for _, v := range []string{"email " + r.Email, "phone " + r.Phone} {
			if strings.HasSuffix(v, " ") {
				continue
			}
			if first, twice := values[v]; twice {
				t.Errorf("%s stands in contacts %d and %d", v, first, r.ID)
			}
			values[v] = r.ID
		}
		if r.LinkedID == 0 {
			primaries[r.ID] = true
		} else if !primaries[r.LinkedID] {
			t.Errorf("contact %d hangs on %d, which is no older primary", r.ID, r.LinkedID)
		}
	}
}
