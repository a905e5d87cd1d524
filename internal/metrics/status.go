package metrics

import (
	"context"
	"database/sql"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/store"
)

const (
	// maxCount bounds how many rows are counted: above it, the exact number does not matter any more, and
	// counting would take longer than the work that waits.
	maxCount = 10_000
	// statusLimit is how long the database may take for all of the status. Prometheus waits ten seconds.
	statusLimit = 2 * time.Second
	// statusAge is how long a status is shown before it is read again.
	statusAge = 5 * time.Second
)

// status is what the database says about the service, at one moment.
type status struct {
	ready    bool
	read     bool // whether the following could be read
	refusals int64
	events   int64
	age      time.Duration
	version  int64
}

// statusReader reads the status when the metrics are asked for, but not more often than every statusAge.
type statusReader struct {
	db     *sql.DB
	ready  func(context.Context) error
	errors prometheus.Counter

	mu   sync.Mutex
	last status
	at   time.Time
}

// WatchDatabase adds what the database says about the service, and what ready says. The database is asked when
// the metrics are read; the pool should have a connection of its own for that.
func (m *Metrics) WatchDatabase(pool *sql.DB, ready func(context.Context) error) {
	r := &statusReader{db: pool, ready: ready, errors: prometheus.NewCounter(prometheus.CounterOpts{
		Namespace: namespace, Name: "status_errors_total",
		Help: "Times that refusals, events and schema version could not be read from the database. They are missing then.",
	})}
	isReady := desc("ready", "1 if /readyz answers 200.")
	refusals := desc("refusals_open", "Refusals in the queue. 10000 means at least as many.")
	events := desc("events_unnumbered", "Committed events without a number, in the oldest 10000 change sets. Reading the feed numbers them.")
	age := desc("events_unnumbered_age_seconds", "Age of the oldest of these events, 0 without any.")
	version := desc("schema_version", "The newest migration that was applied.")
	m.registry.MustRegister(r.errors, reader{
		[]*prometheus.Desc{isReady, refusals, events, age, version},
		func(out chan<- prometheus.Metric) {
			s := r.status()
			out <- gauge(isReady, number(s.ready))
			if s.read {
				out <- gauge(refusals, float64(s.refusals))
				out <- gauge(events, float64(s.events))
				out <- gauge(age, s.age.Seconds())
				out <- gauge(version, float64(s.version))
			}
		},
	})
}

// status returns what was read last, unless that is too old.
func (r *statusReader) status() status {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.at) < statusAge {
		return r.last
	}
	ctx, cancel := context.WithTimeout(context.Background(), statusLimit)
	defer cancel()
	s := status{ready: r.ready(ctx) == nil}
	if err := s.readFrom(ctx, r.db); err != nil {
		r.errors.Inc()
	}
	r.last, r.at = s, time.Now()
	return s
}

func (s *status) readFrom(ctx context.Context, pool *sql.DB) (err error) {
	q := store.New(pool)
	if s.refusals, err = q.CountOpenRefusals(ctx, maxCount); err != nil {
		return err
	}
	events, err := q.FindUnnumbered(ctx, maxCount)
	if err != nil {
		return err
	}
	s.events, s.age = events.Events, time.Duration(events.Age)*time.Microsecond
	s.version, err = db.Version(ctx, pool)
	s.read = err == nil
	return err
}
