package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Observation is an e-mail address, a phone number, or both if they were seen together. "" is no value.
type Observation struct {
	Email       string `json:"email,omitempty"`
	PhoneNumber string `json:"phoneNumber,omitempty"`
}

// Field is which of the two values is meant.
type Field string

const (
	FieldEmail       Field = "email"
	FieldPhoneNumber Field = "phoneNumber"
)

// Contact is one customer. Each list starts with the value of the primary contact and continues from the oldest
// to the newest.
type Contact struct {
	PrimaryContactID    uint64   `json:"primaryContactId"`
	Emails              []string `json:"emails"`
	PhoneNumbers        []string `json:"phoneNumbers"`
	SecondaryContactIDs []uint64 `json:"secondaryContactIds"`
}

// Answer is the contact that an observation belongs to. Refused is what was not linked; empty if everything was.
type Answer struct {
	Contact Contact   `json:"contact"`
	Refused []Refused `json:"refused"`
}

// Refused is a value that was not linked.
type Refused struct {
	Code   Reason `json:"code"`
	Field  Field  `json:"field"`
	Detail string `json:"detail"`
}

// Reason is why values are not linked. New ones may be added.
type Reason string

const (
	ReasonRetracted Reason = "retracted" // the link between the two values was retracted
	ReasonSeparated Reason = "separated" // their contacts are different people
	ReasonBlocked   Reason = "blocked"   // a value identifies nobody
	ReasonFanOut    Reason = "fan_out"   // a value has as many others as are allowed
	ReasonFuse      Reason = "fuse"      // the contact would have more values than are allowed
	ReasonErased    Reason = "erased"    // the value was erased and is kept out
)

// Found is a contact with all contacts of its cluster, from the oldest to the newest. ID is the contact asked
// for, or the one that holds the value.
type Found struct {
	Contact Contact  `json:"contact"`
	Members []Member `json:"members"`
	ID      uint64   `json:"id"`
}

// Member is one contact of a cluster. It holds an e-mail address, a phone number or both.
type Member struct {
	ID             uint64    `json:"id"`
	Email          string    `json:"email"`
	PhoneNumber    string    `json:"phoneNumber"`
	LinkPrecedence string    `json:"linkPrecedence"` // primary or secondary
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

// Identify reports values that were seen together and returns the contact that they belong to. If all its values
// identify nobody, the problem has the status 422.
func (c *Client) Identify(ctx context.Context, seen Observation) (Answer, error) {
	var a Answer
	err := c.do(ctx, call{method: http.MethodPost, path: "/identify", body: seen}, &a)
	return a, err
}

// BatchAnswer is the answer to one element of a batch: a contact, or a problem.
type BatchAnswer struct {
	Answer
	Problem *Problem `json:"problem"`
}

// IdentifyBatch reports up to 1,000 observations and returns an answer for each, in their order, as if they had
// come one by one. A malformed element does not affect the others.
func (c *Client) IdentifyBatch(ctx context.Context, seen []Observation) ([]BatchAnswer, error) {
	var a []BatchAnswer
	err := c.do(ctx, call{method: http.MethodPost, path: "/identify/batch", body: seen}, &a)
	return a, err
}

// Contact returns a contact and its cluster.
func (c *Client) Contact(ctx context.Context, id uint64) (Found, error) {
	var f Found
	err := c.do(ctx, call{method: http.MethodGet, path: "/contacts/{}", id: id, reads: true}, &f)
	return f, err
}

// SearchContact returns the contact that holds a value, and its cluster. It stores nothing. The observation must
// have exactly one value.
func (c *Client) SearchContact(ctx context.Context, value Observation) (Found, error) {
	var f Found
	err := c.do(ctx, call{method: http.MethodPost, path: "/contacts/search", body: value, reads: true}, &f)
	return f, err
}

// FindContact is SearchContact with the value in the URL, which every proxy on the way may log.
func (c *Client) FindContact(ctx context.Context, value Observation) (Found, error) {
	var f Found
	err := c.do(ctx, call{method: http.MethodGet, path: "/contacts", query: queryOf(value), reads: true}, &f)
	return f, err
}

func queryOf(value Observation) url.Values {
	query := url.Values{}
	if value.Email != "" {
		query.Set("email", value.Email)
	}
	if value.PhoneNumber != "" {
		query.Set("phoneNumber", value.PhoneNumber)
	}
	return query
}

// Other is a contact, by exactly one of its id and its values.
type Other struct {
	ID uint64
	Observation
}

// Explain returns what connects two contacts. The second may be given by a value, which is then in the URL.
func (c *Client) Explain(ctx context.Context, id uint64, with Other) (Explanation, error) {
	query := queryOf(with.Observation)
	if with.ID != 0 {
		query.Set("with", strconv.FormatUint(with.ID, 10))
	}
	var e Explanation
	err := c.do(ctx, call{method: http.MethodGet, path: "/contacts/{}/explain", id: id, query: query, reads: true}, &e)
	return e, err
}
