package linkertest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// Linker is what is tested.
type Linker interface {
	Link(context.Context, []identity.Observation) ([]identity.Cluster, error)
}

// Subject is a linker on an empty store, and the rows of that store by age.
type Subject struct {
	Linker
	Rows func() []Row
}

type step struct {
	observation identity.Observation
	want        identity.Cluster
}

// Run tests that a linker whose store generates these ids follows the rules, each from an empty store.
func Run(t *testing.T, ids IDs, newSubject func(*testing.T) Subject) {
	for name, steps := range scenarios() {
		for i := range steps {
			steps[i].want = ids.number(steps[i].want)
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("one by one", func(t *testing.T) {
				t.Parallel()
				s := newSubject(t)
				for i, step := range steps {
					check(t, s, i, steps[i:i+1], []identity.Observation{step.observation})
				}
				CheckRows(t, s.Rows())
			})
			// A slice must give what its observations give one by one, answers included.
			t.Run("at once", func(t *testing.T) {
				t.Parallel()
				s := newSubject(t)
				var all []identity.Observation
				for _, step := range steps {
					all = append(all, step.observation)
				}
				check(t, s, 0, steps, all)
				CheckRows(t, s.Rows())
			})
		})
	}
}

func check(t *testing.T, l Linker, offset int, steps []step, observations []identity.Observation) {
	t.Helper()
	got, err := l.Link(t.Context(), observations)
	if err != nil {
		t.Fatalf("step %d: %v", offset, err)
	}
	for i, step := range steps {
		if diff := cmp.Diff(step.want, got[i]); diff != "" {
			t.Errorf("step %d, %+v (-want +got):\n%s", offset+i, step.observation, diff)
		}
	}
}

// number replaces the positions of contacts by their ids.
func (ids IDs) number(c identity.Cluster) identity.Cluster {
	c.PrimaryID = ids.Nth(c.PrimaryID)
	for i, n := range c.SecondaryIDs {
		c.SecondaryIDs[i] = ids.Nth(n)
	}
	return c
}

func saw(email, phone string, want identity.Cluster) step {
	return step{identity.Observation{Email: email, Phone: phone}, want}
}

func under(primary uint64, emails, phones []string, secondaries ...uint64) identity.Cluster {
	c := identity.Cluster{PrimaryID: primary, Emails: emails, Phones: phones, SecondaryIDs: secondaries}
	if secondaries == nil {
		c.SecondaryIDs = []uint64{}
	}
	return c
}

func list(values ...string) []string {
	if values == nil {
		return []string{}
	}
	return values
}

const (
	lorraine, mcfly, biff = "lorraine@hillvalley.edu", "mcfly@hillvalley.edu", "biff@hillvalley.edu"
	one, two, three       = "111111", "222222", "333333"
)

// scenarios are the rules as a reader of the README would try them. Contacts are named by their positions.
func scenarios() map[string][]step {
	return map[string][]step{
		"newcomers stay apart": {
			saw(lorraine, one, under(1, list(lorraine), list(one))),
			saw(mcfly, two, under(2, list(mcfly), list(two))),
			saw(biff, "", under(3, list(biff), list())),
			saw("", three, under(4, list(), list(three))),
		},
		"a new value links": {
			saw(lorraine, one, under(1, list(lorraine), list(one))),
			saw(mcfly, one, under(1, list(lorraine, mcfly), list(one), 2)),
			saw(mcfly, two, under(1, list(lorraine, mcfly), list(one, two), 2, 3)),
		},
		"what is known adds nothing": {
			saw(lorraine, one, under(1, list(lorraine), list(one))),
			saw(mcfly, one, under(1, list(lorraine, mcfly), list(one), 2)),
			saw(lorraine, one, under(1, list(lorraine, mcfly), list(one), 2)),
			saw(mcfly, "", under(1, list(lorraine, mcfly), list(one), 2)),
			saw("", one, under(1, list(lorraine, mcfly), list(one), 2)),
			saw(biff, two, under(3, list(biff), list(two))),
		},
		"two known values that never came together": {
			saw(lorraine, one, under(1, list(lorraine), list(one))),
			saw(lorraine, two, under(1, list(lorraine), list(one, two), 2)),
			saw(mcfly, one, under(1, list(lorraine, mcfly), list(one, two), 2, 3)),
			saw(mcfly, two, under(1, list(lorraine, mcfly), list(one, two), 2, 3)),
		},
		"two primaries become one under the older": {
			saw(lorraine, one, under(1, list(lorraine), list(one))),
			saw(biff, two, under(2, list(biff), list(two))),
			saw(lorraine, two, under(1, list(lorraine, biff), list(one, two), 2)),
			saw(biff, one, under(1, list(lorraine, biff), list(one, two), 2)),
		},
		"the absorbed brings its secondaries": {
			saw(lorraine, one, under(1, list(lorraine), list(one))),
			saw(biff, two, under(2, list(biff), list(two))),
			saw(biff, three, under(2, list(biff), list(two, three), 3)),
			saw(mcfly, one, under(1, list(lorraine, mcfly), list(one), 4)),
			saw(mcfly, three, under(1, list(lorraine, biff, mcfly), list(one, two, three), 2, 3, 4)),
			saw("", two, under(1, list(lorraine, biff, mcfly), list(one, two, three), 2, 3, 4)),
		},
		"a primary without phone": {
			saw(lorraine, "", under(1, list(lorraine), list())),
			saw(lorraine, one, under(1, list(lorraine), list(one), 2)),
			saw(mcfly, one, under(1, list(lorraine, mcfly), list(one), 2, 3)),
		},
		"an email and a phone seen alone meet": {
			saw("", one, under(1, list(), list(one))),
			saw(lorraine, "", under(2, list(lorraine), list())),
			saw(lorraine, one, under(1, list(lorraine), list(one), 2)),
		},
	}
}
