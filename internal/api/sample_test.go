package api_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

// Fails when a sample leaves out what must be logged, logs more or fewer of the others, or lacks the
// number by which they can be counted.
func TestLogSample(t *testing.T) {
	t.Parallel()
	const requests = 400 // the bounds below are ten standard deviations away
	for _, c := range []struct {
		sample      float64
		least, most int
		rate        any
	}{{1, requests, requests, nil}, {0.5, 100, 300, 0.5}, {0, 0, 0, nil}} {
		o, log := options(t, linkertest.NewReference(1))
		o.LogSample = c.sample
		h := api.New(o)
		for range requests {
			post(h, `{"phoneNumber":"1"}`)
		}
		lines := logLines(t, log)
		if len(lines) < c.least || len(lines) > c.most {
			t.Errorf("a sample of %v logs %d of %d", c.sample, len(lines), requests)
		}
		for _, line := range lines {
			if line["sample_rate"] != c.rate {
				t.Fatalf("a sample of %v logs %v", c.sample, line)
			}
		}
		log.Reset()
		post(h, `{"phoneNumber":"no number"}`)
		do(h, request(http.MethodGet, "/nowhere", ""))
		refused := logLines(t, log)
		if len(refused) != 2 {
			t.Fatalf("a sample of %v logs %d of 2 refusals", c.sample, len(refused))
		}
		for _, line := range refused {
			if line["sample_rate"] != nil {
				t.Errorf("a refusal is logged as %v", line)
			}
		}
	}
}

// Fails when a slow request is left out, which is what an operator looks for.
func TestLogSampleHasSlowRequests(t *testing.T) {
	t.Parallel()
	o, log := options(t, linkFunc(func(context.Context, []identity.Observation) ([]identity.Cluster, error) {
		time.Sleep(time.Second)
		return []identity.Cluster{{PrimaryID: 1}}, nil
	}))
	o.LogSample = 0
	post(api.New(o), `{"phoneNumber":"1"}`)
	lines := logLines(t, log)
	if len(lines) != 1 || lines[0]["status"] != float64(http.StatusOK) || lines[0]["sample_rate"] != nil {
		t.Errorf("got %v", lines)
	}
}
