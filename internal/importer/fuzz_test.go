package importer

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/identity"
)

// FuzzCSV finds text that is never read to its end, text that is read differently when it arrives
// in small parts, and text that encoding/csv reads differently.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{
		"", "a,b\n", "\"a\",\"b\"\r\n", "\"a\"\"b\",c\n\n,\n", "\"a\nb\",c", "\"a,b\nc,d\n", "\"a\"b,c\nd,e\n", " \"a\" ,b\r\n", "a\"b,c\n", "\r\n\r", "\",\"\"\n\"",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "\x00") {
			return // used to separate cells below
		}
		whole := cells(t, "email,b\n"+text, func(r io.Reader) io.Reader { return r })
		if parts := cells(t, "email,b\n"+text, iotest.OneByteReader); !cmp.Equal(whole, parts) {
			t.Fatalf("in small parts (-whole +parts):\n%s", cmp.Diff(whole, parts))
		}
		if strings.Contains(text, `" `) || strings.Contains(text, ` "`) {
			return // encoding/csv does not accept blanks around quotes
		}
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		if err != nil {
			return
		}
		if diff := cmp.Diff(common(want), common(whole)); diff != "" {
			t.Fatalf("%q (-encoding/csv +importer):\n%s", text, diff)
		}
	})
}

// common removes the differences between the two parsers: encoding/csv returns a row for a line of
// blanks and turns CRLF in a cell into LF.
func common(rows [][]string) []string {
	var all []string
	for _, r := range rows {
		if text := strings.Join(r, "|"); strings.TrimSpace(text) != "" {
			all = append(all, strings.ReplaceAll(text, "\r\n", "\n"))
		}
	}
	return all
}

// cells returns the cells of all rows after the header that can be parsed.
func cells(t *testing.T, text string, arriving func(io.Reader) io.Reader) [][]string {
	r, err := openText(arriving(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := newCSV(r, Layout{Delimiter: ','})
	if err != nil {
		t.Fatal(err)
	}
	var all [][]string
	line := 1
	for {
		r, err := s.next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil || r.line <= line || r.line > strings.Count(text, "\n")+1 {
			t.Fatalf("line %d after %d, %v", r.line, line, err)
		}
		line = r.line
		if s.cut.wrong == "" {
			all = append(all, strings.Split(string(bytes.Join(s.cut.cells, []byte{0})), "\x00"))
		}
	}
}

// FuzzNDJSON finds text that is never read to its end, a decision that is read as an observation,
// and a decision that is applied although a part is missing.
func FuzzNDJSON(f *testing.F) {
	for _, text := range []string{
		`{}`, `{"email":"a@b","phoneNumber":12}`, "{\n}", `{"phone":{}}`, `{"phone":"\ud800"}`, `{"email":null}`, "null\n[]\n1",
		`{"decision":"retraction","email":"a@b","phoneNumber":"12"}`, `{"decision":"separation","contacts":[{},{"email":"a@b"}]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, first := range []string{"{}\n", `{"decisions":"identikit","version":1}` + "\n"} {
			s, err := open(strings.NewReader(first+text), Layout{})
			if err != nil {
				t.Fatal(err)
			}
			_, decisions := s.(*decisionSource)
			for line := 0; ; {
				r, err := s.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil || r.line <= line {
					t.Fatalf("line %d after %d, %v", r.line, line, err)
				}
				line = r.line
				switch {
				case decisions != (r.decision != nil) && r.refused == nil:
					t.Fatalf("line %d is of the wrong kind", line)
				case decisions && r.refused == nil && r.decision.normalize(&identity.Normalizer{}) == nil:
					checkDecision(t, r.decision)
				}
			}
		}
	})
}

func checkDecision(t *testing.T, d *decision) {
	t.Helper()
	want := 1
	if d.Decision == "separation" {
		want = 2
	}
	if len(d.values) != want {
		t.Fatalf("%s of %d contacts", d.Decision, len(d.values))
	}
	for _, o := range d.values {
		if d.withholds() == single(o) {
			t.Fatalf("%s of %+v", d.Decision, o)
		}
	}
}
