package lookup

import (
	"context"

	"github.com/identikit/identikit/internal/evidence"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// maxBridges bounds an explanation: in a cluster without rings everything is a bridge, and what
// splits off little is rarely asked for.
const maxBridges = 20

// Explanation is what joins two contacts.
type Explanation struct {
	ID, PrimaryID           uint64 // the one asked for
	OtherID, OtherPrimaryID uint64
	Connected               bool          // in one cluster; what follows is empty when not
	Chain                   []Observation // a shortest one from the one to the other; empty within one contact
	Bridges                 []Bridge      // of the cluster, the most even split first
	BridgeCount             int           // also of those that are left out
}

// Bridge is an observation or a value without which the cluster falls apart.
type Bridge struct {
	Observation Observation // zero when it is a value
	ContactID   uint64      // who holds the value; 0 when it is an observation
	Email       string      // one of the two is the value
	Phone       string
	Parts       []int // how many values each part then has, largest first; without the value itself
}

// Explain returns what joins a contact with another, or with a value of another.
func (r *Reader) Explain(ctx context.Context, id uint64, with Whom) (x Explanation, err error) {
	err = r.atOnce(ctx, func(q *store.Queries) error {
		c, err := readContact(ctx, q, Whom{ID: id})
		if err != nil {
			return err
		}
		other, err := readOther(ctx, q, c, with)
		if err != nil {
			return err
		}
		x = Explanation{
			ID: c.ID, PrimaryID: c.Cluster.PrimaryID, OtherID: other.ID, OtherPrimaryID: other.Cluster.PrimaryID,
			Connected: c.Cluster.PrimaryID == other.Cluster.PrimaryID,
		}
		if !x.Connected {
			return nil
		}
		found, err := store.InChunks(emailHolders(c.Members), func(ids []uint64) ([]store.ListSeenEvidenceRow, error) {
			return q.ListSeenEvidence(ctx, ids)
		})
		if err != nil {
			return err
		}
		newExplainer(c.Members, found).explain(&x, with)
		return nil
	})
	return x, err
}

// readOther looks among the members first: mostly they need no further statement.
func readOther(ctx context.Context, q *store.Queries, c Contact, with Whom) (Contact, error) {
	for _, m := range c.Members {
		if with.names(m) {
			return Contact{ID: m.ID, Cluster: c.Cluster, Members: c.Members}, nil
		}
	}
	return readContact(ctx, q, with)
}

// explainer is a cluster and its evidence.
type explainer struct {
	members      map[uint64]Member
	observations map[uint64]Observation
	graph        *evidence.Graph
}

func newExplainer(members []Member, found []store.ListSeenEvidenceRow) *explainer {
	e := &explainer{members: map[uint64]Member{}, observations: map[uint64]Observation{}}
	var values []evidence.Value
	for _, m := range members {
		e.members[m.ID] = m
		values = append(values, valuesOf(m)...)
	}
	edges := make([]evidence.Observation, len(found))
	for i, r := range found {
		edges[i] = evidence.Observation{ID: r.ID, Email: r.EmailContactID, Phone: r.PhoneContactID}
		e.observations[r.ID] = Observation{
			ID: r.ID, EmailContactID: r.EmailContactID, PhoneContactID: r.PhoneContactID, FirstSeenAt: r.FirstSeenAt,
			Email: e.members[r.EmailContactID].Email, Phone: e.members[r.PhoneContactID].Phone,
		}
	}
	e.graph = evidence.New(values, edges)
	return e
}

func valuesOf(m Member) []evidence.Value {
	var values []evidence.Value
	if m.Email != "" {
		values = append(values, evidence.Value{Contact: m.ID, Field: identity.FieldEmail})
	}
	if m.Phone != "" {
		values = append(values, evidence.Value{Contact: m.ID, Field: identity.FieldPhone})
	}
	return values
}

// explain adds the chain and the bridges to x.
func (e *explainer) explain(x *Explanation, with Whom) {
	to := valuesOf(e.members[x.OtherID])
	switch {
	case with.Email != "":
		to = []evidence.Value{{Contact: x.OtherID, Field: identity.FieldEmail}}
	case with.Phone != "":
		to = []evidence.Value{{Contact: x.OtherID, Field: identity.FieldPhone}}
	}
	for _, id := range e.graph.Path(valuesOf(e.members[x.ID]), to) {
		x.Chain = append(x.Chain, e.observations[id])
	}
	bridges := e.graph.Bridges()
	x.BridgeCount = len(bridges)
	for _, b := range bridges[:min(len(bridges), maxBridges)] {
		x.Bridges = append(x.Bridges, e.bridge(b))
	}
}

func (e *explainer) bridge(b evidence.Bridge) Bridge {
	if b.Observation != 0 {
		return Bridge{Observation: e.observations[b.Observation], Parts: b.Parts}
	}
	bridge := Bridge{ContactID: b.Value.Contact, Parts: b.Parts}
	if b.Value.Field == identity.FieldEmail {
		bridge.Email = e.members[b.Value.Contact].Email
	} else {
		bridge.Phone = e.members[b.Value.Contact].Phone
	}
	return bridge
}
