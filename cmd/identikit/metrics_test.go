package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/mysqltest"
)

// watched is a service with OPS_ADDR.
type watched struct {
	*program
	ops string // the URL of its metrics, without a path
}

func serveWatched(t *testing.T, settings ...string) watched {
	t.Helper()
	w := watched{program: serve(t, append(settings, "OPS_ADDR=127.0.0.1:0")...)}
	address := regexp.MustCompile(`"msg":"serving metrics and profiles","address":"([^"]+)"`)
	eventually(t, "the metrics are served", func() error {
		found := address.FindStringSubmatch(w.stderr.String())
		if found == nil {
			return errors.New("no address in the log")
		}
		w.ops = "http://" + found[1]
		return nil
	})
	return w
}

// series is the value of each series, such as a_total{b="c"}.
type series map[string]float64

// metrics reads all metrics.
func (w watched) metrics(t *testing.T) series {
	t.Helper()
	r, err := send(http.MethodGet, w.ops+"/metrics", "", "")
	if err != nil || r.status != http.StatusOK {
		t.Fatal(err, r.status, r.body)
	}
	all := series{}
	for line := range strings.Lines(r.body) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, " ")
		value, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		all[line[:at]] = value
	}
	return all
}

// counts returns the counters of which there is one for each thing that happens: not those of time and of groups.
func (s series) counts() series {
	c := maps.Clone(s)
	maps.DeleteFunc(c, func(name string, _ float64) bool {
		return !strings.HasPrefix(name, "identikit_") || !strings.Contains(name, "_total") && !strings.Contains(name, "_count") ||
			strings.Contains(name, "_lanes_") || strings.Contains(name, "_reads_")
	})
	return c
}

// since returns what has changed.
func (s series) since(before series) series {
	changed := series{}
	for name, value := range s {
		if value != before[name] {
			changed[name] = value - before[name]
		}
	}
	return changed
}

func request(method, route, class string) string {
	return fmt.Sprintf(`identikit_http_request_duration_seconds_count{class=%q,method=%q,route=%q}`, class, method, route)
}

func problem(status int, code string) string {
	return fmt.Sprintf(`identikit_http_problems_total{code=%q,status="%d"}`, code, status)
}

func outcome(name string) string {
	return fmt.Sprintf(`identikit_observations_total{outcome=%q}`, name)
}

func refused(code string) string { return fmt.Sprintf(`identikit_values_refused_total{code=%q}`, code) }

const sizes = "identikit_cluster_values_count"

// Fails when a metric does not move, or moves by something else than what was done.
func TestOutcomesAreCounted(t *testing.T) {
	t.Parallel()
	w := serveWatched(t, databaseURL(mysqltest.NewDB(t)), "ERASURE_KEY=a-secret-of-at-least-thirty-two-bytes")
	both := func(e, p int) string { return fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(e), phone(p)) }
	one := func(n int) string { return fmt.Sprintf(`{"phoneNumber":%q}`, phone(n)) }
	ok := func(route string, more series) series {
		maps.Copy(more, series{request("POST", route, "2xx"): 1})
		return more
	}
	identified := func(name string) series { return ok("/identify", series{outcome(name): 1, sizes: 1}) }
	before := w.metrics(t).counts()
	for _, step := range []struct {
		method, path, body string
		want               series
	}{
		{"POST", "/identify", both(1, 1), identified("created")},
		{"POST", "/identify", both(1, 1), identified("known")},
		{"POST", "/identify", one(1), identified("known")},
		{"POST", "/identify", both(1, 2), identified("linked")},
		{"POST", "/identify", both(3, 3), identified("created")},
		{"POST", "/identify", both(1, 3), identified("merged")},
		{"POST", "/observations/4/retract", "", series{request("POST", "/observations/:id/retract", "2xx"): 1}},
		// It is queued first, and then answered from what is known.
		{"POST", "/identify", both(1, 3), ok("/identify", series{outcome("refused"): 1, refused("retracted"): 1, sizes: 1})},
		{"POST", "/identify", both(1, 3), ok("/identify", series{outcome("refused"): 1, refused("retracted"): 1, sizes: 1})},
		{"POST", "/identify", `{"email":"n/a","phoneNumber":"` + phone(3) + `"}`, ok("/identify", series{outcome("known"): 1, refused("blocked"): 1, sizes: 1})},
		{"POST", "/identify/batch", "[" + strings.Join([]string{both(1, 1), both(5, 5), both(5, 6), both(1, 3), both(6, 6), `{"email":"x"}`, both(5, 1)}, ",") + "]",
			ok("/identify/batch", series{
				outcome("known"): 1, outcome("created"): 1, outcome("linked"): 2, outcome("refused"): 1, outcome("merged"): 1,
				refused("retracted"): 1, sizes: 6,
			})},
		{"POST", "/blocked", `{"kind":"phoneNumber","value":"` + phone(2) + `"}`, ok("/blocked", series{})},
		{"POST", "/identify", one(2), series{outcome("refused"): 1, refused("blocked"): 1, problem(422, "identifies-nobody"): 1, request("POST", "/identify", "4xx"): 1}},
		{"POST", "/erasures", `{"phoneNumber":"` + phone(3) + `","suppress":true}`, ok("/erasures", series{})},
		{"POST", "/identify", both(7, 3), ok("/identify", series{outcome("refused"): 1, refused("erased"): 1, sizes: 1})},
		{"POST", "/identify", `{"email":"x"}`, series{problem(400, "invalid-value"): 1, request("POST", "/identify", "4xx"): 1}},
		{"GET", "/contacts/999", "", series{problem(404, "record-not-found"): 1, request("GET", "/contacts/:id", "4xx"): 1}},
		{"HEAD", "/contacts/1", "", series{request("HEAD", "/contacts/:id", "2xx"): 1}},
		{"GET", "/contacts/1/nowhere", "", series{problem(404, "path-not-found"): 1, request("GET", "other", "4xx"): 1}},
		{"BREW", "/identify", "", series{problem(405, "method-not-allowed"): 1, request("other", "/identify", "4xx"): 1}},
	} {
		r, err := send(step.method, w.url+step.path, "application/json", step.body)
		if err != nil {
			t.Fatal(err)
		}
		after := w.metrics(t).counts()
		if diff := cmp.Diff(step.want, after.since(before)); diff != "" {
			t.Errorf("%s %s %s: %d %s\n(-want +got):\n%s", step.method, step.path, step.body, r.status, r.body, diff)
		}
		before = after
	}
}

// Fails when a request that is refused because of its key is not counted, or under another reason.
func TestKeyFailuresAreCounted(t *testing.T) {
	t.Parallel()
	url := databaseURL(mysqltest.NewDB(t))
	w := serveWatched(t, url, "AUTH=required")
	failed := func(reason string) float64 {
		t.Helper()
		return w.metrics(t)[fmt.Sprintf(`identikit_key_failures_total{reason=%q}`, reason)]
	}
	eventually(t, "the keys are read", func() error {
		if r := w.as(t, "", "GET", "/contacts", ""); r.status != http.StatusUnauthorized {
			return errors.New(r.body)
		}
		return nil
	})
	if got := failed("no_keys"); got != 1 {
		t.Errorf("%g requests while there was no key, want 1", got)
	}
	newKey := func(arguments ...string) string {
		t.Helper()
		code, out, stderr := execute(t, []string{url}, append([]string{"keys", "create", "--name", "test"}, arguments...)...)
		if code != exitOK {
			t.Fatal(stderr)
		}
		return strings.TrimSpace(out[strings.LastIndex(strings.TrimSpace(out), "\n")+1:])
	}
	reading, slow := newKey("--scopes", "contacts:read"), newKey("--scopes", "contacts:read", "--rate", "1", "--burst", "1")
	w.accepted(t, reading, http.StatusNotFound)
	w.accepted(t, slow, http.StatusNotFound) // uses up its quota
	before := w.metrics(t)
	statuses := map[int]float64{}
	for range 100 {
		statuses[w.as(t, "idk_wrong_key", "GET", "/contacts/1", "").status]++
	}
	for range 3 {
		w.as(t, "", "GET", "/contacts/1", "")
		w.as(t, reading, "POST", "/identify", "{}")
	}
	for range 20 {
		statuses[1000+w.as(t, slow, "GET", "/contacts/999", "").status]++
	}
	got, want := series{}, series{
		"missing": 3, "scope": 3, "unknown": statuses[401], "wrong_keys": statuses[429], "quota": statuses[1429], "no_keys": 0,
	}
	for reason := range want {
		name := fmt.Sprintf(`identikit_key_failures_total{reason=%q}`, reason)
		got[reason] = w.metrics(t)[name] - before[name]
	}
	if diff := cmp.Diff(want, got); diff != "" || statuses[401] == 0 || statuses[429] == 0 || statuses[1429] == 0 {
		t.Errorf("statuses %v; (-want +got):\n%s", statuses, diff)
	}
}
