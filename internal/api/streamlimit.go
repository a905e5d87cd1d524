package api

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
)

// streamLimit counts the open streams, in all and of each API key.
type streamLimit struct {
	most, mostOfKey int

	mu    sync.Mutex
	all   int
	ofKey map[uint64]int // without zeros; what has no key is only in all
}

func newStreamLimit(most, mostOfKey int) *streamLimit {
	return &streamLimit{most: most, mostOfKey: mostOfKey, ofKey: map[uint64]int{}}
}

// take counts one more stream of a key, 0 for none, unless there are too many.
func (l *streamLimit) take(c echo.Context, key uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case key != 0 && l.ofKey[key] >= l.mostOfKey:
		return tooMany(c, time.Second, fmt.Sprintf(
			"This key has %d open streams, the most that it may have. Close one, or poll for JSON instead.", l.mostOfKey))
	case l.all >= l.most:
		return &refusal{status: http.StatusServiceUnavailable, detail: "Too many streams are open. Try again later, or poll for JSON instead."}
	}
	l.all++
	if key != 0 {
		l.ofKey[key]++
	}
	return nil
}

// release counts one less.
func (l *streamLimit) release(key uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if key == 0 {
		return
	}
	if l.ofKey[key]--; l.ofKey[key] == 0 {
		delete(l.ofKey, key)
	}
}
