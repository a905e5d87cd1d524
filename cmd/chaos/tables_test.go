package main

import (
	"strings"
	"testing"
)

// newTables indexes rows.
func newTables(observations []observed, rows ...row) *tables {
	t := &tables{contacts: rows, observations: observations, byID: map[uint64]*row{}, byText: map[string]*row{}}
	for n := range rows {
		r := &rows[n]
		t.byID[r.id], t.byText[r.email], t.byText[r.phone] = r, r, r
	}
	return t
}

// Fails when rows that no sequence of operations can leave are not found.
func TestTables(t *testing.T) {
	t.Parallel()
	joined := []observed{{id: 1, email: 1, phone: 2}}
	withheld := []observed{{id: 1, email: 1, phone: 2, withheld: "retracted"}}
	for name, c := range map[string]struct {
		observations []observed
		rows         []row
		want         string // part of the finding; "" for none
	}{
		"a cluster":       {joined, []row{{id: 1, email: "a", created: "1"}, {id: 2, phone: "5", created: "2", linked: 1}}, ""},
		"two clusters":    {withheld, []row{{id: 1, email: "a", created: "1"}, {id: 2, phone: "5", created: "2"}}, ""},
		"a tombstone":     {nil, []row{{id: 1, erased: true}}, ""},
		"a value twice":   {nil, []row{{id: 1, email: "a"}, {id: 2, email: "a"}}, "same value"},
		"two primaries":   {joined, []row{{id: 1, email: "a", created: "1"}, {id: 2, phone: "5", created: "2"}}, "connect contacts of"},
		"no evidence":     {withheld, []row{{id: 1, email: "a", created: "1"}, {id: 2, phone: "5", created: "2", linked: 1}}, "no observation connects"},
		"a young primary": {joined, []row{{id: 1, email: "a", created: "2"}, {id: 2, phone: "5", created: "1", linked: 1}}, "younger"},
		"a secondary under a secondary": {
			[]observed{{email: 1, phone: 2}, {email: 3, phone: 2}},
			[]row{{id: 1, email: "a", created: "1"}, {id: 2, phone: "5", created: "2", linked: 1}, {id: 3, email: "b", created: "3", linked: 2}}, "no primary",
		},
		"an erased contact with a value": {nil, []row{{id: 1, email: "a", erased: true}}, "was erased"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.Join(newTables(c.observations, c.rows...).check(), "; ")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Fails when a feed with a gap, without an event, or with another one than before is not found.
func TestFollower(t *testing.T) {
	t.Parallel()
	good := []event{{Cursor: 1, Kind: "created", ContactID: 1, PrimaryID: 1}, {Cursor: 2, Kind: "linked", ContactID: 2, PrimaryID: 1}}
	stored := newTables(nil, row{id: 1, email: "a"}, row{id: 2, phone: "5", linked: 1})
	for name, c := range map[string]struct {
		events, again []event
		want          string
	}{
		"complete":         {good, good, ""},
		"without an event": {good[:1], good[:1], "the primary of contact 2"},
		"with a gap":       {[]event{good[0], {Cursor: 3, Kind: "linked", ContactID: 2, PrimaryID: 1}}, nil, "event 3 after 1"},
		"one event twice":  {[]event{good[0], good[0], good[1]}, nil, "event 1 after 1"},
		"another event":    {good, []event{good[0], {Cursor: 2, Kind: "created", ContactID: 2, PrimaryID: 2}}, "when it was read again"},
		"one contact more": {append([]event{{Cursor: 1, Kind: "created", ContactID: 9, PrimaryID: 9}}, event{2, "created", 1, 1, 0}, event{3, "linked", 2, 1, 0}), nil, "knows 3 contacts"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, again := newFollower(), newFollower()
			for _, e := range c.events {
				f.apply(e)
			}
			for _, e := range c.again {
				again.apply(e)
			}
			if c.again == nil {
				again = f
			}
			got := strings.Join(f.check(stored, again), "; ")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Fails when an answer that is wrong by itself is not found.
func TestAnswers(t *testing.T) {
	t.Parallel()
	i := &island{byText: map[string]value{"a": e0, "b": e1, "5": p0}}
	for name, c := range map[string]struct {
		body string
		want string
	}{
		"good":                  {`{"contact":{"primaryContactId":1,"emails":["a"],"phoneNumbers":["5"],"secondaryContactIds":[2]}}`, ""},
		"a value twice":         {`{"contact":{"primaryContactId":1,"emails":["a","a"],"phoneNumbers":["5"]}}`, "twice"},
		"a foreign value":       {`{"contact":{"primaryContactId":1,"emails":["z"],"phoneNumbers":["5"]}}`, "somebody else"},
		"a contact twice":       {`{"contact":{"primaryContactId":1,"emails":["a"],"phoneNumbers":["5"],"secondaryContactIds":[1]}}`, "contact 1 twice"},
		"too many contacts":     {`{"contact":{"primaryContactId":1,"emails":["a"],"phoneNumbers":[],"secondaryContactIds":[2]}}`, "2 contacts for 1 values"},
		"without a primary":     {`{"contact":{"emails":["a"],"phoneNumbers":[]}}`, "primary 0"},
		"without what was sent": {`{"contact":{"primaryContactId":1,"emails":["b"],"phoneNumbers":[]}}`, "lacks"},
		"it was refused": {
			`{"contact":{"primaryContactId":1,"emails":["a"],"phoneNumbers":[]},"refused":[{"code":"retracted","field":"phoneNumber"}]}`, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c2 := &client{}
			a, err := i.answerOf(200, []byte(c.body))
			c2.judge(&operation{kind: identify, links: []pair{{e0, p0}}, answers: []answer{a}}, err)
			got := strings.Join(c2.breaches, "; ")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
