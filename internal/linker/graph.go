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
	byEmail, byPhone map[string]*contact
	byID             map[uint64]*contact
	recorded         map[store.Pair]bool
}

// readGraph reads in up to three statements. Outside of a transaction that holds the locks others
// may merge clusters between them; it returns mysql.ErrRetry when it saw that happen.
func readGraph(ctx context.Context, q *store.Queries, observations []identity.Observation) (*graph, error) {
	matches, err := q.FindContacts(ctx, values(observations))
	if err != nil {
		return nil, err
	}
	g := &graph{byEmail: map[string]*contact{}, byPhone: map[string]*contact{}, byID: map[uint64]*contact{}}
	if len(matches) == 0 {
		return g, nil
	}
	members, err := q.ListMembers(ctx, rootsOf(matches))
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
		if g.byID[m.ID] == nil {
			return nil, mysql.ErrRetry
		}
	}
	return g, g.readRecorded(ctx, q, observations)
}

// values lists the distinct e-mails and phone numbers of observations.
func values(observations []identity.Observation) store.FindContactsParams {
	var params store.FindContactsParams
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

func rootsOf(rows []store.FindContactsRow) store.ListMembersParams {
	var params store.ListMembersParams
	seen := map[uint64]bool{}
	for _, r := range rows {
		root := r.ID
		if r.LinkedID != nil {
			root = *r.LinkedID
		}
		if !seen[root] {
			seen[root] = true
			params.Roots = append(params.Roots, root)
			params.LinkedIds = append(params.LinkedIds, &root)
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
// values in one contact came together, and two in different clusters never did.
func (g *graph) readRecorded(ctx context.Context, q *store.Queries, observations []identity.Observation) error {
	g.recorded = map[store.Pair]bool{}
	var ask []store.Pair
	for _, o := range observations {
		e, p := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e == nil || p == nil || e == p || e.cluster != p.cluster {
			continue
		}
		pair := store.Pair{EmailContactID: e.id, PhoneContactID: p.id}
		if _, asked := g.recorded[pair]; !asked {
			g.recorded[pair] = false
			ask = append(ask, pair)
		}
	}
	if len(ask) == 0 {
		return nil
	}
	// In the order of the index: the server then has nothing to sort in a long list.
	slices.SortFunc(ask, func(a, b store.Pair) int {
		return cmp.Or(cmp.Compare(a.EmailContactID, b.EmailContactID), cmp.Compare(a.PhoneContactID, b.PhoneContactID))
	})
	found, err := q.FindObservations(ctx, ask)
	for _, pair := range found {
		g.recorded[pair] = true
	}
	return err
}
