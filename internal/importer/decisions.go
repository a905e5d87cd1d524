package importer

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
)

// decision is one line of a file of decisions.
type decision struct {
	Decision    string
	Contacts    []holder // the two contacts of a separation
	Email       string   // of all other decisions
	PhoneNumber string
	Code        identity.Reason
	Refusal     correction.RefusalState
	Reason      string
	FirstSeenAt time.Time

	values []identity.Observation // normalized, from Contacts or from Email and PhoneNumber
}

// holder is a contact, given by a value that it holds.
type holder struct{ Email, PhoneNumber string }

// maxReason is the longest reason that the database stores, in characters.
const maxReason = 500

// decisionsVersion is the version in snapshot.DecisionsHeader.
const decisionsVersion = 1

// header is the first line of a file of decisions.
type header struct {
	Decisions string
	Version   int
}

// decisionSource reads a file with one decision per line.
type decisionSource struct {
	window *window
	line   []byte // the text of the last row
}

// openDecisions returns nil if the input is not a file of decisions. It recognizes one by its first
// line: the header or, if that was removed, a decision.
func openDecisions(r *bufio.Reader) (*decisionSource, error) {
	s := &decisionSource{window: &window{r: r, line: 1}}
	line, err := s.window.peekLine()
	if err != nil {
		return nil, err
	}
	var first struct {
		header
		Decision json.RawMessage
	}
	if err := json.Unmarshal(line, &first); err != nil || first.Decisions == "" && first.Decision == nil {
		return nil, nil //nolint:nilerr,nilnil // not decisions, even if the line is malformed
	}
	if first.Decisions != "" && first.Version != decisionsVersion {
		return nil, InputError(fmt.Sprintf("the decisions have format version %d, but this program reads version %d",
			first.Version, decisionsVersion))
	}
	return s, nil
}

func (s *decisionSource) columns() Columns { return Columns{} }

func (s *decisionSource) header() []string { return nil }

func (s *decisionSource) original() (cells []string, text string) { return nil, string(s.line) }

func (s *decisionSource) next() (row, error) {
	for {
		next := row{line: s.window.line}
		line, fits, err := s.window.takeLine()
		s.line = line
		switch {
		case err != nil:
			return row{}, err
		case !fits:
			next.refused = &refusal{reason: tooLong}
			return next, nil
		case len(bytes.TrimSpace(line)) == 0 || isHeader(line):
			continue
		}
		next.decision = &decision{}
		if err := json.Unmarshal(line, next.decision); err != nil {
			next.decision, next.refused = nil, &refusal{reason: wantDecision}
		}
		return next, nil
	}
}

func isHeader(line []byte) bool {
	var h header
	return json.Unmarshal(line, &h) == nil && h.Decisions != ""
}

const (
	wantDecision = "The line must be a decision as written by identikit export --decisions; its decision must be " +
		"retraction, dismissal, refusal, block or separation."
	wantPair     = "This decision needs an email and a phoneNumber."
	wantValue    = "A block needs either an email or a phoneNumber."
	wantContacts = "A separation needs two contacts, each with either an email or a phoneNumber."
	wantCode     = "code must be retracted, separated, blocked, fan_out or fuse."
	wantReason   = "reason must have at most 500 characters."
	wantRefusal  = "refusal must be open, accepted, dismissed or absent."
)

// normalize checks the decision and normalizes its values.
func (d *decision) normalize(n *identity.Normalizer) *refusal {
	if utf8.RuneCountInString(d.Reason) > maxReason {
		return &refusal{"reason", wantReason}
	}
	holders := d.Contacts
	if d.Decision != "separation" {
		holders = []holder{{d.Email, d.PhoneNumber}}
	}
	for _, h := range holders {
		o, err := n.Observation(h.Email, h.PhoneNumber)
		if err != nil {
			return refusalOf(err)
		}
		d.values = append(d.values, o)
	}
	switch d.Decision {
	case "separation":
		if len(d.values) != 2 || !single(d.values[0]) || !single(d.values[1]) {
			return &refusal{"contacts", wantContacts}
		}
		return nil
	case "block":
		if !single(d.values[0]) {
			return &refusal{reason: wantValue}
		}
		return nil
	}
	return d.normalizePair()
}

func single(o identity.Observation) bool { return (o.Email == "") != (o.Phone == "") }

// normalizePair checks a decision about an observation that does not link.
func (d *decision) normalizePair() *refusal {
	switch d.Decision {
	case "retraction":
		d.Code = identity.ReasonRetracted
	case "dismissal":
		d.Refusal = correction.Dismissed
	case "refusal":
	default:
		return &refusal{"decision", wantDecision}
	}
	switch d.Code {
	case identity.ReasonRetracted, identity.ReasonSeparated, identity.ReasonBlocked, identity.ReasonFanOut, identity.ReasonFuse:
	default:
		return &refusal{"code", wantCode}
	}
	switch d.Refusal {
	case correction.NotQueued, correction.Open, correction.Accepted, correction.Dismissed:
	default:
		return &refusal{"refusal", wantRefusal}
	}
	o := &d.values[0]
	if o.Email == "" || o.Phone == "" {
		return &refusal{reason: wantPair}
	}
	if at := d.FirstSeenAt; !at.IsZero() && (at.UTC().Year() < 1000 || at.UTC().Year() > 9999) {
		return &refusal{"firstSeenAt", wantTime}
	}
	o.SeenAt = d.FirstSeenAt.UTC()
	return nil
}
