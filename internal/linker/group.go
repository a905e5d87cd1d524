package linker

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
)

// Request is one observation of a group, and where its values were seen last.
type Request struct {
	Observation identity.Observation
	Seen        ledger.Matches
}

// Found is what reads alone tell about an observation: its answer if it adds nothing, otherwise where its
// values were seen.
type Found struct {
	Known   bool
	Cluster identity.Cluster
	Seen    ledger.Matches
}

// Linked is the answer to a request of a group, or the first primary of its clusters that is locked by
// another transaction.
type Linked struct {
	Cluster identity.Cluster
	Missing uint64 // 0 if it was linked
}

// FindPrimary is Find for observations whose e-mail address is that of a primary, for half the price. It
// does not know others, and does not tell where their values are.
func (l *Linker) FindPrimary(ctx context.Context, observations []identity.Observation) ([]Found, error) {
	g, err := l.ledger.Reader().ReadByEmail(ctx, observations)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(observations))
	for i, o := range observations {
		if o.Email != "" {
			found[i] = findIn(g, o)
		}
	}
	return found, nil
}

// Find reads without locks what is known of each observation. It may return mysql.ErrRetry.
func (l *Linker) Find(ctx context.Context, observations []identity.Observation) ([]Found, error) {
	g, _, err := l.ledger.Reader().ReadGraph(ctx, observations)
	if err != nil {
		return nil, err
	}
	found := make([]Found, len(observations))
	var decided []identity.Observation
	var at []int // their positions
	for i, o := range observations {
		found[i] = findIn(g, o)
		found[i].Seen = ledger.MatchesOf(g, o)
		if found[i].Known && g.IsDecided(o) {
			decided, at = append(decided, o), append(at, i)
		}
	}
	if len(decided) == 0 {
		return found, nil
	}
	if g, err = l.ledger.ReadSnapshot(ctx, decided); err != nil {
		return nil, err
	}
	for n, o := range decided {
		found[at[n]] = findIn(g, o)
		found[at[n]].Seen = ledger.MatchesOf(g, o)
	}
	return found, nil
}

func findIn(g *cluster.Graph, o identity.Observation) Found {
	answer, known := g.Known(o)
	if !known {
		return Found{}
	}
	return Found{Known: true, Cluster: answer.Cluster()}
}

// LinkFree links requests in one transaction, in one attempt. It waits for the locks on the clusters in
// wait, then calls take for the requests, and leaves out those about clusters that other transactions have
// locked. The result has one element for each request that take returned. After an error, which mysql
// tells from others, none is linked. take is called again when a suppressed value was left out.
func (l *Linker) LinkFree(ctx context.Context, wait ledger.Matches, take func() []Request) (results []Linked, err error) {
	var linked []int // positions of what the plan links
	p, err := l.write(ctx, func(ctx context.Context, tx *ledger.Tx) (held work, err error) {
		if err := tx.LockPrimaries(ctx, wait.Primaries()); err != nil {
			return held, err
		}
		requests := take()
		if results, err = lockFree(ctx, tx, requests); err != nil {
			return held, err
		}
		var observations []identity.Observation
		linked = linked[:0]
		for i, r := range requests {
			if results[i].Missing == 0 {
				linked = append(linked, i)
				held.matches = append(held.matches, r.Seen...)
				observations = append(observations, r.Observation)
			}
		}
		held.plan = planOf(observations)
		held.graph, err = tx.ReadClusters(ctx, held.matches, observations)
		return held, err
	})
	if err != nil {
		return nil, err
	}
	for i, answer := range l.answers(p) {
		results[linked[i]].Cluster = answer
	}
	return results, nil
}

// lockFree locks those clusters of requests that no other transaction has locked, and returns for each
// request the first primary that it lacks.
func lockFree(ctx context.Context, tx *ledger.Tx, requests []Request) ([]Linked, error) {
	var seen ledger.Matches
	for _, r := range requests {
		seen = append(seen, r.Seen...)
	}
	held, err := tx.LockFree(ctx, seen.Primaries())
	if err != nil {
		return nil, err
	}
	results := make([]Linked, len(requests))
	for i, r := range requests {
		for _, primary := range r.Seen.Primaries() {
			if !held[primary] {
				results[i].Missing = primary
				break
			}
		}
	}
	return results, nil
}

// Probe returns an error that is a lock wait timeout when another transaction is inserting one of the
// values. It keeps no lock.
func (l *Linker) Probe(ctx context.Context, o identity.Observation) error {
	return l.ledger.Reader().Probe(ctx, o)
}
