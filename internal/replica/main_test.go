package replica_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/replica"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// pair is a primary and a replica, whose replication is done by the test: it is as late as the test wants.
type pair struct {
	primary, copied *mysqltest.DB
	router          *replica.Router
}

// newPair starts a Router through which the replica is reached at the given config, nil for directly.
func newPair(t *testing.T, maxLag time.Duration, through func(mysql.Config) mysql.Config) *pair {
	t.Helper()
	p := &pair{primary: mysqltest.NewDB(t), copied: mysqltest.NewDB(t)}
	servers := p.copied.Config
	if through != nil {
		servers = through(servers)
	}
	for _, db := range []*sql.DB{p.primary.Pool, p.copied.Pool} {
		exec(t, db, "CREATE TABLE counter (n BIGINT NOT NULL)")
		exec(t, db, "INSERT INTO counter VALUES (0)")
	}
	var err error
	p.router, err = replica.Start(p.primary.Config, p.primary.Pool, replica.Options{
		Servers: servers, Conns: 4, MaxLag: maxLag, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.router.Close)
	return p
}

// replicate gives the replica what the primary has committed, all at once.
func (p *pair) replicate(ctx context.Context) error {
	var n int64
	beats := map[uint64]uint64{}
	err := mysql.InSnapshot(ctx, p.primary.Pool, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, beat FROM heartbeats")
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, beat uint64
			if err := rows.Scan(&id, &beat); err != nil {
				return err
			}
			beats[id] = beat
		}
		return errors.Join(rows.Err(), tx.QueryRowContext(ctx, "SELECT n FROM counter").Scan(&n))
	})
	if err != nil {
		return err
	}
	return mysql.InTx(ctx, p.copied.Pool, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM heartbeats")
		for id, beat := range beats {
			_, one := tx.ExecContext(ctx, "INSERT INTO heartbeats (id, beat) VALUES (?, ?)", id, beat)
			err = errors.Join(err, one)
		}
		_, one := tx.ExecContext(ctx, "UPDATE counter SET n = ?", n)
		return errors.Join(err, one)
	})
}

// follow replicates until the test ends or stop is called.
func (p *pair) follow(t *testing.T) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if err := p.replicate(ctx); err != nil && ctx.Err() == nil {
				t.Errorf("replicate: %v", err)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

// where reads and returns which of the two was read.
func (p *pair) where(t *testing.T, ctx context.Context) string { //nolint:revive // t first, as in all helpers
	t.Helper()
	var name string
	err := p.router.Read(ctx, func(ctx context.Context, db *sql.DB) error {
		return db.QueryRowContext(ctx, "SELECT DATABASE()").Scan(&name)
	})
	if err != nil {
		t.Fatal(err)
	}
	var own string
	if err := p.primary.Pool.QueryRowContext(t.Context(), "SELECT DATABASE()").Scan(&own); err != nil {
		t.Fatal(err)
	}
	if name == own {
		return "primary"
	}
	return "replica"
}

// eventually waits until reads of the context go there.
func (p *pair) eventually(t *testing.T, ctx context.Context, want string) { //nolint:revive // t first, as in all helpers
	t.Helper()
	for end := time.Now().Add(time.Minute); p.where(t, ctx) != want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("nothing is read from the %s", want)
		}
	}
}

func exec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func position(t *testing.T, text string) replica.Position {
	t.Helper()
	at, err := replica.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
