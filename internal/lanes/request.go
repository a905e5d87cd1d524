package lanes

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/tracing"
)

// request is one observation on its way through the lanes.
type request struct {
	ctx           context.Context //nolint:containedctx // each request in a group has its own
	observation   identity.Observation
	seen          ledger.Matches // where its values were seen last
	missing       uint64         // the first primary of those that could not be locked
	pause         time.Duration  // before it was read again the last time
	queued        time.Time      // when it came to the queue that it was in last; set for queue.begun only
	span, waiting tracing.Span   // its own, and that of its wait for a group or a lock

	finished atomic.Bool
	cluster  identity.Cluster
	err      error
	done     chan struct{} // closed when cluster and err are set
}

func newRequest(ctx context.Context, o identity.Observation) *request {
	return &request{ctx: ctx, observation: o, span: tracing.FromContext(ctx), done: make(chan struct{})}
}

// finish answers the request. Only the first call has an effect: after a panic in a group it is not
// known which of its requests were answered.
func (r *request) finish(cluster identity.Cluster, err error) {
	if r.finished.CompareAndSwap(false, true) {
		r.cluster, r.err = cluster, err
		close(r.done)
	}
}

// observationsOf lists the observations of a group.
func observationsOf(group []*request) []identity.Observation {
	observations := make([]identity.Observation, len(group))
	for i, r := range group {
		observations[i] = r.observation
	}
	return observations
}
