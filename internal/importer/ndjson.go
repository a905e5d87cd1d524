package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"

	"github.com/identikit/identikit/internal/identity"
)

// fieldObservedAt is spelled as in the API.
const fieldObservedAt = "observedAt"

const isDecision = "The line is a decision. Import decisions from a separate file, as written by identikit export " +
	"--decisions."

// ndjsonSource reads a file with one JSON object per line. The objects may have different fields.
type ndjsonSource struct {
	window *window
	named  Columns

	row  row
	text []byte // the last row if it is not an object
}

func newNDJSON(r *bufio.Reader, l Layout) *ndjsonSource {
	return &ndjsonSource{window: &window{r: r, line: 1}, named: l.Columns}
}

// columns returns the usual names for columns that are not set. A row may use others.
func (s *ndjsonSource) columns() Columns {
	c := s.named
	if c.Email == "" {
		c.Email = string(identity.FieldEmail)
	}
	if c.Phone == "" {
		c.Phone = string(identity.FieldPhone)
	}
	if c.ObservedAt == "" {
		c.ObservedAt = fieldObservedAt
	}
	return c
}

func (s *ndjsonSource) header() []string {
	return []string{string(identity.FieldEmail), string(identity.FieldPhone), fieldObservedAt}
}

func (s *ndjsonSource) original() (cells []string, text string) {
	if s.text != nil {
		return nil, string(s.text)
	}
	return []string{s.row.email, s.row.phone, s.row.seenAt}, ""
}

func (s *ndjsonSource) next() (row, error) {
	for {
		s.row, s.text = row{line: s.window.line}, nil
		line, fits, err := s.window.takeLine()
		switch {
		case err != nil:
			return row{}, err
		case !fits:
			s.text = []byte{}
			s.row.refused = &refusal{reason: tooLong}
		case len(bytes.TrimSpace(line)) == 0:
			continue
		default:
			s.parse(line)
		}
		return s.row, nil
	}
}

func (s *ndjsonSource) parse(line []byte) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(line, &members); err != nil || members == nil {
		s.text = line
		s.row.refused = &refusal{reason: `The line is not a JSON object such as {"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}.`}
		return
	}
	if members["decision"] != nil { // linking it would be the opposite of the decision
		s.text = line
		s.row.refused = &refusal{reason: isDecision}
		return
	}
	for _, f := range []struct {
		value             *string
		name, usual, flag string
		looksRight        func(string) bool
		number            bool
	}{
		{&s.row.email, s.named.Email, string(identity.FieldEmail), emailFlag, looksLikeEmail, false},
		{&s.row.phone, s.named.Phone, string(identity.FieldPhone), phoneFlag, looksLikePhone, true},
		{&s.row.seenAt, s.named.ObservedAt, fieldObservedAt, observedAtFlag, looksLikeObservedAt, true},
	} {
		raw, one := pick(members, f.name, f.usual, f.looksRight)
		text, ok := scalar(raw, f.number)
		*f.value = text
		switch {
		case s.row.refused != nil:
		case !one:
			s.row.refused = &refusal{f.usual, "More than one field matches; set one with " + f.flag + "."}
		case !ok && f.number:
			s.row.refused = &refusal{f.usual, "It must be a string, a whole number of digits only, or null."}
		case !ok:
			s.row.refused = &refusal{f.usual, "It must be a string or null."}
		}
	}
}

// pick returns the member with the given name. Without a name, it returns the one with the usual
// name or else the one that looks right, or false if there are several.
func pick(members map[string]json.RawMessage, name, usual string, looksRight func(string) bool) (json.RawMessage, bool) {
	if name != "" {
		return members[name], true
	}
	if raw, ok := members[usual]; ok {
		return raw, true
	}
	var found json.RawMessage
	for name, raw := range members {
		if looksRight(name) && !isNull(raw) {
			if found != nil {
				return nil, false
			}
			found = raw
		}
	}
	return found, true
}

func isNull(raw json.RawMessage) bool { return raw == nil || string(raw) == "null" }

// scalar returns the text of a string, the digits of a number (a float would change long ones), or
// "" for null. For anything else it returns the raw text and false.
func scalar(raw json.RawMessage, number bool) (string, bool) {
	if isNull(raw) {
		return "", true
	}
	if raw[0] == '"' {
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err == nil
	}
	digits := string(raw)
	return digits, number && strings.Trim(digits, "0123456789") == ""
}
