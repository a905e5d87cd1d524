package statistics_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/statistics"
	"github.com/identikit/identikit/internal/store"
)

// Fails when a minute is missing, is there twice, or is older than an hour; when the last one is not the
// current one; or when counts are those of another minute.
func TestMinutes(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for attempt := 0; ; attempt++ {
		exec(t, db.Pool, "DELETE FROM outcome_minutes", `INSERT INTO outcome_minutes (minute, known, created, linked, merged, refused)
			SELECT CURRENT_TIMESTAMP - INTERVAL SECOND(CURRENT_TIMESTAMP) SECOND - INTERVAL n MINUTE, n, 1, 2, 3, 4
			FROM (SELECT 0 AS n UNION ALL SELECT 7 UNION ALL SELECT 59 UNION ALL SELECT 60 UNION ALL SELECT 100) AS some`)
		current := linkertest.One[time.Time](t, db.Pool, "SELECT MAX(minute) FROM outcome_minutes")
		got := read(t, db.Pool).Minutes
		if last := got[len(got)-1].At; !last.Equal(current) && attempt == 0 {
			continue // a minute ended in between
		}
		want := make([]statistics.Minute, 60)
		for i := range want {
			want[i].At = current.Add(time.Duration(i-59) * time.Minute)
		}
		for _, n := range []int{0, 7, 59} {
			want[59-n].Outcomes = statistics.Outcomes{Known: n, Created: 1, Linked: 2, Merged: 3, Refused: 4}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		return
	}
}

// Fails when refusals are counted under another code, when closed ones are counted, or more than can be
// counted at once.
func TestOpenRefusals(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	exec(t, db.Pool,
		`INSERT INTO refusals (observation_id, code)
			WITH RECURSIVE s (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < 119)
			SELECT 1 + a.n + 120 * b.n, 'fuse' FROM s AS a, s AS b`,
		"INSERT INTO refusals (observation_id, code) VALUES (20001, 'retracted'), (20002, 'retracted'), (20003, 'blocked')",
		"UPDATE refusals SET closed_at = CURRENT_TIMESTAMP(6), resolution = 'dismissed' WHERE observation_id = 20002",
		"ANALYZE TABLE refusals")
	want := []statistics.Open{
		{Code: identity.ReasonRetracted, N: 1}, {Code: identity.ReasonSeparated}, {Code: identity.ReasonBlocked, N: 1},
		{Code: identity.ReasonFanOut}, {Code: identity.ReasonFuse, N: statistics.MaxCount, More: true},
	}
	if diff := cmp.Diff(want, read(t, db.Pool).Refusals); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	e := mysqltest.NewExplainer(t, db.Pool)
	q := store.New(e)
	e.Run("CountOpenRefusalsByCode", func() error {
		_, err := q.CountOpenRefusalsByCode(t.Context(), store.CountOpenRefusalsByCodeParams{Code: store.RefusalsCodeFuse, Limit: 10})
		return err
	}, "refusals_code")
}

// Fails when the lag of the feed is not that of its oldest event.
func TestFeedLag(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	if got := read(t, db.Pool).Feed; got != (statistics.Feed{}) {
		t.Errorf("without events: %+v", got)
	}
	exec(t, db.Pool, `INSERT INTO change_sets (size, events, last_number, created_at) VALUES
		(3, '[]', 3, CURRENT_TIMESTAMP - INTERVAL 9 HOUR), (2, '[]', NULL, CURRENT_TIMESTAMP - INTERVAL 1 HOUR), (1, '[]', NULL, CURRENT_TIMESTAMP)`)
	if got := read(t, db.Pool).Feed; got.Unnumbered != 3 || got.Age < time.Hour || got.Age > 2*time.Hour {
		t.Errorf("got %+v", got)
	}
}
