package api

import (
	"fmt"
	"math"
	"strconv"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/identity"
)

// The headers of draft-ietf-httpapi-ratelimit-headers, RateLimit-Policy and RateLimit, as net/http writes them:
// they are set for each request, and another form would be converted each time.
const (
	headerPolicy = "Ratelimit-Policy"
	headerLimit  = "Ratelimit"
)

// bucketName is where the bucket of a request is in its echo.Context.
const bucketName = "bucket"

// quotas are the rates of the keys, in this process. The zero value has none.
type quotas struct {
	usual   apikey.Quota // of keys without their own
	buckets sync.Map     // by key id, *bucket
}

// bucket is a token bucket that may be in debt: a request is let through if there is at least one token, and
// then pays what it costs, which for a batch is known only after it was read.
type bucket struct {
	quota  apikey.Quota
	policy []string // the header
	mu     sync.Mutex
	tokens float64
	at     time.Time
}

// of returns the bucket of a caller, nil if it has no limit.
func (q *quotas) of(c apikey.Caller) *bucket {
	quota := c.Quota
	if quota.IsZero() {
		quota = q.usual
	}
	if c.KeyID == 0 || quota.IsZero() {
		return nil
	}
	if found, ok := q.buckets.Load(c.KeyID); ok {
		if b, ok := found.(*bucket); ok && b.quota == quota {
			return b
		}
	}
	policy := fmt.Sprintf(`"key";q=%d;w=%d`, quota.Burst, int(math.Ceil(float64(quota.Burst)/float64(quota.PerSecond))))
	b := &bucket{quota: quota, policy: []string{policy}, tokens: float64(quota.Burst), at: time.Now()}
	q.buckets.Store(c.KeyID, b)
	return b
}

// take takes a cost if there is a token, or with force in any case. It returns the tokens that are left.
func (b *bucket) take(cost int, force bool) (left float64, taken bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	b.tokens = math.Min(float64(b.quota.Burst), b.tokens+now.Sub(b.at).Seconds()*float64(b.quota.PerSecond))
	b.at = now
	if b.tokens < 1 && !force {
		return b.tokens, false
	}
	b.tokens -= float64(cost)
	return b.tokens, true
}

// limited lets the request of a key pass if its quota is not used up, and says how much of it is left.
func (s *server) limited(c echo.Context, caller apikey.Caller) error {
	b := s.quotas.of(caller)
	if b == nil {
		return nil
	}
	left, taken := b.take(1, false)
	b.describe(c, left)
	if taken {
		c.Set(bucketName, b)
		return nil
	}
	s.keyFailed(KeyQuota)
	return tooMany(c, time.Duration((1-left)/float64(b.quota.PerSecond)*float64(time.Second)),
		codeQuotaExceeded,
		"The API key has used up its quota. Wait as many seconds as Retry-After says.")
}

// charge takes what a request costs in addition.
func charge(c echo.Context, more int) {
	if b, ok := c.Get(bucketName).(*bucket); ok && more > 0 {
		left, _ := b.take(more, true)
		b.describe(c, left)
	}
}

// describe adds the headers: how many requests the key may send at once, in which time that fills up, how
// many are left, and when it is full again.
func (b *bucket) describe(c echo.Context, left float64) {
	header, rate, burst := c.Response().Header(), float64(b.quota.PerSecond), float64(b.quota.Burst)
	header[headerPolicy] = b.policy
	text := append(make([]byte, 0, 40), `"key";r=`...)
	text = strconv.AppendInt(text, int64(math.Max(0, math.Floor(left))), 10)
	text = append(text, ";t="...)
	text = strconv.AppendInt(text, int64(math.Ceil((burst-left)/rate)), 10)
	header[headerLimit] = []string{string(text)}
}

func tooMany(c echo.Context, wait time.Duration, code identity.Code, detail string) error {
	c.Response().Header().Set(echo.HeaderRetryAfter, strconv.Itoa(max(1, int(math.Ceil(wait.Seconds())))))
	return &refusal{code: code, detail: detail}
}

// Failed authentications of one address are limited, so that a wrong key in a loop costs little. Guessing is
// hopeless anyway.
const (
	failuresPerSecond = 1
	failuresAtOnce    = 20
)

func newFailures() *middleware.RateLimiterMemoryStore {
	return middleware.NewRateLimiterMemoryStoreWithConfig(middleware.RateLimiterMemoryStoreConfig{
		Rate: failuresPerSecond, Burst: failuresAtOnce, ExpiresIn: time.Minute,
	})
}

// failed counts a failed authentication, and returns an error if there were too many.
func (s *server) failed(c echo.Context) error {
	if allowed, _ := s.failures.Allow(c.RealIP()); !allowed { // the memory store returns no other errors
		s.keyFailed(KeyExhausted)
		return tooMany(c, time.Second/failuresPerSecond, codeTooManyFailures,
			"Too many requests with a wrong API key came from this address. Wait as many seconds as Retry-After says.")
	}
	s.keyFailed(KeyUnknown)
	return nil
}
