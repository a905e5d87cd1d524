package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/doctor"
	"github.com/identikit/identikit/internal/mysql"
)

const doctorUsage = "doctor [--json]"

const doctorHelp = `Examines the database and its servers, and prints what it finds: engine and version,
topology (replication, Group Replication, Galera), whether writes are accepted, the
schema, the privileges of the account, durability, the settings of a session,
collations, limits and clocks. Each host of DATABASE_URL and DATABASE_READ_URL is
examined. It changes nothing. The service may run at the same time.

  --json  print one JSON object for programs

Each finding has a level, and what is not ok says what to do:

  ok     nothing to do
  note   good to know; it may be intended
  risk   it works, but something that may happen loses data, time or availability
  wrong  it does not work, or gives wrong answers

Uses DATABASE_URL or, without it, the private server, which must not be running.
Reads the same settings as serve; DATABASE_MAX_CONNECTIONS should be the same too.

Exit codes: 0 everything is ok or a note, 1 failed or no server could be examined,
2 wrong command line or setting, 3 something is a risk or wrong.
`

// findingsError reports an examination that found something risky or wrong.
type findingsError string

func (e findingsError) Error() string { return string(e) }

func (a app) doctor(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("doctor", flag.ContinueOnError)
	asJSON := flags.Bool("json", false, "")
	words, helped, err := a.parseFlags(flags, "Usage: identikit "+doctorUsage+"\n\n"+doctorHelp, args)
	if helped || err != nil {
		return err
	}
	if err := noMore(words); err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	c.database.shared = true
	d, err := openDatabase(ctx, c.database, newLogger(a.stderr, c.logLevel))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if d.server != nil { // serve would do it, too
		if err := db.Up(ctx, d.pool); err != nil {
			return err
		}
	}
	return a.examine(ctx, d.config, c.database, *asJSON)
}

func (a app) examine(ctx context.Context, server mysql.Config, c databaseConfig, asJSON bool) error {
	const probes = 1 // of serve, for /readyz
	o := doctor.Options{Connections: c.maxConns + probes}
	if c.replicas != nil {
		const heartbeats = 1
		o.Connections += heartbeats
		o.Replicas = c.replicas.servers.Each()
	}
	r := doctor.Examine(ctx, server, o)
	if err := ctx.Err(); err != nil {
		return err
	}
	if asJSON {
		text, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s\n", text)
	} else {
		printReport(a.stdout, r)
	}
	switch {
	case !r.Answered():
		return errors.New("no server of the database could be examined")
	case r.Level > doctor.Note:
		return findingsError(fmt.Sprintf("found %d wrong and %d risks; see above", r.Count(doctor.Wrong), r.Count(doctor.Risk)))
	}
	return nil
}
