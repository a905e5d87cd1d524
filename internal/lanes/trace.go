package lanes

import (
	"context"

	"github.com/identikit/identikit/internal/tracing"
)

// The names of what a request waits for.
const (
	waitForLane = "wait for lane"
	waitForLock = "wait for lock"
)

// startWait starts the spans of requests that wait. A request waits for one thing at a time.
func startWait(name string, requests []*request) {
	for _, r := range requests {
		r.waiting = r.span.Start(name)
	}
}

// startGroup starts the span of a group, below the first request that is recorded: a span has one parent.
func startGroup(ctx context.Context, name string, group []*request) (context.Context, tracing.Span) {
	for _, r := range group {
		if r.span.Recorded() {
			ctx, span := r.span.StartGroup(ctx, name)
			joinGroup(span, group)
			return ctx, span
		}
	}
	return ctx, tracing.Span{}
}

// joinGroup ends the waits of the requests of a group, and links each with the span of the group.
func joinGroup(span tracing.Span, group []*request) {
	span.SetSize(len(group))
	for _, r := range group {
		span.Link(r.span)
		r.waiting.Link(span)
		r.waiting.End()
	}
}
