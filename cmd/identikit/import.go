package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/stored"
	"github.com/identikit/identikit/internal/suppression"
)

// refusedError reports an import that is complete, but had rows that were refused.
type refusedError string

func (e refusedError) Error() string { return string(e) }

// importing is the parsed command line of import.
type importing struct {
	file      string
	layout    importer.Layout
	rejects   string
	format    string
	delimiter string
}

func (a app) importFile(ctx context.Context, args []string) (err error) {
	line, helped, err := a.parseImport(args)
	if helped || err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	input, size, err := openInput(line.file)
	if err != nil {
		return err
	}
	defer input.Close() //nolint:errcheck // it was only read
	rejects, err := openRejects(line.rejects, input)
	if err != nil {
		return err
	}
	d, err := a.openCurrent(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()

	l := ledger.New(d.pool)
	reportErasureKeys(ctx, suppression.NewList(l, c.erasureKeys), newLogger(a.stderr, c.logLevel))
	show := newDisplay(a.stderr, size)
	decisions := true
	options := importer.Options{
		Linker:     linker.New(l, c.policy, c.erasureKeys),
		Finder:     stored.New(d.pool),
		Normalizer: c.normalizer,
		Decisions:  correction.New(l, c.policy, c.erasureKeys),
		Layout:     line.layout,
		Ready: func(c importer.Columns) {
			decisions = false
			writeColumns(a.stderr, c)
		},
		Progress: show.progress,
	}
	if rejects != nil {
		options.Rejects = rejects
	}
	begun := time.Now()
	done, err := importer.Run(ctx, input, options)
	show.end()
	if rejects != nil {
		err = errors.Join(err, rejects.Close())
	}
	if err != nil {
		return importError(ctx, done, err)
	}
	if decisions {
		fmt.Fprintf(a.stdout, "%d decisions in %s: %d applied, %d refused\n",
			done.Rows, time.Since(begun).Round(time.Second/10), done.Decided, done.Refused)
		return refusal(done.Refused, line.rejects, "")
	}
	writeImported(a.stdout, done, time.Since(begun))
	return refusal(done.Refused, line.rejects, ": correct them there and import that file")
}

func (a app) parseImport(args []string) (line importing, helped bool, err error) {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	columns := &line.layout.Columns
	flags.StringVar(&columns.Email, "email-column", "", "")
	flags.StringVar(&columns.Phone, "phone-column", "", "")
	flags.StringVar(&columns.ObservedAt, "observed-at-column", "", "")
	flags.StringVar(&line.rejects, "rejects", "", "")
	flags.StringVar(&line.format, "format", "", "")
	flags.StringVar(&line.delimiter, "delimiter", "", "")
	words, helped, err := a.parseFlags(flags, "Usage: identikit "+importUsage+"\n\n"+importHelp, args)
	if helped || err != nil {
		return line, helped, err
	}
	if len(words) == 0 {
		return line, false, usageError("no file to import; - is standard input; see identikit import --help")
	}
	if err := noMore(words[1:]); err != nil {
		return line, false, err
	}
	line.file = words[0]
	return line, false, line.readLayout()
}

func (l *importing) readLayout() error {
	switch l.format {
	case "":
		l.layout.Format = importer.FormatOf(l.file)
	case string(importer.CSV), string(importer.NDJSON):
		l.layout.Format = importer.Format(l.format)
	default:
		return usageError(fmt.Sprintf("--format is %q; it must be csv or ndjson", l.format))
	}
	switch d := l.delimiter; {
	case d == "tab", d == `\t`:
		l.layout.Delimiter = '\t'
	case len(d) == 1 && d[0] > ' ' && d[0] < 0x7f && d[0] != '"', d == "\t":
		l.layout.Delimiter = d[0]
	case d != "":
		return usageError(fmt.Sprintf("--delimiter is %q; it must be one character, or tab", d))
	}
	return nil
}

// openInput opens a file and returns its size, or 0 if it is not known.
func openInput(name string) (*os.File, int64, error) {
	if name == "-" {
		return os.Stdin, 0, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, 0, usageError(err.Error())
	}
	info, err := file.Stat()
	if err == nil && info.IsDir() {
		err = usageError(name + " is a folder")
	}
	if err != nil {
		file.Close() //nolint:errcheck // it was only opened
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return file, 0, nil
	}
	return file, info.Size(), nil
}

// importError says how many rows are done, and that the import can be repeated.
func importError(ctx context.Context, done importer.Progress, err error) error {
	if wrong, ok := errors.AsType[importer.InputError](err); ok {
		return usageError(wrong.Error())
	}
	what := err.Error()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		what = "interrupted"
	}
	return fmt.Errorf("%s; %d rows are done; run the same command again for the rest: nothing is lost, and rows that are done change nothing",
		what, done.Rows)
}

func refusal(refused int, rejects, advice string) error {
	switch {
	case refused == 0:
		return nil
	case rejects == "":
		return refusedError(fmt.Sprintf("%d refused; run it again with --rejects FILE to get these rows with their reasons", refused))
	}
	return refusedError(fmt.Sprintf("%d refused; %s has these rows with their reasons%s", refused, rejects, advice))
}

func writeColumns(w io.Writer, c importer.Columns) {
	for _, column := range []struct{ what, name, flag string }{
		{"e-mail addresses", c.Email, "--email-column"},
		{"phone numbers", c.Phone, "--phone-column"},
		{"times", c.ObservedAt, "--observed-at-column"},
	} {
		if column.name == "" {
			fmt.Fprintf(w, "%s: no column (set one with %s)\n", column.what, column.flag)
		} else {
			fmt.Fprintf(w, "%s: column %q\n", column.what, column.name)
		}
	}
}

func writeImported(w io.Writer, p importer.Progress, took time.Duration) {
	fmt.Fprintf(w, "%d rows in %s: %d created, %d linked, %d merged, %d unchanged, %d refused\n", p.Rows, took.Round(time.Second/10),
		p.Counts.Created, p.Counts.Linked, p.Counts.Merged, p.Counts.Unchanged, p.Refused)
	if p.Counts.Withheld > 0 {
		fmt.Fprintf(w, "%d were stored but not linked; GET /refusals lists the reasons\n", p.Counts.Withheld)
	}
	if p.Counts.Erased > 0 {
		fmt.Fprintf(w, "%d had a permanently erased value, which was left out\n", p.Counts.Erased)
	}
}
