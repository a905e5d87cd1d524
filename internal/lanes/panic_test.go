package lanes

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
)

// Fails when a panic ends the process, leaves a caller without an answer, takes a lane away from
// later requests, or is logged without its stack or with what a customer sent. A linker without a
// database panics in each group.
func TestPanicFailsItsGroup(t *testing.T) {
	t.Parallel()
	var out lockedBuffer
	lanes := New(linker.New(ledger.New(nil), cluster.Policy{}, nil), slog.New(slog.NewJSONHandler(&out, nil)))
	for range 2 {
		var callers sync.WaitGroup
		for range 200 {
			callers.Go(func() {
				_, err := lanes.Link(t.Context(), []identity.Observation{{Email: "secret@example.com", Phone: "99123456"}})
				if identity.CodeOf(err) != identity.CodeInternal {
					t.Errorf("got %v, want an internal error", err)
				}
			})
		}
		callers.Wait()
	}
	lanes.Stop()
	text := out.String()
	if !strings.Contains(text, "ledger.Reader.ReadByEmail") || !strings.Contains(text, "nil pointer") {
		t.Errorf("the log does not say what panicked, and where:\n%s", text)
	}
	if strings.Contains(text, "secret") || strings.Contains(text, "99123456") {
		t.Errorf("the log holds a value:\n%s", text)
	}
}

// lockedBuffer is a buffer for a logger that several goroutines use.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
