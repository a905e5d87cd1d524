package main

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
)

// chunk is the number of rows of a file that is loaded: about 50 MB.
const chunk = 1_000_000

// fill loads the stored customers with the ids from 1 on, in their order.
func (b *bench) fill(ctx context.Context, d *database, stored *people) error {
	n := int(stored.stored) //nolint:gosec // it came from an int
	for from := 0; from < n; from += chunk {
		to := min(from+chunk, n)
		err := b.load(ctx, d, "contacts (id, email, phone_number, link_precedence)", to-from, func(w io.Writer) error {
			for i := from; i < to; i++ {
				p := stored.person(uint64(i) * spacing) //nolint:gosec // i is not negative
				fmt.Fprintf(w, "%d\t%s\t%s\tprimary\n", i+1, p.Email, p.Phone)
			}
			return nil
		})
		if err != nil {
			return err
		}
		err = b.load(ctx, d, "observations (email_contact_id, phone_contact_id)", to-from, func(w io.Writer) error {
			for i := from; i < to; i++ {
				fmt.Fprintf(w, "%d\t%d\n", i+1, i+1)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return b.rest(ctx, d)
}

// rest lets the server plan by what was loaded, and write it down.
func (b *bench) rest(ctx context.Context, d *database) error {
	if _, err := d.pool.ExecContext(ctx, "ANALYZE TABLE contacts, observations"); err != nil {
		return err
	}
	return d.server.settle(ctx, b.settle)
}

// load writes rows to a file and loads it into a table. The table is named with its columns.
func (b *bench) load(ctx context.Context, d *database, table string, rows int, write func(io.Writer) error) error {
	path := filepath.Join(b.dir, "rows.tsv")
	defer os.Remove(path) //nolint:errcheck // the folder goes, too
	if err := writeFile(path, write); err != nil {
		return err
	}
	return loadFile(ctx, d.filler, path, table, rows)
}

// loadFile loads a file and checks the number of rows: LOAD DATA LOCAL only warns about rows that
// violate a constraint.
func loadFile(ctx context.Context, pool *sql.DB, path, table string, rows int) error {
	result, err := pool.ExecContext(ctx, fmt.Sprintf("LOAD DATA LOCAL INFILE '%s' INTO TABLE %s", path, table))
	if err != nil {
		return err
	}
	loaded, err := result.RowsAffected()
	if err == nil && loaded != int64(rows) {
		err = fmt.Errorf("loaded %d of %d rows into %s", loaded, rows, table)
	}
	return err
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	return errors.Join(write(w), w.Flush(), file.Close())
}

// addClusters adds clusters with the given number of members, and returns two known values for each
// member: its own e-mail address or phone number, and the other value of the primary.
func addClusters(ctx context.Context, d *database, clusters, members int) ([]identity.Observation, error) {
	const numbers = 900_000_000 // no other customer has them
	l := linker.New(ledger.New(d.pool), cluster.Policy{}, nil)
	var known []identity.Observation
	for c := range clusters {
		first := person(uint64(numbers + c*members)) //nolint:gosec // neither is negative
		seen := []identity.Observation{first}
		for m := 1; m < members; m++ {
			other := person(uint64(numbers + c*members + m)) //nolint:gosec // likewise
			if m%2 == 0 {
				other.Phone = first.Phone
			} else {
				other.Email = first.Email
			}
			seen = append(seen, other)
		}
		if _, err := l.Import(ctx, seen); err != nil {
			return nil, err
		}
		known = append(known, seen...)
	}
	return known, nil
}
