package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// graph is what the database holds about a slice of observations: the whole cluster of every
// contact that holds one of their values, and which of their pairs are recorded.
type graph struct {
	matches          []match
	byEmail, byPhone map[string]*contact
	byID             map[uint64]*contact
	added            []*contact // not stored yet
	recorded         map[store.Pair]store.FoundObservation
	separations      []store.ListSeparationsFromRow
	rows             []Row           // the observations of an import; nil for others
	suppressed       map[string]bool // values that may not be stored; see findSuppressed
}

// match is a contact that holds a value asked for, and the primary under which it was seen.
type match struct{ contact, root uint64 }

func newGraph() *graph {
	return &graph{byEmail: map[string]*contact{}, byPhone: map[string]*contact{}, byID: map[uint64]*contact{}}
}

// readGraph reads, without locks, in up to three statements. Others may merge clusters between
// them: it returns mysql.ErrRetry when it saw that happen.
func readGraph(ctx context.Context, q *store.Queries, observations []identity.Observation) (*graph, error) {
	v := values(observations)
	found, err := store.InPairsOfChunks(v.Emails, v.PhoneNumbers, func(emails, phones []*string) ([]store.FindMatchesRow, error) {
		return q.FindMatches(ctx, store.FindMatchesParams{Emails: emails, PhoneNumbers: phones})
	})
	if err != nil {
		return nil, err
	}
	matches := make([]match, len(found))
	for i, f := range found {
		matches[i] = match{f.ID, f.PrimaryID}
	}
	return readClusters(ctx, q, matches, observations)
}

// readClusters reads the clusters of matches. It returns mysql.ErrRetry when a match is not where
// it was seen, when its contact was erased (a graph holds no tombstones), and when the statements that
// it takes saw different states. Under the locks of the clusters it sees one.
func readClusters(
	ctx context.Context, q *store.Queries, matches []match, observations []identity.Observation,
) (*graph, error) {
	g := newGraph()
	g.matches = matches
	if len(matches) == 0 {
		return g, nil
	}
	roots := rootsOf(matches)
	members, err := store.InChunks(roots, func(chunk []uint64) ([]store.ListMembersRow, error) {
		params := store.ListMembersParams{Roots: chunk, LinkedIds: make([]*uint64, len(chunk))}
		for i := range chunk {
			params.LinkedIds[i] = &chunk[i]
		}
		return q.ListMembers(ctx, params)
	})
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if !g.insert(m) {
			return nil, mysql.ErrRetry
		}
	}
	if !g.connect() || slices.ContainsFunc(roots, func(id uint64) bool { return g.byID[id] == nil || g.byID[id].linkedID != 0 }) {
		return nil, mysql.ErrRetry
	}
	for _, m := range matches {
		if c := g.byID[m.contact]; c == nil || c.values() == 0 {
			return nil, mysql.ErrRetry
		}
	}
	return g, g.readRecorded(ctx, q, observations)
}

// matched lists the contacts of the matches.
func (g *graph) matched() []uint64 {
	ids := make([]uint64, len(g.matches))
	for i, m := range g.matches {
		ids[i] = m.contact
	}
	return ids
}

// rootsOf lists the primaries of matches, each once, in ascending order.
func rootsOf(matches []match) []uint64 {
	roots := make([]uint64, len(matches))
	for i, m := range matches {
		roots[i] = m.root
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}

// values lists the distinct e-mails and phone numbers of observations.
func values(observations []identity.Observation) store.FindMatchesParams {
	var params store.FindMatchesParams
	emails, phones := map[string]bool{}, map[string]bool{}
	for _, o := range observations {
		if o.Email != "" && !emails[o.Email] {
			emails[o.Email] = true
			params.Emails = append(params.Emails, &o.Email)
		}
		if o.Phone != "" && !phones[o.Phone] {
			phones[o.Phone] = true
			params.PhoneNumbers = append(params.PhoneNumbers, &o.Phone)
		}
	}
	return params
}

// insert adds a row. It returns false when the contact is there already: it moved from one cluster to
// another between two reads.
func (g *graph) insert(r store.ListMembersRow) bool {
	if g.byID[r.ID] != nil {
		return false
	}
	c := &contact{id: r.ID, createdAt: r.CreatedAt, blocked: r.Blocked, separated: r.Separated}
	if r.LinkedID != nil {
		c.linkedID = *r.LinkedID
	}
	if r.Email != nil {
		c.email = *r.Email
		g.byEmail[c.email] = c
	}
	if r.PhoneNumber != nil {
		c.phone = *r.PhoneNumber
		g.byPhone[c.phone] = c
	}
	g.byID[c.id] = c
	return true
}

// connect puts every contact into the cluster of its primary. It returns false when a primary is
// missing or is none: the rows are not of one moment.
func (g *graph) connect() bool {
	for _, c := range g.byID {
		root := c
		if c.linkedID != 0 {
			root = g.byID[c.linkedID]
		}
		if root == nil || root.linkedID != 0 {
			return false
		}
		if root.cluster == nil {
			root.cluster = &cluster{root: root}
		}
		root.cluster.add(c)
	}
	return true
}
