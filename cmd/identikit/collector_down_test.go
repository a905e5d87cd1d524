package main

import (
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a collector that is down, or does not answer, fails requests or keeps the service from
// stopping, or when it is logged for each batch.
func TestCollectorIsDown(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for name, address := range map[string]string{"closed": closed.Addr().String(), "silent": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serve(t, databaseURL(mysqltest.NewDB(t)), "OTEL_EXPORTER_OTLP_ENDPOINT=http://"+address,
				"OTEL_BSP_SCHEDULE_DELAY=1", "OTEL_BSP_MAX_QUEUE_SIZE=8", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=4", "OTEL_EXPORTER_OTLP_TIMEOUT=50")
			for n := range 50 {
				p.mustIdentify(t, pair(n))
			}
			eventually(t, "the failure is logged", func() error {
				if !strings.Contains(p.stderr.String(), "traces cannot be sent") {
					return errors.New("it is not")
				}
				return nil
			})
			for n := range 50 {
				p.mustIdentify(t, pair(n))
			}
			p.stop(t)
			if n := strings.Count(p.stderr.String(), "traces export"); n != 1 || strings.Contains(p.stderr.String(), "problem with traces") {
				t.Errorf("the failure was logged %d times", n)
			}
		})
	}
}

// Fails when a collector that recovers does not get spans again, or when that is not logged.
func TestCollectorRecovers(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	c.answer(http.StatusForbidden)
	p := serve(t, databaseURL(mysqltest.NewDB(t)), "OTEL_EXPORTER_OTLP_ENDPOINT="+c.URL, "OTEL_BSP_SCHEDULE_DELAY=1")
	wantLog := func(text string) {
		t.Helper()
		eventually(t, text, func() error {
			if p.mustIdentify(t, pair(1)); !strings.Contains(p.stderr.String(), text) {
				return errors.New("it is not logged")
			}
			return nil
		})
	}
	wantLog("traces cannot be sent")
	refused := c.count()
	eventually(t, "several batches are refused", func() error {
		if p.mustIdentify(t, pair(1)); c.count() < refused+3 {
			return errors.New("not yet")
		}
		return nil
	})
	c.answer(http.StatusOK)
	wantLog("traces are sent again")
	p.stop(t)
	if n := strings.Count(p.stderr.String(), "cannot be sent"); n != 1 {
		t.Errorf("the failure was logged %d times", n)
	}
	if len(c.named("POST /identify")) == 0 {
		t.Error("no span was received")
	}
}
