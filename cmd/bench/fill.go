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
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// chunk is how many rows are loaded at once: a file of some 50 MB.
const chunk = 1_000_000

// shop is a database with customers in it and the service on top of it.
type shop struct {
	*database
	people  *people
	service *service
	closers []func() error // of what else uses it
}

// open makes a shop of n customers, each one contact with an e-mail address and a valid phone
// number. The service gets the given settings besides the usual ones.
func (b *bench) open(ctx context.Context, purpose string, n int, settings ...string) (*shop, error) {
	return b.openFor(ctx, purpose, &people{stored: uint64(n), phones: validPhone}, settings...) //nolint:gosec // n is not negative
}

func (b *bench) openFor(ctx context.Context, purpose string, p *people, settings ...string) (*shop, error) {
	d, err := b.server.create(ctx, purpose)
	if err != nil {
		return nil, err
	}
	s := &shop{database: d, people: p}
	start := time.Now()
	if err := b.fill(ctx, d, p); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	b.logf("%s: filled with %d customers in %s", purpose, p.stored, time.Since(start).Round(time.Second/10))
	if s.service, err = b.serve(ctx, d, settings...); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	return s, nil
}

// onClose has end called when the shop closes, before the service stops.
func (s *shop) onClose(end func() error) { s.closers = append(s.closers, end) }

// connect connects one client for each caller, until the shop closes.
func (s *shop) connect(ctx context.Context, address string) ([]*client, error) {
	connected, disconnect, err := clients(ctx, address, callers)
	if err != nil {
		return nil, err
	}
	s.onClose(func() error { disconnect(); return nil })
	return connected, nil
}

func (s *shop) close() error {
	var errs []error
	for _, end := range slices.Backward(s.closers) {
		errs = append(errs, end())
	}
	return errors.Join(append(errs, s.service.stop(), s.drop())...)
}

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
	if _, err := d.pool.ExecContext(ctx, "ANALYZE TABLE contacts, observations"); err != nil {
		return err
	}
	return d.server.settle(ctx, b.settle)
}

// load writes a file of rows and loads it into a table, named with its columns.
func (b *bench) load(ctx context.Context, d *database, table string, rows int, write func(io.Writer) error) error {
	path := filepath.Join(b.dir, "rows.tsv")
	defer os.Remove(path) //nolint:errcheck // the folder goes, too
	if err := writeFile(path, write); err != nil {
		return err
	}
	return loadFile(ctx, d.filler, path, table, rows)
}

// loadFile loads a file. Rows that break a rule are only warned of by LOAD DATA LOCAL, so it counts.
func loadFile(ctx context.Context, pool *sql.DB, path, table string, rows int) error {
	result, err := pool.ExecContext(ctx, fmt.Sprintf("LOAD DATA LOCAL INFILE '%s' INTO TABLE %s", path, table))
	if err != nil {
		return err
	}
	if loaded, err := result.RowsAffected(); err != nil || loaded != int64(rows) {
		return fmt.Errorf("loaded %d of %d rows into %s: %w", loaded, rows, table, err)
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	return errors.Join(write(w), w.Flush(), file.Close())
}

// addClusters adds clusters of so many members, and returns two known values of each member: an
// e-mail or phone number of its own, with the primary's other one.
func addClusters(ctx context.Context, d *database, clusters, members int) ([]identity.Observation, error) {
	const numbers = 900_000_000 // nobody else has them
	l := linker.New(d.pool, linker.Policy{})
	var known []identity.Observation
	for c := range clusters {
		first := person(uint64(numbers + c*members)) //nolint:gosec // neither is negative
		cluster := []identity.Observation{first}
		for m := 1; m < members; m++ {
			other := person(uint64(numbers + c*members + m)) //nolint:gosec // likewise
			if m%2 == 0 {
				other.Phone = first.Phone
			} else {
				other.Email = first.Email
			}
			cluster = append(cluster, other)
		}
		if _, err := l.Import(ctx, cluster); err != nil {
			return nil, err
		}
		known = append(known, cluster...)
	}
	return known, nil
}
