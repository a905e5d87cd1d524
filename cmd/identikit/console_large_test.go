package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a customer of 1,000 values takes more than two seconds of the browser to draw, or cannot be read.
func TestConsoleLargeCustomer(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	for i := range 500 { // a chain: it has no leaves to collapse
		p.seen(t, fmt.Sprintf("c%03d@example.com", i), fmt.Sprintf("+1415555%04d", i))
		if i > 0 {
			p.seen(t, fmt.Sprintf("c%03d@example.com", i), fmt.Sprintf("+1415555%04d", i-1))
		}
	}
	b := openTab(t, p.url)
	b.signInTo(t, adminKey)
	start := time.Now()
	b.find(t, "c000@example.com")
	b.see(t, "500 e-mail addresses, 500 phone numbers")
	b.wait(t, `() => document.querySelectorAll(".graph .node").length === 1000`)
	t.Logf("drawn after %v", time.Since(start))
	b.looks(t, "customer-large")
}
