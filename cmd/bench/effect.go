package main

import (
	"context"
	"fmt"
)

// effect is what the server read and wrote, for all its clients. A server that does not count something
// has 0.
type effect struct {
	touched float64 // pages, in memory or not
	read    float64 // pages from disk
	changed float64 // pages that were written to disk or have to be
	redo    float64 // bytes
	binlog  float64 // bytes
	syncs   float64 // calls of fsync for data files and the redo log
}

// effect returns what the server has done since it started.
func (s *server) effect(ctx context.Context) (effect, error) {
	status, err := s.status(ctx)
	if err != nil {
		return effect{}, err
	}
	binlog, err := s.binlogBytes(ctx)
	return effect{
		touched: float64(status["Innodb_buffer_pool_read_requests"]),
		read:    float64(status["Innodb_pages_read"]),
		changed: float64(status["Innodb_buffer_pool_pages_flushed"]) + float64(status["Innodb_buffer_pool_pages_dirty"]),
		redo:    float64(status["Innodb_os_log_written"]),
		binlog:  binlog,
		syncs:   float64(status["Innodb_data_fsyncs"]),
	}, err
}

// binlogBytes returns the size of all binary logs; 0 if there are none.
func (s *server) binlogBytes(ctx context.Context) (total float64, err error) {
	var on bool
	if err := s.admin.QueryRowContext(ctx, "SELECT @@GLOBAL.log_bin").Scan(&on); err != nil || !on {
		return 0, err
	}
	rows, err := s.admin.QueryContext(ctx, "SHOW BINARY LOGS")
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	var name string
	var size float64
	targets := []any{&name, &size}
	for len(targets) < len(columns) { // MySQL says whether it is encrypted
		targets = append(targets, new(any))
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return 0, err
		}
		total += size
	}
	return total, rows.Err()
}

func (e effect) since(before effect) effect {
	return effect{e.touched - before.touched, e.read - before.read, e.changed - before.changed,
		e.redo - before.redo, e.binlog - before.binlog, e.syncs - before.syncs}
}

// each divides the effect by a number of requests.
func (e effect) each(requests int) effect {
	n := float64(max(1, requests))
	return effect{e.touched / n, e.read / n, e.changed / n, e.redo / n, e.binlog / n, e.syncs / n}
}

// addEffect adds a line to the table of what the server read and wrote.
func (b *bench) addEffect(work string, m *measured) {
	of := func(get func(effect) float64) float64 {
		values := make([]float64, len(m.effects))
		for i, e := range m.effects {
			values[i] = get(e)
		}
		return middle(values)
	}
	b.addLine("Read and written for each request, medians. Pages are of 16 KiB; those changed were written to disk, or have to be.",
		"work | contacts | pages touched | pages read from disk | pages changed | redo log, bytes | binary log, bytes | fsync",
		fmt.Sprintf("%s | %s | %.1f | %.2f | %.1f | %.0f | %.0f | %.2f", work, m.shop.size(),
			of(func(e effect) float64 { return e.touched }), of(func(e effect) float64 { return e.read }),
			of(func(e effect) float64 { return e.changed }), of(func(e effect) float64 { return e.redo }),
			of(func(e effect) float64 { return e.binlog }), of(func(e effect) float64 { return e.syncs })))
}
