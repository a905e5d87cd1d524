package importer

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Fails when the header of a common program is not recognized, or when an ambiguous one is guessed.
func TestColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		header string
		named  Columns
		want   Columns
	}{
		{"email,phoneNumber", Columns{}, Columns{Email: "email", Phone: "phoneNumber"}},
		{"contactId,primaryContactId,linkPrecedence,email,phoneNumber,observedAt", Columns{}, Columns{"email", "phoneNumber", "observedAt"}},
		{"id,email,phone_number,linked_id,link_precedence,created_at", Columns{}, Columns{Email: "email", Phone: "phone_number"}},
		{"Customer;E-Mail Address;Mobile Phone", Columns{}, Columns{Email: "E-Mail Address", Phone: "Mobile Phone"}},
		{"MAIL\tTELEPHONE\tobserved_at", Columns{}, Columns{"MAIL", "TELEPHONE", "observed_at"}},
		{"tel|name", Columns{}, Columns{Phone: "tel"}},
		{"email verified,email,phone type,phone", Columns{}, Columns{Email: "email", Phone: "phone"}},
		{"phone,mobile", Columns{Phone: "mobile"}, Columns{Phone: "mobile"}},
		{"a,b,c", Columns{"b", "a", "c"}, Columns{"b", "a", "c"}},
		{"a,b,observedAt,seen", Columns{Email: "a", ObservedAt: "seen"}, Columns{Email: "a", ObservedAt: "seen"}},
	} {
		s, err := open(strings.NewReader(c.header+"\n"), Layout{Columns: c.named})
		if err != nil {
			t.Errorf("%s: %v", c.header, err)
			continue
		}
		if diff := cmp.Diff(c.want, s.columns()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.header, diff)
		}
	}
}

// Fails when input is imported as something that it is not, when the error does not say what to do,
// or when it contains values.
func TestInputErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		input  string
		layout Layout
		want   string
	}{
		"empty":           {"", Layout{}, "the input is empty"},
		"blank":           {" \n\r\n\n", Layout{}, "the input is empty"},
		"no such columns": {"id,name\n", Layout{}, `--email-column and --phone-column; the columns are: "id", "name"`},
		"two e-mails":     {"email,E-Mail\n", Layout{}, `columns "email" and "E-Mail" both match; set one with --email-column`},
		"two phones":      {"phone,email,mobile\n", Layout{}, `columns "phone" and "mobile" both match; set one with --phone-column`},
		"named wrongly":   {"email,phone\n", Layout{Columns: Columns{Email: "mail"}}, `no column "mail" for --email-column; the columns are: "email", "phone"`},
		"a wrong time":    {"email,phone\n", Layout{Columns: Columns{ObservedAt: "at"}}, `no column "at" for --observed-at-column`},
		"named, twice":    {"a,a\n", Layout{Columns: Columns{Email: "a"}}, `columns "a" and "a" both match`},
		"another":         {"email;phone\n", Layout{Delimiter: ','}, `the columns are: "email;phone"`},
		"no header":       {"secret@example.com,1234567\n", Layout{}, "the first line has values"},
		"no header, one":  {"+49 30 1234567\n", Layout{}, "the first line has values"},
		"broken header":   {"\"email,phone\na@x.com,12\n", Layout{}, "A quote is opened but not closed."},
		"a long header":   {strings.Repeat("x", 2*maxRow), Layout{}, "The row is longer than 1 MiB."},
		"Latin-1":         {"t\xe9l\xe9phone,E-M\xe4il\n", Layout{}, "not UTF-8 text"},
		"a JSON array":    {`[{"email":"secret@example.com"}]`, Layout{}, "jq -c '.[]'"},
		"an archive":      {"PK\x03\x04", Layout{}, "zip archive or a spreadsheet"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(strings.NewReader(c.input), c.layout)
			if _, ok := errors.AsType[InputError](err); !ok || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an InputError with %q", err, c.want)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "1234567")) {
				t.Errorf("it contains a value: %v", err)
			}
			if err != nil && len(err.Error()) > 300 {
				t.Errorf("it is too long: %d bytes", len(err.Error()))
			}
		})
	}
}

// Fails when a file is read in another format than its name shows.
func TestFormatOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Format{
		"a.csv": CSV, "A.CSV.GZ": CSV, "a.tsv": CSV, "a.ndjson": NDJSON, "a.jsonl.gz": NDJSON, "a.txt": "", "-": "", "csv": "", "a.json": "",
	} {
		if got := FormatOf(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// Fails when a time is misread, which would make the wrong contact the oldest.
func TestParseTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2023, 11, 14, 22, 13, 20, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                              {},
		"  ":                            {},
		"2023-11-14T22:13:20Z":          at,
		"2023-11-14T23:13:20+01:00":     at,
		"2023-11-14T22:13:20":           at,
		"2023-11-14 22:13:20":           at,
		" 2023-11-14 22:13:20 UTC ":     at,
		"2023-11-14 23:13:20+01":        at,
		"2023-11-14 23:13:20+01:00":     at,
		"2023-11-14 23:13:20 +0100":     at,
		"2023-11-14 22:13:20.000001":    at.Add(time.Microsecond),
		"2023-11-14T22:13:20.0000019Z":  at.Add(time.Microsecond),
		"2023-11-14":                    at.Truncate(24 * time.Hour),
		"1700000000":                    at,
		"1700000000001":                 at.Add(time.Millisecond),
		"1000-01-01":                    time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC),
		"9999-12-31T23:59:59.99999999Z": time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
	} {
		if got, ok := parseTime(text); !ok || got != want {
			t.Errorf("%q: got %v %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "0999-12-31", "9999-12-31T23:59:59-01:00", "10000-01-01", "2023-02-30",
		"14.11.2023", "11/14/2023", "20231114", "20231114221320", "45244", "0", "-1700000000", "+170000000", "1.7e9", "1700000000.5", "yesterday",
	} {
		if got, ok := parseTime(text); ok {
			t.Errorf("%q: got %v, want it refused", text, got)
		}
	}
}
