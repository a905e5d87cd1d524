package main

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// contactJSON is a contact in an answer.
type contactJSON struct {
	Primary     uint64   `json:"primaryContactId"`
	Emails      []string `json:"emails"`
	Phones      []string `json:"phoneNumbers"`
	Secondaries []uint64 `json:"secondaryContactIds"`
}

// answerJSON is an answer to identify, an element of one to a batch, or a look-up.
type answerJSON struct {
	Contact contactJSON `json:"contact"`
	Refused []struct {
		Code, Field string
	} `json:"refused"`
	Members []struct {
		ID    uint64
		Email string
		Phone string `json:"phoneNumber"`
	} `json:"members"`
	Problem struct{ Status int } `json:"problem"`
}

// answerOf reads an answer about an island. The error tells what no answer may be.
func (i *island) answerOf(status int, body []byte) (answer, error) {
	a := answer{status: status}
	if status != http.StatusOK {
		return a, nil
	}
	var sent answerJSON
	if err := json.Unmarshal(body, &sent); err != nil {
		return a, err
	}
	if sent.Problem.Status != 0 { // of an element of a batch
		a.status = sent.Problem.Status
		return a, nil
	}
	var err error
	if a.emails, err = i.read(sent.Contact.Emails, &a.values); err != nil {
		return a, err
	}
	if a.phones, err = i.read(sent.Contact.Phones, &a.values); err != nil {
		return a, err
	}
	for _, r := range sent.Refused {
		a.refused = append(a.refused, r.Code+" "+r.Field)
	}
	a.members = map[value]uint64{}
	for _, m := range sent.Members {
		for _, text := range []string{m.Email, m.Phone} {
			if v, ok := i.byText[text]; ok {
				a.members[v] = m.ID
			}
		}
	}
	a.primary, a.ids = sent.Contact.Primary, sent.Contact.Secondaries
	return a, a.checkIDs()
}

// read reads a list of values, and adds them to a set.
func (i *island) read(texts []string, all *set) ([]value, error) {
	var list []value
	for _, text := range texts {
		v, ok := i.byText[text]
		if !ok {
			return nil, fmt.Errorf("the answer has a value of somebody else")
		}
		if all.has(v) {
			return nil, fmt.Errorf("the answer has %v twice", v)
		}
		*all |= setOf(v)
		list = append(list, v)
	}
	return list, nil
}

// checkIDs reports an answer that has a contact twice, or more contacts than values.
func (a *answer) checkIDs() error {
	ids := map[uint64]bool{a.primary: true}
	for _, id := range a.ids {
		if ids[id] {
			return fmt.Errorf("the answer has contact %d twice", id)
		}
		ids[id] = true
	}
	if a.primary == 0 || len(ids) > a.values.size() {
		return fmt.Errorf("the answer has %d contacts for %d values, primary %d", len(ids), a.values.size(), a.primary)
	}
	return nil
}

// lacks returns what an answer must have and does not: the values that were sent, unless they are refused.
func (a *answer) lacks(p pair) set {
	want := p.set()
	for _, r := range a.refused {
		for _, v := range []value{p.email, p.phone} {
			for _, code := range []string{"erased", "blocked", "retracted", "separated", "fuse", "fan_out"} {
				if v != none && r == refusalOf(code, v) {
					want &^= setOf(v)
				}
			}
		}
	}
	return want &^ a.values
}
