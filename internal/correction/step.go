package correction

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// bounds are what keeps one step of a block, or of its end, short: others wait for its locks.
type bounds struct {
	step  int // observations that are withheld, or link again
	shown int // contacts of a cluster that is read whole and shown; at most step
	read  int // contacts that are read to link again: each observation may bring a whole cluster
}

func defaultBounds() bounds { return bounds{step: 500, shown: 500, read: 1000} }

// Blocking is a block and how far it got, or its end.
type Blocking struct {
	ID        uint64 // of the block; 0 in a dry run of a new one
	ContactID uint64 // holds the value and nothing else; 0 in a dry run that would add it
	Complete  bool   // no observation of the value links; at the end of a block: it is gone

	// Linking and Withheld count the value's observations: those that link, and those that are withheld
	// because a value is blocked. They are counted as the block, or its end, begins, and kept by its
	// steps: what came with the value since then is not in them.
	Linking, Withheld int

	// Before and After are nil when it took more than one step, or a cluster has more than 500
	// contacts.
	Change

	after uint64 // the contact of the last observation that was looked at
}

// inSteps repeats do until it is complete, fails, or has used half of ctx's time. In between it pauses
// for two thirds of what the last step took, so that others get at the cluster and at the database. A dry run is
// one step: the next would begin where it began.
func inSteps(ctx context.Context, dryRun bool, do func() (Blocking, error)) (Blocking, error) {
	for end := halfOf(ctx); ; {
		start := time.Now()
		b, err := do()
		if err != nil || b.Complete || dryRun || time.Now().After(end) {
			return b, err
		}
		select {
		case <-ctx.Done():
			return Blocking{}, mysql.Translate(ctx.Err())
		case <-time.After(2 * time.Since(start) / 3):
		}
	}
}

// goOn returns how far a block got, or its end; when that only begins it counts the value's observations.
func goOn(ctx context.Context, q *store.Queries, b store.Block, begins bool, contact uint64, value identity.Observation) (Blocking, error) {
	at := Blocking{ID: b.ID, ContactID: contact, Complete: b.Complete, Linking: int(b.Linking), Withheld: int(b.Withheld), after: b.AfterID}
	if !begins {
		return at, nil
	}
	of := store.CountBlockedParams{PhoneContactID: contact}
	if value.Email != "" {
		of = store.CountBlockedParams{EmailContactID: contact}
	}
	n, err := q.CountBlocked(ctx, of)
	return Blocking{ID: b.ID, ContactID: contact, Linking: int(n.Linking), Withheld: int(n.Blocked)}, err
}
