package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// tableFile is a file of all rows of a table.
type tableFile struct {
	path    string
	columns string // as LOAD DATA names them: contacts (id, email, …)
	rows    int
}

// dump writes a table to a file, in the order of its ids.
func (b *bench) dump(ctx context.Context, d *database, table string) (tableFile, error) {
	columns, err := d.columns(ctx, table)
	if err != nil {
		return tableFile{}, err
	}
	t := tableFile{
		path:    filepath.Join(b.dir, table+".tsv"),
		columns: fmt.Sprintf("%s (%s)", table, strings.Join(columns, ", ")),
	}
	query := fmt.Sprintf("SELECT CAST(%s AS CHAR) FROM %s ORDER BY id", strings.Join(columns, " AS CHAR), CAST("), table)
	err = writeFile(t.path, func(w io.Writer) (err error) {
		t.rows, err = d.writeRows(ctx, query, w)
		return err
	})
	return t, err
}

// columns lists the columns of a table that rows are loaded into: all that are not generated.
func (d *database) columns(ctx context.Context, table string) (names []string, err error) {
	rows, err := d.loader.QueryContext(ctx, `SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()
		AND table_name = ? AND COALESCE(generation_expression, '') = '' ORDER BY ordinal_position`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// writeRows writes what a query of text columns returns, as LOAD DATA reads it. The values must not
// need an escape.
func (d *database) writeRows(ctx context.Context, query string, w io.Writer) (count int, err error) {
	rows, err := d.loader.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below reports what Close would
	names, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	values, targets, fields := make([]*string, len(names)), make([]any, len(names)), make([]string, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for ; rows.Next(); count++ {
		if err := rows.Scan(targets...); err != nil {
			return 0, err
		}
		for i, value := range values {
			fields[i] = `\N` // NULL
			if value != nil {
				fields[i] = *value
			}
		}
		fmt.Fprintln(w, strings.Join(fields, "\t"))
	}
	return count, rows.Err()
}
