package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// pageFill is how full, in percent, the pages of an index are whose rows arrive in no order.
const pageFill = 70

// grow fills the tables. The customers are loaded in the order of their ids. The indexes in which a row goes
// to any place are built afterwards, which takes a fraction of the time of inserting each row, with pages as
// full as those that grew row by row.
func (b *bench) grow(ctx context.Context, s *shop) error {
	start := time.Now()
	if err := s.alter(ctx,
		"contacts DROP KEY contacts_email, DROP KEY contacts_phone_number",
		"observations DROP KEY observations_pair, DROP KEY observations_phone_contact_id"); err != nil {
		return err
	}
	n := int(s.people.stored) //nolint:gosec // it came from an int
	for from := 0; from < n; from += chunk {
		if err := b.growChunk(ctx, s, from, min(from+chunk, n)); err != nil {
			return err
		}
		b.logf("%s: loaded %d customers in %s", s.name, min(from+chunk, n), time.Since(start).Round(time.Second))
	}
	if err := b.buildIndexes(ctx, s); err != nil {
		return err
	}
	for _, statement := range []string{ // a row for each run, and one for the fill
		"CREATE TABLE filled (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, at DATETIME NOT NULL)",
		"INSERT INTO filled (at) VALUES (CURRENT_TIMESTAMP)",
	} {
		if _, err := s.pool.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	b.logf("%s: filled with %d customers in %s", s.name, n, time.Since(start).Round(time.Second))
	return b.rest(ctx, s.database)
}

// growChunk loads the customers with the ids from+1 to to.
func (b *bench) growChunk(ctx context.Context, s *shop, from, to int) error {
	err := b.load(ctx, s.database, "contacts (id, email, phone_number, link_precedence)", to-from, func(w io.Writer) error {
		for i := from; i < to; i++ {
			p := s.people.person(uint64(i) * scatter % s.people.stored * spacing) //nolint:gosec // i is not negative
			fmt.Fprintf(w, "%d\t%s\t%s\tprimary\n", i+1, p.Email, p.Phone)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.load(ctx, s.database, "observations (email_contact_id, phone_contact_id)", to-from, func(w io.Writer) error {
		for i := from; i < to; i++ {
			fmt.Fprintf(w, "%d\t%d\n", i+1, i+1)
		}
		return nil
	})
}

// buildIndexes adds the indexes as db/migrations does.
func (b *bench) buildIndexes(ctx context.Context, s *shop) (err error) {
	var usual uint64
	if err := b.server.admin.QueryRowContext(ctx, "SELECT @@GLOBAL.innodb_fill_factor").Scan(&usual); err != nil {
		return err
	}
	if err := b.server.setGlobal(ctx, "innodb_fill_factor", pageFill); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, b.server.setGlobal(context.WithoutCancel(ctx), "innodb_fill_factor", usual))
	}()
	return s.alter(ctx,
		"contacts ADD UNIQUE KEY contacts_phone_number (phone_number), ADD UNIQUE KEY contacts_email (email)",
		"observations ADD UNIQUE KEY observations_pair (email_contact_id, phone_contact_id), "+
			"ADD KEY observations_phone_contact_id (phone_contact_id, email_contact_id)")
}

func (s *shop) alter(ctx context.Context, tables ...string) error {
	for _, table := range tables {
		if _, err := s.filler.ExecContext(ctx, "ALTER TABLE "+table+", ALGORITHM = INPLACE"); err != nil {
			return err
		}
	}
	return nil
}
