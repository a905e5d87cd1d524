// Package importer reads files of observations, CSV or NDJSON, and has them linked in large
// batches; and files of decisions, as snapshot.ExportDecisions writes them, and has them applied. It
// decides what the columns of a file mean, and which rows are refused; the rules of linking are the
// linker's, and what is shown to a person is the caller's. It opens no files, and never puts a value
// of a row into an error.
package importer

import (
	"context"
	"io"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// BatchSize is how many observations are linked in one transaction. Larger ones are hardly faster,
// and hold the locks on their clusters longer against a live service.
const BatchSize = 1000

// Patience is how long a database may be away before an import gives up: a restart, or a failover
// to another server, takes less.
const Patience = 5 * time.Minute

// Linker links observations; linker.Linker does.
type Linker interface {
	Import(ctx context.Context, observations []identity.Observation) (linker.Counts, error)
}

// Decider applies decisions; linker.Linker does.
type Decider interface {
	Withhold(ctx context.Context, observations []linker.Withheld) ([]error, error)
	SeparateValues(ctx context.Context, one, other identity.Observation, reason string) error
	Block(ctx context.Context, value identity.Observation, reason string, dryRun bool) (linker.Blocking, error)
}

// Options say how a file is read and what happens to its rows.
type Options struct {
	Linker     Linker               // required
	Normalizer *identity.Normalizer // required
	Decisions  Decider              // for files of decisions; without it they are an InputError
	Layout     Layout
	BatchSize  int           // observations a transaction; 0 is BatchSize
	Patience   time.Duration // 0 is Patience

	// Rejects receives the refused rows as CSV: line, field, reason, and the row itself, so that it
	// can be mended and imported. It may be nil.
	Rejects io.Writer
	// Ready is told what the columns were taken for, before anything is linked. It may be nil.
	// In a file of decisions it is told of no columns.
	Ready func(Columns)
	// Progress is told after each batch, and when the database is away. It may be nil.
	Progress func(Progress)
}

// Progress is how far an import is. It counts rows that are done: linked and committed, or refused.
type Progress struct {
	Rows    int
	Counts  linker.Counts
	Decided int // decisions that hold now
	Refused int
	Bytes   int64 // of the input, as it is stored
	Away    error // the database does not answer, and the import waits for it; or nil
}

// InputError is input that cannot be read as it is, or needs a word about its columns. Nothing has
// been imported then.
type InputError string

func (e InputError) Error() string { return string(e) }

// Run imports what input holds, plain or compressed with gzip. Rows are linked in their order, so
// of rows without a time the first is the oldest. Memory does not grow with the input.
//
// What it returns was committed, whatever the error: at most one batch more was, when ctx ended or
// the database failed at the wrong moment. Importing rows again changes nothing, so Run can always
// be repeated. The error is an InputError, an *identity.Error of the database, ctx's, or that of
// input or Rejects. When ctx ends while input blocks, that Read is left behind.
func Run(ctx context.Context, input io.Reader, o Options) (Progress, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the reading
	r := &reading{
		input:      &counter{r: input},
		layout:     o.Layout,
		normalizer: o.Normalizer,
		size:       o.BatchSize,
		batches:    make(chan batch, 2),
		opened:     make(chan struct{}),
	}
	if r.size == 0 {
		r.size = BatchSize
	}
	w := &writing{options: o, patience: o.Patience}
	if w.patience == 0 {
		w.patience = Patience
	}
	go r.run(ctx)
	err := w.run(ctx, r)
	return w.done, err
}
