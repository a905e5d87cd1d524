package snapshot_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
	"github.com/identikit/identikit/internal/stored"
)

func export(t testing.TB, db *sql.DB, format snapshot.Format) (string, snapshot.Exported) {
	t.Helper()
	var b bytes.Buffer
	done, err := snapshot.Export(t.Context(), db, &b, format)
	if err != nil {
		t.Fatal(err)
	}
	return b.String(), done
}

func load(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	done, err := importer.Run(t.Context(), strings.NewReader(text),
		importer.Options{Linker: linkertest.New(db, cluster.Policy{}), Finder: stored.New(db), Normalizer: &identity.Normalizer{}, BatchSize: 70})
	if err != nil || done.Refused > 0 {
		t.Fatalf("import of an export: %+v, %v", done, err)
	}
}

// Fails when an export loses or adds a cluster, a primary, an age or evidence, or relies on ids
// without gaps, also after a second import, when the ages are equal.
func TestExportRoundTrip(t *testing.T) {
	t.Parallel()
	for _, format := range []snapshot.Format{snapshot.CSV, snapshot.NDJSON} {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			one, two, three := mysqltest.NewDB(t).Pool, mysqltest.NewDB(t).Pool, mysqltest.NewDB(t).Pool
			exec(t, one, "ALTER TABLE contacts AUTO_INCREMENT = 1000")
			for part := range slices.Chunk(history(600, 3), 25) {
				link(t, one, part...)
			}
			text, done := export(t, one, format)
			load(t, two, text)
			want, got := stateOf(t, one), stateOf(t, two)
			// A contact and its own observation are written with two readings of the clock.
			nearly := cmpopts.EquateApproxTime(time.Second)
			if diff := cmp.Diff(want, got, nearly); diff != "" {
				t.Errorf("after one import (-original +copy):\n%s", diff)
			}
			if done.Contacts != len(want.Contacts) || done.Contacts < 300 || done.Observations < 100 {
				t.Errorf("%+v of %d contacts: the test is void", done, len(want.Contacts))
			}
			text, _ = export(t, two, format)
			load(t, three, text)
			if diff := cmp.Diff(got, stateOf(t, three)); diff != "" {
				t.Errorf("after a second import (-first +second):\n%s", diff)
			}
		})
	}
}

// Fails when the columns or their meaning change: other programs read them.
func TestExportedRows(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	at := func(day int) time.Time { return time.Date(2020, 1, day, 1, 2, 3, 4000, time.UTC) }
	link(t, db,
		identity.Observation{Email: `a,"b&<c>@example.com`, Phone: "1001", SeenAt: at(3)},
		identity.Observation{Email: `a,"b&<c>@example.com`, SeenAt: at(2)},
		identity.Observation{Email: "b@example.com", Phone: "1001", SeenAt: at(4)},
		identity.Observation{Phone: "1009", SeenAt: at(5)},
		identity.Observation{Email: "gone@example.com", Phone: "1010", SeenAt: at(5)},
		identity.Observation{Email: "apart@example.com", SeenAt: at(5)},
		identity.Observation{Email: "apart@example.com", Phone: "1009", SeenAt: at(6)},
	)
	exec(t, db, "UPDATE contacts SET deleted_at = NOW(6), email = NULL, phone_number = NULL WHERE id = 4")
	exec(t, db, "UPDATE observations SET withheld = 'retracted' WHERE first_seen_at = ?", at(6))
	exec(t, db, "UPDATE contacts SET linked_id = NULL, link_precedence = 'primary' WHERE id = 5")

	got, done := export(t, db, snapshot.CSV)
	want := `contactId,primaryContactId,linkPrecedence,email,phoneNumber,observedAt
1,1,primary,"a,""b&<c>@example.com",1001,2020-01-03T01:02:03.000004Z
,1,,"a,""b&<c>@example.com",,2020-01-02T01:02:03.000004Z
2,1,secondary,b@example.com,,2020-01-04T01:02:03.000004Z
3,3,primary,,1009,2020-01-05T01:02:03.000004Z
5,5,primary,apart@example.com,,2020-01-05T01:02:03.000004Z
,1,,b@example.com,1001,2020-01-04T01:02:03.000004Z
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	if want := (snapshot.Exported{Contacts: 4, Observations: 1}); done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	got, _ = export(t, db, snapshot.NDJSON)
	want = `{"contactId":1,"primaryContactId":1,"linkPrecedence":"primary","email":"a,\"b&<c>@example.com","phoneNumber":"1001","observedAt":"2020-01-03T01:02:03.000004Z"}
{"contactId":null,"primaryContactId":1,"linkPrecedence":null,"email":"a,\"b&<c>@example.com","phoneNumber":null,"observedAt":"2020-01-02T01:02:03.000004Z"}
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("NDJSON: got\n%s\nwant it to begin with\n%s", got, want)
	}
}

// Fails when an export mixes two snapshots: during merges its rows would contradict each other.
// Every primary that a row names must have a row of its own as a primary.
func TestExportIsConsistent(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	const clusters = 12_000 // more than two pages
	observations := make([]identity.Observation, clusters)
	for i := range observations {
		observations[i] = identity.Observation{Email: email(i), Phone: phone(i)}
	}
	for part := range slices.Chunk(observations, 2000) {
		link(t, db, part...)
	}
	stop, merged := make(chan struct{}), 0
	var merging sync.WaitGroup
	merging.Go(func() { // from both ends of the id range, so that pages differ
		for i := 0; i < clusters/2-50; i += 50 {
			select {
			case <-stop:
				return
			default:
			}
			var part []identity.Observation
			for j := i; j < i+50; j++ {
				part = append(part, identity.Observation{Email: email(j), Phone: phone(clusters - 1 - j)})
			}
			if _, err := linkertest.New(db, cluster.Policy{}).Import(context.Background(), part); err != nil {
				t.Error(err)
				return
			}
			merged = i
		}
	})
	var changed bool
	previous := -1
	for range 8 {
		text, _ := export(t, db, snapshot.CSV)
		secondaries := checkMoment(t, text)
		changed = changed || previous >= 0 && secondaries != previous
		previous = secondaries
	}
	close(stop)
	merging.Wait()
	if !changed {
		t.Errorf("nothing merged between the exports (%d merges in total): the test is void", merged)
	}
}

// checkMoment returns the number of secondaries. Each must be linked to a primary and have an
// observation, as the test creates them.
func checkMoment(t *testing.T, text string) (secondaries int) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	primaries, joins := map[string]bool{}, 0
	for _, r := range rows[1:] {
		switch r[2] {
		case "":
			joins++
		case "primary":
			primaries[r[0]] = true
		case "secondary":
			secondaries++
		}
	}
	for _, r := range rows[1:] {
		if !primaries[r[1]] {
			t.Fatalf("contact %s is linked to %s, which is not a primary", r[0], r[1])
		}
	}
	if joins != secondaries {
		t.Fatalf("%d secondaries, %d observations", secondaries, joins)
	}
	return secondaries
}

// Fails when a write error or an unknown format is taken for a complete export.
func TestExportFails(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	link(t, db, history(50, 1)...)
	full := errors.New("full")
	for _, format := range []snapshot.Format{snapshot.CSV, snapshot.NDJSON} {
		if _, err := snapshot.Export(t.Context(), db, failing{full}, format); !errors.Is(err, full) {
			t.Errorf("%s: got %v, want %v", format, err, full)
		}
	}
	if _, err := snapshot.Export(t.Context(), db, io.Discard, "xml"); err == nil {
		t.Error("an unknown format is accepted")
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := snapshot.Export(over, db, io.Discard, snapshot.CSV); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
