package api

import (
	"context"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

// Lists tells what was decided and what is to be, one page at a time, by id, with where the next
// page starts, "" when there is none. Its errors are *identity.Error.
type Lists interface {
	Separations(ctx context.Context, page lookup.Page) ([]lookup.Separation, string, error)
	Refusals(ctx context.Context, page lookup.Page) ([]lookup.Refusal, string, error)
	Blocks(ctx context.Context, page lookup.Page) ([]lookup.Block, string, error)
	Suppressions(ctx context.Context, page lookup.Page) ([]lookup.Suppression, string, error)
}

type separationsAnswer struct {
	Separations []separation `json:"separations"`
	Next        string       `json:"next,omitempty"`
}

// separations answers with who was separated.
func (s *server) separations(c echo.Context) error {
	found, next, err := list(c, s.lists.Separations)
	if err != nil {
		return err
	}
	a := separationsAnswer{make([]separation, len(found)), next}
	for i, f := range found {
		a.Separations[i] = separation{
			ID: f.ID, ContactID: f.ContactID, OtherID: f.OtherID, Reason: f.Reason, CreatedAt: timestamp(f.CreatedAt),
		}
	}
	return writeStored(c, a)
}

type refusalsAnswer struct {
	Refusals []queued `json:"refusals"`
	Next     string   `json:"next,omitempty"`
}

// queued is an observation that was not linked.
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

// refusals answers with the queue.
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
	ID        uint64         `json:"id"`
	Kind      identity.Field `json:"kind"`
	Value     string         `json:"value"`
	Reason    string         `json:"reason"`
	ContactID uint64         `json:"contactId"`
	CreatedAt string         `json:"createdAt"`
}

// blocks answers with what is blocked.
func (s *server) blocks(c echo.Context) error {
	found, next, err := list(c, s.lists.Blocks)
	if err != nil {
		return err
	}
	a := blocksAnswer{make([]blocked, len(found)), next}
	for i, f := range found {
		a.Blocked[i] = blocked{f.ID, identity.FieldEmail, f.Email, f.Reason, f.ContactID, timestamp(f.CreatedAt)}
		if f.Phone != "" {
			a.Blocked[i].Kind, a.Blocked[i].Value = identity.FieldPhone, f.Phone
		}
	}
	return writeStored(c, a)
}

// list reads the page that the query names.
func list[T any](c echo.Context, read func(context.Context, lookup.Page) ([]T, string, error)) ([]T, string, error) {
	page, err := pageOf(c)
	if err != nil {
		return nil, "", err
	}
	return read(c.Request().Context(), page)
}
