package identity_test

import (
	"sync"
	"testing"
)

// Catches callers that race to make the plan of a country code; the race
// detector would tell.
func TestPhoneConcurrent(t *testing.T) {
	t.Parallel()
	n := normalizer(t, "US")
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for raw, want := range map[string]string{
				"+15551234567":       "+15551234567",
				"(604) 234 5678":     "+16042345678",
				"1 415 555 2671":     "+14155552671",
				"+49 (0)30 123456":   "+4930123456",
				"+54 11 15 23456789": "+5491123456789",
			} {
				if got, err := n.Phone(raw); got != want || err != nil {
					t.Errorf("Phone(%q) = %q, %v; want %q", raw, got, err, want)
				}
			}
		})
	}
	callers.Wait()
}
