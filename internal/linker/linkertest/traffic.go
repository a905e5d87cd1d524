package linkertest

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/identity"
)

// Linking is a Link under way in the background.
type Linking struct {
	Cluster identity.Cluster
	Err     error
	Done    chan struct{}
}

// StartLink links one observation in the background.
func StartLink(ctx context.Context, l Linker, o identity.Observation) *Linking {
	run := &Linking{Done: make(chan struct{})}
	go func() {
		defer close(run.Done)
		clusters, err := l.Link(ctx, []identity.Observation{o})
		if run.Err = err; err == nil {
			run.Cluster = clusters[0]
		}
	}()
	return run
}

// Wait returns the answer. An error fails the test.
func (r *Linking) Wait(t *testing.T) identity.Cluster {
	t.Helper()
	<-r.Done
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	return r.Cluster
}

// Saw is an observation.
func Saw(email, phone string) identity.Observation {
	return identity.Observation{Email: email, Phone: phone}
}

// DrawObservation draws from few values, so that they meet.
func DrawObservation(run, most int) *rapid.Generator[identity.Observation] {
	return rapid.Custom(func(rt *rapid.T) identity.Observation {
		e, p := rapid.IntRange(0, most).Draw(rt, "email"), rapid.IntRange(0, most).Draw(rt, "phone")
		if e == 0 && p == 0 {
			e = 1
		}
		return Numbered(run, e, p)
	})
}

// Numbered makes the values of one run; 0 stands for absent.
func Numbered(run, email, phone int) identity.Observation {
	var o identity.Observation
	if email != 0 {
		o.Email = fmt.Sprintf("e%d@run%d.example", email, run)
	}
	if phone != 0 {
		o.Phone = fmt.Sprintf("%d%06d", phone, run)
	}
	return o
}

// LinkOne links one observation.
func LinkOne(t *testing.T, l Linker, o identity.Observation) identity.Cluster {
	t.Helper()
	clusters, err := l.Link(t.Context(), []identity.Observation{o})
	if err != nil {
		t.Fatal(err)
	}
	return clusters[0]
}
