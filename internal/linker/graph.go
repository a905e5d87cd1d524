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
	blocked      bool
	separated    bool // from somebody
	emails       int  // that came with its phone number; known where a policy bounds it
	phones       int  // that came with its e-mail; likewise
	cluster      *cluster
}

// values counts what the contact holds: nothing when it is a tombstone.
func (c *contact) values() (n int) {
	for _, v := range [...]string{c.email, c.phone} {
		if v != "" {
			n++
		}
	}
	return n
}

// older orders contacts by age, the total order that decides who is primary.
func older(a, b *contact) int {
	return cmp.Or(a.createdAt.Compare(b.createdAt), cmp.Compare(a.id, b.id))
}

// cluster is a connected component. members is only ever appended to, so that a view of it stays
// what it was.
type cluster struct {
	members []*contact
	root    *contact // the stored primary; nil when all members are new
	values  int
	view    *view // of the members as they are now; nil when nobody looked yet
}

// add puts a contact into the cluster.
func (cl *cluster) add(c *contact) {
	c.cluster = cl
	cl.members = append(cl.members, c)
	cl.values += c.values()
	cl.view = nil
}

// graph is what the database holds about a slice of observations: the whole cluster of every
// contact that holds one of their values, and which of their pairs are recorded.
type graph struct {
	matches          []match
	byEmail, byPhone map[string]*contact
	byID             map[uint64]*contact
	recorded         map[store.Pair]store.FoundObservation
	separations      []store.ListSeparationsAmongRow
	suppressed       map[string]bool // values that were erased for good, found out by inserting them
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
// it was seen, or was erased: a graph holds no tombstones.
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
		g.insert(m)
	}
	if !g.connect() {
		return nil, mysql.ErrRetry
	}
	for _, m := range matches {
		if c := g.byID[m.contact]; c == nil || c.values() == 0 {
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

func (g *graph) insert(r store.ListMembersRow) {
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

// readRecorded asks for the pairs whose two values stand in two contacts. Two values in one contact
// came together (when, matters only to what was seen in the past).
func (g *graph) readRecorded(ctx context.Context, q *store.Queries, observations []identity.Observation) error {
	var ask []store.Pair
	for _, o := range observations {
		e, p := g.byEmail[o.Email], g.byPhone[o.Phone]
		if e != nil && p != nil && (e != p || !o.SeenAt.IsZero()) {
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
	g.recorded = make(map[store.Pair]store.FoundObservation, len(found))
	for _, o := range found {
		g.recorded[o.Pair] = o
	}
	return err
}

// readFanOut counts with how many others the values of contacts came.
func (g *graph) readFanOut(ctx context.Context, q *store.Queries, ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	counted, err := q.CountFanOut(ctx, store.CountFanOutParams{EmailContactIds: ids, PhoneContactIds: ids})
	for _, n := range counted {
		if c := g.byID[n.ContactID]; n.OfEmail != 0 {
			c.phones = int(n.Observations)
		} else {
			c.emails = int(n.Observations)
		}
	}
	return err
}

// readSeparations asks who among the members of the graph must stay apart.
func (g *graph) readSeparations(ctx context.Context, q *store.Queries) (err error) {
	var ids []uint64
	for _, c := range g.byID {
		if c.separated {
			ids = append(ids, c.id)
		}
	}
	if len(ids) < 2 {
		return nil
	}
	slices.Sort(ids)
	g.separations, err = q.ListSeparationsAmong(ctx, store.ListSeparationsAmongParams{Ids: ids, OtherIds: ids})
	return err
}

// apart tells whether somebody of one cluster was separated from somebody of the other.
func (g *graph) apart(a, b *cluster) bool {
	return slices.ContainsFunc(g.separations, func(s store.ListSeparationsAmongRow) bool {
		one, other := g.byID[s.ContactID].cluster, g.byID[s.OtherContactID].cluster
		return one == a && other == b || one == b && other == a
	})
}

// stands tells what is recorded of a pair: nothing, or that it links (""), or why it does not.
func (g *graph) stands(o pair) (since time.Time, reason identity.Reason, recorded bool) {
	found, recorded := g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}]
	if !recorded && o.email == o.phone && o.email.id != 0 {
		return o.email.createdAt, "", true
	}
	return found.SeenAt, found.Withheld, recorded
}

// queued tells whether a recorded pair that does not link is, or was, in the queue of refusals.
func (g *graph) queued(o pair) bool {
	return g.recorded[store.Pair{EmailContactID: o.email.id, PhoneContactID: o.phone.id}].Queued
}

// known returns the answer to an observation that adds nothing to what is stored; false for any
// other.
func (g *graph) known(o identity.Observation) (answer, bool) {
	e, ph := g.byEmail[o.Email], g.byPhone[o.Phone]
	switch {
	case o.Email != "" && e == nil, o.Phone != "" && ph == nil, !o.SeenAt.IsZero():
		return answer{}, false
	case o.Email == "" || o.Phone == "":
		return answerOf(e, ph, ""), true
	}
	_, reason, recorded := g.stands(pair{e, ph})
	if !recorded || reason == "" && e.cluster != ph.cluster || reason != "" && !g.queued(pair{e, ph}) {
		return answer{}, false
	}
	return answerOf(e, ph, reason), true
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
