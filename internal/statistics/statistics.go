package statistics

import (
	"context"
	"database/sql"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/store"
)

const (
	// minutes is how many are shown, with the current one.
	minutes = 60
	// MaxCount bounds how many refusals of a code, and how many change sets, are counted: above it, the exact
	// number does not matter any more.
	MaxCount = 10_000
)

// Statistics is how the service is doing.
type Statistics struct {
	Minutes  []Minute // the last hour, the oldest first, each once; the last one is not over yet
	Refusals []Open   // one entry for each code of identity.Withholding, in its order
	Feed     Feed
}

// Minute is the observations of one minute.
type Minute struct {
	At time.Time // its beginning, by the database's clock
	Outcomes
}

// Open is the number of open refusals with a code.
type Open struct {
	Code identity.Reason
	N    int  // at most MaxCount
	More bool // there are more
}

// Feed is the lag of the feed: committed events that have no number yet, and that nobody has read.
type Feed struct {
	Unnumbered int           // events in the oldest MaxCount change sets without numbers
	Age        time.Duration // of the oldest; 0 if there is none
}

// Reader reads statistics. It is safe for concurrent use.
type Reader struct{ reads *replica.Router }

// NewReader returns a Reader for a migrated database and its replicas.
func NewReader(reads *replica.Router) *Reader { return &Reader{reads: reads} }

// Read returns the statistics at this moment, from counts of a bounded number of rows. What a process has
// counted appears within about ten seconds. The error is an *identity.Error.
func (r *Reader) Read(ctx context.Context) (s Statistics, err error) {
	err = r.reads.Read(ctx, func(ctx context.Context, db *sql.DB) error {
		s, err = read(ctx, store.New(db))
		return err
	})
	return s, mysql.Translate(err)
}

func read(ctx context.Context, q *store.Queries) (s Statistics, err error) {
	if s.Minutes, err = lastHour(ctx, q); err != nil {
		return s, err
	}
	if s.Refusals, err = openRefusals(ctx, q); err != nil {
		return s, err
	}
	found, err := q.FindUnnumbered(ctx, MaxCount)
	s.Feed = Feed{int(found.Events), time.Duration(found.Age) * time.Microsecond}
	return s, err
}

func lastHour(ctx context.Context, q *store.Queries) ([]Minute, error) {
	now, err := q.FindNow(ctx)
	if err != nil {
		return nil, err
	}
	first := now.Truncate(time.Minute).Add(-(minutes - 1) * time.Minute)
	all := make([]Minute, minutes)
	for i := range all {
		all[i].At = first.Add(time.Duration(i) * time.Minute)
	}
	rows, err := q.ListOutcomes(ctx, first)
	for _, row := range rows {
		if i := int(row.Minute.Sub(first) / time.Minute); i < minutes {
			all[i].Outcomes = outcomesOf(row)
		}
	}
	return all, err
}

func outcomesOf(row store.OutcomeMinute) Outcomes {
	return Outcomes{
		Known: int(row.Known), Created: int(row.Created), Linked: int(row.Linked), //nolint:gosec // sums of ints
		Merged: int(row.Merged), Refused: int(row.Refused), //nolint:gosec // likewise
	}
}

func openRefusals(ctx context.Context, q *store.Queries) ([]Open, error) {
	codes := identity.Withholding()
	all := make([]Open, len(codes))
	for i, code := range codes {
		n, err := q.CountOpenRefusalsByCode(ctx, store.CountOpenRefusalsByCodeParams{Code: store.RefusalsCode(code), Limit: MaxCount + 1})
		if err != nil {
			return nil, err
		}
		all[i] = Open{code, min(int(n), MaxCount), n > MaxCount}
	}
	return all, nil
}
