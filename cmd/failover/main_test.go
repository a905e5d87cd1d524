package main

import (
	"io"
	"strings"
	"testing"
	"time"
)

// Fails when a flag is misread or a mistake is accepted: a run takes minutes.
func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"-only", "kill,switch", "-callers", "8", "-for", "20s"}, "mysql:9", io.Discard)
	if err != nil || strings.Join(o.only, " ") != "kill switch" || o.callers != 8 || o.length != 20*time.Second || o.image != "mysql:9" {
		t.Errorf("got %+v, %v", o, err)
	}
	if o, err := parse(nil, "", io.Discard); err != nil || o.image != defaultImage || len(o.only) != 0 {
		t.Errorf("without flags: %+v, %v", o, err)
	}
	for _, args := range []string{"-only fire", "-callers 0", "-hosts 4", "-hosts 0", "kill", "-for long"} {
		if _, err := parse(strings.Fields(args), "", io.Discard); err == nil {
			t.Errorf("%s was accepted", args)
		}
	}
}
