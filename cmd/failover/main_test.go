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
	images := func(name string) string {
		return map[string]string{"MYSQL_IMAGE": "mysql:9", "GALERA_IMAGE": "galera:4"}[name]
	}
	none := func(string) string { return "" }
	o, err := parse([]string{"-only", "kill,switch", "-callers", "8", "-for", "20s"}, images, io.Discard)
	if err != nil || strings.Join(o.only, " ") != "kill switch" || o.callers != 8 || o.length != 20*time.Second || o.image != "mysql:9" {
		t.Errorf("got %+v, %v", o, err)
	}
	if o, err := parse(nil, none, io.Discard); err != nil || o.image != "mysql:8.4" || len(o.only) != 0 || o.consistency != "" {
		t.Errorf("without flags: %+v, %v", o, err)
	}
	if o, err := parse([]string{"-topology", "galera"}, images, io.Discard); err != nil || o.image != "galera:4" || o.consistency != "1" {
		t.Errorf("Galera: %+v, %v", o, err)
	}
	for _, args := range []string{
		"-only fire", "-callers 0", "-hosts 4", "-hosts 0", "kill", "-for long", "-rivals -1", "-topology ring", "-topology galera",
	} {
		if _, err := parse(strings.Fields(args), none, io.Discard); err == nil {
			t.Errorf("%s was accepted", args)
		}
	}
}
