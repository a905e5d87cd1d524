package main

import (
	"context"
	"fmt"
)

// addBytes adds a line for each index of a shop to the table of sizes. InnoDB keeps the rows of a table in
// the index PRIMARY.
func (b *bench) addBytes(ctx context.Context, s *shop) error {
	if _, err := s.pool.ExecContext(ctx, "ANALYZE TABLE contacts, observations, change_sets, history"); err != nil {
		return err
	}
	rows, err := b.server.admin.QueryContext(ctx, `SELECT table_name, index_name, stat_value * @@innodb_page_size
		FROM mysql.innodb_index_stats
		WHERE database_name = ? AND stat_name = 'size' AND table_name IN ('contacts', 'observations', 'change_sets', 'history')
		ORDER BY table_name = 'history', table_name = 'change_sets', table_name, index_name`, s.name)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	for rows.Next() {
		var name, index string
		var bytes float64
		if err := rows.Scan(&name, &index, &bytes); err != nil {
			return err
		}
		var n float64
		if err := s.pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+name+" FORCE INDEX (PRIMARY)").Scan(&n); err != nil {
			return err
		}
		b.addLine("Bytes on disk.", "contacts | index | MiB | rows | bytes a row",
			fmt.Sprintf("%s | %s.%s | %.1f | %.0f | %.0f", s.size(), name, index, bytes/(1<<20), n, bytes/max(1, n)))
	}
	return rows.Err()
}
