package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// Observed is an e-mail address and a phone number that were seen together. A value is "" if its contact was
// erased.
type Observed struct {
	ID             uint64    `json:"id"`
	Email          string    `json:"email"`
	PhoneNumber    string    `json:"phoneNumber"`
	EmailContactID uint64    `json:"emailContactId"` // the contact that holds the e-mail address
	PhoneContactID uint64    `json:"phoneContactId"` // the contact that holds the phone number
	FirstSeenAt    time.Time `json:"firstSeenAt"`
	Withheld       Reason    `json:"withheld"`   // why it does not link its values; "" if it does
	WithheldAt     time.Time `json:"withheldAt"` // zero if it links its values
	Reason         string    `json:"reason"`     // why it was retracted; "" if it is not, or without a reason
}

// Observations is one page. Next is "" on the last one.
type Observations struct {
	Observations []Observed `json:"observations"`
	Next         string     `json:"next"`
}

// Observations returns a page of the observations of the contact's cluster, oldest first.
func (c *Client) Observations(ctx context.Context, id uint64, page Page) (Observations, error) {
	var o Observations
	err := c.do(ctx, call{method: http.MethodGet, path: "/contacts/{}/observations", id: id, query: page.query(), reads: true}, &o)
	return o, err
}

// AllObservations returns the observations of all pages. An error ends them.
func (c *Client) AllObservations(ctx context.Context, id uint64, from Page) iter.Seq2[Observed, error] {
	return all(from, func(p Page) ([]Observed, string, error) {
		o, err := c.Observations(ctx, id, p)
		return o.Observations, o.Next, err
	})
}

// Event is a change of a cluster, by ids.
type Event struct {
	Kind             EventKind `json:"kind"`
	ContactID        uint64    `json:"contactId"`        // the contact affected: for a merge, the absorbed primary
	PrimaryContactID uint64    `json:"primaryContactId"` // its primary after the event; for a split, the primary that it left
	ObservationID    uint64    `json:"observationId"`    // the observation that caused it; 0 if none did
	KeyID            uint64    `json:"keyId"`            // the API key that decided it; 0 for what was observed, and without a key
	At               time.Time `json:"at"`               // UTC, by the clock of the database
}

// EventKind is what an event says about its contact. New ones may be added.
type EventKind string

const (
	EventCreated     EventKind = "created"
	EventLinked      EventKind = "linked"
	EventMerged      EventKind = "merged"
	EventDemoted     EventKind = "demoted"
	EventDivided     EventKind = "divided"
	EventSplit       EventKind = "split"
	EventMoved       EventKind = "moved"
	EventRefused     EventKind = "refused"
	EventRetracted   EventKind = "retracted"
	EventRestored    EventKind = "restored"
	EventSeparated   EventKind = "separated"
	EventUnseparated EventKind = "unseparated"
	EventBlocked     EventKind = "blocked"
	EventUnblocked   EventKind = "unblocked"
	EventErased      EventKind = "erased"
	EventValueErased EventKind = "value_erased"
)

// History is one page. Next is "" on the last one.
type History struct {
	Events []Event `json:"events"`
	Next   string  `json:"next"`
}

// History returns a page of the history of the contact's cluster, oldest first.
func (c *Client) History(ctx context.Context, id uint64, page Page) (History, error) {
	var h History
	err := c.do(ctx, call{method: http.MethodGet, path: "/contacts/{}/history", id: id, query: page.query(), reads: true}, &h)
	return h, err
}

// AllHistory returns the events of all pages. An error ends them.
func (c *Client) AllHistory(ctx context.Context, id uint64, from Page) iter.Seq2[Event, error] {
	return all(from, func(p Page) ([]Event, string, error) {
		h, err := c.History(ctx, id, p)
		return h.Events, h.Next, err
	})
}

// Explanation is what connects two contacts. If Connected is false, Chain and Bridges are empty.
type Explanation struct {
	ID                    uint64     `json:"id"`
	PrimaryContactID      uint64     `json:"primaryContactId"`
	OtherID               uint64     `json:"otherId"` // the other contact, or the one that holds the value
	OtherPrimaryContactID uint64     `json:"otherPrimaryContactId"`
	Connected             bool       `json:"connected"`
	Chain                 []Observed `json:"chain"`       // a shortest one; empty for one and the same contact
	Bridges               []Bridge   `json:"bridges"`     // at most 20, the most even split first
	BridgeCount           int        `json:"bridgeCount"` // of all
}

// Bridge is an observation, or a value with all its observations, without which the cluster falls apart. The
// other one is nil. Parts are the numbers of values in each part, largest first, without the value itself.
type Bridge struct {
	Observation *Observed    `json:"observation"`
	Value       *BridgeValue `json:"value"`
	Parts       []int        `json:"parts"`
}

// BridgeValue is a value and the contact that holds it.
type BridgeValue struct {
	ContactID   uint64 `json:"contactId"`
	Email       string `json:"email"`
	PhoneNumber string `json:"phoneNumber"`
}
