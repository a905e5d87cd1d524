package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when OpenTelemetry's settings have no effect, or one of .env has none.
func TestTraceSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		settings []string
		dotenv   bool
		sent     bool
	}{
		{"endpoint", nil, false, true},
		{"endpoint in .env", nil, true, true},
		{"disabled", []string{"OTEL_SDK_DISABLED=true"}, false, false},
		{"exporter none", []string{"OTEL_TRACES_EXPORTER=none"}, false, false},
		{"sampler", []string{"OTEL_TRACES_SAMPLER=always_off"}, false, false},
		{"parent is not sampled", []string{"OTEL_TRACES_SAMPLER=parentbased_always_on"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			receiver, dir := newCollector(t), t.TempDir()
			endpoint := "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + receiver.URL + "/v1/traces"
			if c.dotenv {
				if err := os.WriteFile(dir+"/.env", []byte(endpoint), 0o600); err != nil {
					t.Fatal(err)
				}
			} else {
				c.settings = append(c.settings, endpoint)
			}
			env := append([]string{"HOST=127.0.0.1", "PORT=0", databaseURL(mysqltest.NewDB(t))}, c.settings...)
			p := serveIn(t, dir, env)
			flag := "01"
			if c.name == "parent is not sampled" {
				flag = "00"
			}
			p.traced(t, http.MethodPost, "/identify", pair(1), "00-"+traceID+"-"+parentID+"-"+flag)
			p.stop(t)
			if got := len(receiver.named("POST /identify")) == 1; got != c.sent {
				t.Errorf("a span is sent: %v, want %v", got, c.sent)
			}
			off := strings.HasPrefix(c.name, "disabled") || strings.HasPrefix(c.name, "exporter")
			if logged := strings.Contains(p.stderr.String(), traceID); logged == off {
				t.Errorf("the trace id is logged: %v", logged)
			}
		})
	}
}

// Fails when a setting that cannot work is accepted: spans would be lost without a word.
func TestTraceSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318":                                         "OTEL_EXPORTER_OTLP_ENDPOINT is not a URL",
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=grpc://collector":                                "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is not a URL",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318 OTEL_EXPORTER_OTLP_PROTOCOL=grpc": "over HTTP",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://c:4318 OTEL_RESOURCE_ATTRIBUTES=nothing":         "OTEL_RESOURCE_ATTRIBUTES",
		"LOG_SAMPLE=2":   "LOG_SAMPLE is \"2\"; it must be a number from 0 to 1",
		"LOG_SAMPLE=NaN": "LOG_SAMPLE",
	} {
		code, _, stderr := execute(t, append(strings.Fields(setting), "DATABASE_URL=mysql://u@127.0.0.1:1/d", "PORT=0", "HOST=127.0.0.1"), "serve")
		if code != exitUsage || !strings.Contains(stderr, want) {
			t.Errorf("%s: got %d %s", setting, code, stderr)
		}
	}
}
