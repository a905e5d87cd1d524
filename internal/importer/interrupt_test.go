package importer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/stored"
)

// Fails when an import that is interrupted repeatedly, each time at another point, loses or
// duplicates rows, or counts rows as done that are not.
func TestInterruptedImportIsRepeatable(t *testing.T) {
	t.Parallel()
	text, observations := shop(1500, false)
	db := mysqltest.NewDB(t).Pool
	interrupted, reported := 0, 0
	for run := 0; ; run++ {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(5*run)*time.Millisecond+rand.N(20*time.Millisecond))
		var rejects bytes.Buffer
		done, err := try(ctx, db, strings.NewReader(text), func(o *importer.Options) { o.Rejects = &rejects })
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("run %d: %v", run, err)
		}
		if done.Rows > 0 {
			interrupted++
		}
		reported += done.Counts.Created + done.Counts.Linked
		if contacts := len(rows(t, db)); contacts < reported {
			t.Errorf("run %d: %d contacts are reported as stored, but only %d are", run, reported, contacts)
		}
	}
	if interrupted < 3 {
		t.Errorf("only %d runs were interrupted in the middle: the test is void", interrupted)
	}
	contacts := rows(t, db)
	linkertest.CheckRows(t, contacts)
	if diff := cmp.Diff(linkertest.Partition(reference(observations).Rows()), linkertest.Partition(contacts)); diff != "" {
		t.Errorf("partition (-one by one +imported):\n%s", diff)
	}
}

// flaky is a linker whose database fails at intervals, also after a commit.
type flaky struct {
	*linkertest.System
	calls atomic.Int64
	fails func(call int64) error
}

func (f *flaky) ImportRows(ctx context.Context, rows []linker.Row, lookedUp bool) (cluster.Counts, error) {
	call := f.calls.Add(1)
	err := f.fails(call)
	if err != nil && call%2 == 0 {
		return cluster.Counts{}, err
	}
	counts, own := f.Linker.ImportRows(ctx, rows, lookedUp)
	return counts, errors.Join(err, own)
}

// Fails when an import ends, or loses or duplicates rows, because the database is unreachable for a
// moment, when it waits without reporting it, or when it waits after a permanent error.
func TestDatabaseUnreachable(t *testing.T) {
	t.Parallel()
	text, observations := shop(400, false)
	unreachable := &identity.Error{Code: identity.CodeUnavailable, Detail: "unreachable"}
	db := mysqltest.NewDB(t).Pool
	reports := 0
	l := &flaky{System: linkertest.New(db, cluster.Policy{}), fails: func(call int64) error {
		if call == 2 || call == 5 {
			return unreachable
		}
		return nil
	}}
	done := run(t, db, text, func(o *importer.Options) {
		o.Linker = l
		o.Progress = func(p importer.Progress) {
			if p.Unreachable != nil {
				reports++
			}
		}
	})
	if diff := cmp.Diff(reference(observations).Rows(), rows(t, db)); diff != "" {
		t.Errorf("contacts by age (-one by one +imported):\n%s", diff)
	}
	if done.Rows != len(observations) || done.Unreachable != nil || reports != 2 {
		t.Errorf("%+v, %d reports of an unreachable database, want 2", done, reports)
	}

	for name, c := range map[string]struct {
		err     error
		retries bool
	}{
		"unreachable for long": {unreachable, true},
		"a defect":             {&identity.Error{Code: identity.CodeInternal}, false},
	} {
		db := mysqltest.NewDB(t).Pool
		l := &flaky{System: linkertest.New(db, cluster.Policy{}), fails: func(int64) error { return c.err }}
		_, err := try(t.Context(), db, strings.NewReader(text), func(o *importer.Options) {
			o.Linker, o.Patience, o.BatchSize = l, 300*time.Millisecond, len(observations) // one call
		})
		if !errors.Is(err, c.err) || l.calls.Load() > 1 != c.retries {
			t.Errorf("%s: %d calls, %v", name, l.calls.Load(), err)
		}
	}
}

// Fails when a restart of the server ends or damages an import.
func TestServerRestartDuringImport(t *testing.T) {
	t.Parallel()
	text, observations := shop(3000, false)
	server := mysqltest.NewServer(t)
	db := server.NewDB(t)
	killed, unreachable := false, false
	done := run(t, db.Pool, text, func(o *importer.Options) {
		o.Progress = func(p importer.Progress) {
			if p.Rows > 1000 && !killed {
				killed = true
				server.Kill(t)
			}
			if p.Unreachable != nil && !unreachable {
				unreachable = true
				server.Start(t)
			}
		}
	})
	if !unreachable || done.Rows != len(observations) {
		t.Errorf("%+v, waited: %v", done, unreachable)
	}
	if diff := cmp.Diff(reference(observations).Rows(), rows(t, db.Pool)); diff != "" {
		t.Errorf("contacts by age (-one by one +imported):\n%s", diff)
	}
}

// Fails when an import cannot be stopped while its input blocks.
func TestInterruptedWhileInputBlocks(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	for _, start := range []string{"", "email\na@example.com\n"} {
		input, writer := io.Pipe()
		defer writer.Close()
		go fmt.Fprint(writer, start)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := try(ctx, db, input); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("after %q: got %v, want %v", start, err, context.DeadlineExceeded)
		}
	}
}

// counting links nothing.
type counting struct{}

func (counting) ImportRows(_ context.Context, rows []linker.Row, _ bool) (c cluster.Counts, err error) {
	for _, r := range rows {
		c.Unchanged += 1 + r.Repeats
	}
	return c, nil
}

func (counting) Find(_ context.Context, observations []identity.Observation) (time.Time, []stored.Found, error) {
	return time.Now(), make([]stored.Found, len(observations)), nil
}

// endless is a file that is generated while it is read. Every nth row is invalid.
type endless struct {
	rows, bad, next int
	buffer          bytes.Buffer
}

func (e *endless) Read(p []byte) (int, error) {
	for e.buffer.Len() < len(p) && e.next < e.rows {
		e.next++
		if e.next == 1 {
			e.buffer.WriteString("email,phone\n")
		}
		bad := ""
		if e.next%e.bad == 0 {
			bad = strings.Repeat("@", 200)
		}
		fmt.Fprintf(&e.buffer, "customer%d%s@example.com,49%09d\n", e.next, bad, e.next)
	}
	return e.buffer.Read(p)
}

// Fails when memory grows with the file, when a tenth or all of its rows are refused.
//
//nolint:paralleltest // it looks at the memory of the whole process
func TestMemoryDoesNotGrow(t *testing.T) {
	const rows = 200_000
	for _, bad := range []int{10, 1} {
		var sizes []uint64
		done, err := importer.Run(t.Context(), &endless{rows: rows, bad: bad}, importer.Options{
			Linker: counting{}, Finder: counting{}, Normalizer: &identity.Normalizer{}, Rejects: io.Discard,
			Progress: func(p importer.Progress) {
				if p.Rows > rows/10*(1+len(sizes)) {
					var m runtime.MemStats
					runtime.GC()
					runtime.ReadMemStats(&m)
					sizes = append(sizes, m.HeapAlloc)
				}
			},
		})
		if err != nil || done.Rows != rows || done.Refused != rows/bad {
			t.Fatalf("%+v, %v", done, err)
		}
		const most = 4 << 20 // rows that are read but not counted yet
		if len(sizes) < 9 || sizes[len(sizes)-1] > sizes[0]+most {
			t.Errorf("one in %d refused: memory grew: %v", bad, sizes)
		}
	}
}
