package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// warm has the server read what the requests of growth need: the indexes in which new values go to any
// place, and the customers that come back. What does not fit in the buffer pool leaves it again.
func (b *bench) warm(ctx context.Context, s *shop) error {
	start := time.Now()
	if err := b.keepScanned(ctx, func() error { return s.scan(ctx) }); err != nil {
		return err
	}
	if s.people.hot > 0 {
		if err := s.seeRegulars(ctx); err != nil {
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
		"SELECT COUNT(*) FROM observations FORCE INDEX (observations_pair) WHERE email_contact_id > 0",
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

// seeRegulars has each customer that comes back come once.
func (s *shop) seeRegulars(ctx context.Context) error {
	connected, disconnect, err := clients(ctx, s.service.address, callers)
	if err != nil {
		return err
	}
	defer disconnect()
	var seen atomic.Uint64
	done := make(chan struct{})
	end := sync.OnceFunc(func() { close(done) })
	each := overHTTP(connected, func(*rand.Rand) identity.Observation {
		i := seen.Add(1)
		if i >= s.people.regulars() {
			end()
		}
		return s.people.returning(i)
	})
	_, err = drive(ctx, load{callers: callers, length: time.Hour, done: done}, each)
	return err
}
