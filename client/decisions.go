package client

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"
)

// Change is what a correction does to clusters. With DryRun it did not happen.
type Change struct {
	Before []Changed `json:"before"`
	After  []Changed `json:"after"`
	DryRun bool      `json:"dryRun"`
}

// Changed is a cluster before or after a change. In a dry run a contact that does not exist yet has no id: as a
// primary it is nil, and among the secondaries it is left out.
type Changed struct {
	PrimaryContactID    *uint64  `json:"primaryContactId"`
	Emails              []string `json:"emails"`
	PhoneNumbers        []string `json:"phoneNumbers"`
	SecondaryContactIDs []uint64 `json:"secondaryContactIds"`
}

// change sends a correction that answers with the clusters before and after.
func (c *Client) change(ctx context.Context, r call) (Change, error) {
	var changed Change
	err := c.do(ctx, r, &changed)
	return changed, err
}

// Retract says that the two values of an observation do not belong together. The observation stays retracted if
// it is seen again; a retraction that exists gets the new reason. The reason may be empty or have up to 500
// characters. It takes DryRun.
func (c *Client) Retract(ctx context.Context, observation uint64, reason string, flags ...Flag) (Change, error) {
	body := newRetraction{Reason: reason}
	return c.change(ctx, call{method: http.MethodPost, path: "/observations/{}/retract", id: observation, body: body, query: flagged(flags)})
}

type newRetraction struct {
	Reason string `json:"reason,omitempty"`
}

// Restore ends the retraction of an observation. It takes DryRun.
func (c *Client) Restore(ctx context.Context, observation uint64, flags ...Flag) (Change, error) {
	return c.change(ctx, call{method: http.MethodPost, path: "/observations/{}/restore", id: observation, query: flagged(flags)})
}

// NewSeparation says that two contacts are different people.
type NewSeparation struct {
	ContactID      uint64 `json:"contactId"`
	OtherContactID uint64 `json:"otherContactId"`
	Reason         string `json:"reason,omitempty"` // at most 500 characters
}

// Separation is a stored NewSeparation. In a dry run of a new one, ID is nil and CreatedAt is zero.
type Separation struct {
	ID             *uint64   `json:"id"`
	ContactID      uint64    `json:"contactId"`
	OtherContactID uint64    `json:"otherContactId"`
	Reason         string    `json:"reason"`
	KeyID          uint64    `json:"keyId"` // the API key that decided it; 0 without a key
	CreatedAt      time.Time `json:"createdAt"`
	DryRun         bool      `json:"dryRun"`
}

// Separations is one page. Next is "" on the last one.
type Separations struct {
	Separations []Separation `json:"separations"`
	Next        string       `json:"next"`
}

// Separate keeps two contacts apart, whatever is observed. While they are one customer, the problem has the code
// CodeContactsLinked and says what connects them. It takes DryRun.
func (c *Client) Separate(ctx context.Context, s NewSeparation, flags ...Flag) (Separation, error) {
	var stored Separation
	err := c.do(ctx, call{method: http.MethodPut, path: "/separations", body: s, query: flagged(flags)}, &stored)
	return stored, err
}

// Separations returns a page of the separations, the newest first.
func (c *Client) Separations(ctx context.Context, page Page) (Separations, error) {
	var s Separations
	err := c.do(ctx, call{method: http.MethodGet, path: "/separations", query: page.query(), reads: true}, &s)
	return s, err
}

// AllSeparations returns the separations of all pages. An error ends them.
func (c *Client) AllSeparations(ctx context.Context, from Page) iter.Seq2[Separation, error] {
	return all(from, func(p Page) ([]Separation, string, error) {
		s, err := c.Separations(ctx, p)
		return s.Separations, s.Next, err
	})
}

// Unseparate deletes a separation and links what was withheld only because of it. It takes DryRun.
func (c *Client) Unseparate(ctx context.Context, separation uint64, flags ...Flag) (Change, error) {
	return c.change(ctx, call{method: http.MethodDelete, path: "/separations/{}", id: separation, query: flagged(flags)})
}

// UnseparatePair is Unseparate for two contacts, in either order. It takes DryRun.
func (c *Client) UnseparatePair(ctx context.Context, contact, other uint64, flags ...Flag) (Change, error) {
	query := flagged(flags)
	query.Set("contactId", strconv.FormatUint(contact, 10))
	query.Set("otherContactId", strconv.FormatUint(other, 10))
	return c.change(ctx, call{method: http.MethodDelete, path: "/separations", query: query})
}
