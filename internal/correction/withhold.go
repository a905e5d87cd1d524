package correction

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// Withheld is an observation of two values that was decided elsewhere not to link.
type Withheld struct {
	identity.Observation // with both values
	Reason               identity.Reason
	Why                  string // the reason that somebody gave for the retraction, if it is one
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
func (c *Corrector) Withhold(ctx context.Context, observations []Withheld) ([]error, error) {
	results, err := c.storeValues(ctx, observations)
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
	done, err := ledger.Decide(ctx, c.ledger, false, withholding{storable})
	if err != nil {
		return nil, err
	}
	for i, at := range positions {
		results[at] = done.refused[i]
	}
	for _, l := range done.linked {
		if _, err := c.Retract(ctx, l.ObservationID, l.Reason, false); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// storeValues stores the values that nobody holds, without linking any, and returns for each
// observation why that is impossible.
func (c *Corrector) storeValues(ctx context.Context, observations []Withheld) ([]error, error) {
	alone := make([]identity.Observation, 0, 2*len(observations))
	for _, o := range observations {
		alone = append(alone,
			identity.Observation{Email: o.Email, SeenAt: o.SeenAt}, identity.Observation{Phone: o.Phone, SeenAt: o.SeenAt})
	}
	clusters, err := c.linker.Link(ctx, alone)
	if err != nil {
		return nil, err
	}
	refused := make([]error, len(observations))
	for i, found := range clusters {
		if isErased(found) {
			refused[i/2] = errErasedValue
		}
	}
	return refused, nil
}

// errErasedValue refuses a value that must not be stored.
var errErasedValue = &identity.Error{
	Code: identity.CodeValueErased, Detail: "A value was permanently erased and cannot be stored again.",
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
	linked  []store.NewRetraction
}

// Find implements ledger.Decision.
func (w withholding) Find(ctx context.Context, r ledger.Reader) ([]uint64, error) {
	seen := make([]identity.Observation, len(w.observations))
	for i, o := range w.observations {
		seen[i] = o.Observation
	}
	return r.Holders(ctx, seen)
}

// Apply implements ledger.Decision.
func (w withholding) Apply(ctx context.Context, l *ledger.Locked) (withheldResult, error) {
	result := withheldResult{refused: make([]error, len(w.observations))}
	g, err := l.Graph(ctx)
	if err != nil {
		return result, err
	}
	pairs := make([]cluster.Pair, len(w.observations))
	for i, o := range w.observations {
		e, ph := g.ByEmail(o.Email), g.ByPhone(o.Phone)
		if e == nil || ph == nil {
			return result, mysql.ErrRetry
		}
		pairs[i] = cluster.Pair{Email: e.ID, Phone: ph.ID}
	}
	added, err := w.insert(ctx, l, pairs)
	if err != nil {
		return result, err
	}
	recorded, err := l.FindRecords(ctx, pairs)
	if err != nil {
		return result, err
	}
	var retracted []store.NewRetraction
	for i, o := range w.observations {
		found := recorded[pairs[i]]
		if result.refused[i] = result.accept(found, o); result.refused[i] != nil {
			continue
		}
		if added[pairs[i]] {
			delete(added, pairs[i]) // it may be given twice
			l.Tell(withheldEvent(found, g))
			if o.Reason == identity.ReasonRetracted {
				retracted = append(retracted, store.NewRetraction{ObservationID: found.ID, Reason: o.Why})
			}
		}
		if err := setRefusal(ctx, l.Queries, found, o.Refusal); err != nil {
			return result, err
		}
	}
	return result, l.Queries.InsertRetractions(ctx, retracted, identity.ActorOf(ctx))
}

// insert records the pairs that are not recorded, and returns which these are.
func (w withholding) insert(ctx context.Context, l *ledger.Locked, pairs []cluster.Pair) (map[cluster.Pair]bool, error) {
	recorded, err := l.FindRecords(ctx, pairs)
	if err != nil {
		return nil, err
	}
	added := map[cluster.Pair]bool{}
	var rows []store.SeenPair
	for i, o := range w.observations {
		if _, known := recorded[pairs[i]]; !known && !added[pairs[i]] {
			added[pairs[i]] = true
			rows = append(rows, store.SeenPair{
				Pair:   store.Pair{EmailContactID: pairs[i].Email, PhoneContactID: pairs[i].Phone},
				SeenAt: o.SeenAt, Withheld: o.Reason,
			})
		}
	}
	return added, l.Queries.WithholdObservations(ctx, rows)
}

// accept returns why a recorded observation contradicts the one given; nil when it does not.
func (r *withheldResult) accept(found cluster.Record, o Withheld) error {
	switch {
	case o.Reason == identity.ReasonRetracted && found.Withheld != identity.ReasonRetracted:
		r.linked = append(r.linked, store.NewRetraction{ObservationID: found.ID, Reason: o.Why})
	case o.Reason == identity.ReasonBlocked, found.Withheld != cluster.Linked: // a block withholds it
	default:
		return identity.Errorf(identity.CodeContactsLinked,
			"The two values are linked here by observation %d. Retract it to keep them apart.", found.ID)
	}
	return nil
}

func withheldEvent(found cluster.Record, g *cluster.Graph) cluster.Event {
	e, ph := g.ByID(found.Email), g.ByID(found.Phone)
	if found.Withheld == identity.ReasonRetracted {
		return cluster.Event{Kind: identity.EventRetracted, Contact: e, Primary: e.Primary(), Observation: found.ID}
	}
	return cluster.Event{Kind: identity.EventRefused, Contact: ph, Primary: e.Primary(), Observation: found.ID}
}

// setRefusal brings the refusal of a withheld observation into a state.
func setRefusal(ctx context.Context, q *store.Queries, found cluster.Record, to RefusalState) error {
	if to == NotQueued || found.Withheld == cluster.Linked {
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
