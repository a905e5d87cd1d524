package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
)

// The exit codes, as --help documents them.
const (
	exitOK       = 0
	exitFailure  = 1
	exitUsage    = 2
	exitRefused  = 3 // import only
	exitFindings = 3 // doctor only
)

// usageError is a mistake on the command line or in the settings. It is returned before anything is
// done.
type usageError string

func (e usageError) Error() string { return string(e) }

// app holds what the commands need from the process.
type app struct {
	environ        []string
	stdout, stderr io.Writer
}

// command is one command. run receives the arguments after its name.
type command struct {
	name, usage, summary string
	help                 string // "" if it has flags; it then parses them itself
	run                  func(ctx context.Context, args []string) error
}

func (a app) commands() []command {
	return []command{
		{"serve", "serve", "serve HTTP until SIGTERM or SIGINT", serveHelp, a.serve},
		{"migrate", "migrate up|down|status", "update, revert or show the database schema", migrateHelp, a.migrate},
		{"import", importUsage, "link the rows of a CSV or NDJSON file", "", a.importFile},
		{"export", exportUsage, "write all contacts as CSV or NDJSON", "", a.export},
		{"verify", "verify", "compare stored clusters with the observations", verifyHelp, a.verify},
		{"keys", keysUsage, "make, list, rotate and revoke API keys", "", a.keys},
		{"doctor", doctorUsage, "examine the database: settings, topology and risks", "", a.doctor},
		{"health", healthUsage, "ask the running service whether it is ready", "", a.health},
		{"version", "version", "print the version", versionHelp, a.version},
	}
}

// run executes one command and returns its exit code. No other function prints errors.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	err := app{environ: environ, stdout: stdout, stderr: stderr}.dispatch(ctx, args)
	if err == nil {
		return exitOK
	}
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	fmt.Fprintf(stderr, "identikit: %v\n", err)
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[refusedError](err); ok {
		return exitRefused
	}
	if _, ok := errors.AsType[findingsError](err); ok {
		return exitFindings
	}
	return exitFailure
}

func (a app) dispatch(ctx context.Context, args []string) error {
	rest, helped, err := a.parse("identikit", a.help(), args)
	if helped || err != nil {
		return err
	}
	if len(rest) == 0 {
		return usageError("which command?\n\n" + strings.TrimSpace(a.help()))
	}
	if rest[0] == "help" {
		// "help serve" is the same as "serve --help".
		if rest = append(rest[1:], "--help"); len(rest) == 1 {
			return a.dispatch(ctx, rest)
		}
	}
	for _, c := range a.commands() {
		if c.name == rest[0] {
			return a.start(ctx, c, rest[1:])
		}
	}
	return usageError(fmt.Sprintf("there is no command %q; see identikit --help", rest[0]))
}

// start runs a command. A command with help text has no flags except --help.
func (a app) start(ctx context.Context, c command, args []string) error {
	if c.help == "" {
		return c.run(ctx, args)
	}
	args, helped, err := a.parse(c.name, "Usage: identikit "+c.usage+"\n\n"+c.help, args)
	if helped || err != nil {
		return err
	}
	return c.run(ctx, args)
}

// parse parses the flags before the first word in args and returns the rest. The only flag is
// --help: it prints help, and helped is true.
func (a app) parse(name, help string, args []string) (rest []string, helped bool, err error) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard) // run prints the error
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		_, err := io.WriteString(a.stdout, help)
		return nil, true, err
	case err != nil:
		return nil, false, usageError(fmt.Sprintf("%v; see identikit --help", err))
	}
	return flags.Args(), false, nil
}

// noMore refuses extra arguments.
func noMore(args []string) error {
	if len(args) > 0 {
		return usageError(fmt.Sprintf("unexpected argument %q; see identikit --help", args[0]))
	}
	return nil
}
