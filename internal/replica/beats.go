package replica

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/store"
)

// patience is how long a server may take for a heartbeat, or for the answer which ones it has.
const patience = time.Second

// beats are the heartbeats of this process.
type beats struct {
	db   *sql.DB
	keep time.Duration // how long to remember when they were sent

	mu      sync.Mutex
	process uint64 // the id of the row; 0 if there is none yet
	coming  uint64 // the number of the next one
	sent    map[uint64]time.Time
}

// newBeats returns beats whose numbers begin with the time: if another process had the same id before, its
// numbers were smaller.
func newBeats(db *sql.DB, keep time.Duration) *beats {
	return &beats{db: db, keep: keep, coming: uint64(time.Now().UnixMicro()), sent: map[uint64]time.Time{}}
}

// next returns the position of the next heartbeat.
func (b *beats) next() Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Position{b.process, b.coming}
}

// sentAt returns when the heartbeat was sent, or the zero time if that is too long ago.
func (b *beats) sentAt(number uint64) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sent[number]
}

// begin takes the next number. From now on, positions are after it.
func (b *beats) begin() (process, number uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	for n, at := range b.sent {
		if now.Sub(at) > b.keep+patience {
			delete(b.sent, n)
		}
	}
	number = b.coming
	b.coming++
	b.sent[number] = now
	return b.process, number
}

// send sends a heartbeat. If that fails, the next one includes it.
func (b *beats) send(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	process, number := b.begin()
	q := store.New(b.db)
	if process != 0 {
		found, err := q.UpdateHeartbeat(ctx, store.UpdateHeartbeatParams{Beat: number, ID: process})
		if err != nil || found > 0 {
			return
		}
	}
	id, err := q.InsertHeartbeat(ctx, number)
	if err != nil {
		return
	}
	b.mu.Lock()
	b.process = uint64(id) //nolint:gosec // ids are positive
	b.mu.Unlock()
	q.DeleteOldHeartbeats(ctx) //nolint:errcheck // the next process does it
}

// end deletes the row.
func (b *beats) end() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if process := b.next().process; process != 0 {
		store.New(b.db).DeleteHeartbeat(ctx, process) //nolint:errcheck // others delete it after a day
	}
	b.db.Close() //nolint:errcheck // it fails if the server has gone away
}
