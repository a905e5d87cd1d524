package apikey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
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

type session struct{ expires, lookAgain time.Time }

// NewSessions returns the sessions of a migrated database, for the keys of a Ring.
func NewSessions(db *sql.DB, ring *Ring) *Sessions {
	return &Sessions{db: db, ring: ring, cached: map[[sha256.Size]byte]session{}}
}

// Begin starts a session for a caller that was checked, and returns its token, a secret, and when it expires. The
// error is ErrUnknown if the key has stopped working since, or an *identity.Error.
func (s *Sessions) Begin(ctx context.Context, by Caller) (token string, expires time.Time, err error) {
	key, err := s.ring.entry(by.KeyID)
	if err != nil {
		return "", time.Time{}, err
	}
	token, expires = key.seal(rand.Text()), time.Now().UTC().Add(SessionTime)
	digest := sha256.Sum256([]byte(token))
	err = mysql.Retry(ctx, attempts, func() error {
		q := store.New(s.db)
		if err := q.DeleteExpiredSessions(ctx); err != nil {
			return err
		}
		return q.InsertSession(ctx, store.InsertSessionParams{Digest: digest[:], ExpiresAt: expires})
	})
	return token, expires, mysql.Translate(err)
}

// Check returns for whom a session acts, and when it expires. The error is ErrUnknown if there is no such
// session, ErrNotLoaded, or an *identity.Error. A token that Begin has not made costs no query.
func (s *Sessions) Check(ctx context.Context, token string) (Caller, time.Time, error) {
	id, random := parseSession(token)
	key, err := s.ring.entry(id)
	if err != nil {
		return Caller{}, time.Time{}, err
	}
	if !hmac.Equal([]byte(token), []byte(key.seal(random))) {
		return Caller{}, time.Time{}, ErrUnknown
	}
	expires, err := s.find(ctx, sha256.Sum256([]byte(token)))
	if err != nil {
		return Caller{}, time.Time{}, err
	}
	caller, err := key.use()
	return caller, expires, err
}

// find returns when a session expires.
func (s *Sessions) find(ctx context.Context, digest [sha256.Size]byte) (time.Time, error) {
	now := time.Now()
	s.mu.Lock()
	known, ok := s.cached[digest]
	s.mu.Unlock()
	if ok && now.Before(known.lookAgain) && now.Before(known.expires) {
		return known.expires, nil
	}
	expires, err := store.New(s.db).FindSession(ctx, digest[:])
	if errors.Is(err, sql.ErrNoRows) {
		s.forget(digest)
		return time.Time{}, ErrUnknown
	}
	if err != nil {
		return time.Time{}, mysql.Translate(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.cached) >= maxCached {
		clear(s.cached)
	}
	s.cached[digest] = session{expires, now.Add(sessionCache)}
	return expires, nil
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

// seal returns a token of a session: the id of the key, the random text, and a MAC of both, by which a token that
// somebody made up is told from a real one without a query.
func (e *entry) seal(random string) string {
	sealed := strconv.FormatUint(e.id, 10) + "." + random
	mac := hmac.New(sha256.New, e.verifier)
	mac.Write([]byte("session " + sealed))
	return sealed + "." + hex.EncodeToString(mac.Sum(nil)[:16])
}

// parseSession returns the first two parts of a token. A text of another form is of the key 0, which does not exist.
func parseSession(token string) (keyID uint64, random string) {
	id, rest, _ := strings.Cut(token, ".")
	random, _, _ = strings.Cut(rest, ".")
	keyID, _ = strconv.ParseUint(id, 10, 64)
	return keyID, random
}
