package lanes

import (
	"context"
	"testing"
)

// Fails when requests wait although a lane is worth it, or make groups that are too small to be.
func TestSecondLaneWaitsUntilItIsWorthIt(t *testing.T) {
	t.Parallel()
	begun, end := make(chan int), make(chan struct{})
	q := queue{ctx: t.Context(), handle: func(_ context.Context, group []*request) {
		begun <- len(group)
		<-end
	}}
	add := func(n int) {
		for range n {
			q.add(&request{ctx: t.Context()})
		}
	}
	expect := func(want int) {
		t.Helper()
		if got := <-begun; got != want {
			t.Errorf("a group of %d, want %d", got, want)
		}
	}
	underWay := func(want int) {
		t.Helper()
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.underWay != want {
			t.Errorf("%d groups under way, want %d", q.underWay, want)
		}
	}
	add(1)
	expect(1)
	add(minBacklog - 1)
	underWay(1)
	add(1)
	expect(minBacklog)
	add(maxGroup + minBacklog)
	underWay(maxLanes)
	end <- struct{}{}
	expect(maxGroup)
	end <- struct{}{}
	expect(minBacklog)
	end <- struct{}{}
	end <- struct{}{}
	q.stop()
	underWay(0)
	add(1)
	underWay(0)
}
