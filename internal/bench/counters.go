package main

import "context"

// counters are statements that the server ran, by whoever.
type counters struct {
	all, selects, inserts, commits uint64
}

func (s *server) counters(ctx context.Context) (counters, error) {
	var c counters
	rows, err := s.admin.QueryContext(ctx,
		"SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Com_select', 'Com_insert', 'Com_commit')")
	if err != nil {
		return c, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below tells what Close would
	for rows.Next() {
		var name string
		var value uint64
		if err := rows.Scan(&name, &value); err != nil {
			return c, err
		}
		switch name {
		case "Questions":
			c.all = value
		case "Com_select":
			c.selects = value
		case "Com_insert":
			c.inserts = value
		case "Com_commit":
			c.commits = value
		}
	}
	return c, rows.Err()
}

func (c counters) minus(before counters) counters {
	return counters{c.all - before.all, c.selects - before.selects, c.inserts - before.inserts, c.commits - before.commits}
}
