package main

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when two processes on one database create different contacts for the same values.
func TestTwoProcessesOnOneDatabase(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	services := []*program{serve(t, databaseURL(db)), serve(t, databaseURL(db))}
	const newcomers, repeats = 20, 4
	answers := make([][]string, newcomers)
	var (
		mu sync.Mutex
		wg sync.WaitGroup
	)
	for i := range newcomers * repeats {
		wg.Go(func() {
			r, err := services[i%2].identify(pair(i / repeats))
			if err != nil || r.status != http.StatusOK {
				t.Errorf("customer %d: %v %d %s", i/repeats, err, r.status, r.body)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			answers[i/repeats] = append(answers[i/repeats], r.body)
		})
	}
	wg.Wait()
	for n, all := range answers {
		for _, a := range all {
			if a != all[0] {
				t.Errorf("customer %d is %s and %s", n, all[0], a)
			}
		}
	}
	if got := count(t, db, "contacts"); got != newcomers {
		t.Errorf("got %d contacts, want %d", got, newcomers)
	}
}

// Fails when a service exits, hangs, or answers anything but 503 while its database is down, loses
// acknowledged data, or needs a restart afterwards.
func TestDatabaseKilled(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t)
	db := server.NewDB(t)
	p := serve(t, databaseURL(db), "REQUEST_TIMEOUT=2s")
	before := p.mustIdentify(t, pair(1))
	server.Kill(t)
	for range 3 {
		r, err := p.identify(pair(2))
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, "a newcomer", r, http.StatusServiceUnavailable, "", "")
	}
	if status, body := p.get(t, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "cannot be reached") {
		t.Errorf("/readyz: got %d %s", status, body)
	}
	if status, _ := p.get(t, "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: got %d", status)
	}
	server.Start(t)
	eventually(t, "the service is ready again", func() error {
		if status, body := p.get(t, "/readyz"); status != http.StatusOK {
			return fmt.Errorf("%d %s", status, body)
		}
		return nil
	})
	if after := p.mustIdentify(t, pair(1)); after != before {
		t.Errorf("before: %safter: %s", before, after)
	}
	p.mustIdentify(t, pair(2))
	p.stop(t)
}

// Fails when a service does not start without its database, hangs on one that accepts connections
// but does not answer, or closes the connection at the deadline instead of answering.
func TestSilentDatabase(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p := serve(t, "DATABASE_URL=mysql://u:hunter2@"+silent.Addr().String()+"/d", "REQUEST_TIMEOUT=300ms")
	for i := range 20 {
		path, method := "/identify", http.MethodPost
		if i == 0 {
			path, method = "/readyz", http.MethodGet
		}
		began := time.Now()
		r, err := send(method, p.url+path, "application/json", pair(1))
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, path, r, http.StatusServiceUnavailable, "", "")
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s took %s", path, took)
		}
	}
	p.stop(t)
	if strings.Contains(p.output(), "hunter2") {
		t.Error("the password was printed")
	}
}
