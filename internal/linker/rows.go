package linker

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
	"github.com/identikit/identikit/internal/stored"
)

// Row is an observation of a file, with what the importer found out about it.
type Row struct {
	identity.Observation
	Found   stored.Found // where a look-up without locks found the values
	ReadAt  time.Time    // the age of new contacts if the observation has no time; zero for now
	Repeats int          // how many more rows of the file have the same values
}

// ImportRows is Import for rows of a file. With lookedUp, Found is what is stored of each row. It is checked
// under the locks of the clusters, and if it is out of date, or without lookedUp, the rows are looked up.
func (l *Linker) ImportRows(ctx context.Context, rows []Row, lookedUp bool) (Counts, error) {
	observations := make([]identity.Observation, len(rows))
	var seen []match
	for i, r := range rows {
		observations[i] = r.Observation
		for _, c := range [...]stored.Contact{r.Found.Email, r.Found.Phone} {
			if c.ID != 0 {
				seen = append(seen, match{c.ID, c.PrimaryID})
			}
		}
	}
	var p *plan
	err := mysql.Retry(ctx, attempts, func() (err error) {
		if !lookedUp {
			g, err := readGraph(ctx, store.New(l.db), observations)
			if err != nil {
				return err
			}
			seen = g.matches
		}
		lookedUp = false
		p, err = l.commitRows(ctx, seen, observations, rows)
		return err
	})
	if err != nil {
		return Counts{}, mysql.Translate(err)
	}
	return p.counts, nil
}

func (l *Linker) commitRows(ctx context.Context, seen []match, observations []identity.Observation, rows []Row) (*plan, error) {
	return l.write(ctx, func(ctx context.Context, q *store.Queries) (*graph, []identity.Observation, error) {
		g, err := lockClusters(ctx, q, seen, observations)
		if g != nil {
			g.rows = rows
		}
		return g, observations, err
	})
}

// countRepeats counts the rows that have the same values as one whose outcome is the difference between
// the counts before it and now: they change nothing, but are not linked, or lack a value, as it is or does.
func (p *plan) countRepeats(before Counts, repeats int) {
	switch {
	case p.counts.Withheld > before.Withheld:
		p.counts.Withheld += repeats
	case p.counts.Erased > before.Erased:
		p.counts.Erased += repeats
	default:
		p.counts.Unchanged += repeats
	}
}
