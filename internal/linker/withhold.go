package linker

import (
	"context"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Withheld is an observation of two values that was decided elsewhere not to link.
type Withheld struct {
	identity.Observation // with both values
	Reason               identity.Reason
	Refusal              RefusalState
}

// RefusalState is where the refusal of an observation stands. The set is closed.
type RefusalState string

// The states of a refusal.
const (
	NotQueued RefusalState = ""
	Open      RefusalState = "open"
	Accepted  RefusalState = "accepted"
	Dismissed RefusalState = "dismissed"
)

// Withhold records observations that do not link, and never links one. Values that nobody holds are
// stored, each as a contact of its own. What is recorded already keeps its reason, but a retraction
// replaces every other one and takes apart what links; a refusal that is open is closed when the one
// given is. Doing it again changes nothing. Dozens in one call are efficient.
//
// The first result has one element for each observation: nil, or why it was not recorded.
func (l *Linker) Withhold(ctx context.Context, observations []Withheld) ([]error, error) {
	results, err := l.storeValues(ctx, observations)
	if err != nil {
		return nil, err
	}
	var storable []Withheld
	var positions []int
	for i, o := range observations {
		if results[i] == nil {
			storable, positions = append(storable, o), append(positions, i)
		}
	}
	done, err := correct(ctx, l, false, withholding{storable})
	if err != nil {
		return nil, err
	}
	for i, at := range positions {
		results[at] = done.refused[i]
	}
	for _, id := range done.linked {
		if _, err := l.Retract(ctx, id, false); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// storeValues stores the values that nobody holds, without linking any, and returns for each
// observation why that is impossible.
func (l *Linker) storeValues(ctx context.Context, observations []Withheld) ([]error, error) {
	alone := make([]identity.Observation, 0, 2*len(observations))
	for _, o := range observations {
		alone = append(alone,
			identity.Observation{Email: o.Email, SeenAt: o.SeenAt}, identity.Observation{Phone: o.Phone, SeenAt: o.SeenAt})
	}
	clusters, err := l.Link(ctx, alone)
	if err != nil {
		return nil, err
	}
	refused := make([]error, len(observations))
	for i, c := range clusters {
		if isErased(c) {
			refused[i/2] = errErasedValue
		}
	}
	return refused, nil
}

// errErasedValue refuses a value that must not be stored.
var errErasedValue = &identity.Error{
	Code: identity.CodeConflict, Detail: "A value was permanently erased and is not stored again.",
}

func isErased(c identity.Cluster) bool {
	return len(c.Refused) > 0 && c.Refused[0].Code == identity.ReasonErased
}

// withholding records observations whose values are stored.
type withholding struct{ observations []Withheld }

// withheldResult is what became of the observations: why one was not recorded, and those that must be
// retracted, since they link or are withheld for another reason.
type withheldResult struct {
	refused []error
	linked  []uint64
}

func (w withholding) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	seen := make([]identity.Observation, len(w.observations))
	for i, o := range w.observations {
		seen[i] = o.Observation
	}
	return holders(ctx, q, seen)
}

func (w withholding) apply(ctx context.Context, c *lockedClusters) (withheldResult, error) {
	result := withheldResult{refused: make([]error, len(w.observations))}
	g, err := c.graph(ctx)
	if err != nil {
		return result, err
	}
	pairs := make([]store.Pair, len(w.observations))
	for i, o := range w.observations {
		e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e == nil || ph == nil {
			return result, mysql.ErrRetry
		}
		pairs[i] = store.Pair{EmailContactID: e.id, PhoneContactID: ph.id}
	}
	added, err := w.insert(ctx, c.q, pairs)
	if err != nil {
		return result, err
	}
	recorded, err := findPairs(ctx, c.q, pairs)
	if err != nil {
		return result, err
	}
	var events []event
	for i, o := range w.observations {
		found := recorded[pairs[i]]
		if result.refused[i] = result.accept(found, o); result.refused[i] != nil {
			continue
		}
		if added[pairs[i]] {
			delete(added, pairs[i]) // it may be given twice
			events = append(events, withheldEvent(found, g))
		}
		if err := setRefusal(ctx, c.q, found, o.Refusal); err != nil {
			return result, err
		}
	}
	return result, writeEvents(ctx, c.q, events)
}

// insert records the pairs that are not recorded, and returns which these are.
func (w withholding) insert(ctx context.Context, q *store.Queries, pairs []store.Pair) (map[store.Pair]bool, error) {
	recorded, err := findPairs(ctx, q, pairs)
	if err != nil {
		return nil, err
	}
	added := map[store.Pair]bool{}
	var rows []store.SeenPair
	for i, o := range w.observations {
		if _, known := recorded[pairs[i]]; !known && !added[pairs[i]] {
			added[pairs[i]] = true
			rows = append(rows, store.SeenPair{Pair: pairs[i], SeenAt: o.SeenAt, Withheld: o.Reason})
		}
	}
	return added, q.WithholdObservations(ctx, rows)
}

// accept returns why a recorded observation contradicts the one given; nil when it does not.
func (r *withheldResult) accept(found store.FoundObservation, o Withheld) error {
	switch {
	case o.Reason == identity.ReasonRetracted && found.Withheld != identity.ReasonRetracted:
		r.linked = append(r.linked, found.ID)
	case o.Reason == identity.ReasonBlocked, found.Withheld != "": // a block withholds it
	default:
		return conflict("The two values are linked here by observation %d. Retract it if they must not be.", found.ID)
	}
	return nil
}

func findPairs(ctx context.Context, q *store.Queries, pairs []store.Pair) (map[store.Pair]store.FoundObservation, error) {
	found, err := q.FindObservations(ctx, pairs)
	recorded := make(map[store.Pair]store.FoundObservation, len(found))
	for _, o := range found {
		recorded[o.Pair] = o
	}
	return recorded, err
}

func withheldEvent(found store.FoundObservation, g *graph) event {
	e, ph := g.byID[found.EmailContactID], g.byID[found.PhoneContactID]
	if found.Withheld == identity.ReasonRetracted {
		return event{identity.EventRetracted, e, e.cluster.root, found.ID}
	}
	return event{identity.EventRefused, ph, e.cluster.root, found.ID}
}

// setRefusal brings the refusal of a withheld observation into a state.
func setRefusal(ctx context.Context, q *store.Queries, found store.FoundObservation, to RefusalState) error {
	if to == NotQueued || found.Withheld == "" {
		return nil
	}
	if !found.Queued {
		if err := q.InsertRefusals(ctx, []store.NewRefusal{{ObservationID: found.ID, Code: found.Withheld}}); err != nil {
			return err
		}
	}
	if to == Open {
		return nil
	}
	return q.CloseRefusalOf(ctx, store.CloseRefusalOfParams{
		ObservationID: found.ID,
		Resolution:    store.NullRefusalsResolution{RefusalsResolution: store.RefusalsResolution(to), Valid: true},
	})
}

// holders returns the contacts that hold the values of observations; somebody must hold each.
func holders(ctx context.Context, q *store.Queries, observations []identity.Observation) ([]uint64, error) {
	if len(observations) == 0 {
		return nil, nil
	}
	asked := values(observations)
	found, err := q.FindMatches(ctx, asked)
	if err != nil {
		return nil, err
	}
	if len(found) < len(asked.Emails)+len(asked.PhoneNumbers) {
		return nil, unknownValue()
	}
	ids := make([]uint64, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids, nil
}
