package main

import (
	"context"
	"errors"
)

// openGrown opens a shop of n customers whose ids and values are in different orders. If it is to be kept,
// one that an earlier run has kept is opened as that run left it.
func (b *bench) openGrown(ctx context.Context, n int, keep bool) (*shop, error) {
	open := b.openNew
	if keep {
		open = b.openKept
	}
	d, kept, err := open(ctx, "growth_"+short(n))
	if err != nil {
		return nil, err
	}
	s := &shop{database: d, people: &people{stored: uint64(n), hot: uint64(b.hot), phones: validPhone}} //nolint:gosec // not negative
	if !kept {
		if err := b.grow(ctx, s); err != nil {
			return nil, errors.Join(err, d.drop())
		}
	}
	if err := s.resume(ctx); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	if s.service, err = b.serve(ctx, d); err != nil {
		return nil, errors.Join(err, d.drop())
	}
	return s, nil
}

func (b *bench) openNew(ctx context.Context, purpose string) (d *database, kept bool, err error) {
	d, err = b.server.create(ctx, purpose)
	return d, false, err
}

// openKept opens the database that an earlier run has kept. If there is none, or it was not filled
// completely, it creates the database, and kept is false.
func (b *bench) openKept(ctx context.Context, purpose string) (d *database, kept bool, err error) {
	name := "identikit_bench_" + purpose
	if err := b.server.admin.QueryRowContext(ctx,
		"SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ? AND table_name = 'filled'", name).Scan(&kept); err != nil {
		return nil, false, err
	}
	if !kept {
		if err := b.server.drop(ctx, name); err != nil {
			return nil, false, err
		}
		if _, err := b.server.admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
			return nil, false, err
		}
	}
	d, err = b.server.use(ctx, name)
	if d != nil {
		d.kept = true
	}
	return d, kept, err
}

// resume continues the numbers of newcomers where the last run on this shop ended, each of whom has taken an
// id, and has other customers come back than before: those are no longer single contacts.
func (s *shop) resume(ctx context.Context) error {
	var last uint64
	if err := s.pool.QueryRowContext(ctx, "SELECT MAX(id) FROM contacts").Scan(&last); err != nil {
		return err
	}
	s.people.newcomers.Store(last - s.people.stored)
	if err := s.pool.QueryRowContext(ctx, "SELECT COUNT(*) - 1 FROM filled").Scan(&s.people.others); err != nil {
		return err
	}
	_, err := s.pool.ExecContext(ctx, "INSERT INTO filled (at) VALUES (CURRENT_TIMESTAMP)")
	return err
}
