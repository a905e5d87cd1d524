package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// documented lists the statuses that an operation may be answered with, by method and path, with {id} in the
// place of an id.
type documented map[string][]int

// readDocumented asks a process for what it documents.
func readDocumented(ctx context.Context, c *client, p *process) (documented, error) {
	r := c.do(ctx, p, "openapi", http.MethodGet, "/openapi.json", nil)
	var api struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(r.body, &api); err != nil {
		return nil, err
	}
	d := documented{}
	for path, operations := range api.Paths {
		for method, o := range operations {
			key := strings.ToUpper(method) + " " + path
			for text := range o.Responses {
				if status, err := strconv.Atoi(text); err == nil && status != http.StatusInternalServerError {
					d[key] = append(d[key], status)
				}
			}
		}
	}
	if len(d) == 0 {
		return nil, errors.New("the service documents nothing")
	}
	return d, nil
}

// allows reports whether a request may be answered with a status. A 500 is documented, and yet no answer may
// be one; nor may what the callers send be called malformed.
func (d documented) allows(method, path string, status int) bool {
	if status == http.StatusBadRequest {
		return false
	}
	path, _, _ = strings.Cut(path, "?")
	parts := strings.Split(path, "/")
	for n, part := range parts {
		if _, err := strconv.ParseUint(part, 10, 64); err == nil {
			parts[n] = "{id}"
		}
	}
	return slices.Contains(d[method+" "+strings.Join(parts, "/")], status)
}
