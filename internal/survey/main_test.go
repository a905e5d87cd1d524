package survey_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/survey"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// logged is a log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), part)
}

// process returns the Surveyor of another process, with small chunks. It is stopped when the test ends.
func process(t *testing.T, db *sql.DB, log *logged) *survey.Surveyor {
	t.Helper()
	s := survey.New(db, replica.Only(db), slog.New(slog.NewTextHandler(log, nil))).Small(100)
	t.Cleanup(s.Stop)
	return s
}

func begin(t *testing.T, s *survey.Surveyor) survey.State {
	t.Helper()
	state, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func read(t *testing.T, s *survey.Surveyor) survey.State {
	t.Helper()
	state, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// wait waits until no survey runs, and returns the result.
func wait(t *testing.T, s *survey.Surveyor) survey.Result {
	t.Helper()
	var state survey.State
	eventually(t, "the survey ends", func() bool {
		state = read(t, s)
		return state.Running == nil
	})
	if state.Result == nil {
		t.Fatal("there is no result")
	}
	return *state.Result
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

func exec(t *testing.T, db interface {
	ExecContext(context.Context, string, ...any) (sql.Result, error)
}, statements ...string,
) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(context.WithoutCancel(t.Context()), s); err != nil {
			t.Fatalf("%.100s: %v", s, err)
		}
	}
}

// hold keeps surveys from reading observations until release is called: they have then counted the clusters.
// What is locked with observations can be changed by the connection.
func hold(t *testing.T, db *sql.DB) (c *sql.Conn, release func()) {
	t.Helper()
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	exec(t, c, "LOCK TABLES observations WRITE")
	release = sync.OnceFunc(func() {
		exec(t, c, "UNLOCK TABLES")
		c.Close()
	})
	t.Cleanup(release)
	return c, release
}

// reached waits until a survey waits for observations.
func reached(t *testing.T, s *survey.Surveyor) {
	t.Helper()
	eventually(t, "the clusters are counted", func() bool {
		running := read(t, s).Running
		return running != nil && running.Percent >= 30
	})
}

// fill stores clusters with so many contacts, and values with so many observations. The first contact of each
// cluster is its primary. Each observation of a value is with another contact.
func fill(t *testing.T, db *sql.DB, clusters, emails, phones []int) {
	t.Helper()
	id := uint64(0)
	var contacts, observations []string
	add := func(primary uint64) uint64 {
		id++
		link, precedence := "NULL", "primary"
		if primary != 0 {
			link, precedence = fmt.Sprint(primary), "secondary"
		}
		contacts = append(contacts, fmt.Sprintf("(%d, 'e%d@example.com', '99%07d', %s, '%s')", id, id, id, link, precedence))
		return id
	}
	for _, n := range clusters {
		for primary := add(0); n > 1; n-- {
			add(primary)
		}
	}
	for _, n := range emails {
		for hub := add(0); n > 0; n-- {
			observations = append(observations, fmt.Sprintf("(%d, %d)", hub, add(0)))
		}
	}
	for _, n := range phones {
		for hub := add(0); n > 0; n-- {
			observations = append(observations, fmt.Sprintf("(%d, %d)", add(0), hub))
		}
	}
	insert(t, db, "contacts (id, email, phone_number, linked_id, link_precedence)", contacts)
	insert(t, db, "observations (email_contact_id, phone_contact_id)", observations)
	exec(t, db, "ANALYZE TABLE contacts, observations")
}

func insert(t *testing.T, db *sql.DB, into string, rows []string) {
	t.Helper()
	for len(rows) > 0 {
		n := min(1000, len(rows))
		exec(t, db, "INSERT INTO "+into+" VALUES "+strings.Join(rows[:n], ", "))
		rows = rows[n:]
	}
}
