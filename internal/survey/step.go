package survey

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/store"
)

const (
	leastChunk = 100 // entries of an index
	chunkLimit = 10 * time.Second
)

// errLost is returned when another process has taken the survey over.
var errLost = errors.New("another process has taken the survey over")

// step reads something, if possible from a replica, and then pauses as long as that took: so a survey takes
// half of one connection. What fails, or takes longer than ten seconds, is tried again with smaller chunks.
// do must set all of its results each time.
func (s *scan) step(ctx context.Context, do func(context.Context, *store.Queries) error) error {
	for failed := time.Duration(0); ; failed += s.retryPause {
		if err := s.renew(ctx); errors.Is(err, errLost) || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		begun := time.Now()
		err := s.read(ctx, do)
		if err == nil {
			return pause(ctx, time.Since(begun))
		}
		if failed >= s.patience {
			return err
		}
		s.chunk = max(leastChunk, s.chunk/2)
		if err := pause(ctx, s.retryPause); err != nil {
			return err
		}
	}
}

func (s *scan) read(ctx context.Context, do func(context.Context, *store.Queries) error) error {
	ctx, cancel := context.WithTimeout(ctx, chunkLimit)
	defer cancel()
	return mysql.Translate(s.reads.Read(replica.With(ctx, replica.Position{}), func(ctx context.Context, db *sql.DB) error {
		return do(ctx, store.New(db))
	}))
}

// renew renews the lease, if that was not done for a while.
func (s *scan) renew(ctx context.Context) error {
	if time.Since(s.renewed) < s.renewEvery {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, chunkLimit)
	defer cancel()
	n, err := store.New(s.db).RenewSurvey(ctx, store.RenewSurveyParams{Percent: s.percent, Claim: s.claim})
	switch {
	case err != nil:
		return err // the next step tries again
	case n == 0:
		return errLost
	}
	s.renewed = time.Now()
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
