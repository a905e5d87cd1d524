package survey_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/replica"
	"github.com/identikit/identikit/internal/survey"
)

// BenchmarkSurvey is a survey of 524,288 contacts in 131,072 clusters and as many observations, with its
// pauses.
func BenchmarkSurvey(b *testing.B) {
	db := mysqltest.NewDB(b).Pool
	run := func(statement string) {
		if _, err := db.ExecContext(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	run("CREATE TABLE numbers (n INT NOT NULL AUTO_INCREMENT PRIMARY KEY, x INT NULL)")
	run("INSERT INTO numbers (x) VALUES (1)")
	for range 19 {
		run("INSERT INTO numbers (x) SELECT x FROM numbers")
	}
	run(`INSERT INTO contacts (id, email, linked_id, link_precedence)
		SELECT n, CONCAT(n, '@example.com'), IF(n % 4 = 1, NULL, n - (n - 1) % 4), IF(n % 4 = 1, 'primary', 'secondary')
		FROM (SELECT ROW_NUMBER() OVER (ORDER BY k.n) AS n FROM numbers AS k) AS s`)
	run("INSERT INTO observations (email_contact_id, phone_contact_id) SELECT id, COALESCE(linked_id, id) FROM contacts")
	s := survey.New(db, replica.Only(db), slog.New(slog.DiscardHandler))
	b.Cleanup(s.Stop)
	for b.Loop() {
		if _, err := s.Begin(b.Context()); err != nil {
			b.Fatal(err)
		}
		for running := true; running; time.Sleep(10 * time.Millisecond) {
			state, err := s.Read(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			running = state.Running != nil
		}
	}
}
