package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// warm has the server read what the requests of growth need: the indexes in which new values go to any
// place, and the customers that come back, unless all do. What does not fit in the buffer pool leaves it again.
func (b *bench) warm(ctx context.Context, s *shop) error {
	start := time.Now()
	if err := b.keepScanned(ctx, func() error { return s.scan(ctx) }); err != nil {
		return err
	}
	if s.people.hot > 0 {
		if err := s.readRegulars(ctx); err != nil {
			return err
		}
	}
	b.logf("%s: warmed up in %s", s.name, time.Since(start).Round(time.Second))
	return nil
}

// scan reads whole indexes.
func (s *shop) scan(ctx context.Context) error {
	for _, query := range []string{
		"SELECT COUNT(*) FROM contacts FORCE INDEX (contacts_email) WHERE email > ''",
		"SELECT COUNT(*) FROM contacts FORCE INDEX (contacts_phone_number) WHERE phone_number > ''",
		"SELECT COUNT(*) FROM contacts FORCE INDEX (contacts_linked_id) WHERE linked_id IS NULL", // a merge takes its entry away
	} {
		var n uint64
		if err := s.pool.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return err
		}
	}
	return nil
}

// keepScanned does work whose pages stay in the buffer pool like those of other work: the server lets pages
// go early that are only read once.
func (b *bench) keepScanned(ctx context.Context, work func() error) (err error) {
	var usual uint64
	if err := b.server.admin.QueryRowContext(ctx, "SELECT @@GLOBAL.innodb_old_blocks_time").Scan(&usual); err != nil {
		return err
	}
	if err := b.server.setGlobal(ctx, "innodb_old_blocks_time", 0); err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, b.server.setGlobal(context.WithoutCancel(ctx), "innodb_old_blocks_time", usual))
	}()
	return work()
}

// readRegulars reads what requests read of each customer that comes back.
func (s *shop) readRegulars(ctx context.Context) error {
	var next atomic.Uint64
	done := make(chan struct{})
	end := sync.OnceFunc(func() { close(done) })
	read := func(ctx context.Context, _ int, _ *rand.Rand) error {
		i := next.Add(1)
		if i >= s.people.regulars() {
			end()
		}
		var n uint64
		return s.pool.QueryRowContext(ctx, `SELECT COUNT(c.created_at) FROM contacts AS c
			JOIN observations AS e FORCE INDEX (observations_pair) ON e.email_contact_id = c.id
			JOIN observations AS p FORCE INDEX (observations_phone_contact_id) ON p.phone_contact_id = c.id
			WHERE c.email = ?`, s.people.returning(i).Email).Scan(&n)
	}
	_, err := drive(ctx, load{callers: callers, length: time.Hour, done: done}, read)
	return err
}
