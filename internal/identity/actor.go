package identity

import "context"

type actorKey struct{}

// WithActor returns a context for what the API key with the id decides.
func WithActor(ctx context.Context, keyID uint64) context.Context {
	return context.WithValue(ctx, actorKey{}, keyID)
}

// ActorOf returns the id of the API key on whose behalf the context is, or nil.
func ActorOf(ctx context.Context) *uint64 {
	if id, ok := ctx.Value(actorKey{}).(uint64); ok {
		return &id
	}
	return nil
}
