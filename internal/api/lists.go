package api

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

// Lists reads decisions and open refusals. Lists are sorted by id and returned one page at a time,
// with the start of the next page, or "" after the last one. For a single entry that does not exist
// the error has CodeRecordNotFound. All errors are *identity.Error.
type Lists interface {
	Separations(ctx context.Context, page lookup.Page) ([]lookup.Separation, string, error)
	Refusals(ctx context.Context, page lookup.Page) ([]lookup.Refusal, string, error)
	Blocks(ctx context.Context, page lookup.Page) ([]lookup.Block, string, error)
	Suppressions(ctx context.Context, page lookup.Page) ([]lookup.Suppression, string, error)

	Separation(ctx context.Context, contact, other uint64) (lookup.Separation, error)
	Block(ctx context.Context, id uint64) (lookup.Block, error)
	BlockOf(ctx context.Context, value identity.Observation) (lookup.Block, error)
}

type separationsAnswer struct {
	Separations []separation `json:"separations"`
	Next        string       `json:"next,omitempty"`
}

// separations answers with a page of separations.
func (s *server) separations(c echo.Context) error {
	found, next, err := list(c, s.lists.Separations)
	if err != nil {
		return err
	}
	a := separationsAnswer{make([]separation, len(found)), next}
	for i, f := range found {
		a.Separations[i] = separationOf(f)
	}
	return writeStored(c, a)
}

type refusalsAnswer struct {
	Refusals []queued `json:"refusals"`
	Next     string   `json:"next,omitempty"`
}

// queued is an observation that was not linked and is not decided.
type queued struct {
	ID             uint64          `json:"id"`
	Code           identity.Reason `json:"code"`
	Detail         string          `json:"detail"`
	RefusedAt      string          `json:"refusedAt"`
	ObservationID  uint64          `json:"observationId"`
	Email          string          `json:"email,omitempty"`
	Phone          string          `json:"phoneNumber,omitempty"`
	EmailContactID uint64          `json:"emailContactId"`
	PhoneContactID uint64          `json:"phoneContactId"`
}

// refusals answers with a page of the queue.
func (s *server) refusals(c echo.Context) error {
	found, next, err := list(c, s.lists.Refusals)
	if err != nil {
		return err
	}
	a := refusalsAnswer{make([]queued, len(found)), next}
	for i, f := range found {
		a.Refusals[i] = queued{
			ID: f.ID, Code: f.Code, Detail: identity.NewRefusal(f.Code, "").Detail, RefusedAt: timestamp(f.RefusedAt),
			ObservationID: f.Seen.ID, Email: f.Seen.Email, Phone: f.Seen.Phone,
			EmailContactID: f.Seen.EmailContactID, PhoneContactID: f.Seen.PhoneContactID,
		}
	}
	return writeStored(c, a)
}

type blocksAnswer struct {
	Blocked []blocked `json:"blocked"`
	Next    string    `json:"next,omitempty"`
}

type blocked struct {
	ID        *uint64        `json:"id"` // null in a dry run of a new block
	Kind      identity.Field `json:"kind"`
	Value     string         `json:"value"`
	Reason    string         `json:"reason"`
	KeyID     uint64         `json:"keyId,omitempty"`
	ContactID *uint64        `json:"contactId"`           // null in a dry run that would add the contact
	CreatedAt string         `json:"createdAt,omitempty"` // absent in a dry run
}

// blocks answers with a page of blocks.
func (s *server) blocks(c echo.Context) error {
	found, next, err := list(c, s.lists.Blocks)
	if err != nil {
		return err
	}
	a := blocksAnswer{make([]blocked, len(found)), next}
	for i, f := range found {
		a.Blocked[i] = blockedOf(f)
	}
	return writeStored(c, a)
}

func blockedOf(b lookup.Block) blocked {
	shown := blocked{orNull(b.ID), identity.FieldEmail, b.Email, b.Reason, b.KeyID, orNull(b.ContactID), timestamp(b.CreatedAt)}
	if b.Phone != "" {
		shown.Kind, shown.Value = identity.FieldPhone, b.Phone
	}
	return shown
}

// list reads the page that the query asks for.
func list[T any](c echo.Context, read func(context.Context, lookup.Page) ([]T, string, error)) ([]T, string, error) {
	page, err := pageOf(c)
	if err != nil {
		return nil, "", err
	}
	return read(c.Request().Context(), page)
}
