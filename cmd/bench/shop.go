package main

import (
	"context"
	"errors"
	"slices"
	"time"
)

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
