package cluster_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
)

// Fails when an action does something else to an observation than docs/corrections.md says.
func TestStateTable(t *testing.T) {
	t.Parallel()
	const keep, withhold, decide, link, conflict = cluster.Keep, cluster.Withhold, cluster.Decide, cluster.Link, cluster.Conflict
	states := []identity.Reason{
		cluster.Linked, identity.ReasonRetracted, identity.ReasonSeparated, identity.ReasonBlocked, identity.ReasonFanOut, identity.ReasonFuse,
	}
	for action, want := range map[cluster.Action][]cluster.Effect{
		cluster.Observe:    {keep, keep, decide, keep, keep, keep},
		cluster.Retract:    {withhold, keep, withhold, withhold, withhold, withhold},
		cluster.Restore:    {keep, link, conflict, conflict, conflict, conflict},
		cluster.Accept:     {keep, link, link, conflict, link, link},
		cluster.Block:      {withhold, keep, keep, keep, keep, keep},
		cluster.Unblock:    {keep, keep, keep, decide, keep, keep},
		cluster.Unseparate: {keep, keep, decide, keep, keep, keep},
	} {
		got := make([]cluster.Effect, len(states))
		for i, state := range states {
			got[i] = cluster.EffectOf(action, state)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("action %d, by state (-want +got):\n%s", action, diff)
		}
	}
}
