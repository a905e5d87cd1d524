package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Scope is what a key may do.
type Scope string

const (
	ScopeIdentify       Scope = "identify"
	ScopeReadContacts   Scope = "contacts:read"
	ScopeWriteDecisions Scope = "decisions:write"
	ScopeErase          Scope = "erase"
	ScopeReadEvents     Scope = "events:read"
	ScopeWriteKeys      Scope = "keys:write"
	ScopeAll            Scope = "all"
)

// Session says for whom requests are carried out.
type Session struct {
	KeyID     uint64    `json:"keyId"` // 0 without a key, which may do everything with AUTH=open
	Scopes    []Scope   `json:"scopes"`
	ExpiresAt time.Time `json:"expiresAt"` // of the session of a web page; zero for a key
}

// Session returns for whom the requests of this client are carried out. The sessions of web pages, which it is
// named after, are of no use to programs.
func (c *Client) Session(ctx context.Context) (Session, error) {
	var s Session
	err := c.do(ctx, call{method: http.MethodGet, path: "/session"}, &s)
	return s, err
}

// KeyRequest describes a key to be made. It can only have scopes that the key of the client has.
type KeyRequest struct {
	Name              string    `json:"name"` // who uses the key, in 1 to 100 characters
	Scopes            []Scope   `json:"scopes"`
	ExpiresAt         time.Time `json:"expiresAt,omitzero"`          // zero for never
	RequestsPerSecond int       `json:"requestsPerSecond,omitempty"` // 0 for the setting RATE_LIMIT
	Burst             int       `json:"burst,omitempty"`             // how many at once; 0 for the same
}

// Key is an API key without its secret.
type Key struct {
	ID                uint64    `json:"id"`
	Name              string    `json:"name"`
	Prefix            string    `json:"prefix"` // how the key begins; "" for that of the setting ADMIN_KEY
	Scopes            []Scope   `json:"scopes"`
	RequestsPerSecond int       `json:"requestsPerSecond"` // 0 for the setting RATE_LIMIT
	Burst             int       `json:"burst"`
	CreatedAt         time.Time `json:"createdAt"`
	CreatedByKeyID    uint64    `json:"createdByKeyId"` // 0 if the command line or a setting made it
	ReplacesKeyID     uint64    `json:"replacesKeyId"`  // the key that it was rotated from; 0 if none
	ExpiresAt         time.Time `json:"expiresAt"`      // zero for never
	LastUsedAt        time.Time `json:"lastUsedAt"`     // at most a minute late; zero for never
	RevokedAt         time.Time `json:"revokedAt"`      // zero if it is not
	RevokedByKeyID    uint64    `json:"revokedByKeyId"`
	Reason            string    `json:"reason"` // why it was revoked
}

// NewKey is a key that was just made, and its secret, which cannot be shown again.
type NewKey struct {
	Key
	Secret Secret `json:"key"`
}

// Keys is one page. Next is "" on the last one.
type Keys struct {
	Keys []Key  `json:"keys"`
	Next string `json:"next"`
}

// CreateKey makes an API key. If its answer is lost, the repetition makes no other key. The service cannot show the
// secret again, so it answers with 409, and the detail names the key that was made: revoke it and make another. See
// WithIdempotencyKey.
func (c *Client) CreateKey(ctx context.Context, k KeyRequest) (NewKey, error) {
	var made NewKey
	err := c.do(ctx, call{method: http.MethodPost, path: "/keys", body: k, once: true}, &made)
	return made, err
}

// Keys returns a page of the API keys, sorted by id, also of those that do not work any more.
func (c *Client) Keys(ctx context.Context, page Page) (Keys, error) {
	var k Keys
	err := c.do(ctx, call{method: http.MethodGet, path: "/keys", query: page.query(), reads: true}, &k)
	return k, err
}

// AllKeys returns the API keys of all pages. An error ends them.
func (c *Client) AllKeys(ctx context.Context, from Page) iter.Seq2[Key, error] {
	return all(from, func(p Page) ([]Key, string, error) {
		k, err := c.Keys(ctx, p)
		return k.Keys, k.Next, err
	})
}

// RotateKey makes a key that may do the same as an old one, which works until the overlap, at most 90 days, is
// over. What CreateKey says about a lost answer holds here, too.
func (c *Client) RotateKey(ctx context.Context, id uint64, overlap time.Duration) (NewKey, error) {
	body := struct {
		Seconds int64 `json:"overlapSeconds"`
	}{int64(overlap / time.Second)}
	var made NewKey
	err := c.do(ctx, call{method: http.MethodPost, path: "/keys/{}/rotate", id: id, body: body, once: true}, &made)
	return made, err
}

// RevokeKey ends a key in every process within a second. The reason may have 500 characters.
func (c *Client) RevokeKey(ctx context.Context, id uint64, reason string) (Key, error) {
	body := struct {
		Reason string `json:"reason,omitempty"`
	}{reason}
	var k Key
	err := c.do(ctx, call{method: http.MethodPost, path: "/keys/{}/revoke", id: id, body: body}, &k)
	return k, err
}
