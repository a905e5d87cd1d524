package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"time"
)

// Refusal is an observation that was not linked, and how that was decided.
type Refusal struct {
	ID             uint64    `json:"id"`
	Code           Reason    `json:"code"`
	Detail         string    `json:"detail"`
	RefusedAt      time.Time `json:"refusedAt"`
	ObservationID  uint64    `json:"observationId"`
	Email          string    `json:"email"`
	PhoneNumber    string    `json:"phoneNumber"`
	EmailContactID uint64    `json:"emailContactId"`
	PhoneContactID uint64    `json:"phoneContactId"`

	Resolution Resolution `json:"resolution"` // "" if it is open
	ClosedAt   time.Time  `json:"closedAt"`   // zero if it is open
	KeyID      uint64     `json:"keyId"`      // the API key that decided it; 0 without a key, or if it is open
	Reason     string     `json:"reason"`     // why its observation was retracted; "" if it is not, without a reason, and in lists
}

// Resolution is how a refusal leaves the queue.
type Resolution string

const (
	Accepted  Resolution = "accepted"
	Dismissed Resolution = "dismissed"
)

// Refusals is one page. Next is "" on the last one.
type Refusals struct {
	Refusals []Refusal `json:"refusals"`
	Next     string    `json:"next"`
}

// Refusals returns a page of the open refusals, sorted by id.
func (c *Client) Refusals(ctx context.Context, page Page) (Refusals, error) {
	var r Refusals
	err := c.do(ctx, call{method: http.MethodGet, path: "/refusals", query: page.query(), reads: true}, &r)
	return r, err
}

// AllRefusals returns the open refusals of all pages. An error ends them.
func (c *Client) AllRefusals(ctx context.Context, from Page) iter.Seq2[Refusal, error] {
	return all(from, func(p Page) ([]Refusal, string, error) {
		r, err := c.Refusals(ctx, p)
		return r.Refusals, r.Next, err
	})
}

// AcceptRefusal links the two values of a refusal. Limits do not apply. It takes DryRun.
func (c *Client) AcceptRefusal(ctx context.Context, refusal uint64, flags ...Flag) (Change, error) {
	return c.change(ctx, call{method: http.MethodPost, path: "/refusals/{}/accept", id: refusal, query: flagged(flags)})
}

// Dismissal is a refusal that was dismissed.
type Dismissal struct {
	ID         uint64     `json:"id"`
	Resolution Resolution `json:"resolution"` // Dismissed
}

// DismissRefusal leaves the two values of a refusal unlinked. It is not queued again.
func (c *Client) DismissRefusal(ctx context.Context, refusal uint64) (Dismissal, error) {
	var d Dismissal
	err := c.do(ctx, call{method: http.MethodPost, path: "/refusals/{}/dismiss", id: refusal, query: url.Values{}}, &d)
	return d, err
}

// Refusal returns one refusal, open or decided.
func (c *Client) Refusal(ctx context.Context, refusal uint64) (Refusal, error) {
	var r Refusal
	err := c.do(ctx, call{method: http.MethodGet, path: "/refusals/{}", id: refusal, reads: true}, &r)
	return r, err
}

// ReopenRefusal puts a dismissed refusal back into the queue.
func (c *Client) ReopenRefusal(ctx context.Context, refusal uint64) (Refusal, error) {
	var r Refusal
	err := c.do(ctx, call{method: http.MethodPost, path: "/refusals/{}/reopen", id: refusal, query: url.Values{}}, &r)
	return r, err
}

// RefusalFilter selects open refusals. What is not zero must all apply; at most one value may be set.
type RefusalFilter struct {
	Code          Reason    `json:"code,omitempty"`
	Email         string    `json:"email,omitempty"`
	PhoneNumber   string    `json:"phoneNumber,omitempty"`
	RefusedBefore time.Time `json:"refusedBefore,omitzero"`
}

// SearchRefusals returns a page of the open refusals that the filter selects, sorted by id.
func (c *Client) SearchRefusals(ctx context.Context, filter RefusalFilter, page Page) (Refusals, error) {
	var r Refusals
	err := c.do(ctx, call{method: http.MethodPost, path: "/refusals/search", body: filter, query: page.query(), reads: true}, &r)
	return r, err
}

// Resolved is what became of several refusals. If Complete is false, send the same request again: the results of
// those that were not reached have neither a resolution nor a problem.
type Resolved struct {
	Results         []ResolveResult `json:"results"` // in the order of the ids
	Complete        bool            `json:"complete"`
	CustomersBefore int             `json:"customersBefore"` // of the accepted ones
	CustomersAfter  int             `json:"customersAfter"`  // how many are left of them
	DryRun          bool            `json:"dryRun"`
}

// ResolveResult is what became of one refusal.
type ResolveResult struct {
	ID         uint64     `json:"id"`
	Resolution Resolution `json:"resolution"`
	Problem    *Problem   `json:"problem"`
}

// ResolveRefusals accepts or dismisses up to 500 refusals. One that cannot be decided does not affect the others.
// It takes DryRun.
func (c *Client) ResolveRefusals(ctx context.Context, as Resolution, refusals []uint64, flags ...Flag) (Resolved, error) {
	body := struct {
		Resolution Resolution `json:"resolution"`
		IDs        []uint64   `json:"ids"`
	}{as, refusals}
	var r Resolved
	err := c.do(ctx, call{method: http.MethodPost, path: "/refusals/resolve", body: body, query: flagged(flags)}, &r)
	return r, err
}

// Retraction is an observation that is retracted.
type Retraction struct {
	ObservationID  uint64    `json:"observationId"`
	Email          string    `json:"email"`
	PhoneNumber    string    `json:"phoneNumber"`
	EmailContactID uint64    `json:"emailContactId"`
	PhoneContactID uint64    `json:"phoneContactId"`
	Reason         string    `json:"reason"`
	KeyID          uint64    `json:"keyId"` // the API key that retracted it, or gave the reason; 0 without a key
	RetractedAt    time.Time `json:"retractedAt"`
}

// Retractions is one page. Next is "" on the last one.
type Retractions struct {
	Retractions []Retraction `json:"retractions"`
	Next        string       `json:"next"`
}

// Retractions returns a page of the observations that are retracted, the last retracted first.
func (c *Client) Retractions(ctx context.Context, page Page) (Retractions, error) {
	var r Retractions
	err := c.do(ctx, call{method: http.MethodGet, path: "/retractions", query: page.query(), reads: true}, &r)
	return r, err
}

// AllRetractions returns the retractions of all pages. An error ends them.
func (c *Client) AllRetractions(ctx context.Context, from Page) iter.Seq2[Retraction, error] {
	return all(from, func(p Page) ([]Retraction, string, error) {
		r, err := c.Retractions(ctx, p)
		return r.Retractions, r.Next, err
	})
}
