package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// retry repeats what failed for a moment.
type retry struct {
	most             int
	backoff, longest time.Duration
}

// do calls try until it succeeds, fails for good, or was repeated often enough. It returns the last error early
// if the context would end before the next attempt.
func (r retry) do(ctx context.Context, try func() error) error {
	for attempt := 1; ; attempt++ {
		err := try()
		var p *Problem
		if errors.As(err, &p) {
			p.Attempts = attempt
		}
		if err == nil || attempt > r.most || !isPassing(ctx, err) {
			return err
		}
		wait, ok := r.wait(attempt, err)
		if !ok || !sleep(ctx, wait) {
			return err
		}
	}
}

// isPassing reports whether the same request may succeed later.
func isPassing(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	var p *Problem
	if errors.As(err, &p) {
		switch p.Status {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		case http.StatusConflict:
			return p.RetryAfter > 0 // the first attempt is still being carried out
		}
		return false
	}
	var l *lostError
	return errors.As(err, &l)
}

// wait returns how long to wait after a failed attempt, or false if that is too long. The wait is random, so that
// clients which failed together do not come back together.
func (r retry) wait(attempt int, err error) (time.Duration, bool) {
	most := min(r.backoff<<min(attempt-1, 16), r.longest)
	wait := rand.N(most + 1) //nolint:gosec // nobody gains by guessing it
	var p *Problem
	if errors.As(err, &p) && p.RetryAfter > 0 {
		wait += p.RetryAfter
		return wait, p.RetryAfter <= r.longest
	}
	return wait, true
}

// sleep waits. It returns false at once if the context ends before that, or when it is canceled.
func sleep(ctx context.Context, wait time.Duration) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= wait {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// retryAfter parses the header: seconds, or a date.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}
