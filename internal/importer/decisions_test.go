package importer_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
)

const retraction = `{"decision":"retraction","email":"a@x.com","phoneNumber":"1001","firstSeenAt":"2020-01-02T03:04:05.000006Z"}`

// Fails when a decision is imported as an observation, which would link values that must not be
// linked.
func TestDecisionsAreNotObservations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text             string
		decided, refused int
	}{
		"with their header":    {snapshot.DecisionsHeader + "\n" + retraction, 1, 0},
		"after blank lines":    {"\n\r\n" + retraction, 1, 0},
		"without their header": {retraction + "\n", 1, 0},
		"none":                 {snapshot.DecisionsHeader + "\n", 0, 0},
		"two files in one":     {snapshot.DecisionsHeader + "\n" + retraction + "\n" + snapshot.DecisionsHeader + "\n" + retraction, 2, 0},
		"among observations":   {`{"email":"b@x.com"}` + "\n" + retraction, 0, 1},
		"with observations":    {retraction + "\n" + `{"email":"a@x.com","phoneNumber":"1001"}`, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			done := run(t, db.Pool, c.text, withDecisions(db))
			if done.Decided != c.decided || done.Refused != c.refused {
				t.Errorf("got %+v, want %d decided and %d refused", done, c.decided, c.refused)
			}
			for _, customer := range linkertest.Partition(rows(t, db.Pool)) {
				if customer == "1001 a@x.com" {
					t.Error("the retraction linked its values")
				}
			}
		})
	}
}

func withDecisions(db *mysqltest.DB) func(*importer.Options) {
	return func(o *importer.Options) { o.Decisions = linkertest.New(db.Pool, cluster.Policy{}) }
}

// Fails when decisions are imported without a Decider, or in a later version of the format.
func TestUnreadableDecisions(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for text, edit := range map[string]func(*importer.Options){
		retraction: func(*importer.Options) {},
		`{"decisions":"identikit","version":2}` + "\n" + retraction: withDecisions(db),
	} {
		_, err := try(t.Context(), db.Pool, strings.NewReader(text), edit)
		if _, ok := errors.AsType[importer.InputError](err); !ok {
			t.Errorf("%.40s: got %v, want an InputError", text, err)
		}
	}
	if stored := rows(t, db.Pool); len(stored) > 0 {
		t.Errorf("stored: %v", stored)
	}
}

// Fails when a decision that is wrong or contradicts stored data is applied or stops the others, or
// when the reason does not say what would be right.
func TestRefusedDecisions(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	run(t, db.Pool, "email,phone\na@x.com,1001\nb@x.com,1001\nc@x.com,1003\n")
	lines := []struct{ text, field, reason string }{
		{snapshot.DecisionsHeader, "", ""},
		{`{"decision":"separation","contacts":[{"email":"a@x.com"},{"email":"b@x.com"}]}`, "", "are one customer"},
		{`{"decision":"refusal","email":"a@x.com","phoneNumber":"1001","code":"fuse"}`, "", "are linked here by observation 1"},
		{`{"decision":"refusal","email":"a@x.com","phoneNumber":"1003","code":"fuse","refusal":"open"}`, "", ""},
		{`{"decision":"refusal","email":"a@x.com","phoneNumber":"1003","code":"whim"}`, "code", "must be retracted"},
		{`{"decision":"dismissal","email":"a@x.com","phoneNumber":"1003"}`, "code", "must be retracted"},
		{`{"decision":"refusal","email":"a@x.com","phoneNumber":"1003","code":"fuse","refusal":"shut"}`, "refusal", "must be open"},
		{`{"decision":"retraction","email":"a@x.com"}`, "", "needs an email and a phoneNumber"},
		{`{"decision":"retraction","email":"a","phoneNumber":"1001"}`, "email", "exactly one @"},
		{`{"decision":"retraction","email":"a@x.com","phoneNumber":"1","firstSeenAt":"0001-02-03T00:00:00Z"}`, "firstSeenAt", "year must be 1000"},
		{`{"decision":"retraction","email":"a@x.com","phoneNumber":"1001","reason":"` + strings.Repeat("ß", 501) + `"}`, "reason", "at most 500"},
		{`{"decision":"block","email":"a@x.com","phoneNumber":"1001"}`, "", "either an email or a phoneNumber"},
		{`{"decision":"separation","contacts":[{"email":"a@x.com"}]}`, "contacts", "needs two contacts"},
		{`{"decision":"verdict","email":"a@x.com"}`, "decision", "must be a decision"},
		{`{"decision":7}`, "", "must be a decision"},
		{`not JSON`, "", "must be a decision"},
		{`{"decision":"block","phoneNumber":"1003","reason":"a shop's"}`, "", ""},
	}
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text + "\n")
	}
	var rejects bytes.Buffer
	done := run(t, db.Pool, text.String(), withDecisions(db), func(o *importer.Options) { o.Rejects = &rejects })
	if done.Decided != 2 || done.Refused != len(lines)-3 || done.Rows != len(lines)-1 {
		t.Errorf("got %+v", done)
	}
	refused, err := csv.NewReader(&rejects).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	refused = refused[1:]
	for i, l := range lines {
		if l.reason == "" {
			continue
		}
		if got := refused[0]; got[0] != strconv.Itoa(i+1) || got[1] != l.field || !strings.Contains(got[2], l.reason) || got[3] != l.text {
			t.Errorf("line %d: got %q, want %q and %q", i+1, got, l.field, l.reason)
		}
		refused = refused[1:]
	}
	want := []string{"1001 a@x.com b@x.com", "1003", "c@x.com"}
	if diff := cmp.Diff(want, linkertest.Partition(rows(t, db.Pool))); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
}

// Fails when a retraction of values that are already linked does not separate them, or loses its reason.
func TestRetractionSeparatesLinkedValues(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	run(t, db.Pool, "email,phone\na@x.com,1001\nb@x.com,1001\n")
	reason := strings.Repeat("ß", 500)
	run(t, db.Pool, strings.Replace(retraction, "{", `{"reason":"`+reason+`",`, 1), withDecisions(db))
	if got := linkertest.One[string](t, db.Pool, "SELECT GROUP_CONCAT(reason) FROM retractions"); got != reason {
		t.Errorf("the reason is %.40s", got)
	}
	want := []string{"1001 b@x.com", "a@x.com"}
	if diff := cmp.Diff(want, linkertest.Partition(rows(t, db.Pool))); diff != "" {
		t.Errorf("customers (-want +got):\n%s", diff)
	}
	if _, err := linkertest.New(db.Pool, cluster.Policy{}).Link(t.Context(), []identity.Observation{{Email: "a@x.com", Phone: "1001"}}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, linkertest.Partition(rows(t, db.Pool))); diff != "" {
		t.Errorf("observed again (-want +got):\n%s", diff)
	}
}
