package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when three processes under load disagree: a request fails, a value is in two contacts, a
// secondary is linked to a secondary, or the clusters differ from those of one process.
func TestThreeProcessesRace(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	services := []*program{serve(t, databaseURL(db)), serve(t, databaseURL(db)), serve(t, databaseURL(db))}
	reference := linkertest.NewReference(1)
	for _, observations := range [][]identity.Observation{
		newcomers(3000), // with few rows the server locks all of them, and there is no race
		onOnePhone(30), chain(8), crosswise(20), flood(600),
	} {
		concurrently(len(observations), func(i int) {
			r, err := services[i%3].identify(body(observations[i]))
			if err != nil || r.status != http.StatusOK {
				t.Errorf("observation %d: %v %d %s", i, err, r.status, r.body)
			}
		})
		reference.Learn(observations)
		stored := contacts(t, db)
		linkertest.CheckRows(t, stored)
		if diff := cmp.Diff(linkertest.Partition(reference.Rows()), linkertest.Partition(stored)); diff != "" {
			t.Fatalf("partition (-reference +processes):\n%s", diff)
		}
	}
}

// Fails when an acknowledged contact is missing or changed after the database server was killed
// while writing.
func TestAcknowledgedWritesSurviveDatabaseKill(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t)
	p := serve(t, databaseURL(server.NewDB(t)), "REQUEST_TIMEOUT=2s")
	acknowledged := make([]map[string]string, 16)
	var after atomic.Int64
	var back atomic.Bool
	end := time.Now().Add(6 * time.Second)
	killed := make(chan struct{})
	go func() {
		defer close(killed)
		time.Sleep(time.Second)
		server.Kill(t)
		time.Sleep(500 * time.Millisecond)
		server.Start(t)
		back.Store(true)
	}()
	concurrently(len(acknowledged), func(i int) {
		acknowledged[i] = map[string]string{}
		for n := i; time.Now().Before(end) || after.Load() == 0 && time.Now().Before(end.Add(time.Minute)); n += len(acknowledged) {
			asked := pair(n)
			switch r, err := p.identify(asked); {
			case errors.Is(err, io.EOF): // on a connection that the client opened, and then did not use for REQUEST_TIMEOUT
			case err != nil:
				t.Errorf("%d: %v", n, err)
			case r.status == http.StatusOK:
				acknowledged[i][asked] = r.body
				if back.Load() {
					after.Add(1)
				}
			case r.status == http.StatusServiceUnavailable && r.header.Get("Retry-After") != "":
				time.Sleep(10 * time.Millisecond) // it took longer to start than requests wait
			default:
				t.Errorf("%d: %d %s", n, r.status, r.body)
			}
		}
	})
	<-killed
	count := 0
	for _, answers := range acknowledged {
		for asked, answer := range answers {
			count++
			if got := p.mustIdentify(t, asked); got != answer {
				t.Errorf("%s: acknowledged %snow %s", asked, answer, got)
			}
		}
	}
	if after.Load() == 0 || count == 0 {
		t.Errorf("%d after the restart, %d acknowledged: the test is void", after.Load(), count)
	}
}

// concurrently calls do with 0 to n-1, 64 at a time.
func concurrently(n int, do func(int)) {
	var workers sync.WaitGroup
	var next atomic.Int64
	for range 64 {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		})
	}
	workers.Wait()
}

func body(o identity.Observation) string {
	return fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, o.Email, o.Phone)
}

func contacts(t *testing.T, db *mysqltest.DB) []linkertest.Row {
	t.Helper()
	found, err := db.Pool.QueryContext(t.Context(), `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0)
		FROM contacts ORDER BY created_at, id`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var all []linkertest.Row
	for found.Next() {
		var r linkertest.Row
		if err := found.Scan(&r.ID, &r.Email, &r.Phone, &r.LinkedID); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// values returns the values of one kind of race. Different kinds have no values in common.
func values(kind, email, phone int) identity.Observation {
	return identity.Observation{Email: fmt.Sprintf("%d.%d@%s", kind, email, domain), Phone: prefix + fmt.Sprintf("%d%06d", kind, phone)}
}

func newcomers(n int) (all []identity.Observation) {
	for i := range n {
		all = append(all, values(1, i, i))
	}
	return all
}

func onOnePhone(n int) (all []identity.Observation) {
	for i := range n {
		all = append(all, values(2, i, 0))
	}
	return all
}

// chain returns eight clusters and the observations that join them, three times each.
func chain(n int) (all []identity.Observation) {
	for range 3 {
		for i := range n - 1 {
			all = append(all, values(3, i, i), values(3, i, i+1))
		}
	}
	return all
}

func crosswise(n int) (all []identity.Observation) {
	for i := range n {
		all = append(all, values(4, i%2, (i/2)%2))
	}
	return all
}

func flood(n int) (all []identity.Observation) {
	random := rand.New(rand.NewPCG(3, 4))
	for range n {
		o := values(5, random.IntN(150), random.IntN(150))
		switch random.IntN(10) {
		case 0:
			o.Email = ""
		case 1:
			o.Phone = ""
		}
		all = append(all, o)
	}
	return all
}
