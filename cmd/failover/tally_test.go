package main

import (
	"testing"
	"time"
)

// Fails when an outage is measured too short: at its beginning, at the end, or without any success.
func TestLongestGap(t *testing.T) {
	t.Parallel()
	at := func(seconds ...int) []time.Time {
		var times []time.Time
		for _, s := range seconds {
			times = append(times, time.Unix(int64(s), 0))
		}
		return times
	}
	for name, c := range map[string]struct {
		successes []time.Time
		want      time.Duration
	}{
		"in the middle":               {at(9, 11, 14, 19, 20), 5 * time.Second},
		"out of order":                {at(20, 9, 14, 11, 19), 5 * time.Second},
		"begins before the fault":     {at(8, 17, 20), 9 * time.Second},
		"lasts until the end":         {at(9, 11, 12), 8 * time.Second},
		"no success":                  {nil, 10 * time.Second},
		"before the fault is ignored": {at(1, 9, 10, 12, 14, 16, 18, 20), 2 * time.Second},
		"after the end is ignored":    {at(10, 12, 14, 16, 18, 40), 2 * time.Second},
	} {
		if got := longestGap(c.successes, time.Unix(10, 0), time.Unix(20, 0)); got.length() != c.want {
			t.Errorf("%s: %s, want %s", name, got.length(), c.want)
		}
	}
}

// Fails when a run with a finding ends with success, or one without does not.
func TestProblem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*result)
		clean  bool
	}{
		"clean":               {func(*result) {}, true},
		"lost":                {func(r *result) { r.lost = []string{"x"} }, false},
		"doubled":             {func(r *result) { r.doubled = []string{"x"} }, false},
		"wrong":               {func(r *result) { r.wrong = []string{"x"} }, false},
		"verify":              {func(r *result) { r.verify = "1 drift" }, false},
		"not answered after":  {func(r *result) { r.silent = []string{"1 × 503"} }, false},
		"500":                 {func(r *result) { r.note(500, 0) }, false},
		"no answer":           {func(r *result) { r.note(noAnswer, 0) }, false},
		"no Retry-After":      {func(r *result) { r.note(noRetryAfter, 0) }, false},
		"allowed: no answer":  {func(r *result) { r.note(noAnswer, 0); r.fault.unanswered = true }, true},
		"allowed: not a 500":  {func(r *result) { r.note(500, 0); r.fault.unanswered = true }, false},
		"nothing was checked": {func(r *result) { r.values = 0 }, false},
	} {
		r := result{findings: findings{values: 10}}
		r.note(statusOK, time.Millisecond)
		r.note(statusUnavailable, time.Millisecond)
		c.change(&r)
		if err := r.problem(); (err == nil) != c.clean {
			t.Errorf("%s: %v", name, err)
		}
	}
}
