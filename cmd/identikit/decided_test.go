package main

import (
	"sync"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a decision that was stored is answered with 404, because another request took it back before it
// was read again.
func TestDecisionTakenBackAtOnce(t *testing.T) {
	t.Parallel()
	p := serve(t, databaseURL(mysqltest.NewDB(t)))
	p.mustIdentify(t, `{"email":"a@shop.example","phoneNumber":"1"}`)
	p.mustIdentify(t, `{"email":"b@shop.example","phoneNumber":"2"}`)
	for _, c := range []struct{ method, path, body, undo, undoBody string }{
		{"POST", "/blocked", `{"kind":"phoneNumber","value":"777"}`, "/blocked", `{"kind":"phoneNumber","value":"777"}`},
		{"PUT", "/separations", `{"contactId":1,"otherContactId":2}`, "/separations?contactId=1&otherContactId=2", ""},
	} {
		done := make(chan struct{})
		var others sync.WaitGroup
		for range 3 {
			others.Go(func() {
				for {
					select {
					case <-done:
						return
					default:
					}
					if r, err := send("DELETE", p.url+c.undo, "application/json", c.undoBody); err != nil || r.status != 200 && r.status != 404 {
						t.Errorf("%s: %d %s %v", c.undo, r.status, r.body, err)
					}
				}
			})
		}
		for range 150 {
			if r, err := send(c.method, p.url+c.path, "application/json", c.body); err != nil || r.status != 200 {
				t.Errorf("%s: %d %s %v", c.path, r.status, r.body, err)
			}
		}
		close(done)
		others.Wait()
	}
}
