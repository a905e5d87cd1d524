package importer

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
)

// seen is the part of a row that tests compare.
type seen struct {
	Line                 int
	Email, Phone, SeenAt string
	Reason               string // a part of it, if refused
}

// rowsOf reads a whole input. It shortens the reason of a refused row to its first words.
func rowsOf(t testing.TB, input io.Reader, l Layout) []seen {
	t.Helper()
	s, err := open(input, l)
	if err != nil {
		t.Fatal(err)
	}
	var all []seen
	for {
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		one := seen{Line: r.line, Email: r.email, Phone: r.phone, SeenAt: r.seenAt}
		if r.refused != nil {
			one = seen{Line: r.line, Reason: r.refused.reason}
		}
		all = append(all, one)
	}
}

func checkRows(t *testing.T, input string, l Layout, want []seen) {
	t.Helper()
	for _, how := range []struct {
		name   string
		reader io.Reader
	}{
		{"at once", strings.NewReader(input)},
		{"byte by byte", iotest.OneByteReader(strings.NewReader(input))},
	} {
		if diff := cmp.Diff(want, rowsOf(t, how.reader, l)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", how.name, diff)
		}
	}
}

const ragged, noObject = "The row has %d columns, but the first line has 2.", `The line is not a JSON object such as {"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}.`

// Fails when a file of a common program is misread, when a line number is wrong, or when a bad row
// affects good ones.
func TestRows(t *testing.T) {
	t.Parallel()
	long, wide := strings.Repeat("x", maxRow+100), strings.Repeat("1", 5000)
	for name, c := range map[string]struct {
		input string
		want  []seen
	}{
		"plain":                  {"email,phone\na@x.com,12\nb@x.com,\n,13\n", []seen{{2, "a@x.com", "12", "", ""}, {3, "b@x.com", "", "", ""}, {4, "", "13", "", ""}}},
		"no newline at the end":  {"email,phone\na@x.com,12", []seen{{2, "a@x.com", "12", "", ""}}},
		"CRLF":                   {"email,phone\r\na@x.com,12\r\n\r\nb@x.com,13\r\n", []seen{{2, "a@x.com", "12", "", ""}, {4, "b@x.com", "13", "", ""}}},
		"blank lines":            {"\n\nemail,phone\n\n  \na@x.com,12\n\n", []seen{{6, "a@x.com", "12", "", ""}}},
		"other columns":          {"id,Phone,name,E-Mail\n1,12,A,a@x.com\n", []seen{{2, "a@x.com", "12", "", ""}}},
		"one column":             {"E Mail\na@x.com\n", []seen{{2, "a@x.com", "", "", ""}}},
		"semicolons":             {"email;phone\na@x.com;1,2\n", []seen{{2, "a@x.com", "1,2", "", ""}}},
		"tabs":                   {"email\tphone\na@x.com\t\n\t12\n", []seen{{2, "a@x.com", "", "", ""}, {3, "", "12", "", ""}}},
		"bars":                   {"email|phone\na@x.com|12\n", []seen{{2, "a@x.com", "12", "", ""}}},
		"time":                   {"email,observedAt\na@x.com,2020-01-02\n", []seen{{2, "a@x.com", "", "2020-01-02", ""}}},
		"time, other spelling":   {"email,observed_at\na@x.com,5\n", []seen{{2, "a@x.com", "", "5", ""}}},
		"time, not that":         {"email,created_at\na@x.com,5\n", []seen{{2, "a@x.com", "", "", ""}}},
		"quotes":                 {"\"email\",\"phone\"\n\"a@x.com\",\"1\"\"2\"\n\"\",\"\"\n", []seen{{2, "a@x.com", `1"2`, "", ""}, {3, "", "", "", ""}}},
		"quoted line endings":    {"email,note,phone\r\na@x.com,\"1\r\n2,\n\",12\r\nb@x.com,,13\r\n", []seen{{2, "a@x.com", "12", "", ""}, {5, "b@x.com", "13", "", ""}}},
		"blanks around quotes":   {"email, phone\n \"a@x.com\" , \"12\"  \r\n", []seen{{2, "a@x.com", "12", "", ""}}},
		"quote within":           {"email,phone\na\"b\"@x.com,1\"2\n", []seen{{2, `a"b"@x.com`, `1"2`, "", ""}}},
		"text after a quote":     {"email,phone\n\"a@x.com\"x,12\nb@x.com,13\n", []seen{{2, "", "", "", textAfter}, {3, "b@x.com", "13", "", ""}}},
		"unclosed quote":         {"email,phone\n\"a@x.com,12\nb@x.com,13\nc@x.com,14", []seen{{2, "", "", "", unclosedQuote}, {3, "b@x.com", "13", "", ""}, {4, "c@x.com", "14", "", ""}}},
		"unclosed, then a quote": {"email,phone\n\"a@x.com,12\nb@x.com,13\n\"c@x.com\",14\n", []seen{{2, "", "", "", textAfter}, {3, "b@x.com", "13", "", ""}, {4, "c@x.com", "14", "", ""}}},
		"ragged":                 {"email,phone\na@x.com\nb@x.com,1,2\nc@x.com,13\n", []seen{{2, "", "", "", strings.Replace(ragged, "%d", "1", 1)}, {3, "", "", "", strings.Replace(ragged, "%d", "3", 1)}, {4, "c@x.com", "13", "", ""}}},
		"nothing but a header":   {"email,phone\n", nil},

		"too long":                 {"email,phone\n" + long + ",12\nb@x.com,13\n", []seen{{2, "", "", "", tooLong}, {3, "b@x.com", "13", "", ""}}},
		"too long at the end":      {"email,phone\na@x.com,12\n" + long, []seen{{2, "a@x.com", "12", "", ""}, {3, "", "", "", tooLong}}},
		"too long and quoted":      {"email,phone\n\"" + long + long + "\",12\nb@x.com,13\n", []seen{{2, "", "", "", tooLong}, {3, "b@x.com", "13", "", ""}}},
		"unclosed, and much after": {"email,phone\n\"a@x.com,12\n" + strings.Repeat("b@x.com,"+wide+"\n", maxRow/len(wide)+1), append([]seen{{2, "", "", "", unclosedQuote}}, repeated(seen{3, "b@x.com", wide, "", ""}, maxRow/len(wide)+1)...)},

		"NDJSON":           {"{\"email\":\"a@x.com\",\"phoneNumber\":\"12\"}\n\n {\"phoneNumber\":12345678901234567890,\"email\":null}\r\n{}", []seen{{1, "a@x.com", "12", "", ""}, {3, "", "12345678901234567890", "", ""}, {4, "", "", "", ""}}},
		"NDJSON, guessed":  {`{"E-Mail":"a@x.com","mobile":12,"observedAt":1700000000,"name":{"email":"b@x.com"}}`, []seen{{1, "a@x.com", "12", "1700000000", ""}}},
		"NDJSON, two fit":  {`{"phone":"1","mobile":"2"}` + "\n" + `{"phone":"1","mobile":null}` + "\n" + `{"phone":"1","mobile":"2","phoneNumber":"3"}`, []seen{{1, "", "", "", "More than one field matches; set one with --phone-column."}, {2, "", "1", "", ""}, {3, "", "3", "", ""}}},
		"NDJSON, types":    {"{\"email\":1}\n{\"phoneNumber\":1.5}\n{\"phoneNumber\":-1}\n{\"phoneNumber\":[1]}\n{\"phoneNumber\":\"1\"}", []seen{{1, "", "", "", "It must be a string or null."}, {2, "", "", "", "It must be a string, a whole number of digits only, or null."}, {3, "", "", "", "It must be a string, a whole number of digits only, or null."}, {4, "", "", "", "It must be a string, a whole number of digits only, or null."}, {5, "", "1", "", ""}}},
		"NDJSON, no JSON":  {"{\"email\":\"a@x.com\"}\n{\"email\nnull\n[]\n{\"email\":\"b@x.com\"}", []seen{{1, "a@x.com", "", "", ""}, {2, "", "", "", noObject}, {3, "", "", "", noObject}, {4, "", "", "", noObject}, {5, "b@x.com", "", "", ""}}},
		"NDJSON, too long": {"{}\n{\"email\":\"" + long + "\"}\n{\"email\":\"b@x.com\"}", []seen{{1, "", "", "", ""}, {2, "", "", "", tooLong}, {3, "b@x.com", "", "", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRows(t, c.input, Layout{}, c.want)
		})
	}
}

// repeated returns n rows like first, one per line.
func repeated(first seen, n int) []seen {
	all := make([]seen, n)
	for i := range all {
		all[i] = first
		all[i].Line += i
	}
	return all
}

// Fails when a form of file is not recognized.
func TestForms(t *testing.T) {
	t.Parallel()
	const plain = "email,phone\na@x.com,12\n"
	var zipped, twice bytes.Buffer
	z := gzip.NewWriter(&zipped)
	fmt.Fprint(z, "\ufeff"+plain)
	z.Close()
	for _, part := range []string{plain[:15], plain[15:]} { // as cat a.gz b.gz produces
		z.Reset(&twice)
		fmt.Fprint(z, part)
		z.Close()
	}
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(plain)) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	for name, input := range map[string]string{
		"plain":       plain,
		"marked":      "\ufeff" + plain,
		"gzip":        zipped.String(),
		"gzip, parts": twice.String(),
		"UTF-16":      string(wide),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkRows(t, input, Layout{}, []seen{{2, "a@x.com", "12", "", ""}})
		})
	}
	marked := "\ufeff" + `{"email":"a@x.com"}`
	checkRows(t, marked, Layout{}, []seen{{1, "a@x.com", "", "", ""}})
	checkRows(t, marked, Layout{Format: NDJSON}, []seen{{1, "a@x.com", "", "", ""}})
	checkRows(t, `{"email;to`+"\n1;2", Layout{Format: CSV, Columns: Columns{Email: "to"}}, []seen{{2, "2", "", "", ""}})
}
