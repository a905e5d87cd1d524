package ledger

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// ReadByEmail reads the clusters whose primaries have one of the e-mail addresses of the observations.
// Each statement sees one state, and a cluster is in one of them. What is recorded of the observations is
// not read. It returns mysql.ErrReadOnly when the server does not accept writes. This costs half of what
// ReadGraph does, and is enough for most of what a shop sends twice.
func (r Reader) ReadByEmail(ctx context.Context, observations []identity.Observation) (*cluster.Graph, error) {
	var emails []*string // one of several observations is listed for each, which costs less than finding them
	for i := range observations {
		if observations[i].Email != "" {
			emails = append(emails, &observations[i].Email)
		}
	}
	rows, err := store.InChunks(emails, func(emails []*string) ([]store.ListClustersByEmailRow, error) {
		return r.Queries.ListClustersByEmail(ctx, emails)
	})
	if err != nil {
		return nil, err
	}
	g := cluster.NewGraph()
	for _, row := range rows {
		if row.ReadOnly != 0 {
			return nil, mysql.ErrReadOnly
		}
		if g.ByID(row.ID) == nil {
			g.Insert(toContact(store.ListContactsByIDRow{
				ID: row.ID, Email: row.Email, PhoneNumber: row.PhoneNumber, CreatedAt: row.CreatedAt,
				Blocked: row.Blocked, Separated: row.Separated,
			}))
		}
		if row.SecondaryID != nil {
			g.Insert(toContact(store.ListContactsByIDRow{
				ID: *row.SecondaryID, Email: row.SecondaryEmail, PhoneNumber: row.SecondaryPhoneNumber, LinkedID: &row.ID,
				CreatedAt: *row.SecondaryCreatedAt, Blocked: row.SecondaryBlocked, Separated: row.SecondarySeparated,
			}))
		}
	}
	g.Connect()
	return g, nil
}
