package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/identikit/identikit/internal/snapshot"
)

func (a app) verify(ctx context.Context, args []string) (err error) {
	if err := noMore(args); err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	d, err := a.openCurrent(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	var done snapshot.Verified
	err = a.onReplica(ctx, d, c, func(db *sql.DB) (err error) {
		done, err = snapshot.Verify(ctx, db, func(d snapshot.Drift) { fmt.Fprintln(a.stdout, d) })
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%d contacts in %d clusters, by %d observations: %d drifts\n",
		done.Contacts, done.Clusters, done.Observations, done.Drifts)
	if done.Drifts > 0 {
		return errors.New("the stored clusters differ from the observations; see the lines above")
	}
	return nil
}
