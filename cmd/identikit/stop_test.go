package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a stop loses acknowledged data, answers running requests with a 5xx, or does not end
// while requests keep coming.
func TestStopUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db))
	const callers, each = 8, 500
	var (
		mu           sync.Mutex
		acknowledged []int
		wg           sync.WaitGroup
	)
	for caller := range callers {
		wg.Go(func() {
			for i := range each {
				n := caller*each + i
				r, err := p.identify(pair(n))
				if err != nil {
					return // the service is gone
				}
				if r.status != http.StatusOK {
					t.Errorf("got %d %s", r.status, r.body)
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, n)
				mu.Unlock()
			}
		})
	}
	eventually(t, "the load is running", func() error {
		mu.Lock()
		defer mu.Unlock()
		if len(acknowledged) < 40 {
			return fmt.Errorf("%d requests", len(acknowledged))
		}
		return nil
	})
	p.stop(t)
	wg.Wait()
	if len(acknowledged) == callers*each {
		t.Fatal("the load ended before the stop: the test is void")
	}
	for _, n := range acknowledged {
		var stored int
		err := db.Pool.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM contacts WHERE email = ? AND phone_number = ?", email(n), phone(n)).Scan(&stored)
		if err != nil || stored != 1 {
			t.Errorf("request %d was acknowledged and is stored %d times: %v", n, stored, err)
		}
	}
}

// blocked starts a service with a request that waits for a lock in the database. unlock lets the
// request finish.
func blocked(t *testing.T, settings ...string) (p *program, unlock func(), answered chan string) {
	t.Helper()
	db := mysqltest.NewDB(t)
	p = serve(t, append(settings, databaseURL(db))...)
	first := id(t, p.mustIdentify(t, pair(1)))
	tx, err := db.Pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tx.Rollback() }) //nolint:errcheck // only releases the lock
	if _, err := tx.ExecContext(t.Context(), "SELECT id FROM contacts WHERE id = ? FOR UPDATE", first); err != nil {
		t.Fatal(err)
	}
	answered = make(chan string, 1)
	go func() {
		r, err := p.identify(fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(2), phone(1)))
		if err != nil {
			answered <- "an error"
			return
		}
		answered <- http.StatusText(r.status)
	}()
	eventually(t, "the request waits for the lock", func() error {
		var waiting int
		err := db.Pool.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM information_schema.PROCESSLIST
			WHERE DB = DATABASE() AND ID <> CONNECTION_ID() AND INFO LIKE '%FOR UPDATE%'`).Scan(&waiting)
		if err == nil && waiting == 0 {
			err = errors.New("no statement with FOR UPDATE runs")
		}
		return err
	})
	return p, func() { tx.Rollback() }, answered //nolint:errcheck // only releases the lock
}

// Fails when a stop cancels a running request or accepts new ones.
func TestStopFinishesRequests(t *testing.T) {
	t.Parallel()
	p, unlock, answered := blocked(t)
	p.signal(t, syscall.SIGTERM)
	eventually(t, "it stops to listen", func() error {
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.url, "http://"))
		if err == nil {
			conn.Close()
			return errors.New("it accepts a connection")
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			return err
		}
		return nil
	})
	if p.ended() {
		t.Error("it did not wait for the request")
	}
	unlock()
	if got := <-answered; got != "OK" {
		t.Errorf("the request that ran got %s", got)
	}
	if code := p.wait(t); code != exitOK {
		t.Errorf("ended with code %d", code)
	}
}

// Fails when a stop waits indefinitely, or does not report that it canceled a request.
func TestStopTimeout(t *testing.T) {
	t.Parallel()
	p, _, answered := blocked(t, "SHUTDOWN_TIMEOUT=1s")
	p.signal(t, syscall.SIGTERM)
	if code := p.wait(t); code != exitFailure || !strings.Contains(p.stderr.String(), "SHUTDOWN_TIMEOUT") {
		t.Errorf("ended with code %d", code)
	}
	if got := <-answered; got == "OK" {
		t.Errorf("the request that was cut off got %s", got)
	}
}

// Fails when a second Ctrl-C is ignored.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	p, _, _ := blocked(t)
	p.signal(t, syscall.SIGINT)
	eventually(t, "the first signal is seen", func() error {
		if !strings.Contains(p.stderr.String(), "stopping") {
			return errors.New("the log does not say so")
		}
		return nil
	})
	p.signal(t, syscall.SIGINT)
	if code := p.wait(t); code != -1 { // 0 or 1 when it waited
		t.Errorf("ended with code %d", code)
	}
}

// Fails when a start cannot be interrupted, when its error mentions a context, or when it leaves a
// folder that later starts cannot use.
func TestInterruptedStart(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	var stdout, stderr strings.Builder
	code := run(ctx, []string{"serve"}, []string{"PORT=0", "IDENTIKIT_DATA=" + dir}, &stdout, &stderr)
	if code != exitFailure || stdout.String() != "" || !strings.HasSuffix(stderr.String(), "identikit: interrupted\n") {
		t.Errorf("got code %d: %s%s", code, &stdout, &stderr)
	}
	serve(t, "IDENTIKIT_DATA="+dir).mustIdentify(t, pair(1))
}

// Fails when a port in use is reported without naming PORT, or only after the database has started.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	code, _, stderr := execute(t, []string{"HOST=127.0.0.1", "PORT=" + port, "HOME=" + t.TempDir()}, "serve")
	if code != exitFailure || !strings.Contains(stderr, "address already in use; set PORT") || strings.Contains(stderr, "database") {
		t.Errorf("got code %d: %s", code, stderr)
	}
}
