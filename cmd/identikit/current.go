package main

import (
	"context"
	"errors"

	"github.com/identikit/identikit/db"
)

// openCurrent is openDatabase for a command that runs once: it fails if the database is unreachable
// or its schema is not current.
func (a app) openCurrent(ctx context.Context, c config) (*database, error) {
	c.database.shared = true
	d, err := openDatabase(ctx, c.database, newLogger(a.stderr, c.logLevel))
	if err != nil {
		return nil, err
	}
	if d.server != nil { // no other process can be migrating it
		err = db.Up(ctx, d.pool)
	} else {
		looking, cancel := context.WithTimeout(ctx, firstLook)
		defer cancel()
		err = d.ready(looking)
	}
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}
