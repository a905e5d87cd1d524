package lanes

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
)

// told is what the hooks were called with.
type told struct {
	mu      sync.Mutex
	groups  []string // the lane and the number of its requests
	waits   []time.Duration
	known   int
	retried []mysql.Cause
}

func (h *told) hooks() Hooks {
	return Hooks{
		Group: func(lane string, waits []time.Duration) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.groups, h.waits = append(h.groups, fmt.Sprint(lane, " ", len(waits))), append(h.waits, waits...)
		},
		Known:   func(identity.Cluster) { h.mu.Lock(); h.known++; h.mu.Unlock() },
		Retried: func(c mysql.Cause) { h.mu.Lock(); h.retried = append(h.retried, c); h.mu.Unlock() },
	}
}

func (h *told) expect(t *testing.T, what string, groups []string, known int, retried ...mysql.Cause) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if diff := cmp.Diff(groups, h.groups); diff != "" || h.known != known || !slices.Equal(h.retried, retried) {
		t.Errorf("%s: %d known, retried because of %v; groups (-want +got):\n%s", what, h.known, h.retried, diff)
	}
	for _, d := range h.waits {
		if d < 0 || d > time.Hour { // a request without a time would have waited for centuries
			t.Errorf("%s: a request waited %s", what, d)
		}
	}
	h.groups, h.waits, h.known, h.retried = nil, nil, 0, nil
}

// Fails when a group, a wait or a known request is reported wrong, or when a group that is linked one by one
// is not reported as repeated, once.
func TestHooks(t *testing.T) {
	t.Parallel()
	l, h := newLocked(t, 0), &told{}
	l.lanes.WithHooks(h.hooks())
	link := func(o identity.Observation) {
		t.Helper()
		if _, err := l.lanes.Link(t.Context(), []identity.Observation{o}); err != nil {
			t.Fatal(err)
		}
	}
	link(customer(1))
	h.expect(t, "created", []string{"read 1", "write 1"}, 0)
	link(customer(1))
	h.expect(t, "known", []string{"read 1"}, 1)
	link(newPhone(1, 1))
	h.expect(t, "new", []string{"read 1", "write 1"}, 0)
	link(identity.Observation{Phone: newPhone(1, 1).Phone})
	h.expect(t, "known by its phone", []string{"read 1"}, 1)

	group := l.group(t, newPhone(1, 2), newPhone(1, 3))
	l.lanes.split(group, mysql.ErrRetry)
	for _, r := range group {
		<-r.done
	}
	h.expect(t, "one by one", nil, 0, mysql.CauseChanged)
	if got := l.lanes.Stats(); got != (Stats{}) {
		t.Errorf("nothing is going on, but there is %+v", got)
	}
}

// Fails when requests that wait for a locked cluster do not show.
func TestStatsOfLockedCluster(t *testing.T) {
	t.Parallel()
	l := newLocked(t, 1)
	l.exec(t, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	group := l.group(t, newPhone(1, 1), newPhone(1, 2))
	l.lanes.write(t.Context(), group)
	if got := l.lanes.Stats().Locked; got != len(group) {
		t.Errorf("%d requests wait for the cluster, want %d", got, len(group))
	}
	l.release(t)
	for _, r := range group {
		<-r.done
	}
}
