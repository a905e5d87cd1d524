package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// importRound is one import of a file, the same import again, and what it is compared with.
type importRound struct {
	first, again, loaded   time.Duration
	contacts, observations int // that resulted, and were loaded
}

// imports compares the import of a file with loading the contacts and observations that result, and
// with importing it again.
func (b *bench) imports(ctx context.Context) error {
	path := filepath.Join(b.dir, "history.csv")
	if err := writeFile(path, func(w io.Writer) error { return history(w, b.importRows) }); err != nil {
		return err
	}
	var last importRound
	var first, again, loaded, toLoaded, toFirst []float64
	for range b.rounds {
		r, err := b.importRound(ctx, path)
		if err != nil {
			return err
		}
		b.logf("import: %.1f s, again %.1f s, LOAD DATA %.1f s", r.first.Seconds(), r.again.Seconds(), r.loaded.Seconds())
		first, again, loaded = append(first, r.first.Seconds()), append(again, r.again.Seconds()), append(loaded, r.loaded.Seconds())
		toLoaded = append(toLoaded, r.first.Seconds()/r.loaded.Seconds())
		toFirst = append(toFirst, r.again.Seconds()/r.first.Seconds())
		last = r
	}
	b.rows = append(b.rows, row{
		work: fmt.Sprintf("import of %s observations", short(b.importRows)), ours: fmt.Sprintf("%.1f s", middle(first)),
		theirs: fmt.Sprintf("LOAD DATA of the resulting %d contacts and %d observations: %.1f s",
			last.contacts, last.observations, middle(loaded)),
		ratio: spreadOf(toLoaded...), target: atMost(3),
	}, row{
		work: "import of the same file again", ours: fmt.Sprintf("%.1f s", middle(again)),
		theirs: fmt.Sprintf("the first import: %.1f s", middle(first)),
		ratio:  spreadOf(toFirst...), target: atMost(0.25),
	})
	return nil
}

// importRound imports a file twice into one database, and loads what results into another one with
// the same keys and constraints. Each step begins when the server has written down the one before.
func (b *bench) importRound(ctx context.Context, path string) (r importRound, err error) {
	tables, err := b.importTwice(ctx, path, &r)
	if err != nil {
		return r, err
	}
	d, err := b.server.create(ctx, "copy")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	if err := b.server.settle(ctx, b.settle); err != nil {
		return r, err
	}
	start := time.Now()
	for _, t := range tables {
		if err := loadFile(ctx, d.loader, t.path, t.columns, t.rows); err != nil {
			return r, err
		}
	}
	r.loaded = time.Since(start)
	return r, nil
}

// importTwice imports a file two times, and returns the tables that result.
func (b *bench) importTwice(ctx context.Context, path string, r *importRound) (tables []tableFile, err error) {
	d, err := b.server.create(ctx, "import")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, d.drop()) }()
	for _, took := range []*time.Duration{&r.first, &r.again} {
		if err := b.server.settle(ctx, b.settle); err != nil {
			return nil, err
		}
		if *took, err = b.importFile(ctx, d, path); err != nil {
			return nil, err
		}
	}
	contacts, err := b.dump(ctx, d, "contacts")
	if err != nil {
		return nil, err
	}
	observations, err := b.dump(ctx, d, "observations")
	r.contacts, r.observations = contacts.rows, observations.rows
	return []tableFile{contacts, observations}, err
}

// importFile runs the binary and returns how long it took from start to end.
func (b *bench) importFile(ctx context.Context, d *database, path string) (time.Duration, error) {
	start := time.Now()
	if out, err := b.command(ctx, d, "import", path).CombinedOutput(); err != nil {
		return 0, fmt.Errorf("identikit import: %w: %.500s", err, out)
	}
	return time.Since(start), nil
}
