package linker

import (
	"context"

	"github.com/identikit/identikit/internal/store"
)

// answerKnown answers the requests that add nothing to the cluster of their e-mail address, where that
// address is the primary's, and returns the others. One statement reads the whole cluster, so most of what
// a shop sends twice costs half of what readGraph does. What it does not find is read again.
func (l *Lanes) answerKnown(ctx context.Context, group []*request) (others []*request) {
	g, err := readByEmail(ctx, store.New(l.linker.db), group)
	if err != nil {
		return group // readGraph meets the same error, or none
	}
	for _, r := range group {
		if known, ok := g.known(r.observation); ok && r.observation.Email != "" {
			r.finish(known.render(), nil)
		} else {
			others = append(others, r)
		}
	}
	return others
}

// readByEmail reads the clusters whose primary holds one of the e-mails. Each statement sees one state, and
// a cluster is in one of them.
func readByEmail(ctx context.Context, q *store.Queries, group []*request) (*graph, error) {
	rows, err := store.InChunks(values(observationsOf(group)).Emails, func(emails []*string) ([]store.ListClustersByEmailRow, error) {
		return q.ListClustersByEmail(ctx, emails)
	})
	if err != nil {
		return nil, err
	}
	g := newGraph()
	for _, r := range rows {
		if g.byID[r.ID] == nil {
			g.insert(store.ListMembersRow{
				ID: r.ID, Email: r.Email, PhoneNumber: r.PhoneNumber, CreatedAt: r.CreatedAt, Blocked: r.Blocked, Separated: r.Separated,
			})
		}
		if r.SecondaryID != nil {
			g.insert(store.ListMembersRow{
				ID: *r.SecondaryID, Email: r.SecondaryEmail, PhoneNumber: r.SecondaryPhoneNumber, LinkedID: &r.ID,
				CreatedAt: *r.SecondaryCreatedAt, Blocked: r.SecondaryBlocked, Separated: r.SecondarySeparated,
			})
		}
	}
	g.connect()
	return g, nil
}
