package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/identikit/identikit/internal/mysql"
)

const (
	processes = 3
	// active is how many islands are used at a time: few, so that callers meet.
	active = 6
	// erasureKey is the secret by which suppressed values are recognized.
	erasureKey = "0123456789abcdef0123456789abcdef"
)

// round is some time of load and faults on a database of its own, and the checks of what came of it.
type round struct {
	*run
	number    int
	seed      uint64
	timeout   time.Duration // REQUEST_TIMEOUT
	config    mysql.Config
	client    *client
	processes []*process
	over      atomic.Bool

	mu      sync.Mutex
	islands []*island
	current []*island
	caused  map[string]int // faults by their names

	disturbed map[int][]span // by process
}

func (r *round) isOver() bool { return r.over.Load() }

// pick returns one of the islands that are used now. Full ones are replaced.
func (r *round) pick(random *rand.Rand) *island {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := random.IntN(len(r.current))
	if r.current[n].isFull() {
		r.current[n] = r.settle(r.current[n].style, random)
	}
	return r.current[n]
}

// settle makes a new island. mu must be held.
func (r *round) settle(s style, random *rand.Rand) *island {
	i := newIsland(len(r.islands), s, random)
	r.islands = append(r.islands, i)
	return i
}

func (r *round) process(random *rand.Rand) *process {
	return r.processes[random.IntN(len(r.processes))]
}

// open creates the database and starts the processes.
func (r *round) open(ctx context.Context, random *rand.Rand) error {
	name := fmt.Sprintf("identikit_chaos_%d", r.number)
	pool, err := mysql.Open(r.server.config().WithDatabase(""), 1)
	if err != nil {
		return err
	}
	defer pool.Close() //nolint:errcheck // it was only used here
	if _, err := pool.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	r.config = r.server.config().WithDatabase(name)
	if err := r.command(ctx, "migrate", "up"); err != nil {
		return err
	}
	r.timeout = time.Duration(3+random.IntN(3)) * time.Second
	r.client = newClient(r.callers, r.timeout)
	for n := range processes {
		log, err := r.openLog(n)
		if err != nil {
			return err
		}
		p, err := startProcess(ctx, n, r.binary, r.config, log, r.settings(random))
		if err != nil {
			return err
		}
		r.processes = append(r.processes, p)
	}
	if r.client.allowed, err = readDocumented(ctx, r.client, r.processes[0]); err != nil {
		return err
	}
	for n := range active {
		styles := []style{lake, retracting, blocking, erasing, lake, wild}
		r.current = append(r.current, r.settle(styles[n%len(styles)], random))
	}
	return nil
}

func (r *round) settings(random *rand.Rand) []string {
	return []string{
		"ERASURE_KEY=" + erasureKey, "REQUEST_TIMEOUT=" + r.timeout.String(), "SHUTDOWN_TIMEOUT=5s",
		fmt.Sprintf("DATABASE_MAX_CONNECTIONS=%d", 8+random.IntN(13)),
	}
}

// command runs the binary on the database, beside the proxies.
func (r *round) command(ctx context.Context, args ...string) error {
	if out, err := r.binary.Command(ctx, r.config.URL(), args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", args[0], err, out)
	}
	return nil
}

func (r *round) openLog(process int) (io.Writer, error) {
	if r.logs == "" {
		return io.Discard, nil
	}
	name := filepath.Join(r.logs, fmt.Sprintf("round-%d-process-%d.log", r.number, process))
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
}

// play runs load and faults for some time, and checks what came of it.
func (r *round) play(ctx context.Context, length time.Duration) (result, error) {
	random := rand.New(rand.NewPCG(r.seed, 0)) //nolint:gosec // load, not a secret
	defer r.close()
	if err := r.open(ctx, random); err != nil {
		return result{}, err
	}
	lists := schedule(random, processes, length, r.only, r.clock.works())
	var load sync.WaitGroup
	for range r.callers {
		c := &caller{round: r, random: rand.New(rand.NewPCG(random.Uint64(), 2)), pause: r.pause} //nolint:gosec // as above
		load.Go(func() { c.run(ctx) })
	}
	f := newFollower()
	load.Go(func() { f.follow(ctx, r) })
	end := time.AfterFunc(length, func() { r.over.Store(true) })
	defer end.Stop()
	err := r.cause(ctx, lists)
	sleep(ctx, length-r.client.now())
	r.over.Store(true)
	load.Wait()
	if err := errors.Join(err, ctx.Err()); err != nil {
		return result{}, err
	}
	return r.examine(ctx, f)
}

// quiet stops the processes and returns when nothing is under way in the database.
func (r *round) quiet(ctx context.Context, db *sql.DB) error {
	for _, p := range r.processes {
		begun := time.Now()
		err := p.stop()
		r.logf("process %d stopped after %s: %v", p.number, time.Since(begun).Round(time.Millisecond), err)
	}
	for range 600 {
		var others int
		err := db.QueryRowContext(ctx, `SELECT COUNT(*) FROM information_schema.processlist
			WHERE db = DATABASE() AND id <> CONNECTION_ID()`).Scan(&others)
		if err == nil && others == 0 {
			r.logf("%s: nothing is under way", r.client.now().Round(time.Millisecond))
			return nil
		}
		sleep(ctx, 100*time.Millisecond)
	}
	return errors.New("the connections of the stopped service do not end")
}

// close stops what is left of the round.
func (r *round) close() {
	r.over.Store(true)
	for _, p := range r.processes {
		p.stop() //nolint:errcheck // it may be stopped already
	}
}
