package apikey

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

const (
	// pollEvery is how often a process looks whether the keys have changed. A revoked key works no longer
	// than this and two statements.
	pollEvery = 250 * time.Millisecond
	// pollLimit is how long one look may take.
	pollLimit = 5 * time.Second
	// touchEvery is how often the time of the last use is written.
	touchEvery = time.Minute
)

// The errors of Check.
var (
	ErrUnknown   = errors.New("no such key, or it is revoked or expired")
	ErrNoKeys    = errors.New("there is no key that works")
	ErrNotLoaded = errors.New("the keys could not be read yet")
)

// Caller is who sent a request: a key that works.
type Caller struct {
	KeyID uint64
	Grant Grant
	Quota Quota
}

// Ring is the keys that work, in memory, as they were a moment ago. It is safe for concurrent use.
type Ring struct {
	db    *sql.DB
	admin string
	log   *slog.Logger

	keys    atomic.Pointer[set]
	stop    context.CancelFunc
	running sync.WaitGroup
}

// set is the keys of one version.
type set struct {
	version    uint64
	bySelector map[string]*entry
	byID       map[uint64]*entry
}

// entry is one key. used is the Unix time in nanoseconds of the last use that is not written, or 0.
type entry struct {
	id       uint64
	verifier []byte
	grant    Grant
	quota    Quota
	expires  time.Time // zero for never
	used     atomic.Int64
}

// Start returns the keys of a database. It does not wait for them. If admin is not "", it is a key too, which
// allows everything. The caller must close the Ring before the pool, which needs one connection.
func Start(db *sql.DB, admin string, log *slog.Logger) *Ring {
	ctx, stop := context.WithCancel(context.Background())
	r := &Ring{db: db, admin: admin, log: log, stop: stop}
	r.running.Go(func() { r.follow(ctx) })
	return r
}

// Close stops following changes, and writes which keys were used.
func (r *Ring) Close() {
	r.stop()
	r.running.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), pollLimit)
	defer cancel()
	r.touch(ctx)
}

// Check returns who a key is. The error is one of those above.
func (r *Ring) Check(text string) (Caller, error) {
	keys := r.keys.Load()
	if keys == nil {
		return Caller{}, ErrNotLoaded
	}
	t := parseToken(text)
	sent := t.verifier()
	e, found := keys.bySelector[t.selector]
	if !found || subtle.ConstantTimeCompare(e.verifier, sent[:]) != 1 {
		if len(keys.bySelector) == 0 {
			return Caller{}, ErrNoKeys
		}
		return Caller{}, ErrUnknown
	}
	return e.use()
}

// entry returns a key by its id. The errors are those of Check.
func (r *Ring) entry(id uint64) (*entry, error) {
	keys := r.keys.Load()
	if keys == nil {
		return nil, ErrNotLoaded
	}
	if e, found := keys.byID[id]; found {
		return e, nil
	}
	return nil, ErrUnknown
}

// use records that the key is used, unless it has expired.
func (e *entry) use() (Caller, error) {
	now := time.Now()
	if !e.expires.IsZero() && !now.Before(e.expires) {
		return Caller{}, ErrUnknown
	}
	e.used.Store(now.UnixNano())
	return Caller{e.id, e.grant, e.quota}, nil
}

// follow reads the keys whenever they have changed, and writes which were used, until ctx ends.
func (r *Ring) follow(ctx context.Context) {
	polls, touches := time.NewTicker(pollEvery), time.NewTicker(touchEvery)
	defer polls.Stop()
	defer touches.Stop()
	failing := false
	for admin := r.admin == ""; ; {
		err := r.poll(ctx, &admin)
		if failed := err != nil; failed != failing && ctx.Err() == nil {
			failing = failed
			if failed {
				r.log.Warn("the API keys cannot be read; those that were read last work on", "error", mysql.Translate(err))
			} else {
				r.log.Info("the API keys are read again")
			}
		}
		select {
		case <-polls.C:
		case <-touches.C:
			r.touch(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// poll reads the keys if they have changed. Before that, it stores the key of the setting, once.
func (r *Ring) poll(ctx context.Context, admin *bool) error {
	ctx, cancel := context.WithTimeout(ctx, pollLimit)
	defer cancel()
	if !*admin {
		if err := storeAdmin(ctx, r.db, r.admin); err != nil {
			return err
		}
		*admin = true
	}
	version, err := store.New(r.db).FindKeyVersion(ctx)
	if err != nil {
		return err
	}
	old := r.keys.Load()
	if old != nil && old.version == version {
		return nil
	}
	// A change after the version was read is read again with the next version.
	rows, err := store.New(r.db).ListWorkingKeys(ctx)
	if err != nil {
		return err
	}
	r.keys.Store(newSet(version, rows, old))
	return nil
}

func newSet(version uint64, rows []store.ListWorkingKeysRow, old *set) *set {
	s := &set{version, make(map[string]*entry, len(rows)), make(map[uint64]*entry, len(rows))}
	for _, row := range rows {
		e := &entry{id: row.ID, verifier: row.Verifier, grant: grantOf(row.Scopes), quota: Quota{row.PerSecond, row.Burst}}
		if row.ExpiresAt != nil {
			e.expires = *row.ExpiresAt
		}
		if old != nil && old.bySelector[row.Selector] != nil {
			e.used.Store(old.bySelector[row.Selector].used.Load())
		}
		s.bySelector[row.Selector], s.byID[e.id] = e, e
	}
	return s
}

// touch writes which keys were used since it did so last.
func (r *Ring) touch(ctx context.Context) {
	keys := r.keys.Load()
	if keys == nil {
		return
	}
	for _, e := range keys.bySelector {
		if used := e.used.Swap(0); used != 0 {
			at := time.Unix(0, used).UTC()
			store.New(r.db).TouchKey(ctx, store.TouchKeyParams{At: &at, ID: e.id}) //nolint:errcheck // the next use is written
		}
	}
}
