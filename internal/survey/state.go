package survey

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// State is the survey that runs and the last result.
type State struct {
	Running *Running // nil if none runs
	Result  *Result  // nil if none was finished yet
}

// Running is a survey that has not ended.
type Running struct {
	StartedAt time.Time
	Percent   int // how far it is, from 0 to 99
}

// Result is what a survey found: at most 20 clusters and 20 hubs, the largest first. Counts are those of the
// survey; the values, the primaries and whether a value is blocked are those of now.
type Result struct {
	StartedAt, FinishedAt time.Time
	Clusters              []Cluster
	Hubs                  []Hub
}

// Cluster is a cluster of several contacts.
type Cluster struct {
	PrimaryID    uint64
	Contacts     int
	Email, Phone string // of the contact that was the primary; "" if it has none, or it was erased
}

// Hub is a value that was observed with at least three others.
type Hub struct {
	ContactID, PrimaryID uint64
	Kind                 identity.Field
	Value                string // "" if it was erased
	Observations         int    // also those that are withheld
	Blocked              bool
}

// Read returns the state. The error is an *identity.Error.
func (s *Surveyor) Read(ctx context.Context) (state State, err error) {
	err = s.reads.Read(ctx, func(ctx context.Context, db *sql.DB) error {
		state, err = read(ctx, store.New(db))
		return err
	})
	return state, mysql.Translate(err)
}

func read(ctx context.Context, q *store.Queries) (State, error) {
	row, err := q.FindSurvey(ctx, lease.Seconds())
	if err != nil {
		return State{}, err
	}
	var s State
	if row.Running && row.StartedAt != nil {
		s.Running = &Running{*row.StartedAt, int(row.Percent)}
	}
	if !row.Result.Valid || row.ResultStartedAt == nil || row.FinishedAt == nil {
		return s, nil
	}
	var f found
	if err := json.Unmarshal([]byte(row.Result.String), &f); err != nil {
		return s, identity.Inconsistent("the result of the survey cannot be read: %v", err)
	}
	s.Result = &Result{StartedAt: *row.ResultStartedAt, FinishedAt: *row.FinishedAt}
	return s, s.Result.fill(ctx, q, f)
}

// fill reads the values of what was found.
func (r *Result) fill(ctx context.Context, q *store.Queries, f found) error {
	ends, err := endsOf(ctx, q, f.Hubs)
	if err != nil {
		return err
	}
	ids := make([]uint64, 0, candidates)
	for _, c := range f.Clusters {
		ids = append(ids, c.PrimaryID)
	}
	for i, h := range f.Hubs {
		f.Hubs[i].ContactID = cmp.Or(ends[h], h.ContactID)
		ids = append(ids, f.Hubs[i].ContactID)
	}
	contacts := map[uint64]store.ListSurveyedContactsRow{}
	if len(ids) > 0 {
		rows, err := q.ListSurveyedContacts(ctx, ids)
		if err != nil {
			return err
		}
		for _, row := range rows {
			contacts[row.ID] = row
		}
	}
	r.addClusters(f.Clusters, contacts)
	r.addHubs(f.Hubs, contacts)
	return nil
}

// endsOf returns for each hub the contact that has the value now, by its observation.
func endsOf(ctx context.Context, q *store.Queries, hubs []foundHub) (map[foundHub]uint64, error) {
	if len(hubs) == 0 {
		return nil, nil //nolint:nilnil // nothing was looked up
	}
	ids := make([]uint64, len(hubs))
	for i, h := range hubs {
		ids[i] = h.ObservationID
	}
	rows, err := q.ListEndsOf(ctx, ids)
	ends := map[foundHub]uint64{}
	for _, row := range rows {
		for _, h := range hubs {
			switch {
			case h.ObservationID != row.ID:
			case h.Field == identity.FieldEmail:
				ends[h] = row.EmailContactID
			default:
				ends[h] = row.PhoneContactID
			}
		}
	}
	return ends, err
}

// addClusters leaves out clusters that became part of another one in the list.
func (r *Result) addClusters(all []foundCluster, contacts map[uint64]store.ListSurveyedContactsRow) {
	r.Clusters = []Cluster{}
	listed := map[uint64]bool{}
	for _, c := range all {
		row := contacts[c.PrimaryID]
		shown := Cluster{cmp.Or(row.PrimaryID, c.PrimaryID), c.Contacts, text(row.Email), text(row.PhoneNumber)}
		if !listed[shown.PrimaryID] {
			listed[shown.PrimaryID] = true
			r.Clusters = append(r.Clusters, shown)
		}
	}
}

func (r *Result) addHubs(all []foundHub, contacts map[uint64]store.ListSurveyedContactsRow) {
	r.Hubs = []Hub{}
	for _, h := range all {
		row := contacts[h.ContactID]
		shown := Hub{
			ContactID: h.ContactID, PrimaryID: cmp.Or(row.PrimaryID, h.ContactID), Kind: h.Field, Value: text(row.Email),
			Observations: h.Observations, Blocked: row.Blocked,
		}
		if h.Field == identity.FieldPhone {
			shown.Value = text(row.PhoneNumber)
		}
		r.Hubs = append(r.Hubs, shown)
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
