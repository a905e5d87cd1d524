package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"text/tabwriter"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/identikit/identikit/db"
)

func (a app) migrate(ctx context.Context, args []string) (err error) {
	if len(args) == 0 {
		return usageError("migrate needs up, down or status; see identikit migrate --help")
	}
	action, ok := map[string]func(context.Context, *sql.DB) error{
		"up": a.migrateUp, "down": a.migrateDown, "status": a.migrateStatus,
	}[args[0]]
	if !ok {
		return usageError(fmt.Sprintf("migrate has no action %q; it takes up, down or status", args[0]))
	}
	rest, helped, err := a.parse("migrate", "Usage: identikit migrate up|down|status\n\n"+migrateHelp, args[1:])
	if helped || err != nil {
		return err
	}
	if err := noMore(rest); err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	d, err := openDatabase(ctx, c.database, newLogger(a.stderr, c.logLevel))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if c.production {
		a.await(ctx, d)
	}
	return action(ctx, d.pool)
}

// deployPatience is how long to wait for a database server that is starting: a platform may deploy
// it at the same time as the migration.
const deployPatience = 2 * time.Minute

// await waits until the database answers or the time is over. It returns no error, because the next
// statement fails with the reason.
func (a app) await(ctx context.Context, d *database) {
	ctx, cancel := context.WithTimeout(ctx, deployPatience)
	defer cancel()
	for announced := false; d.pool.PingContext(ctx) != nil; announced = true {
		if !announced {
			fmt.Fprintf(a.stderr, "waiting up to %v for the database %s\n", deployPatience, d.where)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second):
		}
	}
}

func (a app) migrateUp(ctx context.Context, pool *sql.DB) error {
	applied := 0
	err := db.Change(ctx, pool, a.printWaiting, func(p *goose.Provider) error {
		done, err := p.Up(ctx)
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			done = partial.Applied
		}
		for _, m := range done {
			fmt.Fprintf(a.stdout, "applied %s\n", name(m.Source))
		}
		applied += len(done)
		return err
	})
	if err == nil && applied == 0 {
		fmt.Fprintln(a.stdout, "nothing to do: the schema is current")
	}
	return err
}

func (a app) migrateDown(ctx context.Context, pool *sql.DB) error {
	return db.Change(ctx, pool, a.printWaiting, func(p *goose.Provider) error {
		m, err := p.Down(ctx)
		switch {
		case errors.Is(err, goose.ErrNoNextVersion):
			fmt.Fprintln(a.stdout, "nothing to do: no migration is applied")
			return nil
		case err != nil:
			return err
		}
		fmt.Fprintf(a.stdout, "reverted %s\n", name(m.Source))
		return nil
	})
}

// printWaiting prints why a migration waits.
func (a app) printWaiting(reason string) { fmt.Fprintln(a.stderr, reason) }

// migrateStatus prints a table and fails if a migration is missing. It does not wait for other
// processes that migrate.
func (a app) migrateStatus(ctx context.Context, pool *sql.DB) error {
	p, err := db.New(pool)
	if err != nil {
		return err
	}
	all, err := p.Status(ctx)
	if err != nil {
		return err
	}
	missing := 0
	table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MIGRATION\tAPPLIED AT")
	for _, m := range all {
		when := "missing"
		if m.State == goose.StateApplied {
			when = m.AppliedAt.UTC().Format("2006-01-02 15:04:05Z")
		} else {
			missing++
		}
		fmt.Fprintf(table, "%s\t%s\n", name(m.Source), when)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if missing > 0 {
		return fmt.Errorf("%d missing; run: identikit migrate up", missing)
	}
	return nil
}

func name(s *goose.Source) string { return path.Base(s.Path) }
