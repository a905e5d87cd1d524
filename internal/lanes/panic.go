package lanes

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/identikit/identikit/internal/identity"
)

// guard wraps handle with recover: a panic in the goroutine of a group would end the process.
func (l *Lanes) guard(handle func(context.Context, []*request)) func(context.Context, []*request) {
	return func(ctx context.Context, group []*request) {
		defer l.recover(&group)
		handle(ctx, group)
	}
}

// recover must be deferred. It turns a panic into an internal error for each request that is not
// answered yet, and logs it once.
func (l *Lanes) recover(group *[]*request) {
	value := recover()
	if value == nil {
		return
	}
	l.log.Error("panic while linking", "error", identity.PanicText(value), "requests", len(*group), "stack", string(debug.Stack()))
	err := &identity.Error{Code: identity.CodeInternal, Err: errors.New(identity.PanicText(value))}
	for _, r := range *group {
		r.finish(identity.Cluster{}, err)
	}
}
