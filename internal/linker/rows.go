package linker

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/stored"
)

// Row is a row of a file, and where a look-up without locks found its values.
type Row struct {
	cluster.Row
	Found stored.Found
}

// ImportRows is Import for rows of a file. With lookedUp, Found is what is stored of each row. It is checked
// under the locks of the clusters, and if it is out of date, or without lookedUp, the rows are looked up.
func (l *Linker) ImportRows(ctx context.Context, rows []Row, lookedUp bool) (cluster.Counts, error) {
	observations, seen := make([]identity.Observation, len(rows)), foundIn(rows)
	for i, r := range rows {
		observations[i] = r.Observation
	}
	var p *cluster.Plan
	err := mysql.Repeat(ctx, ledger.Attempts, func() (err error) {
		if !lookedUp {
			if seen, err = l.ledger.Reader().FindMatches(ctx, observations); err != nil {
				return err
			}
		}
		lookedUp = false
		p, err = l.write(ctx, func(ctx context.Context, tx *ledger.Tx) (work, error) {
			g, err := tx.LockClusters(ctx, seen, observations)
			return work{g, seen, planOfRows(rows)}, err
		})
		return err
	})
	if err != nil {
		return cluster.Counts{}, mysql.Translate(err)
	}
	return p.Counts(), nil
}

// foundIn lists where the values of rows were found.
func foundIn(rows []Row) (seen ledger.Matches) {
	for _, r := range rows {
		for _, c := range [...]stored.Contact{r.Found.Email, r.Found.Phone} {
			if c.ID != 0 {
				seen = append(seen, ledger.Match{ContactID: c.ID, PrimaryID: c.PrimaryID})
			}
		}
	}
	return seen
}

func planOfRows(rows []Row) func(*cluster.Graph, cluster.Policy) *cluster.Plan {
	return func(g *cluster.Graph, policy cluster.Policy) *cluster.Plan {
		plain := make([]cluster.Row, len(rows))
		for i, r := range rows {
			plain[i] = r.Row
		}
		return cluster.NewRowsPlan(g, policy, plain)
	}
}
