// Package survey finds the largest clusters, and hubs: the values that were observed most often. It goes
// through three indexes in the background, a chunk at a time. The survey is one row of the database, so that
// every process shows the same one, and only one of them works on it at a time. The row has ids and counts;
// values are read when they are shown.
package survey

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/store"
)

const (
	// lease is how long the process of a survey may be silent before another one begins it again.
	lease = 30 * time.Second
	// renewEvery is how often it says how far it is, and pollEvery how often the others look whether it does.
	renewEvery = 2 * time.Second
	pollEvery  = 5 * time.Second
	// What fails is tried again for as long as patience, with pauses.
	patience   = time.Minute
	retryPause = time.Second
	chunk      = 10_000
	attempts   = 10
	stopLimit  = time.Second // for handing over at a stop
)

// Surveyor runs surveys of one database. It is safe for concurrent use, also by any number of processes.
type Surveyor struct {
	db    *sql.DB // of the primary, for the row of the survey
	reads *replica.Router
	log   *slog.Logger

	lease, renewEvery, pollEvery, patience, retryPause time.Duration
	chunk                                              int32

	ctx     context.Context //nolint:containedctx // of the surveys that run here; Stop ends it
	cancel  context.CancelFunc
	mu      sync.Mutex // held while a survey is launched, and while they are stopped
	running sync.WaitGroup
}

// New returns a Surveyor for a migrated database, whose surveys read through reads. It must be stopped.
func New(db *sql.DB, reads *replica.Router, log *slog.Logger) *Surveyor {
	s := &Surveyor{
		db: db, reads: reads, log: log,
		lease: lease, renewEvery: renewEvery, pollEvery: pollEvery, patience: patience, retryPause: retryPause, chunk: chunk,
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s
}

// Start begins to look for surveys whose process was killed or stopped, and takes them over. They begin
// again.
func (s *Surveyor) Start() {
	s.running.Go(func() {
		for pause(s.ctx, s.pollEvery) == nil {
			s.takeOver(s.ctx) //nolint:errcheck // it is tried again
		}
	})
}

// Stop ends the survey that runs here, if one does, and lets another process take it over at once.
func (s *Surveyor) Stop() {
	s.mu.Lock()
	s.cancel()
	s.mu.Unlock()
	s.running.Wait()
}

// launch runs a survey in the background. After Stop it does nothing, and another process takes the survey
// over.
func (s *Surveyor) launch(claim uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ctx.Err() == nil {
		s.running.Go(func() { s.run(claim) })
	}
}

// Begin starts a survey in this process, unless one is running, and returns the running one with the result
// of the last one, as Read does. The survey goes on when ctx ends. The error is an *identity.Error.
func (s *Surveyor) Begin(ctx context.Context) (State, error) {
	claim := newClaim()
	var n int64
	err := mysql.Retry(ctx, attempts, func() (err error) {
		n, err = store.New(s.db).ClaimSurvey(ctx, claim)
		return err
	})
	if err != nil {
		return State{}, mysql.Translate(err)
	}
	if n > 0 {
		s.launch(claim)
	} else if err := s.takeOver(ctx); err != nil {
		return State{}, err
	}
	state, err := read(ctx, store.New(s.db))
	return state, mysql.Translate(err)
}

// newClaim returns a claim that no other survey has.
func newClaim() uint64 { return 1 + rand.Uint64N(1<<63) } //nolint:gosec // not a secret

// takeOver runs a survey whose process is silent, if there is one.
func (s *Surveyor) takeOver(ctx context.Context) error {
	q, claim := store.New(s.db), newClaim()
	found, err := q.FindSurvey(ctx, s.lease.Seconds())
	if err != nil || found.Abandoned == 0 {
		return mysql.Translate(err)
	}
	n, err := q.TakeOverSurvey(ctx, store.TakeOverSurveyParams{Claim: claim, Lease: s.lease.Seconds()})
	if n > 0 {
		s.log.InfoContext(ctx, "taking over a survey")
		s.launch(claim)
	}
	return mysql.Translate(err)
}

// run runs a survey to its end, or until Stop, or until another process takes it over.
func (s *Surveyor) run(claim uint64) {
	begun := time.Now()
	result, err := (&scan{Surveyor: s, claim: claim, chunk: s.chunk, renewed: begun}).all(s.ctx)
	if err == nil {
		err = s.finish(claim, result)
	}
	q := store.New(s.db)
	switch {
	case err == nil:
		s.log.InfoContext(s.ctx, "finished a survey", "duration_seconds", time.Since(begun).Seconds())
	case errors.Is(err, errLost):
		s.log.InfoContext(s.ctx, "another process has taken the survey over")
	case s.ctx.Err() != nil:
		ctx, cancel := context.WithTimeout(context.Background(), stopLimit)
		defer cancel()
		q.HandOverSurvey(ctx, claim) //nolint:errcheck // it is taken over when the lease ends
	default:
		s.log.WarnContext(s.ctx, "a survey failed", "error", mysql.Translate(err))
		q.CancelSurvey(s.ctx, claim) //nolint:errcheck // likewise
	}
}

func (s *Surveyor) finish(claim uint64, result found) error {
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	var n int64
	err = mysql.Repeat(s.ctx, attempts, func() (err error) {
		stored := sql.NullString{String: string(text), Valid: true}
		n, err = store.New(s.db).FinishSurvey(s.ctx, store.FinishSurveyParams{Result: stored, Claim: claim})
		return err
	})
	if err == nil && n == 0 {
		return errLost // or it was finished by an attempt whose answer was lost
	}
	return err
}
