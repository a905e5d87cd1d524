package snapshot_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
	"github.com/identikit/identikit/internal/stored"
)

// bounds makes the linker refuse some observations of history.
var bounds = cluster.Policy{ClusterValues: 5, PhonesPerEmail: 2} //nolint:gochecknoglobals // never changed

// decide creates decisions of every kind, and refusals in every state.
func decide(t *testing.T, db *sql.DB) []identity.Observation {
	t.Helper()
	l := linkertest.New(db, bounds)
	seen := history(500, 11)
	observe(t, l, seen)
	must := func(_ any, err error) {
		t.Helper()
		if identity.CodeOf(err) != identity.CodeContactsLinked && err != nil {
			t.Fatal(err)
		}
	}
	for i, id := range ids(t, db, "SELECT id FROM observations WHERE withheld IS NULL ORDER BY id") {
		if i%9 == 0 {
			must(l.Retract(t.Context(), id, fmt.Sprintf("not the phone of \"customer\" %d", i%4), false))
		}
	}
	observe(t, l, seen[:250]) // includes some retracted ones
	contacts := ids(t, db, "SELECT id FROM contacts ORDER BY id")
	for i := 0; i+7 < len(contacts); i += 15 {
		_, err := l.Separate(t.Context(), contacts[i], contacts[i+7], "told <us> so", false)
		must(nil, err)
	}
	for i := 0; i < 40; i += 10 {
		must(l.Block(t.Context(), identity.Observation{Email: seen[i].Email, Phone: only(seen[i])}, "a shop's", false))
	}
	observe(t, l, seen)
	for i, id := range ids(t, db, "SELECT id FROM refusals WHERE closed_at IS NULL ORDER BY id") {
		switch i % 5 {
		case 0:
			must(nil, l.Dismiss(t.Context(), id))
		case 1:
			must(l.Accept(t.Context(), id, false))
		}
	}
	return seen
}

// only returns the phone number of an observation without an e-mail address.
func only(o identity.Observation) string {
	if o.Email != "" {
		return ""
	}
	return o.Phone
}

func observe(t testing.TB, l *linkertest.System, seen []identity.Observation) (answers []identity.Cluster) {
	t.Helper()
	for part := range slices.Chunk(seen, 20) {
		clusters, err := l.Link(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		answers = append(answers, clusters...)
	}
	for i := range answers { // databases differ in ids and, for equal ages, in the order of lists
		a := &answers[i]
		a.PrimaryID, a.SecondaryIDs = 0, nil
		a.Emails, a.Phones = slices.Sorted(slices.Values(a.Emails)), slices.Sorted(slices.Values(a.Phones))
	}
	return answers
}

func ids(t testing.TB, db *sql.DB, query string) (all []uint64) {
	t.Helper()
	scan(t, db, query, func(rows *sql.Rows) error {
		all = append(all, 0)
		return rows.Scan(&all[len(all)-1])
	})
	return all
}

func decisionsOf(t testing.TB, db *sql.DB) string {
	t.Helper()
	var b bytes.Buffer
	if _, err := snapshot.ExportDecisions(t.Context(), db, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// withoutTimes removes the header and the times, which are not imported.
func withoutTimes(t testing.TB, decisions string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimPrefix(decisions, snapshot.DecisionsHeader+"\n")) {
		fields := map[string]any{}
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, "decidedAt")
		if contacts, ok := fields["contacts"].([]any); ok {
			slices.SortFunc(contacts, func(a, b any) int { return strings.Compare(asJSON(t, a), asJSON(t, b)) })
		}
		lines = append(lines, asJSON(t, fields))
	}
	slices.Sort(lines)
	return lines
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func restore(t testing.TB, db *sql.DB, text string) {
	t.Helper()
	l := linkertest.New(db, cluster.Policy{})
	var rejects bytes.Buffer
	done, err := importer.Run(t.Context(), strings.NewReader(text),
		importer.Options{Linker: l, Finder: stored.New(db), Decisions: l, Normalizer: &identity.Normalizer{}, BatchSize: 70, Rejects: &rejects})
	if err != nil || done.Refused > 0 {
		t.Fatalf("%+v, %v\n%s", done, err, &rejects)
	}
}

func partition(t testing.TB, db *sql.DB) []string {
	t.Helper()
	var rows []linkertest.Row
	scan(t, db, `SELECT id, COALESCE(email, ''), COALESCE(phone_number, ''), COALESCE(linked_id, 0)
		FROM contacts WHERE deleted_at IS NULL ORDER BY created_at, id`, func(r *sql.Rows) error {
		rows = append(rows, linkertest.Row{})
		last := &rows[len(rows)-1]
		return r.Scan(&last.ID, &last.Email, &last.Phone, &last.LinkedID)
	})
	linkertest.CheckRows(t, rows)
	return linkertest.Partition(rows)
}

// everything returns every row of every table, except the migrations.
func everything(t testing.TB, db *sql.DB) (rows []string) {
	t.Helper()
	scan(t, db, `SELECT CONCAT_WS('|', 'c', id, email, phone_number, linked_id, created_at, updated_at, blocked, separated) FROM contacts
		UNION ALL SELECT CONCAT_WS('|', 'o', id, email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at) FROM observations
		UNION ALL SELECT CONCAT_WS('|', 'r', id, observation_id, code, refused_at, closed_at, resolution) FROM refusals
		UNION ALL SELECT CONCAT_WS('|', 's', id, contact_id, other_contact_id, reason, created_at) FROM separations
		UNION ALL SELECT CONCAT_WS('|', 'b', id, contact_id, reason, created_at) FROM blocks
		UNION ALL SELECT CONCAT_WS('|', 't', id, observation_id, reason, key_id, created_at) FROM retractions
		UNION ALL SELECT CONCAT_WS('|', 'h', id, kind, contact_id, primary_id, observation_id) FROM history
		UNION ALL SELECT CONCAT_WS('|', 'e', id, size, events) FROM change_sets ORDER BY 1`,
		func(r *sql.Rows) error {
			rows = append(rows, "")
			return r.Scan(&rows[len(rows)-1])
		})
	return rows
}

// Fails when a restored database links what was separated, directly, when it is observed again or
// when a block ends; when a decision is lost or changed; or when a second import changes something.
func TestDecisionsRoundTrip(t *testing.T) {
	t.Parallel()
	for name, decisionsFirst := range map[string]bool{"contacts first": false, "decisions first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := mysqltest.NewDB(t).Pool, mysqltest.NewDB(t).Pool
			seen := decide(t, one)
			contacts, _ := export(t, one, snapshot.NDJSON)
			decisions := decisionsOf(t, one)
			for _, part := range []string{
				`"decision":"retraction"`, `"decision":"dismissal"`, `"decision":"block"`, `"decision":"separation"`,
				`"code":"fuse"`, `"code":"fan_out"`, `"code":"blocked"`, `"refusal":"open"`, "told <us> so", `"code":"retracted","reason":"not the phone`,
				`"reason":"not the phone of \"customer\" 3"`,
			} {
				if !strings.Contains(decisions, part) {
					t.Errorf("no decision with %s: the test is void", part)
				}
			}
			files := []string{contacts, decisions}
			if decisionsFirst {
				slices.Reverse(files)
			}
			for _, file := range files {
				restore(t, two, file)
			}
			compare(t, "restored", one, two)

			before := everything(t, two)
			for _, file := range files {
				restore(t, two, file)
			}
			if diff := cmp.Diff(before, everything(t, two)); diff != "" {
				t.Errorf("a second import changed (-first +second):\n%s", diff)
			}

			want, got := observe(t, linkertest.New(one, bounds), seen), observe(t, linkertest.New(two, bounds), seen)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("observed again (-original +restored):\n%s", diff)
			}
			compare(t, "observed again", one, two)

			for _, db := range []*sql.DB{one, two} {
				for _, id := range ids(t, db, "SELECT id FROM blocks ORDER BY id") {
					if _, err := linkertest.New(db, cluster.Policy{}).Unblock(t.Context(), id, false); err != nil {
						t.Fatal(err)
					}
				}
			}
			compare(t, "unblocked", one, two)
		})
	}
}

func compare(t *testing.T, when string, one, two *sql.DB) {
	t.Helper()
	if diff := cmp.Diff(partition(t, one), partition(t, two)); diff != "" {
		t.Errorf("%s: customers (-original +restored):\n%s", when, diff)
	}
	if diff := cmp.Diff(withoutTimes(t, decisionsOf(t, one)), withoutTimes(t, decisionsOf(t, two))); diff != "" {
		t.Errorf("%s: decisions (-original +restored):\n%s", when, diff)
	}
	if _, err := snapshot.Verify(t.Context(), two, func(d snapshot.Drift) { t.Errorf("%s: %s", when, d) }); err != nil {
		t.Fatal(err)
	}
}
