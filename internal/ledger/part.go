package ledger

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// ReadPart reads the cluster of one contact: the whole of it if it has at most so many contacts, otherwise
// only the contact and its primary.
func (r Reader) ReadPart(ctx context.Context, m Match, most int) (g *cluster.Graph, whole bool, err error) {
	if whole, err = r.hasAtMost(ctx, m.PrimaryID, most); err != nil {
		return nil, false, err
	}
	if whole {
		g, err = r.ReadClusters(ctx, Matches{m}, nil)
		return g, true, err
	}
	g = cluster.NewGraph()
	if err := r.Load(ctx, g, []uint64{m.PrimaryID, m.ContactID}); err != nil {
		return nil, false, err
	}
	g.ByID(m.PrimaryID).Partial = true
	return g, false, nil
}

// hasAtMost reports whether the cluster of a primary has at most so many contacts.
func (r Reader) hasAtMost(ctx context.Context, primary uint64, most int) (bool, error) {
	n, err := r.Queries.CountSecondariesUpTo(ctx, store.CountSecondariesUpToParams{
		LinkedID: &primary, Limit: int32(most), //nolint:gosec // it is small
	})
	return n < int64(most), err
}

// ReadClustersAround reads the clusters of matches, that of one of them as ReadPart does, and the rules
// for linking between them.
func (r Reader) ReadClustersAround(
	ctx context.Context, matches Matches, hub Match, most int, policy cluster.Policy,
) (g *cluster.Graph, whole bool, err error) {
	if whole, err = r.hasAtMost(ctx, hub.PrimaryID, most); err != nil {
		return nil, false, err
	}
	if whole {
		if g, err = r.ReadClusters(ctx, matches, nil); err != nil {
			return nil, false, err
		}
		return g, true, r.ReadRules(ctx, g, policy, matches.Contacts())
	}
	var others Matches
	inside := []uint64{hub.PrimaryID}
	for _, m := range matches {
		if m.PrimaryID == hub.PrimaryID {
			inside = append(inside, m.ContactID)
		} else {
			others = append(others, m)
		}
	}
	if g, err = r.ReadClusters(ctx, others, nil); err != nil {
		return nil, false, err
	}
	if err := r.Load(ctx, g, inside); err != nil {
		return nil, false, err
	}
	primary := g.ByID(hub.PrimaryID)
	primary.Partial = true
	if err := r.countUnread(ctx, primary, policy); err != nil {
		return nil, false, err
	}
	if err := r.ReadRules(ctx, g, policy, matches.Contacts()); err != nil {
		return nil, false, err
	}
	return g, false, r.readSeparationsFrom(ctx, g, primary)
}

// countUnread counts the values of a cluster that was read in part, as far as the policy limits them.
func (r Reader) countUnread(ctx context.Context, primary *cluster.Contact, policy cluster.Policy) error {
	if policy.ClusterValues == 0 {
		return nil
	}
	held, err := r.Queries.CountValuesUpTo(ctx, store.CountValuesUpToParams{
		LinkedID: &primary.ID, Limit: int32(policy.ClusterValues), //nolint:gosec // at most a million
	})
	primary.Component().CountUnread(primary.Values() + int(held))
	return err
}

// Load adds contacts to a graph, as far as it lacks them. Their primaries must be among them or in the
// graph.
func (r Reader) Load(ctx context.Context, g *cluster.Graph, ids []uint64) error {
	var missing []uint64
	for _, id := range ids {
		if g.ByID(id) == nil {
			missing = append(missing, id)
		}
	}
	rows, err := store.InChunks(missing, func(ids []uint64) ([]store.ListContactsByIDRow, error) {
		return r.Queries.ListContactsByID(ctx, ids)
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		g.Insert(toContact(row))
	}
	if !g.Connect() {
		return mysql.ErrRetry
	}
	return nil
}

// Holders returns the contacts that have the values of observations. It is CodeRecordNotFound unless
// somebody has each.
func (r Reader) Holders(ctx context.Context, observations []identity.Observation) ([]uint64, error) {
	found, err := r.FindMatches(ctx, observations)
	if err != nil {
		return nil, err
	}
	emails, phones := valuesOf(observations)
	if len(found) < len(emails)+len(phones) {
		return nil, UnknownValue()
	}
	return found.Contacts(), nil
}

// UnknownValue is the error for a value that nobody has.
func UnknownValue() error {
	return identity.Errorf(identity.CodeRecordNotFound, "No contact holds this value.")
}
