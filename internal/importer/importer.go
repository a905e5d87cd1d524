// Package importer imports files of observations, CSV or NDJSON, in large segments, and files of
// decisions as snapshot.ExportDecisions writes them. It finds the columns of a file and refuses
// invalid rows; the rules of linking are the linker's, and the output for people is the caller's.
// It opens no files, and its errors never contain values of a row.
package importer

import (
	"cmp"
	"context"
	"io"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/stored"
)

// BatchSize is the number of observations linked in one transaction, or a little more. Larger batches
// are hardly faster and hold the locks on their clusters longer.
const BatchSize = 1000

// SegmentSize is the most observations that are looked up and divided at once. While one segment is
// linked the next one is read: two of this size need up to 300 MiB.
const SegmentSize = 250_000

// Writers is how many transactions link at a time. More hardly help, and leave less of the database to
// others.
const Writers = 4

// Patience is how long an import waits for an unreachable database. A restart or a failover takes
// less.
const Patience = 5 * time.Minute

// Linker links observations. linker.Linker implements it.
type Linker interface {
	ImportRows(ctx context.Context, rows []linker.Row, lookedUp bool) (cluster.Counts, error)
}

// Finder finds what is stored of observations. stored.Finder implements it.
type Finder interface {
	Find(ctx context.Context, observations []identity.Observation) (now time.Time, found []stored.Found, err error)
}

// Decider applies decisions. linker.Linker implements it.
type Decider interface {
	Withhold(ctx context.Context, observations []correction.Withheld) ([]error, error)
	SeparateValues(ctx context.Context, one, other identity.Observation, reason string) error
	Block(ctx context.Context, value identity.Observation, reason string, dryRun bool) (correction.Blocking, error)
}

// Options configures an import.
type Options struct {
	Linker      Linker               // required
	Finder      Finder               // required
	Normalizer  *identity.Normalizer // required
	Decisions   Decider              // for files of decisions; if nil, such a file is an InputError
	Layout      Layout
	BatchSize   int           // observations per transaction; 0 means BatchSize
	SegmentSize int           // observations that are divided at once; 0 means SegmentSize
	Writers     int           // transactions at a time; 0 means Writers
	Patience    time.Duration // 0 means Patience

	// Rejects receives the refused rows as CSV: line, field, reason and the row itself, so that it
	// can be corrected and imported. It may be nil.
	Rejects io.Writer
	// Ready is called with the columns before anything is linked. For a file of decisions they are
	// empty. It may be nil.
	Ready func(Columns)
	// Progress is called after each batch and while the database is unreachable, never by two goroutines
	// at a time. It may be nil.
	Progress func(Progress)
}

// Progress is the progress of an import. It counts rows that are done: stored and committed, or refused.
// A row with the same values as an earlier one counts as Unchanged, unless it is withheld or has an erased
// value as that one.
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

// Run imports the rows of input, which may be compressed with gzip. The outcome is that of linking the
// rows in order: of rows without a time the first is the oldest, and where a limit of the policy decides
// what is linked, earlier rows come first. Memory does not grow with the input, see SegmentSize.
//
// The rows are written in another order, with several transactions at a time. If Run is interrupted, the
// rows that are done are not the first of the input, and when the input is imported again, those of the
// rest that have no time are the younger ones.
//
// The returned Progress was committed, whatever the error is. At most one more batch of each writer was
// committed, if ctx ended or the database failed at that moment. Importing rows again changes nothing, so Run
// can always be repeated. The error is an InputError, an *identity.Error of the database, the error
// of ctx, or the error of input or Rejects. If ctx ends while input blocks, its Read is abandoned.
func Run(ctx context.Context, input io.Reader, o Options) (Progress, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // stops the reader
	r := &reading{
		input:      &counter{r: input},
		layout:     o.Layout,
		normalizer: o.Normalizer,
		batch:      cmp.Or(o.BatchSize, BatchSize),
		most:       cmp.Or(o.SegmentSize, SegmentSize),
		segments:   make(chan *segment),
		opened:     make(chan struct{}),
	}
	w := &writing{
		options: o, patience: cmp.Or(o.Patience, Patience), size: r.batch, writers: cmp.Or(o.Writers, Writers),
	}
	go r.run(ctx)
	err := w.run(ctx, r)
	return w.done, err
}
