package client

import (
	"net/http"
	"testing"
)

// Fails when a client that has seen an answer reads what was there before it.
func TestPositions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		steps func(p *positions, begin func() uint64, got func(begun uint64, position string))
		want  string
	}{
		{"none", func(_ *positions, begin func() uint64, got func(uint64, string)) { got(begin(), "") }, ""},
		{"one after the other, in other processes", func(_ *positions, begin func() uint64, got func(uint64, string)) {
			got(begin(), "7.900")
			got(begin(), "8.5")
		}, "8.5"},
		{"at the same time, in one process", func(_ *positions, begin func() uint64, got func(uint64, string)) {
			a, b := begin(), begin()
			got(b, "7.10")
			got(a, "7.9")
		}, "7.10"},
		{"at the same time, in two processes", func(_ *positions, begin func() uint64, got func(uint64, string)) {
			a, b := begin(), begin()
			got(b, "7.10")
			got(a, "8.9")
		}, Latest},
		{"two processes, then the same process again", func(_ *positions, begin func() uint64, got func(uint64, string)) {
			a, b, d := begin(), begin(), begin()
			got(b, "7.10")
			got(a, "8.9")
			got(d, "8.10")
		}, Latest},
		{"two processes, then a later request", func(_ *positions, begin func() uint64, got func(uint64, string)) {
			a, b := begin(), begin()
			got(b, "7.10")
			got(a, "8.9")
			got(begin(), "8.11")
		}, "8.11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &positions{}
			begin := func() uint64 { return p.begin(t.Context(), true, http.Header{}) }
			c.steps(p, begin, func(begun uint64, position string) {
				h := http.Header{}
				h.Set(positionHeader, position)
				p.received(begun, h)
			})
			sent := http.Header{}
			if p.begin(t.Context(), true, sent); sent.Get(positionHeader) != c.want {
				t.Errorf("sent %q, want %q", sent.Get(positionHeader), c.want)
			}
			if p.begin(WithPosition(t.Context(), "1.1"), true, sent); sent.Get(positionHeader) != "1.1" {
				t.Errorf("sent %q", sent.Get(positionHeader))
			}
			if p.begin(t.Context(), false, sent); sent.Get(positionHeader) != "" {
				t.Errorf("a write sent %q", sent.Get(positionHeader))
			}
		})
	}
}
