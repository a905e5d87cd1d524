package erasure_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a receipt is missing from the list or differs from the answer to the erasure, or when a page
// repeats or leaves out some.
func TestReceipts(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	var want []erasure.Erasure
	for i := range 5 {
		linkertest.LinkOne(t, l, linkertest.Saw(fmt.Sprintf("r%d@example.com", i), fmt.Sprintf("70%d", i)))
	}
	for i := range 5 {
		done, err := l.Erase(t.Context(), uint64(i+1), false, false)
		if err != nil {
			t.Fatal(err)
		}
		want = append([]erasure.Erasure{done}, want...)
	}
	for _, size := range []int32{1, 2, 5, 100} {
		var got []erasure.Erasure
		for before := uint64(0); ; {
			page, next, err := l.Receipts(t.Context(), before, size)
			if err != nil || len(page) > int(size) {
				t.Fatal(len(page), err)
			}
			got = append(got, page...)
			if before = next; next == 0 {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages of %d (-want +got):\n%s", size, diff)
		}
	}
}
