//go:build no_console

package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a binary that is built without the console serves it, says where it is, or contains one of its files. make test runs
// it with the build tag.
func TestNoConsole(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	for _, path := range []string{"/console", "/console/", "/console/customers/1"} {
		if status, body := p.get(t, path); status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if strings.Contains(p.output(), "/console") {
		t.Errorf("it says where a console is: %s", p.output())
	}
	if embedded := consoleFiles(t); len(embedded) > 0 {
		t.Errorf("the binary contains %v", embedded)
	}
}
