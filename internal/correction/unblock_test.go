package correction_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a request that ends a block says that there is none, because another did the rest.
func TestTwoRequestsEndABlock(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.New(db.Pool, cluster.Policy{})
	var kiosk []identity.Observation
	for i := range 300 {
		kiosk = append(kiosk, linkertest.Saw(fmt.Sprintf("e%d@example.com", i), "555"))
	}
	if _, err := l.Import(t.Context(), kiosk); err != nil {
		t.Fatal(err)
	}
	b, err := l.Block(t.Context(), linkertest.Saw("", "555"), "a kiosk", false)
	if err != nil {
		t.Fatal(err)
	}
	slow := make(chan error, 1)
	go func() {
		end, err := l.Corrector.WithSteps(1).Unblock(t.Context(), b.ID, false)
		if err == nil && !end.Complete {
			err = fmt.Errorf("it is not complete: %+v", end)
		}
		slow <- err
	}()
	for linkertest.One[int](t, db.Pool, "SELECT after_id > 0 AND linking > 0 FROM blocks") == 0 { // its first step
		time.Sleep(time.Millisecond)
	}
	if _, err := l.Unblock(t.Context(), b.ID, false); err != nil {
		t.Error(err)
	}
	if err := <-slow; err != nil {
		t.Error(err)
	}
}
