package snapshot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

func verify(t testing.TB, db *mysqltest.DB) (snapshot.Verified, []snapshot.Drift) {
	t.Helper()
	var drifts []snapshot.Drift
	done, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { drifts = append(drifts, d) })
	if err != nil {
		t.Fatal(err)
	}
	if done.Drifts != len(drifts) {
		t.Errorf("%d drifts were counted, %d reported", done.Drifts, len(drifts))
	}
	return done, drifts
}

// Fails when a drift is not found, is found as another kind, or more than once. Each is planted
// into the same five clusters, which must be clean before:
//
//	1 a@ 1001, 2 b@        3 c@ 1003      4 d@, 5 1005, 6 e@      7 f@ (of 2001)      8 g@, deleted
func TestVerifyFindsDrift(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		plant []string
		want  []snapshot.Drift
	}{
		"none": {},
		"on a contact that is deleted": {
			[]string{"UPDATE contacts SET linked_id = 8, link_precedence = 'secondary' WHERE id = 7"},
			[]snapshot.Drift{{Kind: snapshot.PrimaryMissing, ContactID: 7, OtherID: 8}},
		},
		"on a contact that is missing": {
			[]string{"UPDATE contacts SET linked_id = 99, link_precedence = 'secondary' WHERE id = 7"},
			[]snapshot.Drift{{Kind: snapshot.PrimaryMissing, ContactID: 7, OtherID: 99}},
		},
		"secondary on a secondary": {
			[]string{"UPDATE contacts SET linked_id = 5 WHERE id = 6"},
			[]snapshot.Drift{{Kind: snapshot.LinkedToSecondary, ContactID: 6, OtherID: 5}},
		},
		"linked without evidence": {
			[]string{"UPDATE contacts SET linked_id = 1, link_precedence = 'secondary' WHERE id = 3"},
			[]snapshot.Drift{{Kind: snapshot.LinkedWithoutEvidence, ContactID: 3, OtherID: 1}},
		},
		"its evidence withheld": {
			[]string{"UPDATE observations SET withheld = 'fuse' WHERE email_contact_id = 2 AND phone_contact_id = 1"},
			[]snapshot.Drift{{Kind: snapshot.LinkedWithoutEvidence, ContactID: 2, OtherID: 1}},
		},
		"its evidence lost": {
			[]string{"DELETE FROM observations WHERE email_contact_id = 4"},
			[]snapshot.Drift{
				{Kind: snapshot.LinkedWithoutEvidence, ContactID: 5, OtherID: 4},
				{Kind: snapshot.LinkedWithoutEvidence, ContactID: 6, OtherID: 4},
			},
		},
		"evidence that is not linked": {
			[]string{"INSERT INTO observations (email_contact_id, phone_contact_id) VALUES (6, 3)"},
			[]snapshot.Drift{{Kind: snapshot.EvidenceNotLinked, ContactID: 4, OtherID: 3}},
		},
		"evidence that is not linked, to a primary of another": {
			[]string{"UPDATE contacts SET linked_id = NULL, link_precedence = 'primary' WHERE id = 2"},
			[]snapshot.Drift{{Kind: snapshot.EvidenceNotLinked, ContactID: 2, OtherID: 1}},
		},
		"torn apart": {
			[]string{
				"UPDATE contacts SET linked_id = NULL, link_precedence = 'primary' WHERE id = 2",
				"UPDATE contacts SET linked_id = 3, link_precedence = 'secondary' WHERE id = 1",
			},
			[]snapshot.Drift{
				{Kind: snapshot.LinkedWithoutEvidence, ContactID: 1, OtherID: 3},
				{Kind: snapshot.EvidenceNotLinked, ContactID: 2, OtherID: 1},
			},
		},
		"primary that is not the oldest": {
			[]string{"UPDATE contacts SET created_at = '2001-01-01' WHERE id = 5"},
			[]snapshot.Drift{{Kind: snapshot.PrimaryNotOldest, ContactID: 4, OtherID: 5}},
		},
		"primary of the same age with a greater id": {
			[]string{
				"UPDATE contacts SET linked_id = NULL, link_precedence = 'primary', created_at = '2001-01-01' WHERE id = 2",
				"UPDATE contacts SET linked_id = 2, link_precedence = 'secondary', created_at = '2001-01-01' WHERE id = 1",
			},
			[]snapshot.Drift{{Kind: snapshot.PrimaryNotOldest, ContactID: 2, OtherID: 1}},
		},
		"two values, never observed": {
			[]string{"DELETE FROM observations WHERE email_contact_id = 3 AND phone_contact_id = 3"},
			[]snapshot.Drift{{Kind: snapshot.ObservationMissing, ContactID: 3}},
		},
		"an e-mail that was erased": {
			[]string{"UPDATE observations SET email_contact_id = 8 WHERE id = 2"},
			[]snapshot.Drift{
				{Kind: snapshot.EmailGone, ContactID: 8, ObservationID: 2},
				{Kind: snapshot.LinkedWithoutEvidence, ContactID: 2, OtherID: 1},
			},
		},
		"an e-mail that never was": {
			[]string{"INSERT INTO observations (id, email_contact_id, phone_contact_id) VALUES (77, 5, 5)"},
			[]snapshot.Drift{{Kind: snapshot.EmailGone, ContactID: 5, ObservationID: 77}},
		},
		"a phone number that never was": {
			[]string{"INSERT INTO observations (id, email_contact_id, phone_contact_id) VALUES (77, 7, 7)"},
			[]snapshot.Drift{{Kind: snapshot.PhoneGone, ContactID: 7, ObservationID: 77}},
		},
		"a contradiction": {
			[]string{"ALTER TABLE contacts DROP CONSTRAINT contacts_primary_has_no_link", "UPDATE contacts SET link_precedence = 'secondary' WHERE id = 7"},
			[]snapshot.Drift{{Kind: snapshot.PrecedenceWrong, ContactID: 7}},
		},
		"separated, and together": {
			[]string{
				"INSERT INTO separations (contact_id, other_contact_id, reason) VALUES (1, 2, ''), (1, 3, '')",
				"UPDATE contacts SET separated = TRUE WHERE id IN (1, 2)",
			},
			[]snapshot.Drift{
				{Kind: snapshot.SeparatedTogether, ContactID: 1, OtherID: 2},
				{Kind: snapshot.SeparatedUnmarked, ContactID: 3, OtherID: 1},
			},
		},
		"retracted, and nothing says why": {
			[]string{
				"INSERT INTO observations (id, email_contact_id, phone_contact_id, withheld) VALUES (77, 6, 1, 'retracted'), (78, 7, 1, 'retracted')",
				"INSERT INTO retractions (observation_id, reason) VALUES (78, '')",
			},
			[]snapshot.Drift{{Kind: snapshot.RetractionMissing, ObservationID: 77}},
		},
		"not retracted, and something says why": {
			[]string{
				"INSERT INTO observations (id, email_contact_id, phone_contact_id, withheld) VALUES (77, 6, 1, 'fuse')",
				"INSERT INTO retractions (observation_id, reason) VALUES (1, ''), (77, ''), (78, '')",
			},
			[]snapshot.Drift{
				{Kind: snapshot.RetractionStray, ObservationID: 1}, {Kind: snapshot.RetractionStray, ObservationID: 77},
				{Kind: snapshot.RetractionStray, ObservationID: 78},
			},
		},
		"about nobody": {
			[]string{
				"INSERT INTO separations (contact_id, other_contact_id, reason) VALUES (7, 8, '')",
				"INSERT INTO blocks (contact_id, reason, complete, after_id, linking, withheld) VALUES (99, '', TRUE, 0, 0, 0)",
				"INSERT INTO refusals (observation_id, code) VALUES (78, 'fuse')",
				"INSERT INTO observations (id, email_contact_id, phone_contact_id, withheld) VALUES (77, 99, 1, 'fuse')",
				"UPDATE contacts SET separated = TRUE WHERE id = 7",
			},
			[]snapshot.Drift{
				{Kind: snapshot.EmailGone, ContactID: 99, ObservationID: 77},
				{Kind: snapshot.SeparationStray, ContactID: 8, OtherID: 7},
				{Kind: snapshot.BlockStray, ContactID: 99},
				{Kind: snapshot.RefusalStray, ObservationID: 78},
			},
		},
		"several at once": {
			[]string{
				"UPDATE contacts SET linked_id = 8, link_precedence = 'secondary' WHERE id = 7",
				"UPDATE contacts SET linked_id = 5 WHERE id = 6",
				"UPDATE contacts SET created_at = '2001-01-01' WHERE id = 2",
			},
			[]snapshot.Drift{
				{Kind: snapshot.PrimaryNotOldest, ContactID: 1, OtherID: 2},
				{Kind: snapshot.LinkedToSecondary, ContactID: 6, OtherID: 5},
				{Kind: snapshot.PrimaryMissing, ContactID: 7, OtherID: 8},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			link(t, db.Pool,
				saw("a@example.com", "1001"), saw("b@example.com", "1001"), saw("c@example.com", "1003"),
				saw("d@example.com", ""), saw("d@example.com", "1005"), saw("e@example.com", "1005"),
				saw("f@example.com", ""), saw("g@example.com", ""),
			)
			exec(t, db.Pool, "UPDATE contacts SET email = NULL, deleted_at = NOW(6) WHERE id = 8")
			done, drifts := verify(t, db)
			if want := (snapshot.Verified{Contacts: 7, Clusters: 4, Observations: 5}); done != want || drifts != nil {
				t.Fatalf("before: %+v, want %+v; %v", done, want, drifts)
			}
			plant(t, db, c.plant)
			if _, drifts := verify(t, db); !cmp.Equal(c.want, drifts) {
				t.Errorf("(-want +got):\n%s", cmp.Diff(c.want, drifts))
			}
		})
	}
}

// plant runs statements that violate the schema's constraints.
func plant(t *testing.T, db *mysqltest.DB, statements []string) {
	t.Helper()
	conn, err := db.Pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, s := range statements {
		if _, err := conn.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func saw(email, phone string) identity.Observation {
	return identity.Observation{Email: email, Phone: phone}
}

// Fails when verify reports a drift in clusters that the linker wrote, over several pages.
func TestVerifyIsCleanAfterTheLinker(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for part := range slices.Chunk(history(15_000, 5), 1000) {
		link(t, db.Pool, part...)
	}
	done, drifts := verify(t, db)
	if len(drifts) > 0 {
		t.Errorf("%d drifts, such as %v", len(drifts), drifts[0])
	}
	s := stateOf(t, db.Pool)
	primaries := 0
	for _, c := range s.Contacts {
		if c.Primary == 0 {
			primaries++
		}
	}
	if want := (snapshot.Verified{Contacts: len(s.Contacts), Clusters: primaries, Observations: len(s.Observations)}); done != want {
		t.Errorf("got %+v, want %+v", done, want)
	}
	if done.Contacts < 10_000 || done.Clusters == done.Contacts {
		t.Errorf("%+v: the test is void", done)
	}
}

// Fails when verify reports changes made while it runs: it must read one snapshot.
func TestVerifyDuringMerges(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	done := make(chan error, 1)
	go func() {
		l := linkertest.New(db.Pool, cluster.Policy{})
		for part := range slices.Chunk(history(4000, 9), 50) {
			if _, err := l.Import(context.Background(), part); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for runs := 0; ; runs++ {
		select {
		case err := <-done:
			if err != nil || runs < 5 {
				t.Errorf("%d runs during the merges; the linker returned %v", runs, err)
			}
			return
		default:
		}
		if _, drifts := verify(t, db); len(drifts) > 0 {
			t.Errorf("%d drifts, such as %v", len(drifts), drifts[0])
		}
	}
}

// Fails when a kind of drift has no sentence.
func TestDriftString(t *testing.T) {
	t.Parallel()
	for _, k := range []snapshot.Kind{
		snapshot.PrimaryMissing, snapshot.LinkedToSecondary, snapshot.LinkedWithoutEvidence, snapshot.EvidenceNotLinked,
		snapshot.PrimaryNotOldest, snapshot.ObservationMissing, snapshot.EmailGone, snapshot.PhoneGone, snapshot.PrecedenceWrong,
		snapshot.SeparatedTogether, snapshot.SeparatedUnmarked, snapshot.SeparationStray, snapshot.BlockStray, snapshot.RefusalStray,
		snapshot.RetractionMissing, snapshot.RetractionStray,
	} {
		text := snapshot.Drift{Kind: k, ContactID: 17, OtherID: 4, ObservationID: 5}.String()
		if !strings.HasPrefix(text, string(k)+": ") || !strings.Contains(text, "contact 17") && !strings.Contains(text, "observation 5") {
			t.Errorf("%s: %q", k, text)
		}
	}
}

// Fails when an unreachable database is reported as clean.
func TestVerifyFails(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := snapshot.Verify(over, db.Pool, func(snapshot.Drift) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	exec(t, db.Pool, "DROP TABLE refusals, observations")
	if _, err := snapshot.Verify(t.Context(), db.Pool, func(snapshot.Drift) {}); identity.CodeOf(err) != identity.CodeUnavailable {
		t.Errorf("got %v, want %s", err, identity.CodeUnavailable)
	}
}
