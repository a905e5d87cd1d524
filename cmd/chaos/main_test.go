package main

import (
	"io"
	"strings"
	"testing"
)

// Fails when what cannot be tried is accepted.
func TestOptions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, part string }{
		{"", ""},
		{"-only cut,kill-database -seed 7 -rounds 2 -for 3m", ""},
		{"-only none", ""},
		{"-only flood", `no fault "flood"`},
		{"-callers 0", "at least one caller"},
		{"-server remote", "container or local"},
		{"now", "flags only"},
	} {
		_, err := parse(strings.Fields(c.args), "", io.Discard)
		if (err == nil) != (c.part == "") || err != nil && !strings.Contains(err.Error(), c.part) {
			t.Errorf("%q: got %v, want %q", c.args, err, c.part)
		}
	}
	if o, err := parse(nil, "", io.Discard); err != nil || o.seed == 0 || o.image != defaultImage {
		t.Errorf("%+v, %v", o, err)
	}
}
