package main

import (
	"context"
	"time"
)

// counters count the statements that the server ran, for all its clients.
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

// settle waits until the server has written most of what was loaded to disk, so that the next
// measurement does not pay for it, or until the limit has passed: some servers keep changed pages
// in memory as long as there is room.
func (s *server) settle(ctx context.Context, limit time.Duration) error {
	for end := time.Now().Add(limit); time.Now().Before(end); {
		status, err := s.status(ctx)
		if err != nil || status["Innodb_buffer_pool_pages_dirty"] < status["Innodb_buffer_pool_pages_total"]/20 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second / 2):
		}
	}
	return nil
}

// status returns the status variables of the server that this package uses.
func (s *server) status(ctx context.Context) (map[string]uint64, error) {
	rows, err := s.admin.QueryContext(ctx, `SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_select', 'Com_insert',
		'Com_commit', 'Innodb_buffer_pool_pages_dirty', 'Innodb_buffer_pool_pages_total', 'Innodb_buffer_pool_pages_flushed',
		'Innodb_buffer_pool_read_requests', 'Innodb_pages_read', 'Innodb_os_log_written', 'Innodb_data_fsyncs')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
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
