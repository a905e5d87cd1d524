package ledger

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// ReadGraph reads the clusters of all contacts that have a value of the observations, in up to three
// statements. Others may merge clusters between them: it returns mysql.ErrRetry when it saw that happen. What
// is recorded of an observation may be of a later moment than its contacts.
func (r Reader) ReadGraph(ctx context.Context, observations []identity.Observation) (*cluster.Graph, Matches, error) {
	matches, err := r.FindMatches(ctx, observations)
	if err != nil {
		return nil, nil, err
	}
	g, err := r.ReadClusters(ctx, matches, observations)
	return g, matches, err
}

// FindMatches finds the contacts that have a value of the observations.
func (r Reader) FindMatches(ctx context.Context, observations []identity.Observation) (Matches, error) {
	emails, phones := valuesOf(observations)
	found, err := store.InPairsOfChunks(emails, phones, func(emails, phones []*string) ([]store.FindMatchesRow, error) {
		return r.Queries.FindMatches(ctx, store.FindMatchesParams{Emails: emails, PhoneNumbers: phones})
	})
	matches := make(Matches, len(found))
	for i, f := range found {
		matches[i] = Match{f.ID, f.PrimaryID}
	}
	return matches, err
}

// ReadClusters reads the clusters of matches, and what is recorded of the observations. It returns
// mysql.ErrRetry when a match is not where it was seen, when its contact was erased (a graph has no
// tombstones), and when the statements that it takes saw different states. Under the locks of the clusters
// they see one. It returns mysql.ErrReadOnly when the server does not accept writes.
func (r Reader) ReadClusters(ctx context.Context, matches Matches, observations []identity.Observation) (*cluster.Graph, error) {
	g := cluster.NewGraph()
	if len(matches) == 0 {
		return g, nil
	}
	primaries := matches.Primaries()
	members, err := store.InChunks(primaries, func(chunk []uint64) ([]store.ListMembersRow, error) {
		return r.Queries.ListMembers(ctx, store.ListMembersParams{Roots: chunk, LinkedIds: pointers(chunk)})
	})
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.ReadOnly != 0 {
			return nil, mysql.ErrReadOnly
		}
		c := toContact(store.ListContactsByIDRow{
			ID: m.ID, Email: m.Email, PhoneNumber: m.PhoneNumber, LinkedID: m.LinkedID, CreatedAt: m.CreatedAt,
			Blocked: m.Blocked, Separated: m.Separated,
		})
		if !g.Insert(c) { // it moved from one cluster to another between two reads
			return nil, mysql.ErrRetry
		}
	}
	isPrimary := func(id uint64) bool { c := g.ByID(id); return c != nil && c.LinkedID == 0 }
	if !g.Connect() || slices.ContainsFunc(primaries, func(id uint64) bool { return !isPrimary(id) }) {
		return nil, mysql.ErrRetry
	}
	for _, m := range matches {
		if c := g.ByID(m.ContactID); c == nil || c.Values() == 0 {
			return nil, mysql.ErrRetry
		}
	}
	return g, r.readRecords(ctx, g, observations)
}

// readRecords reads what is recorded of the observations.
func (r Reader) readRecords(ctx context.Context, g *cluster.Graph, observations []identity.Observation) error {
	found, err := r.FindRecords(ctx, g.Unread(observations))
	for _, record := range found {
		g.AddRecord(record)
	}
	return err
}

// FindRecords returns what is recorded of pairs, by pair.
func (r Reader) FindRecords(ctx context.Context, pairs []cluster.Pair) (map[cluster.Pair]cluster.Record, error) {
	found, err := store.InChunks(pairs, func(chunk []cluster.Pair) ([]store.FoundObservation, error) {
		asked := make([]store.Pair, len(chunk))
		for i, p := range chunk {
			asked[i] = storedPair(p)
		}
		return r.Queries.FindObservations(ctx, asked)
	})
	records := make(map[cluster.Pair]cluster.Record, len(found))
	for _, o := range found {
		pair := cluster.Pair{Email: o.EmailContactID, Phone: o.PhoneContactID}
		records[pair] = cluster.Record{ID: o.ID, Pair: pair, SeenAt: o.SeenAt, Withheld: o.Withheld, Queued: o.Queued}
	}
	return records, err
}

func storedPair(p cluster.Pair) store.Pair {
	return store.Pair{EmailContactID: p.Email, PhoneContactID: p.Phone}
}

// valuesOf lists the distinct e-mails and phone numbers of observations.
func valuesOf(observations []identity.Observation) (emails, phones []*string) {
	seen := make(map[string]bool, 2*len(observations))
	add := func(values []*string, value *string) []*string {
		if *value == "" || seen[*value] {
			return values
		}
		seen[*value] = true
		return append(values, value)
	}
	for _, o := range observations {
		emails, phones = add(emails, &o.Email), add(phones, &o.Phone)
	}
	return emails, phones
}

func toContact(m store.ListContactsByIDRow) *cluster.Contact {
	c := &cluster.Contact{
		ID: m.ID, Email: text(m.Email), Phone: text(m.PhoneNumber), CreatedAt: m.CreatedAt, Blocked: m.Blocked, Separated: m.Separated,
	}
	if m.LinkedID != nil {
		c.LinkedID = *m.LinkedID
	}
	return c
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// orNull is NULL for "".
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func pointers(ids []uint64) []*uint64 {
	all := make([]*uint64, len(ids))
	for i := range ids {
		all[i] = &ids[i]
	}
	return all
}
