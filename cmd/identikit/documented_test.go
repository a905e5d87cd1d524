package main

import (
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/identikit/identikit/internal/contract"
)

// client sends the requests of all tests. What differs from openapi.json fails the test that started the
// service.
//
//nolint:gochecknoglobals // all tests share its connections
var client = sync.OnceValue(func() *http.Client {
	text, err := os.ReadFile("../../internal/api/openapi.json")
	if err != nil {
		panic(err)
	}
	d, err := contract.Load(text)
	if err != nil {
		panic(err)
	}
	return &http.Client{Transport: d.Transport(http.DefaultTransport, differing.add)}
})

//nolint:gochecknoglobals // see client
var differing found

// found has the differences by the host of the service.
type found struct {
	mu     sync.Mutex
	byHost map[string][]error
}

func (f *found) add(r *http.Request, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byHost == nil {
		f.byHost = map[string][]error{}
	}
	const most = 3 // a few say enough
	if so := f.byHost[r.URL.Host]; len(so) < most {
		f.byHost[r.URL.Host] = append(so, err)
	}
}

// differences returns what a service answered that is not documented, and forgets it: another service may get
// its address.
func differences(url string) []error {
	differing.mu.Lock()
	defer differing.mu.Unlock()
	_, host, _ := strings.Cut(url, "//")
	found := differing.byHost[host]
	delete(differing.byHost, host)
	return found
}
