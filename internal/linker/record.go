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
	refused, err := l.storeValues(ctx, observations)
	if err != nil {
		return nil, err
	}
	w := &withholding{refused: refused}
	for i, o := range observations {
		if refused[i] == nil {
			w.observations = append(w.observations, o.Observation)
		}
	}
	if _, err := l.change(ctx, false, w.find, func(ctx context.Context, q *store.Queries, g *graph) error {
		return w.do(ctx, q, g, observations)
	}); err != nil {
		return nil, err
	}
	for _, id := range w.retract {
		if _, err := l.Retract(ctx, id, false); err != nil {
			return nil, err
		}
	}
	return w.result, nil
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

// withholding is one call of Withhold under way.
type withholding struct {
	refused      []error                // before the transaction, one an observation
	observations []identity.Observation // those that are not refused

	result  []error  // of the last attempt, one an observation
	retract []uint64 // of the last attempt: observations that are not retracted yet
}

// find names the contacts that hold the values.
func (w *withholding) find(ctx context.Context, q *store.Queries) ([]uint64, error) {
	return holders(ctx, q, w.observations)
}

// do records the observations whose values are in the graph. It may run several times.
func (w *withholding) do(ctx context.Context, q *store.Queries, g *graph, observations []Withheld) error {
	w.result, w.retract = append([]error(nil), w.refused...), nil
	pairs := make([]store.Pair, len(observations))
	var ask []store.Pair
	for i, o := range observations {
		if w.refused[i] != nil {
			continue
		}
		e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e == nil || ph == nil {
			return mysql.ErrRetry
		}
		pairs[i] = store.Pair{EmailContactID: e.id, PhoneContactID: ph.id}
		ask = append(ask, pairs[i])
	}
	added, err := insertWithheld(ctx, q, ask, pairs, observations)
	if err != nil {
		return err
	}
	recorded, err := findPairs(ctx, q, ask)
	if err != nil {
		return err
	}
	var events []store.NewEvent
	for i, o := range observations {
		if w.refused[i] != nil {
			continue
		}
		found := recorded[pairs[i]]
		if w.result[i] = w.accept(found, o); w.result[i] != nil {
			continue
		}
		if added[pairs[i]] {
			delete(added, pairs[i]) // it may be given twice
			events = append(events, withheldEvent(found, g))
		}
		if err := setRefusal(ctx, q, found, o.Refusal); err != nil {
			return err
		}
	}
	return q.InsertEvents(ctx, events)
}

// insertWithheld records the pairs that are not recorded, and returns which these are.
func insertWithheld(
	ctx context.Context, q *store.Queries, ask, pairs []store.Pair, observations []Withheld,
) (map[store.Pair]bool, error) {
	recorded, err := findPairs(ctx, q, ask)
	if err != nil {
		return nil, err
	}
	added := map[store.Pair]bool{}
	var rows []store.SeenPair
	for i, o := range observations {
		if _, known := recorded[pairs[i]]; !known && pairs[i] != (store.Pair{}) && !added[pairs[i]] {
			added[pairs[i]] = true
			rows = append(rows, store.SeenPair{Pair: pairs[i], SeenAt: o.SeenAt, Withheld: o.Reason})
		}
	}
	return added, q.WithholdObservations(ctx, rows)
}

func findPairs(ctx context.Context, q *store.Queries, pairs []store.Pair) (map[store.Pair]store.FoundObservation, error) {
	found, err := q.FindObservations(ctx, pairs)
	recorded := make(map[store.Pair]store.FoundObservation, len(found))
	for _, o := range found {
		recorded[o.Pair] = o
	}
	return recorded, err
}

// accept returns why a recorded observation contradicts the one given; nil when it does not.
func (w *withholding) accept(found store.FoundObservation, o Withheld) error {
	switch {
	case o.Reason == identity.ReasonRetracted && found.Withheld != identity.ReasonRetracted:
		w.retract = append(w.retract, found.ID)
	case o.Reason == identity.ReasonBlocked, found.Withheld != "": // a block withholds it
	default:
		return conflict("The two values are linked here by observation %d. Retract it if they must not be.", found.ID)
	}
	return nil
}

func withheldEvent(found store.FoundObservation, g *graph) store.NewEvent {
	e := store.NewEvent{
		Kind: store.EventsKindRefused, ContactID: found.PhoneContactID,
		PrimaryID: g.byID[found.EmailContactID].cluster.root.id, ObservationID: found.ID,
	}
	if found.Withheld == identity.ReasonRetracted {
		e.Kind, e.ContactID = store.EventsKindRetracted, found.EmailContactID
	}
	return e
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

// SeparateValues is Separate for the contacts that hold two values, each given as an observation with
// one. A value that nobody holds is stored. Contacts that are separated already stay as they are.
func (l *Linker) SeparateValues(ctx context.Context, one, other identity.Observation, reason string) error {
	clusters, err := l.Link(ctx, []identity.Observation{one, other})
	if err != nil {
		return err
	}
	if isErased(clusters[0]) || isErased(clusters[1]) {
		return errErasedValue
	}
	q := store.New(l.db)
	a, err := holders(ctx, q, []identity.Observation{one})
	if err != nil {
		return err
	}
	b, err := holders(ctx, q, []identity.Observation{other})
	if err != nil {
		return err
	}
	ids := []uint64{a[0], b[0]}
	known, err := q.ListSeparationsAmong(ctx, store.ListSeparationsAmongParams{Ids: ids, OtherIds: ids})
	if err != nil || len(known) > 0 {
		return mysql.Translate(err)
	}
	_, _, err = l.Separate(ctx, a[0], b[0], reason, false)
	return err
}

// holders returns the contacts that hold the values of observations; somebody must hold each.
func holders(ctx context.Context, q *store.Queries, observations []identity.Observation) ([]uint64, error) {
	if len(observations) == 0 {
		return nil, nil
	}
	asked := values(observations)
	found, err := q.FindMatches(ctx, asked)
	if err != nil {
		return nil, mysql.Translate(err)
	}
	if len(found) < len(asked.Emails)+len(asked.PhoneNumbers) {
		return nil, errUnseen
	}
	ids := make([]uint64, len(found))
	for i, f := range found {
		ids[i] = f.ID
	}
	return ids, nil
}
