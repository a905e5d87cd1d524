package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// imports compares the import of a file with loading the contacts that it makes, and with importing
// it again.
func (b *bench) imports(ctx context.Context) (err error) {
	d, err := b.server.create(ctx, "import")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	path := filepath.Join(b.dir, "history.csv")
	if err := writeFile(path, func(w io.Writer) error { return history(w, b.importRows) }); err != nil {
		return err
	}
	first, err := b.importFile(ctx, d, path)
	if err != nil {
		return err
	}
	b.tell("first import: %s", first.Round(time.Second/10))
	again, err := b.importFile(ctx, d, path)
	if err != nil {
		return err
	}
	b.tell("import again: %s", again.Round(time.Second/10))
	loaded, contacts, err := b.loadCopies(ctx, d)
	if err != nil {
		return err
	}
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
	b.rows = append(b.rows, row{
		work: fmt.Sprintf("import of %s observations", short(b.importRows)), ours: seconds(first),
		theirs: fmt.Sprintf("LOAD DATA of the resulting %d contacts: %s", contacts, seconds(loaded)),
		ratio:  first.Seconds() / loaded.Seconds(), target: atMost(4),
	}, row{
		work: "import of the same file again", ours: seconds(again), theirs: "the first import: " + seconds(first),
		ratio: again.Seconds() / first.Seconds(), target: atMost(0.5),
	})
	return nil
}

// importFile runs the binary and returns how long it took from start to end.
func (b *bench) importFile(ctx context.Context, d *database, path string) (time.Duration, error) {
	start := time.Now()
	if out, err := b.command(ctx, d, "import", path).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("identikit import: %w: %.500s", err, out)
	}
	return time.Since(start), nil
}

// loadCopies loads the contacts of a database into empty tables with the same keys and constraints,
// once a round, and returns the median time and their number.
func (b *bench) loadCopies(ctx context.Context, from *database) (time.Duration, int, error) {
	const columns = "id, phone_number, email, linked_id, link_precedence, created_at, updated_at"
	path, contacts := filepath.Join(b.dir, "contacts.tsv"), 0
	err := writeFile(path, func(w io.Writer) (err error) {
		contacts, err = dump(ctx, from, `SELECT id, phone_number, email, linked_id, link_precedence,
			CAST(created_at AS CHAR), CAST(updated_at AS CHAR) FROM contacts ORDER BY id`, w)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	var times []float64
	for range b.rounds {
		elapsed, err := b.loadCopy(ctx, path, "contacts ("+columns+")", contacts)
		if err != nil {
			return 0, 0, err
		}
		b.tell("LOAD DATA: %.1f s", elapsed.Seconds())
		times = append(times, float64(elapsed))
	}
	return time.Duration(middle(times)), contacts, nil
}

func (b *bench) loadCopy(ctx context.Context, path, table string, rows int) (elapsed time.Duration, err error) {
	d, err := b.server.create(ctx, "copy")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	start := time.Now()
	if err := loadFile(ctx, d.loader, path, table, rows); err != nil {
		return 0, err
	}
	return time.Since(start), nil
}

// dump writes rows as LOAD DATA reads them. No value of ours needs an escape.
func dump(ctx context.Context, d *database, query string, w io.Writer) (rows int, err error) {
	found, err := d.loader.QueryContext(ctx, query)
	if err != nil {
		return 0, err
	}
	defer found.Close() //nolint:errcheck // found.Err below tells what Close would
	names, err := found.Columns()
	if err != nil {
		return 0, err
	}
	values, targets := make([]*string, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	for ; found.Next(); rows++ {
		if err := found.Scan(targets...); err != nil {
			return 0, err
		}
		for i, value := range values {
			if i > 0 {
				fmt.Fprint(w, "\t")
			}
			if value == nil {
				fmt.Fprint(w, `\N`)
			} else {
				fmt.Fprint(w, *value)
			}
		}
		fmt.Fprint(w, "\n")
	}
	return rows, found.Err()
}
