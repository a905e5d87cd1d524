package lookup_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/store"
)

// queue fills the queue with a refusal for each observation of 6 e-mail addresses with 6 phone numbers. Their
// codes and ages differ; every seventh is closed.
func queue(t *testing.T, db *mysqltest.DB) *lookup.Reader {
	t.Helper()
	for i := range 36 {
		link(t, db.Pool, cluster.Policy{}, saw(fmt.Sprintf("q%d@example.com", i/6), fmt.Sprintf("60%d", i%6), 0))
	}
	exec(t, db.Pool,
		"UPDATE observations SET withheld = ELT(1 + id % 5, 'retracted', 'separated', 'blocked', 'fan_out', 'fuse'), withheld_at = first_seen_at",
		`INSERT INTO refusals (id, observation_id, code, refused_at, closed_at, resolution)
			SELECT id, 0 + id, withheld, '2026-01-01' + INTERVAL id % 11 DAY, IF(id % 7, NULL, '2026-02-01'), IF(id % 7, NULL, 'dismissed')
			FROM observations`,
	)
	return lookup.New(db.Pool)
}

// Fails when a filter selects a refusal that it should not, or leaves one out, on any page.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := queue(t, mysqltest.NewDB(t))
	all := pages(t, 100, func(p lookup.Page) ([]lookup.Refusal, string, error) {
		return r.Refusals(t.Context(), lookup.RefusalFilter{}, p)
	})
	if len(all) != 31 {
		t.Fatalf("%d refusals are open", len(all))
	}
	values := []identity.Observation{{}, {Email: "q2@example.com"}, {Phone: "603"}, {Email: "nobody@example.com"}, {Phone: "9"}}
	for _, code := range append(identity.Withholding(), "") {
		for _, value := range values {
			for _, before := range []time.Time{{}, time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)} {
				f := lookup.RefusalFilter{Code: code, Value: value, Before: before}
				var want []lookup.Refusal
				for _, one := range all {
					if (code == "" || one.Code == code) && (value.Email == "" || one.Seen.Email == value.Email) &&
						(value.Phone == "" || one.Seen.Phone == value.Phone) && (before.IsZero() || one.RefusedAt.Before(before)) {
						want = append(want, one)
					}
				}
				for _, size := range []int32{1, 3, 100} {
					got := pages(t, size, func(p lookup.Page) ([]lookup.Refusal, string, error) { return r.Refusals(t.Context(), f, p) })
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("%+v (-want +got):\n%s", f, diff)
					}
				}
			}
		}
	}
}

// Fails when a refusal does not say why its observation was retracted.
func TestRefusalOfRetraction(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	r := queue(t, db)
	exec(t, db.Pool, "INSERT INTO retractions (observation_id, reason) VALUES (5, 'he used her phone')") // 5 % 5 is 0: retracted
	for id, want := range map[uint64]string{5: "he used her phone", 6: ""} {
		got, err := r.Refusal(t.Context(), id)
		if err != nil || got.ID != id || got.Seen.Reason != want {
			t.Errorf("%+v, %v, want the reason %q", got, err, want)
		}
	}
}

// Fails when a query about the queue reads rows that its filter does not select: the queue may be long, and
// one value may have few of its refusals.
func TestRefusalQueriesUseTheirIndexes(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	queue(t, db)
	exec(t, db.Pool,
		`INSERT INTO observations (email_contact_id, phone_contact_id, withheld, withheld_at)
			SELECT 100000 + a.id * 36 + b.id, 200000, 'fuse', NOW(6) FROM observations AS a, observations AS b`,
		"INSERT INTO contacts (id, phone_number, link_precedence) VALUES (200000, '999', 'primary')",
		"INSERT INTO contacts (id, email, link_precedence) SELECT DISTINCT email_contact_id, CONCAT(email_contact_id, '@example.com'), 'primary' FROM observations WHERE email_contact_id > 100000",
		"INSERT INTO refusals (observation_id, code) SELECT id, withheld FROM observations WHERE phone_contact_id = 200000",
		"ANALYZE TABLE contacts, observations, refusals",
	)
	e := mysqltest.NewExplainer(t, db.Pool)
	q, ctx, before := store.New(e), t.Context(), time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	email, phone := "q2@example.com", "603"
	e.Run("ListRefusals", func() error {
		_, err := q.ListRefusals(ctx, store.ListRefusalsParams{Before: before, Limit: 10})
		return err
	}, "refusals_closed_at", "PRIMARY", "PRIMARY", "PRIMARY")
	e.Run("ListRefusalsByCode", func() error {
		_, err := q.ListRefusalsByCode(ctx, store.ListRefusalsByCodeParams{Code: "separated", Before: before, Limit: 10})
		return err
	}, "refusals_code", "PRIMARY", "PRIMARY", "PRIMARY")
	e.MaxRows = 500
	e.Run("ListRefusalsOfEmail", func() error {
		_, err := q.ListRefusalsOfEmail(ctx, store.ListRefusalsOfEmailParams{Email: &email, Before: before, Limit: 10})
		return err
	}, "contacts_email", "observations_pair", "refusals_observation_id", "PRIMARY")
	e.Run("ListRefusalsOfPhoneNumber", func() error {
		_, err := q.ListRefusalsOfPhoneNumber(ctx, store.ListRefusalsOfPhoneNumberParams{PhoneNumber: &phone, Before: before, Limit: 10})
		return err
	}, "contacts_phone_number", "observations_phone_contact_id", "refusals_observation_id", "PRIMARY")
}
