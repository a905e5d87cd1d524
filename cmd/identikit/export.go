package main

import (
	"compress/gzip"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/snapshot"
)

func (a app) export(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("export", flag.ContinueOnError)
	format := flags.String("format", "", "")
	output := flags.String("output", "", "")
	decisions := flags.Bool("decisions", false, "")
	words, helped, err := a.parseFlags(flags, "Usage: identikit "+exportUsage+"\n\n"+exportHelp, args)
	if helped || err != nil {
		return err
	}
	if err := noMore(words); err != nil {
		return err
	}
	kind, err := exportFormat(*format, *output, *decisions)
	if err != nil {
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
	var done fmt.Stringer
	write := func(w io.Writer) error {
		return a.onReplica(ctx, d, c, func(db *sql.DB) (err error) {
			if *decisions {
				done, err = snapshot.ExportDecisions(ctx, db, w)
			} else {
				done, err = snapshot.Export(ctx, db, w, kind)
			}
			return err
		})
	}
	if *output == "" {
		err = write(a.stdout)
	} else {
		err = writeFile(*output, write)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(a.stderr, done)
	return nil
}

// exportFormat is the format of the flag, or else that of the file's name, or else CSV. Decisions
// are always NDJSON.
func exportFormat(asked, output string, decisions bool) (snapshot.Format, error) {
	switch {
	case decisions && asked == string(snapshot.CSV), decisions && importer.FormatOf(output) == importer.CSV:
		return "", usageError("decisions are written as NDJSON; omit --format, and name the file .ndjson")
	case decisions && asked == "":
		return snapshot.NDJSON, nil
	case asked == string(snapshot.CSV), asked == string(snapshot.NDJSON):
		return snapshot.Format(asked), nil
	case asked != "":
		return "", usageError(fmt.Sprintf("--format is %q; it must be csv or ndjson", asked))
	case importer.FormatOf(output) == importer.NDJSON:
		return snapshot.NDJSON, nil
	}
	return snapshot.CSV, nil
}

// writeFile writes a file that only its owner may read, compressed if its name ends in .gz. It
// replaces an existing file only when the new one is complete.
func writeFile(name string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), os.Remove(file.Name()))
		}
	}()
	if strings.HasSuffix(name, ".gz") {
		zip := gzip.NewWriter(file)
		err = errors.Join(write(zip), zip.Close())
	} else {
		err = write(file)
	}
	if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(file.Name(), name); err != nil {
		return err
	}
	return file.Close()
}
