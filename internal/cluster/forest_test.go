package cluster_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/cluster"
)

// Fails when two nodes are in one component without a chain of unions between them, or the other way
// round, or when the root is another than the caller chose. The expected components are the labels of the
// nodes, relabeled one by one.
func TestForest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var f cluster.Forest
		n := rapid.IntRange(1, 30).Draw(rt, "nodes")
		label := make([]uint32, n)
		for i := range label {
			label[i] = f.Add()
		}
		node := rapid.IntRange(0, n-1)
		for range rapid.IntRange(0, 60).Draw(rt, "unions") {
			a, b := label[node.Draw(rt, "a")], label[node.Draw(rt, "b")]
			if a == b {
				continue
			}
			f.Unite(a, b)
			for i := range label {
				if label[i] == b {
					label[i] = a
				}
			}
		}
		for i, want := range label {
			if got := f.Root(uint32(i)); got != want {
				rt.Fatalf("the root of %d is %d, want %d", i, got, want)
			}
		}
	})
}

// Fails when a long chain of unions makes finding a root slow, or recurses as deep as it is long.
func TestForestOfALongChain(t *testing.T) {
	t.Parallel()
	const n = 1_000_000
	var f cluster.Forest
	for range n {
		f.Add()
	}
	for i := uint32(1); i < n; i++ {
		f.Unite(i, i-1) // always under a new root
	}
	for i := range uint32(n) {
		if f.Root(i) != n-1 {
			t.Fatalf("%d has another root", i)
		}
	}
}
