package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

// send sends an operation to a process and records it.
func (c *client) send(ctx context.Context, p *process, i *island, o *operation) {
	method, path, body := i.request(o)
	r := c.do(ctx, p, string(o.kind), method, path, body)
	o.take(r)
	if o.kind == identify || o.kind == lookUp {
		a, err := i.answerOf(r.status, r.body)
		o.answers = []answer{a}
		c.judge(o, err)
	}
	i.add(o)
}

// sendAll sends one batch of observations of several islands, and records an operation for each island.
func (c *client) sendAll(ctx context.Context, p *process, parts []part) []*operation {
	var body []map[string]string
	for _, s := range parts {
		body = append(body, s.island.body(s.seen))
	}
	r := c.do(ctx, p, "batch", http.MethodPost, "/identify/batch", body)
	var elements []json.RawMessage
	if r.status == http.StatusOK {
		if err := json.Unmarshal(r.body, &elements); err != nil || len(elements) != len(parts) {
			c.breach("#%d a batch of %d has %d answers", r.number, len(parts), len(elements))
			return nil
		}
	}
	of := map[*island]*operation{}
	var all []*operation
	for n, s := range parts {
		o := of[s.island]
		if o == nil {
			o = &operation{kind: identify}
			o.take(r)
			of[s.island], all = o, append(all, o)
		}
		o.links = append(o.links, s.seen)
		if r.status == http.StatusOK {
			a, err := s.island.answerOf(r.status, elements[n])
			o.answers = append(o.answers, a)
			c.judge(o, err)
		}
	}
	for i, o := range of {
		i.add(o)
	}
	return all
}

// part is an element of a batch.
type part struct {
	island *island
	seen   pair
}

func (o *operation) take(r reply) {
	o.number, o.process, o.status, o.start, o.end = r.number, r.process, r.status, r.start, r.end
}

// judge records what no answer may be, whatever else happens.
func (c *client) judge(o *operation, err error) {
	if err != nil {
		c.breach("%v: %v", o, err)
		return
	}
	n := len(o.answers) - 1
	a := &o.answers[n]
	if o.kind == identify && a.status == http.StatusOK {
		if lost := a.lacks(o.links[n]); lost != 0 {
			c.breach("the answer lacks %v: %v", lost, o)
		}
	}
}

func (c *client) breach(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.breaches = append(c.breaches, fmt.Sprintf(format, args...))
}

// request returns the request for an operation.
func (i *island) request(o *operation) (method, path string, body any) {
	switch o.kind {
	case identify:
		return http.MethodPost, "/identify", i.body(o.links[0])
	case lookUp:
		return http.MethodGet, "/contacts?" + i.query(o.value), nil
	case retract:
		return http.MethodPost, fmt.Sprintf("/observations/%d/retract", o.id), map[string]string{"reason": "chaos"}
	case restore:
		return http.MethodPost, fmt.Sprintf("/observations/%d/restore", o.id), nil
	case accept, dismiss:
		return http.MethodPost, fmt.Sprintf("/refusals/%d/%s", o.id, o.kind), nil
	case separate:
		return http.MethodPut, "/separations", map[string]uint64{"contactId": o.id, "otherContactId": o.other}
	case unseparate:
		return http.MethodDelete, fmt.Sprintf("/separations?contactId=%d&otherContactId=%d", o.id, o.other), nil
	case block:
		return http.MethodPost, "/blocked", i.kindAndValue(o.value)
	case unblock:
		return http.MethodDelete, "/blocked", i.kindAndValue(o.value)
	case erase, suppress:
		erasure := map[string]any{"suppress": o.kind == suppress}
		for field, text := range i.body(pairOf(o.value)) {
			erasure[field] = text
		}
		return http.MethodPost, "/erasures", erasure
	case remove:
		return http.MethodDelete, fmt.Sprintf("/contacts/%d", o.id), nil
	default: // not a request
	}
	return "", "", nil
}

// pairOf is an observation of one value.
func pairOf(v value) pair {
	if v.isEmail() {
		return pair{v, none}
	}
	return pair{none, v}
}

func (i *island) query(v value) string {
	query := url.Values{}
	for field, text := range i.body(pairOf(v)) {
		query.Set(field, text)
	}
	return query.Encode()
}

func (i *island) kindAndValue(v value) map[string]string {
	for field, text := range i.body(pairOf(v)) {
		return map[string]string{"kind": field, "value": text}
	}
	return nil
}
