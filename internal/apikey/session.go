package apikey

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

const (
	// SessionTime is how long a session lasts.
	SessionTime = 12 * time.Hour
	// sessionCache is how long a session is used without looking whether it was ended by another process.
	sessionCache = time.Second
	// maxCached is how many sessions are remembered.
	maxCached = 1000
)

// Sessions lets browsers act for a key without keeping it. A session ends when it is ended, when it expires,
// and when its key does not work any more. It is safe for concurrent use, also by any number of processes.
type Sessions struct {
	db   *sql.DB
	ring *Ring

	mu     sync.Mutex
	cached map[[sha256.Size]byte]session
}

type session struct {
	keyID     uint64
	expires   time.Time
	lookAgain time.Time
}

// NewSessions returns the sessions of a migrated database, for the keys of a Ring.
func NewSessions(db *sql.DB, ring *Ring) *Sessions {
	return &Sessions{db: db, ring: ring, cached: map[[sha256.Size]byte]session{}}
}

// Begin starts a session for a caller that was checked, and returns its token, a secret, and when it expires.
func (s *Sessions) Begin(ctx context.Context, by Caller) (token string, expires time.Time, err error) {
	token, expires = rand.Text(), time.Now().UTC().Add(SessionTime)
	digest := sha256.Sum256([]byte(token))
	err = mysql.Retry(ctx, attempts, func() error {
		q := store.New(s.db)
		if err := q.DeleteExpiredSessions(ctx); err != nil {
			return err
		}
		return q.InsertSession(ctx, store.InsertSessionParams{Digest: digest[:], KeyID: by.KeyID, ExpiresAt: expires})
	})
	return token, expires, mysql.Translate(err)
}

// Check returns for whom a session acts, and when it expires. It is ErrUnknown if there is no such session, and
// otherwise an *identity.Error.
func (s *Sessions) Check(ctx context.Context, token string) (Caller, time.Time, error) {
	found, err := s.find(ctx, sha256.Sum256([]byte(token)))
	if err != nil {
		return Caller{}, time.Time{}, err
	}
	caller, err := s.ring.find(found.keyID)
	return caller, found.expires, err
}

func (s *Sessions) find(ctx context.Context, digest [sha256.Size]byte) (session, error) {
	now := time.Now()
	s.mu.Lock()
	known, ok := s.cached[digest]
	s.mu.Unlock()
	if ok && now.Before(known.lookAgain) && now.Before(known.expires) {
		return known, nil
	}
	row, err := store.New(s.db).FindSession(ctx, digest[:])
	if errors.Is(err, sql.ErrNoRows) {
		s.forget(digest)
		return session{}, ErrUnknown
	}
	if err != nil {
		return session{}, mysql.Translate(err)
	}
	known = session{row.KeyID, row.ExpiresAt, now.Add(sessionCache)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cached) >= maxCached {
		clear(s.cached)
	}
	s.cached[digest] = known
	return known, nil
}

// End ends a session, in every process within about a second. It does nothing if there is none.
func (s *Sessions) End(ctx context.Context, token string) error {
	digest := sha256.Sum256([]byte(token))
	err := mysql.Retry(ctx, attempts, func() error { return store.New(s.db).DeleteSession(ctx, digest[:]) })
	s.forget(digest)
	return mysql.Translate(err)
}

func (s *Sessions) forget(digest [sha256.Size]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.cached, digest)
}
