package main

import (
	"context"
	"time"
)

// counters are statements that the server ran, by whoever.
type counters struct {
	all, selects, inserts, commits uint64
}

func (s *server) counters(ctx context.Context) (counters, error) {
	status, err := s.status(ctx)
	return counters{status["Questions"], status["Com_select"], status["Com_insert"], status["Com_commit"]}, err
}

func (c counters) minus(before counters) counters {
	return counters{c.all - before.all, c.selects - before.selects, c.inserts - before.inserts, c.commits - before.commits}
}

// settle waits, for at most 20 seconds, until the server has written down what was loaded: whoever
// comes next should not pay for it.
func (s *server) settle(ctx context.Context) error {
	const attempts, pause = 40, time.Second / 2
	for range attempts {
		status, err := s.status(ctx)
		if err != nil || status["Innodb_buffer_pool_pages_dirty"] < status["Innodb_buffer_pool_pages_total"]/20 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return nil
}

// status returns those of the server's status variables that are looked at here.
func (s *server) status(ctx context.Context) (map[string]uint64, error) {
	rows, err := s.admin.QueryContext(ctx, `SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_select', 'Com_insert',
		'Com_commit', 'Innodb_buffer_pool_pages_dirty', 'Innodb_buffer_pool_pages_total')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what Close would
	status := map[string]uint64{}
	for rows.Next() {
		var name string
		var value uint64
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		status[name] = value
	}
	return status, rows.Err()
}
