package lookup

import (
	"context"

	"github.com/identikit/identikit/internal/evidence"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// maxBridges limits an explanation: in a cluster without cycles everything is a bridge, and those
// that split off few values are rarely of interest.
const maxBridges = 20

// Explanation is what connects two contacts.
type Explanation struct {
	ID, PrimaryID           uint64 // the first contact
	OtherID, OtherPrimaryID uint64
	Connected               bool          // in one cluster; if not, the fields below are empty
	Chain                   []Observation // a shortest chain between the two; empty if they are the same contact
	Bridges                 []Bridge      // of the cluster, the most even split first
	BridgeCount             int           // including those that are left out
}

// Bridge is an observation or a value without which the cluster falls apart.
type Bridge struct {
	Observation Observation // zero if the bridge is a value
	ContactID   uint64      // the holder of the value; 0 if the bridge is an observation
	Email       string      // the value is one of the two
	Phone       string
	Parts       []int // number of values in each part, largest first, not counting the value itself
}

// Explain returns what connects a contact with another one, which with may also give by a value.
func (r *Reader) Explain(ctx context.Context, id uint64, with Ref) (x Explanation, err error) {
	err = r.atOnce(ctx, func(ctx context.Context, q *store.Queries) error {
		c, err := readContact(ctx, q, Ref{ID: id})
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

// readOther looks among the members first, which usually saves a statement.
func readOther(ctx context.Context, q *store.Queries, c Contact, with Ref) (Contact, error) {
	for _, m := range c.Members {
		if with.matches(m) {
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
	edges := make([]evidence.Edge, len(found))
	for i, r := range found {
		edges[i] = evidence.Edge{ID: r.ID, Email: r.EmailContactID, Phone: r.PhoneContactID}
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

// explain sets the chain and the bridges of x.
func (e *explainer) explain(x *Explanation, with Ref) {
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
