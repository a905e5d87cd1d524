package client

import (
	"context"
	"iter"
	"net/http"
	"slices"
	"time"
)

// Receipt is what was erased, in ids and counts. It has no values and may be kept.
type Receipt struct {
	ContactID  uint64    `json:"contactId"`
	Tombstone  bool      `json:"tombstone"` // only the id of the contact is left
	ErasedAt   time.Time `json:"erasedAt"`  // zero in a dry run
	KeyID      uint64    `json:"keyId"`     // the API key that erased it; 0 without a key
	Suppressed bool      `json:"suppressed"`
	DryRun     bool      `json:"dryRun"`
	Removed    Removed   `json:"removed"`
	Before     []Members `json:"before"`
	After      []Members `json:"after"` // the parts into which the rest of the cluster fell
}

// Removed counts what was deleted with the values.
type Removed struct {
	Observations int `json:"observations"`
	Refusals     int `json:"refusals"`
	Separations  int `json:"separations"`
	Blocks       int `json:"blocks"`
}

// Members is a cluster by ids.
type Members struct {
	PrimaryContactID    uint64   `json:"primaryContactId"`
	SecondaryContactIDs []uint64 `json:"secondaryContactIds"`
}

// EraseContact erases all values of one contact, with everything observed of them. Repeating it returns the same
// receipt. It takes DryRun and Suppress.
func (c *Client) EraseContact(ctx context.Context, id uint64, flags ...Flag) (Receipt, error) {
	var r Receipt
	err := c.do(ctx, call{method: http.MethodDelete, path: "/contacts/{}", id: id, query: flagged(flags)}, &r)
	return r, err
}

// EraseValue erases one value from the contact that holds it. The observation must have exactly one value. It
// takes DryRun and Suppress.
func (c *Client) EraseValue(ctx context.Context, value Observation, flags ...Flag) (Receipt, error) {
	body := struct {
		Observation
		Suppress bool `json:"suppress,omitempty"`
	}{value, slices.Contains(flags, Suppress)}
	query := flagged(flags)
	query.Del(string(Suppress)) // it is in the body
	var r Receipt
	err := c.do(ctx, call{method: http.MethodPost, path: "/erasures", body: body, query: query, once: !slices.Contains(flags, DryRun)}, &r)
	return r, err
}

// Erasures is one page. Next is "" on the last one.
type Erasures struct {
	Erasures []Receipt `json:"erasures"`
	Next     string    `json:"next"`
}

// Erasures returns a page of the receipts, the newest first.
func (c *Client) Erasures(ctx context.Context, page Page) (Erasures, error) {
	var e Erasures
	err := c.do(ctx, call{method: http.MethodGet, path: "/erasures", query: page.query(), reads: true}, &e)
	return e, err
}

// AllErasures returns the receipts of all pages. An error ends them.
func (c *Client) AllErasures(ctx context.Context, from Page) iter.Seq2[Receipt, error] {
	return all(from, func(p Page) ([]Receipt, string, error) {
		e, err := c.Erasures(ctx, p)
		return e.Erasures, e.Next, err
	})
}

// Suppression is an erased value that is kept out. The value cannot be recovered from what is stored.
type Suppression struct {
	ID           uint64    `json:"id"`
	Kind         Field     `json:"kind"`
	ErasureKeyID string    `json:"erasureKeyId"` // of the key in the setting ERASURE_KEY by which it is recognized
	CreatedAt    time.Time `json:"createdAt"`
}

// Suppressions is one page. Next is "" on the last one.
type Suppressions struct {
	Suppressions []Suppression `json:"suppressions"`
	Next         string        `json:"next"`
}

// Lifted are the suppressions that ended.
type Lifted struct {
	Lifted []Suppression `json:"lifted"`
	DryRun bool          `json:"dryRun"`
}

// Suppressions returns a page of the suppressions, the newest first.
func (c *Client) Suppressions(ctx context.Context, page Page) (Suppressions, error) {
	var s Suppressions
	err := c.do(ctx, call{method: http.MethodGet, path: "/suppressions", query: page.query(), reads: true}, &s)
	return s, err
}

// AllSuppressions returns the suppressions of all pages. An error ends them.
func (c *Client) AllSuppressions(ctx context.Context, from Page) iter.Seq2[Suppression, error] {
	return all(from, func(p Page) ([]Suppression, string, error) {
		s, err := c.Suppressions(ctx, p)
		return s.Suppressions, s.Next, err
	})
}

// Lift ends a suppression: the value is stored again when it is next seen. It takes DryRun.
func (c *Client) Lift(ctx context.Context, suppression uint64, flags ...Flag) (Lifted, error) {
	var l Lifted
	err := c.do(ctx, call{method: http.MethodDelete, path: "/suppressions/{}", id: suppression, query: flagged(flags)}, &l)
	return l, err
}

// LiftValue is Lift for a value. The observation must have exactly one. It takes DryRun.
func (c *Client) LiftValue(ctx context.Context, value Observation, flags ...Flag) (Lifted, error) {
	var l Lifted
	err := c.do(ctx, call{method: http.MethodDelete, path: "/suppressions", body: value, query: flagged(flags)}, &l)
	return l, err
}
