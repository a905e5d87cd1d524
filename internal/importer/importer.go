// Package importer imports files of observations, CSV or NDJSON, in large batches, and files of
// decisions as snapshot.ExportDecisions writes them. It finds the columns of a file and refuses
// invalid rows; the rules of linking are the linker's, and the output for people is the caller's.
// It opens no files, and its errors never contain values of a row.
package importer

import (
	"context"
	"io"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
)

// BatchSize is the number of observations linked in one transaction. Larger batches are hardly
// faster and hold the locks on their clusters longer.
const BatchSize = 1000

// Patience is how long an import waits for an unreachable database. A restart or a failover takes
// less.
const Patience = 5 * time.Minute

// Linker links observations. linker.Linker implements it.
type Linker interface {
	Import(ctx context.Context, observations []identity.Observation) (cluster.Counts, error)
}

// Decider applies decisions. linker.Linker implements it.
type Decider interface {
	Withhold(ctx context.Context, observations []correction.Withheld) ([]error, error)
	SeparateValues(ctx context.Context, one, other identity.Observation, reason string) error
	Block(ctx context.Context, value identity.Observation, reason string, dryRun bool) (correction.Blocking, error)
}

// Options configures an import.
type Options struct {
	Linker     Linker               // required
	Normalizer *identity.Normalizer // required
	Decisions  Decider              // for files of decisions; if nil, such a file is an InputError
	Layout     Layout
	BatchSize  int           // observations per transaction; 0 means BatchSize
	Patience   time.Duration // 0 means Patience

	// Rejects receives the refused rows as CSV: line, field, reason and the row itself, so that it
	// can be corrected and imported. It may be nil.
	Rejects io.Writer
	// Ready is called with the columns before anything is linked. For a file of decisions they are
	// empty. It may be nil.
	Ready func(Columns)
	// Progress is called after each batch and while the database is unreachable. It may be nil.
	Progress func(Progress)
}

// Progress is the progress of an import. It counts rows that are done: linked and committed, or
// refused.
type Progress struct {
	Rows        int
	Counts      cluster.Counts
	Decided     int // decisions that were applied
	Refused     int
	Bytes       int64 // of the input, before decompression
	Unreachable error // why the database is unreachable while the import waits for it, or nil
}

// InputError is input that cannot be read, or whose columns the caller must name. Nothing has been
// imported.
type InputError string

func (e InputError) Error() string { return string(e) }

// Run imports the rows of input, which may be compressed with gzip. Rows are linked in order, so of
// rows without a time the first is the oldest. Memory does not grow with the input.
//
// The returned Progress was committed, whatever the error is. At most one more batch was committed,
// if ctx ended or the database failed at that moment. Importing rows again changes nothing, so Run
// can always be repeated. The error is an InputError, an *identity.Error of the database, the error
// of ctx, or the error of input or Rejects. If ctx ends while input blocks, its Read is abandoned.
func Run(ctx context.Context, input io.Reader, o Options) (Progress, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // stops the reader
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
