package importer_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a form of input gives other contacts than the same observations one by one, when ages
// are not in the order of the file, or when importing the file again changes something.
func TestEveryFormGivesSameContacts(t *testing.T) {
	t.Parallel()
	text, observations := shop(700, false)
	want := reference(observations).Rows()
	for name, input := range map[string]string{
		"CSV":            text,
		"CSV, gzip":      zip(t, text),
		"semicolons":     "\ufeff" + strings.ReplaceAll(text, ",", ";"),
		"NDJSON":         ndjson(t, text),
		"NDJSON, gzip":   zip(t, ndjson(t, text)),
		"other columns":  "number," + strings.ReplaceAll(text[len("email,phone,observedAt\n"):], "\n", "\n7,"),
		"tabs and CRLF":  strings.NewReplacer(",", "\t", "\n", "\r\n").Replace(text),
		"quoted, raised": strings.ToUpper(strings.NewReplacer(",", `","`, "\n", "\"\n\"").Replace(`"` + text[:len(text)-1] + `"`)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t).Pool
			edit := func(*importer.Options) {}
			switch name {
			case "other columns":
				input = strings.TrimSuffix("number,to,call,at\n7,"+input[len("number,"):], "7,")
				edit = func(o *importer.Options) {
					o.Layout.Columns = importer.Columns{Email: "to", Phone: "call", ObservedAt: "at"}
				}
			}
			first := run(t, db, input, edit)
			if diff := cmp.Diff(want, rows(t, db)); diff != "" {
				t.Errorf("contacts by age (-one by one +imported):\n%s", diff)
			}
			if c := first.Counts; first.Rows != len(observations) || first.Refused != 0 || first.Bytes != int64(len(input)) ||
				c.Created+c.Linked+c.Merged+c.Unchanged != len(observations) || c.Created == 0 || c.Linked == 0 || c.Merged == 0 {
				t.Errorf("got %+v of %d rows, %d bytes", first, len(observations), len(input))
			}
			before := dump(t, db)
			again := run(t, db, input, edit)
			if diff := cmp.Diff(before, dump(t, db)); diff != "" {
				t.Errorf("imported again (-before +after):\n%s", diff)
			}
			if want := (cluster.Counts{Unchanged: len(observations)}); again.Counts != want {
				t.Errorf("imported again: got %+v, want %+v", again.Counts, want)
			}
		})
	}
}

func zip(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ndjson writes the rows of a CSV file as objects: empty values are absent or null, phone numbers
// are numbers.
func ndjson(t *testing.T, text string) string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i, r := range all[1:] {
		phone := r[1]
		if phone == "" {
			phone = "null"
		}
		if r[0] == "" && i%2 == 0 {
			fmt.Fprintf(&b, "{\"phoneNumber\":%s}\n", phone)
		} else {
			fmt.Fprintf(&b, "{\"email\":%q,\"phoneNumber\":%s,\"observedAt\":%q}\n", r[0], phone, r[2])
		}
	}
	return b.String()
}

// Fails when a bad row stops the others or is not reported, when its reason or line is wrong, or
// when rejects cannot be corrected and imported.
func TestRejects(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	const file = "name,E-Mail,Phone,observedAt\n" +
		"Ann,ann@example.com,1001,2020-01-02\n" +
		"Bob,bob.example.com,1002,\n" +
		"\n" +
		"\"Cy, Esq.\nLondon\",cy@example.com,10O3,\n" +
		"Di,,  ,\n" +
		"Ed,ed@example.com\n" +
		"\"Flo,flo@example.com,1006,\n" +
		"Gus,gus@example.com,1007,02.01.2020\n" +
		"Hal,hal@example.com,1008,\n"
	var rejects bytes.Buffer
	done := run(t, db, file, func(o *importer.Options) { o.Rejects = &rejects })
	want := importer.Progress{Rows: 8, Counts: cluster.Counts{Created: 2}, Refused: 6, Bytes: int64(len(file))}
	if diff := cmp.Diff(want, done); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantRejects := "line,field,reason,row,name,E-Mail,Phone,observedAt\n" +
		"3,email,An e-mail address must have exactly one @ with something on both sides.,,Bob,bob.example.com,1002,\n" +
		"5,phoneNumber,A phone number must not contain letters; extensions are not accepted.,,\"Cy, Esq.\nLondon\",cy@example.com,10O3,\n" +
		"7,,At least one of email and phoneNumber is required.,,Di,,\"  \",\n" +
		"8,,\"The row has 2 columns, but the first line has 4.\",\"Ed,ed@example.com\",,,,\n" +
		"9,,A quote is opened but not closed.,\"\"\"Flo,flo@example.com,1006,\",,,,\n" +
		"10,observedAt,\"A time must look like 2006-01-02T15:04:05Z, 2006-01-02 15:04:05, 2006-01-02, " +
		"or be a Unix time in seconds or milliseconds; its year must be 1000 to 9999.\",,Gus,gus@example.com,1007,02.01.2020\n"
	if diff := cmp.Diff(wantRejects, rejects.String()); diff != "" {
		t.Fatalf("rejects (-want +got):\n%s", diff)
	}

	corrected := strings.NewReplacer("bob.example.com", "bob@example.com", "10O3", "1003", "02.01.2020", "2020-01-02").Replace(wantRejects)
	var rest bytes.Buffer
	done = run(t, db, corrected, func(o *importer.Options) { o.Rejects = &rest })
	if done.Counts.Created != 3 || done.Refused != 3 || len(rows(t, db)) != 5 {
		t.Errorf("corrected: %+v, %d contacts", done, len(rows(t, db)))
	}
	wantRejects = "line,field,reason,row,name,E-Mail,Phone,observedAt\n" +
		"5,,At least one of email and phoneNumber is required.,,Di,,\"  \",\n" +
		"6,,At least one of email and phoneNumber is required.,\"Ed,ed@example.com\",,,,\n" +
		"7,,At least one of email and phoneNumber is required.,\"\"\"Flo,flo@example.com,1006,\",,,,\n"
	if diff := cmp.Diff(wantRejects, rest.String()); diff != "" {
		t.Errorf("rejects of rejects (-want +got):\n%s", diff)
	}
}

// Fails when parts of an object are missing from the rejects.
func TestRejectsOfObjects(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	var rejects bytes.Buffer
	done := run(t, db, `{"email":"ann@example.com","phoneNumber":1.5,"name":"x"}
{"email":"bob","phoneNumber":12}
{"email":"cy@example.com"
{"email":"di@example.com","observedAt":20200102}
{"email":"ed@example.com"}`, func(o *importer.Options) { o.Rejects = &rejects })
	if done.Refused != 4 || done.Counts.Created != 1 {
		t.Errorf("got %+v", done)
	}
	all, err := csv.NewReader(strings.NewReader(rejects.String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i][2] = ""
	}
	want := [][]string{
		{"line", "field", "", "row", "email", "phoneNumber", "observedAt"},
		{"1", "phoneNumber", "", "", "ann@example.com", "1.5", ""},
		{"2", "email", "", "", "bob", "12", ""},
		{"3", "", "", `{"email":"cy@example.com"`, "", "", ""},
		{"4", "observedAt", "", "", "di@example.com", "", "20200102"},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when the oldest time does not determine the primary, including that of stored contacts and
// in any order of rows, or when importing a time again changes something.
func TestOldestTimeIsPrimary(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	run(t, db, "email,phone\nnew@example.com,1001\n")
	const file = "email,phone,at\n" +
		"mid@example.com,1002,2015-06-01T12:00:00+02:00\n" +
		"old@example.com,1003,1262304000\n" +
		"mid@example.com,1001,\n" +
		"old@example.com,1002,2018-01-01\n"
	edit := func(o *importer.Options) { o.Layout.Columns.ObservedAt = "at" }
	run(t, db, file, edit)
	want := []linkertest.Row{
		{ID: 1, Email: "old@example.com", Phone: "1003"},
		{ID: 2, Email: "mid@example.com", Phone: "1002", LinkedID: 1},
		{ID: 3, Email: "new@example.com", Phone: "1001", LinkedID: 1},
	}
	if diff := cmp.Diff(want, rows(t, db)); diff != "" {
		t.Errorf("contacts by age (-want +got):\n%s", diff)
	}
	ages := query(t, db, "SELECT CAST(created_at AS CHAR) FROM contacts WHERE id > 1 ORDER BY id", func(s *string) []any { return []any{s} })
	if diff := cmp.Diff([]string{"2015-06-01 10:00:00.000000", "2010-01-01 00:00:00.000000"}, ages); diff != "" {
		t.Errorf("ages (-want +got):\n%s", diff)
	}
	before := dump(t, db)
	run(t, db, file, edit)
	if diff := cmp.Diff(before, dump(t, db)); diff != "" {
		t.Errorf("imported again (-before +after):\n%s", diff)
	}
}

// Fails when an error or the columns contain a value, or when the normalizer's region is not used.
func TestErrorsAndColumns(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	german, err := identity.NewNormalizer("DE")
	if err != nil {
		t.Fatal(err)
	}
	var columns importer.Columns
	run(t, db, "Mail;Telephone\n;030 901820\n", func(o *importer.Options) {
		o.Normalizer = german
		o.Ready = func(c importer.Columns) { columns = c }
	})
	if diff := cmp.Diff(importer.Columns{Email: "Mail", Phone: "Telephone"}, columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if got := rows(t, db)[0].Phone; got != "+4930901820" {
		t.Errorf("got %s, want +4930901820", got)
	}
	damaged := zip(t, strings.Repeat("email\nsecret@example.com\n", 40_000))
	_, err = try(t.Context(), db, strings.NewReader(damaged[:len(damaged)-20]))
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("damaged input: got %v, want an error without values", err)
	}
}

// Fails when an error of writing rejects is ignored: the operator would think that all rows were
// accepted.
func TestRejectsCannotBeWritten(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t).Pool
	closed, err := os.Create(filepath.Join(t.TempDir(), "rejects.csv"))
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if _, err := try(t.Context(), db, strings.NewReader("email\nx\n"), func(o *importer.Options) { o.Rejects = closed }); err == nil {
		t.Error("no error")
	}
}
