package main

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// again sends a POST with an API key and an Idempotency-Key, "" for none of either.
func (p *program) again(key, once, path, body string) (reply, error) {
	r, err := http.NewRequest(http.MethodPost, p.url+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if once != "" {
		r.Header.Set("Idempotency-Key", once)
	}
	return do(r)
}

// mustAgain is again for requests that are answered.
func (p *program) mustAgain(t *testing.T, key, once, path, body string, status int) reply {
	t.Helper()
	r, err := p.again(key, once, path, body)
	if err != nil {
		t.Fatal(err)
	}
	if r.status != status {
		t.Errorf("POST %s with %q: got %d %s, want %d", path, once, r.status, r.body, status)
	}
	return r
}

// keysNamed counts the API keys with a name.
func keysNamed(t *testing.T, db *mysqltest.DB, name string) int {
	t.Helper()
	return linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM api_keys WHERE name = '"+name+"'")
}

// Fails when a request whose answer was lost after its COMMIT cannot be repeated, or is carried out again;
// when that depends on the process; or when an erasure would not need an Idempotency-Key at all.
func TestRepeatAfterALostAnswer(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	proxy, through := newCommitDropper(t, db)
	settings := []string{"AUTH=required", "ADMIN_KEY=" + adminKey, "REQUEST_TIMEOUT=3s"}
	p, other := serve(t, append(settings, "DATABASE_URL="+through)...), serve(t, append(settings, databaseURL(db))...)
	p.accepted(t, adminKey, http.StatusNotFound)
	other.accepted(t, adminKey, http.StatusNotFound)
	p.mustAgain(t, adminKey, "", "/identify", pair(1), http.StatusOK)
	erasing := fmt.Sprintf(`{"email":%q}`, email(1))

	proxy.cut()
	p.mustAgain(t, adminKey, "erase", "/erasures", erasing, http.StatusServiceUnavailable)
	first := p.mustAgain(t, adminKey, "erase", "/erasures", erasing, http.StatusOK)
	again := other.mustAgain(t, adminKey, `"erase"`, "/erasures", erasing, http.StatusOK)
	if first.body != again.body || !strings.Contains(first.body, `"erasedAt":"2`) || count(t, db, "erasures") != 1 {
		t.Errorf("%d erasures: %s and %s", count(t, db, "erasures"), first.body, again.body)
	}
	p.mustAgain(t, adminKey, "", "/erasures", erasing, http.StatusNotFound)

	const creating = `{"name":"lost","scopes":["identify"]}`
	proxy.cut()
	p.mustAgain(t, adminKey, "create", "/keys", creating, http.StatusServiceUnavailable)
	made := linkertest.One[int](t, db.Pool, "SELECT id FROM api_keys WHERE name = 'lost'")
	refused := p.mustAgain(t, adminKey, "create", "/keys", creating, http.StatusConflict)
	if !strings.Contains(refused.body, fmt.Sprintf(`"keyId":%d`, made)) || !strings.Contains(refused.body, "shown only once") {
		t.Errorf("key %d: %s", made, refused.body)
	}
	proxy.cut()
	unsure := p.mustAgain(t, adminKey, "", "/keys", `{"name":"unsure","scopes":["identify"]}`, http.StatusServiceUnavailable)
	if n := keysNamed(t, db, "unsure"); n != 1 || !strings.Contains(unsure.body, "look before you repeat it") {
		t.Errorf("without an Idempotency-Key: %d keys, %s", n, unsure.body)
	}
	rotate := fmt.Sprintf("/keys/%d/rotate", made)
	proxy.cut()
	p.mustAgain(t, adminKey, "rotate", rotate, "{}", http.StatusServiceUnavailable)
	other.mustAgain(t, adminKey, "rotate", rotate, "{}", http.StatusConflict)
	if n := keysNamed(t, db, "lost"); n != 2 {
		t.Errorf("%d keys, want that which was made and the one it was rotated to", n)
	}
}

// Fails when a request is taken for done whose process was killed before its COMMIT arrived, or is done twice
// because the process was killed after that.
func TestRepeatAfterAKill(t *testing.T) {
	t.Parallel()
	for name, committed := range map[string]bool{"before the COMMIT": false, "after it": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			proxy, through := newCommitDropper(t, db)
			settings := []string{"AUTH=required", "ADMIN_KEY=" + adminKey}
			p, other := serve(t, append(settings, "DATABASE_URL="+through)...), serve(t, append(settings, databaseURL(db))...)
			p.accepted(t, adminKey, http.StatusNotFound)
			other.accepted(t, adminKey, http.StatusNotFound)
			p.mustAgain(t, adminKey, "", "/identify", pair(1), http.StatusOK)
			erasing := fmt.Sprintf(`{"phoneNumber":%q}`, phone(1))
			if committed {
				proxy.hold()
			} else {
				proxy.drop(1)
			}
			lost := make(chan error, 1)
			go func() {
				_, err := p.again(adminKey, "erase", "/erasures", erasing)
				lost <- err
			}()
			eventually(t, "the COMMIT is on its way", func() error {
				if proxy.dropped() == 0 || committed && count(t, db, "erasures") == 0 {
					return errors.New("not yet")
				}
				return nil
			})
			if !committed {
				r := other.mustAgain(t, adminKey, "erase", "/erasures", erasing, http.StatusConflict)
				if r.header.Get("Retry-After") != "1" || !strings.Contains(r.body, "still running") {
					t.Errorf("while the first runs: %v %s", r.header, r.body)
				}
			}
			p.signal(t, syscall.SIGKILL)
			if err := <-lost; err == nil {
				t.Error("the request was answered: the test is void")
			}
			var last reply
			eventually(t, "the request can be repeated", func() (err error) {
				if last, err = other.again(adminKey, "erase", "/erasures", erasing); err == nil && last.status != http.StatusOK {
					err = errors.New(last.body)
				}
				return err
			})
			if !strings.Contains(last.body, `"observations":1`) || count(t, db, "erasures") != 1 {
				t.Errorf("%d erasures: %s", count(t, db, "erasures"), last.body)
			}
		})
	}
}

// Fails when requests with one key at the same moment are carried out more than once, or when one of them
// gets an answer that is not documented.
func TestRepeatAtTheSameMoment(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	settings := []string{databaseURL(db), "AUTH=required", "ADMIN_KEY=" + adminKey}
	services := []*program{serve(t, settings...), serve(t, settings...)}
	for _, p := range services {
		p.accepted(t, adminKey, http.StatusNotFound)
	}
	const rounds, callers = 10, 8
	for round := range rounds {
		services[0].mustAgain(t, adminKey, "", "/identify", pair(round), http.StatusOK)
		var receipts, made sync.Map
		var running sync.WaitGroup
		name := fmt.Sprintf("round-%d", round)
		for i := range callers {
			running.Go(func() {
				p := services[i%2]
				r, err := p.again(adminKey, name, "/erasures", fmt.Sprintf(`{"email":%q}`, email(round)))
				if err != nil || r.status != http.StatusOK && r.status != http.StatusConflict {
					t.Errorf("erase: %v %d %s", err, r.status, r.body)
				} else if r.status == http.StatusOK {
					receipts.Store(r.body, true)
				}
				r, err = p.again(adminKey, name, "/keys", fmt.Sprintf(`{"name":%q,"scopes":["identify"]}`, name))
				if err != nil || r.status != http.StatusUnprocessableEntity {
					t.Errorf("another request with the same key: %v %d %s", err, r.status, r.body)
				}
				r, err = p.again(adminKey, name+"-key", "/keys", fmt.Sprintf(`{"name":%q,"scopes":["identify"]}`, name))
				if err != nil || r.status != http.StatusCreated && r.status != http.StatusConflict {
					t.Errorf("create: %v %d %s", err, r.status, r.body)
				} else if r.status == http.StatusCreated {
					made.Store(r.body, true)
				}
			})
		}
		running.Wait()
		if r, m, n := length(&receipts), length(&made), keysNamed(t, db, name); r != 1 || m != 1 || n != 1 {
			t.Errorf("%d receipts, %d answers with a key, %d keys", r, m, n)
		}
	}
	if n := count(t, db, "erasures"); n != rounds {
		t.Errorf("%d erasures, want %d", n, rounds)
	}
}

func length(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}

// Fails when an Idempotency-Key works for another API key, when a dry run uses it up, when a malformed one is
// ignored or stored, or when an operation that needs none refuses it.
func TestWhoseIdempotencyKey(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db), "AUTH=required", "ADMIN_KEY="+adminKey)
	p.accepted(t, adminKey, http.StatusNotFound)
	_, other := p.newKey(t, adminKey, `{"name":"other","scopes":["all"]}`)
	p.accepted(t, other, http.StatusNotFound)
	p.mustAgain(t, adminKey, "no, key", "/identify", pair(1), http.StatusOK)
	p.mustAgain(t, adminKey, "once", "/contacts/search", fmt.Sprintf(`{"email":%q}`, email(1)), http.StatusOK)
	mail, number := fmt.Sprintf(`{"email":%q}`, email(1)), fmt.Sprintf(`{"phoneNumber":%q}`, phone(1))
	p.mustAgain(t, adminKey, "once", "/erasures?dryRun=true", mail, http.StatusOK)
	p.mustAgain(t, adminKey, "no, key", "/erasures", mail, http.StatusBadRequest)
	p.mustAgain(t, adminKey, email(1), "/erasures", mail, http.StatusBadRequest)
	if n := count(t, db, "idempotency_keys"); n != 0 {
		t.Errorf("%d keys are stored", n)
	}
	first := p.mustAgain(t, adminKey, "once", "/erasures", mail, http.StatusOK)
	if r := p.mustAgain(t, adminKey, "once", "/erasures?dryRun=false", " "+mail, http.StatusOK); r.body != first.body {
		t.Errorf("got %s, want %s", r.body, first.body)
	}
	p.mustAgain(t, adminKey, "once", "/erasures", number, http.StatusUnprocessableEntity)
	p.mustAgain(t, other, "once", "/erasures", mail, http.StatusNotFound)
	p.mustAgain(t, other, "once", "/erasures", number, http.StatusOK)
	if n := count(t, db, "idempotency_keys"); n != 2 {
		t.Errorf("%d keys are stored, want one of each API key", n)
	}
}
