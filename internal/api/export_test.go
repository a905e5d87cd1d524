package api

import (
	"net/http"
	"sync"
	"testing"

	"github.com/identikit/identikit/internal/contract"
)

// documented is openapi.json.
//
//nolint:gochecknoglobals // it is read once and never changes
var documented = sync.OnceValues(func() (*contract.Contract, error) { return contract.Load([]byte(openapiJSON)) })

// NewChecked is New, with all requests and answers checked against openapi.json, except in benchmarks.
func NewChecked(t testing.TB, o Options) http.Handler {
	t.Helper()
	if _, measured := t.(*testing.B); measured {
		return New(o)
	}
	d, err := documented()
	if err != nil {
		t.Fatal(err)
	}
	return d.Handler(t, New(o))
}
