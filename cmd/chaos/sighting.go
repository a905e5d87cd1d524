package main

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// sighting is a value in a contact, as a look-up showed it.
type sighting struct {
	value   value
	contact uint64
	partner value // the other value of the contact, or none
	at      span
	by      *operation // nil for the tables
}

// checkIDs finds values that moved to another contact although nothing can have moved them: an e-mail address
// keeps its contact until it is erased. A phone number does, too, but for a contact that it shares with an
// e-mail address: a retraction of the two, or a block of one of them, divides that.
func checkIDs(i *island, t *tables) []string {
	seen := sightings(i, t)
	var findings []string
	for n, a := range seen {
		for _, b := range seen[n+1:] {
			if a.value == b.value && a.contact != b.contact && a.at.end < b.at.start && !i.mayMove(a, b) {
				findings = append(findings, fmt.Sprintf("%v of island %d moved from contact %d to %d: %v; %v",
					a.value, i.number, a.contact, b.contact, a.by, b.by))
			}
		}
	}
	return findings
}

// sightings are sorted by their time.
func sightings(i *island, t *tables) []sighting {
	var seen []sighting
	add := func(members map[value]uint64, at span, by *operation) {
		for v, id := range members {
			s := sighting{value: v, contact: id, partner: none, at: at, by: by}
			for other, holder := range members {
				if holder == id && other != v {
					s.partner = other
				}
			}
			seen = append(seen, s)
		}
	}
	for _, o := range i.operations {
		if o.kind == lookUp && o.status == http.StatusOK && len(o.answers) > 0 {
			add(o.answers[0].members, span{o.start, o.end}, o)
		}
	}
	stored := map[value]uint64{}
	for text, v := range i.byText {
		if r := t.byText[text]; r != nil {
			stored[v] = r.id
		}
	}
	add(stored, span{never, never}, nil)
	slices.SortFunc(seen, func(a, b sighting) int { return cmp.Compare(a.at.start, b.at.start) })
	return seen
}

// mayMove reports whether something can have moved a value between two sightings.
func (i *island) mayMove(a, b sighting) bool {
	both := setOf(a.value, a.partner)
	for _, o := range i.operations {
		if o.start > b.at.end || o.latest() < a.at.start {
			continue
		}
		divides := !a.value.isEmail() && a.partner != none
		switch o.kind {
		case remove:
			return true
		case erase, suppress:
			if o.value == a.value {
				return true
			}
		case block:
			if divides && both.has(o.value) {
				return true
			}
		case retract:
			if divides && o.pair.set() == both {
				return true
			}
		default:
		}
	}
	return false
}

// checkRendering compares each answer of a lake with the contacts of its values, which never change there:
// the oldest is the primary, and the others follow by age.
func checkRendering(i *island, t *tables) []string {
	var findings []string
	for _, o := range i.operations {
		for n := range o.answers {
			if a := &o.answers[n]; a.status == http.StatusOK && !t.renders(i, a) {
				findings = append(findings, fmt.Sprintf("island %d: ids or order are not those of the tables: %v", i.number, o))
			}
		}
	}
	return findings
}

// renders reports whether the contacts of an answer's values are those of the tables, in their order.
func (t *tables) renders(i *island, a *answer) bool {
	var rows []*row
	for _, v := range a.values.values() {
		r := t.byText[i.text(v)]
		if r == nil {
			return true // it is missing, and reported as that
		}
		if !slices.Contains(rows, r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(x, y *row) int {
		if x.older(y) {
			return -1
		}
		return 1
	})
	var ids []uint64
	var emails, phones []value
	for _, r := range rows {
		ids = append(ids, r.id)
		if v, ok := i.byText[r.email]; ok && a.values.has(v) {
			emails = append(emails, v)
		}
		if v, ok := i.byText[r.phone]; ok && a.values.has(v) {
			phones = append(phones, v)
		}
	}
	return slices.Equal(ids, append([]uint64{a.primary}, a.ids...)) && slices.Equal(emails, a.emails) && slices.Equal(phones, a.phones)
}
