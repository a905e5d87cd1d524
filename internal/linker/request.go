package linker

import (
	"context"
	"sync/atomic"

	"github.com/identikit/identikit/internal/identity"
)

// request is one observation on its way through the lanes.
type request struct {
	ctx         context.Context //nolint:containedctx // a request brings its own through the queue
	observation identity.Observation
	seen        []match // where the read lane saw its values

	finished atomic.Bool
	cluster  identity.Cluster
	err      error
	done     chan struct{} // closed when cluster and err are set
}

func newRequest(ctx context.Context, o identity.Observation) *request {
	return &request{ctx: ctx, observation: o, done: make(chan struct{})}
}

// finish answers the request. Only the first call has an effect: a group that panics does not know
// which of its requests were answered before.
func (r *request) finish(cluster identity.Cluster, err error) {
	if r.finished.CompareAndSwap(false, true) {
		r.cluster, r.err = cluster, err
		close(r.done)
	}
}

func observationsOf(group []*request) []identity.Observation {
	observations := make([]identity.Observation, len(group))
	for i, r := range group {
		observations[i] = r.observation
	}
	return observations
}
