package importer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/stored"
)

// divide divides the observations that are not known into jobs that have no value and no stored cluster
// in common, so that they can be linked at the same time. A job lists observations by their positions;
// those that are connected are in one job and in their order. A job has at least size observations, except
// the last one, and hardly more unless so many are connected.
//
// The jobs are in the order of the e-mail addresses: to insert rows in the order of an index costs less
// than to scatter them.
func divide(observations []identity.Observation, found []stored.Found, size int) (jobs [][]int) {
	first := components(observations, found)
	rest := make([]int, 0, len(observations))
	for i := range observations {
		if !found[i].Known {
			rest = append(rest, i)
		}
	}
	slices.SortFunc(rest, func(a, b int) int { return cmp.Or(strings.Compare(first[a], first[b]), cmp.Compare(a, b)) })
	for len(rest) > 0 {
		n := min(size, len(rest))
		for n < len(rest) && first[rest[n]] == first[rest[n-1]] {
			n++
		}
		jobs = append(jobs, rest[:n])
		rest = rest[n:]
	}
	return jobs
}

// components returns, for each observation that is not known, the smallest e-mail address of those that
// are connected with it, or if they have none the smallest phone number. It is the same for observations
// that are connected, by a value, by a stored cluster or by the same time, and different for others. Of
// contacts with the same time the one with the smaller id is the older, so they must be stored in order.
func components(observations []identity.Observation, found []stored.Found) (first []string) {
	var forest cluster.Forest
	nodes := make([]uint32, len(observations))
	emails, phones, clusters, times := map[string]uint32{}, map[string]uint32{}, map[uint64]uint32{}, map[time.Time]uint32{}
	for i, o := range observations {
		if nodes[i] = forest.Add(); found[i].Known {
			continue
		}
		if o.Email != "" {
			join(&forest, emails, o.Email, nodes[i])
		}
		if o.Phone != "" {
			join(&forest, phones, o.Phone, nodes[i])
		}
		if !o.SeenAt.IsZero() {
			join(&forest, times, o.SeenAt, nodes[i])
		}
		for _, c := range [...]stored.Contact{found[i].Email, found[i].Phone} {
			if c.ID != 0 {
				join(&forest, clusters, c.PrimaryID, nodes[i])
			}
		}
	}
	smallest := make([]string, len(observations)) // by root
	for i, o := range observations {
		at := &smallest[forest.Root(nodes[i])]
		*at = smaller(*at, cmp.Or(o.Email, o.Phone))
	}
	first = make([]string, len(observations))
	for i := range observations {
		first[i] = smallest[forest.Root(nodes[i])]
	}
	return first
}

// join connects a node with the others that have the same key.
func join[K comparable](forest *cluster.Forest, nodes map[K]uint32, key K, node uint32) {
	other, ok := nodes[key]
	if !ok {
		nodes[key] = node
		return
	}
	if child, root := forest.Root(node), forest.Root(other); child != root {
		forest.Unite(root, child)
	}
}

// smaller returns the smaller of two values: e-mail addresses are smaller than phone numbers, and a may be
// "", which is larger than both.
func smaller(a, b string) string {
	switch ofA, ofB := isEmail(a), isEmail(b); {
	case a == "", ofB && !ofA:
		return b
	case ofA && !ofB:
		return a
	}
	return min(a, b)
}

func isEmail(value string) bool { return strings.Contains(value, "@") }
