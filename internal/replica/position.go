package replica

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Position is a position in the order of commits: all that was committed before a heartbeat was sent. The
// zero value is before everything.
type Position struct {
	process uint64 // the id of the process that sends the heartbeat
	beat    uint64
}

// latest is the name of the position that only the primary has.
const latest = "latest"

// Parse returns the position of a text that String returned, or the one that only the primary has for
// "latest".
func Parse(text string) (Position, error) {
	if text == latest {
		return Position{beat: math.MaxUint64}, nil
	}
	process, beat, _ := strings.Cut(text, ".")
	var p Position
	var err, wrong error
	p.process, err = strconv.ParseUint(process, 10, 64)
	p.beat, wrong = strconv.ParseUint(beat, 10, 64)
	if err != nil || wrong != nil {
		return Position{}, errors.New("not a position")
	}
	return p, nil
}

// String returns a text for Parse. Clients should not read anything into it.
func (p Position) String() string { return fmt.Sprintf("%d.%d", p.process, p.beat) }

// IsZero reports whether the position is before everything.
func (p Position) IsZero() bool { return p == Position{} }

type key struct{}

// With returns a context whose reads may use replicas that have what is at the position.
func With(ctx context.Context, at Position) context.Context { return context.WithValue(ctx, key{}, at) }

// from returns the position of the context; allowed is false if its reads may not use replicas.
func from(ctx context.Context) (at Position, allowed bool) {
	at, allowed = ctx.Value(key{}).(Position)
	return at, allowed
}
