package linker

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// contact is a node: a stored row, or one that a plan adds, whose id is 0 until it is inserted.
type contact struct {
	id           uint64
	email, phone string // "" when absent
	linkedID     uint64 // as stored; 0 for a primary
	createdAt    time.Time
	seenAt       time.Time // of a new one: its age from above; zero for now
	aged         bool      // of a stored one: the plan made it older
	cluster      *cluster
}

// older orders contacts by age, the total order that decides who is primary.
func older(a, b *contact) int {
	return cmp.Or(a.createdAt.Compare(b.createdAt), cmp.Compare(a.id, b.id))
}

// cluster is a connected component. members is only ever appended to, so that a view of it stays
// what it was.
type cluster struct {
	members []*contact
	view    *view // of the members as they are now; nil when nobody looked yet
}

// graph is what the database holds about a slice of observations: the whole cluster of every
// contact that holds one of their values, and which of their pairs are recorded.
type graph struct {
	matches          []match
	byEmail, byPhone map[string]*contact
	byID             map[uint64]*contact
	recorded         map[store.Pair]time.Time // since when
}

// match is a contact that holds a value asked for, and the primary under which it was seen.
type match struct{ contact, root uint64 }

func newGraph() *graph {
	return &graph{byEmail: map[string]*contact{}, byPhone: map[string]*contact{}, byID: map[uint64]*contact{}}
}

// readGraph reads, without locks, in up to three statements. Others may merge clusters between
// them: it returns mysql.ErrRetry when it saw that happen.
func readGraph(ctx context.Context, q *store.Queries, observations []identity.Observation) (*graph, error) {
	found, err := q.FindMatches(ctx, values(observations))
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
// it was seen.
func readClusters(
	ctx context.Context, q *store.Queries, matches []match, observations []identity.Observation,
) (*graph, error) {
	g := newGraph()
	g.matches = matches
	if len(matches) == 0 {
		return g, nil
	}
	roots := rootsOf(matches)
	params := store.ListMembersParams{Roots: roots, LinkedIds: make([]*uint64, len(roots))}
	for i := range roots {
		params.LinkedIds[i] = &roots[i]
	}
	members, err := q.ListMembers(ctx, params)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		g.insert(store.FindContactsRow(m))
	}
	if !g.connect() {
		return nil, mysql.ErrRetry
	}
	for _, m := range matches {
		if g.byID[m.contact] == nil {
			return nil, mysql.ErrRetry
		}
	}
	return g, g.readRecorded(ctx, q, observations)
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

func (g *graph) insert(r store.FindContactsRow) {
	c := &contact{id: r.ID, createdAt: r.CreatedAt}
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
			root.cluster = &cluster{}
		}
		c.cluster = root.cluster
		c.cluster.members = append(c.cluster.members, c)
	}
	return true
}

// readRecorded asks for the pairs whose two values stand in two contacts of one cluster. Two
// values in one contact came together (when, matters only to what was seen in the past), and two
// in different clusters never did.
func (g *graph) readRecorded(ctx context.Context, q *store.Queries, observations []identity.Observation) error {
	var ask []store.Pair
	for _, o := range observations {
		e, p := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e != nil && p != nil && e.cluster == p.cluster && (e != p || !o.SeenAt.IsZero()) {
			ask = append(ask, store.Pair{EmailContactID: e.id, PhoneContactID: p.id})
		}
	}
	if len(ask) == 0 {
		return nil
	}
	// In the order of the index: the server then has nothing to sort in a long list.
	slices.SortFunc(ask, func(a, b store.Pair) int {
		return cmp.Or(cmp.Compare(a.EmailContactID, b.EmailContactID), cmp.Compare(a.PhoneContactID, b.PhoneContactID))
	})
	found, err := q.FindObservations(ctx, slices.Compact(ask))
	g.recorded = make(map[store.Pair]time.Time, len(found))
	for _, o := range found {
		g.recorded[o.Pair] = o.SeenAt
	}
	return err
}

// holds tells whether the pair is recorded, at least since seenAt.
func (g *graph) holds(o pair, seenAt time.Time) bool {
	if o.email.id == 0 || o.phone.id == 0 {
		return false
	}
	if o.email == o.phone && seenAt.IsZero() {
		return true
	}
	since, recorded := g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}]
	return recorded && (seenAt.IsZero() || !seenAt.Before(since))
}

// known returns the cluster of an observation that adds nothing to the graph, and nil for any
// other.
func (g *graph) known(o identity.Observation) *view {
	e, p := g.byEmail[o.Email], g.byPhone[o.Phone]
	switch {
	case o.Email != "" && e == nil, o.Phone != "" && p == nil, !o.SeenAt.IsZero():
		return nil
	case o.Email == "":
		return p.cluster.look()
	case o.Phone != "" && (e.cluster != p.cluster || !g.holds(pair{e, p}, o.SeenAt)):
		return nil
	}
	return e.cluster.look()
}

// seen lists where the values of the observation stand.
func (g *graph) seen(o identity.Observation) []match {
	var matches []match
	for _, c := range []*contact{g.byEmail[o.Email], g.byPhone[o.Phone]} {
		if c == nil {
			continue
		}
		root := c.linkedID
		if root == 0 {
			root = c.id
		}
		matches = append(matches, match{c.id, root})
	}
	return matches
}
