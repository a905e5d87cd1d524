package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when requests of a busy service cost a write each. The most that is right is a full buffer now and
// then, and one write for each moment that a line may wait.
func TestRequestsShareLogWrites(t *testing.T) {
	t.Parallel()
	var stderr writes
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	settings := []string{"HOST=127.0.0.1", "PORT=0", "APP_ENV=production", "AUTH=open", databaseURL(mysqltest.NewDB(t))}
	go func() { ended <- run(ctx, []string{"serve"}, settings, io.Discard, &stderr) }()
	p := &program{}
	eventually(t, "the service starts", func() error {
		found := regexp.MustCompile(`"msg":"serving","address":"([^"]+)"`).FindStringSubmatch(strings.Join(stderr.take(), ""))
		if found == nil {
			return errors.New("no address in the log")
		}
		p.url = "http://" + found[1]
		return nil
	})
	const callers, each = 16, 100
	began := time.Now()
	var running sync.WaitGroup
	for range callers {
		running.Go(func() {
			for range each {
				if r, err := send(http.MethodGet, p.url+"/contacts/1", "", ""); err != nil || r.status != http.StatusNotFound {
					t.Errorf("got %d, error %v", r.status, err)
				}
			}
		})
	}
	running.Wait()
	stop()
	if code := <-ended; code != exitOK {
		t.Fatalf("ended with code %d", code)
	}
	took, chunks := time.Since(began), stderr.take()
	text := strings.Join(chunks, "")
	if n := strings.Count(text, `"msg":"request"`); n != callers*each {
		t.Errorf("%d of %d requests are in the log", n, callers*each)
	}
	// A buffer is written when the next line does not fit, so it is at least three quarters full.
	if most := len(text)/(logBufferSize*3/4) + int(took/logDelay) + 4; len(chunks) > most {
		t.Errorf("%d writes for %d requests in %s, want at most %d", len(chunks), callers*each, took, most)
	}
}
