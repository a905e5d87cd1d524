package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/testbed"
)

// warmUp is the load before a fault.
const warmUp = 4 * time.Second

// experiment is a run: one trial for each fault.
type experiment struct {
	options
	cluster  *testbed.Cluster
	binary   testbed.Binary
	progress io.Writer
	results  []result
}

func (e *experiment) logf(format string, args ...any) {
	fmt.Fprintf(e.progress, time.Now().UTC().Format("15:04:05")+" failover: "+format+"\n", args...)
}

// measure tries the faults one after the other. It returns an error if a result is not clean.
func (e *experiment) measure(ctx context.Context) error {
	var errs []error
	for _, f := range faults() {
		if len(e.only) > 0 && !slices.Contains(e.only, f.name) || !f.happens(e.topology) {
			continue
		}
		e.logf("%s", f.titleIn(e.topology))
		r, err := e.try(ctx, f)
		if err != nil && !errors.Is(err, testbed.ErrStray) {
			return errors.Join(append(errs, fmt.Errorf("%s: %w", f.name, err))...)
		}
		e.results = append(e.results, r)
		errs = append(errs, r.problem(), err)
		e.logf("%s: %s", f.name, r)
		if err != nil {
			break // the group stays without that server
		}
	}
	return errors.Join(errs...)
}

// trial is one fault with the load on it, in a database of its own.
type trial struct {
	*experiment
	fault    fault
	primary  *testbed.Node // at the beginning
	database string
	urls     [processes]string
	services []*testbed.Service
	client   *http.Client
	callers  []*caller
	rivals   []*rivals
	begun    time.Time // when the fault began
}

func (e *experiment) try(ctx context.Context, f fault) (r result, err error) {
	if err := e.cluster.Heal(ctx); err != nil {
		return result{}, err
	}
	t := &trial{experiment: e, fault: f, database: "identikit_" + f.name, begun: time.Now()}
	if t.primary, err = e.cluster.Primary(ctx); err != nil {
		return result{}, err
	}
	t.client = &http.Client{Timeout: clientLimit, Transport: &http.Transport{MaxIdleConnsPerHost: e.callers}}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := t.open(ctx); err != nil {
		return result{}, err
	}
	return t.run(ctx)
}

// open makes the database and starts the service.
func (t *trial) open(ctx context.Context) error {
	if err := t.primary.Exec(ctx, "CREATE DATABASE "+t.database); err != nil {
		return err
	}
	for i := range processes {
		t.urls[i] = t.url(i)
	}
	if out, err := t.binary.Command(ctx, t.urls[0], "migrate", "up").CombinedOutput(); err != nil {
		return fmt.Errorf("migrate: %w\n%s", err, out)
	}
	for i := range processes {
		log, err := t.openLog(i)
		if err != nil {
			return err
		}
		s := t.binary.Service(t.urls[i], log, "DATABASE_READ_URL="+t.urlOf(0, members))
		if err := s.Start(); err != nil {
			return err
		}
		t.services = append(t.services, s)
	}
	return nil
}

// url returns what a process has for DATABASE_URL: each begins with a server of its own if several accept
// writes.
func (t *trial) url(process int) string {
	first := t.primary.Number - 1
	if t.topology.HasSeveralWriters() {
		first += process
	}
	return t.urlOf(first, t.hosts)
}

// urlOf returns the URL of the database on so many servers, beginning with the one at an index.
func (t *trial) urlOf(first, count int) string {
	var hosts []string
	for i := range count {
		hosts = append(hosts, t.cluster.Nodes[(first+i)%members].Host())
	}
	return "mysql://identikit:identikit@" + strings.Join(hosts, ",") + "/" + t.database
}

func (t *trial) openLog(process int) (io.Writer, error) {
	if t.logs == "" {
		return io.Discard, nil
	}
	name := filepath.Join(t.logs, fmt.Sprintf("%s-%d.log", t.fault.name, process))
	return os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
}

func (t *trial) close() error {
	var errs []error
	for _, s := range t.services {
		errs = append(errs, s.Stop())
	}
	return errors.Join(errs...)
}

// run puts the load on the service, causes the fault, and looks at what is left.
func (t *trial) run(ctx context.Context) (result, error) {
	p := &probe{group: t.topology != testbed.Galera}
	if err := p.prepare(ctx, t.primary); err != nil {
		return result{}, err
	}
	stopProbe := p.watch(ctx, t.cluster.Nodes)
	stopCallers := t.load(ctx)
	time.Sleep(warmUp)
	t.begun = time.Now()
	err := t.cause(ctx)
	wait(ctx, time.Until(t.begun.Add(t.length))) //nolint:errcheck // the error of ctx is looked at below
	end := time.Now()
	stopCallers()
	writes := stopProbe()
	if ctx.Err() != nil || err != nil && !errors.Is(err, testbed.ErrStray) {
		return result{}, errors.Join(err, ctx.Err())
	}
	r := t.summarize(writes, end)
	return r, errors.Join(err, t.examine(ctx, &r)) // also after a stray, for what was lost to it
}

// cause lets the fault begin and end, and heals the group.
func (t *trial) cause(ctx context.Context) error {
	if err := t.fault.begin(ctx, t); err != nil {
		return err
	}
	if err := wait(ctx, time.Until(t.begun.Add(t.fault.lasts))); err != nil {
		return err
	}
	if t.fault.end != nil {
		if err := t.fault.end(ctx, t); err != nil {
			return err
		}
	}
	return t.cluster.Heal(ctx)
}

// load starts the callers. stop returns when their last changes are acknowledged.
func (t *trial) load(ctx context.Context) (stop func()) {
	end := make(chan struct{})
	var running sync.WaitGroup
	for i := range t.options.callers {
		random := rand.New(rand.NewPCG(uint64(i), 1)) //nolint:gosec // load, not a secret
		c := &caller{number: i, trial: t, random: random, pause: t.pause}
		t.callers = append(t.callers, c)
		running.Go(func() { c.run(ctx, end) })
	}
	reader := &caller{number: len(t.callers), trial: t, random: rand.New(rand.NewPCG(0, 3)), pause: t.pause} //nolint:gosec // likewise
	t.callers = append(t.callers, reader)
	running.Go(func() { reader.look(ctx, end) })
	for i := range t.options.rivals {
		random := rand.New(rand.NewPCG(uint64(i), 2)) //nolint:gosec // load, not a secret
		r := &rivals{number: i, trial: t, random: random}
		t.rivals = append(t.rivals, r)
		running.Go(func() { r.run(ctx, end) })
	}
	return func() {
		close(end)
		running.Wait()
	}
}
