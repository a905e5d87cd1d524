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
	Refusals(ctx context.Context, f lookup.RefusalFilter, page lookup.Page) ([]lookup.Refusal, string, error)
	Refusal(ctx context.Context, id uint64) (lookup.Refusal, error)
	Blocks(ctx context.Context, page lookup.Page) ([]lookup.Block, string, error)
	Retractions(ctx context.Context, page lookup.Page) ([]lookup.Retraction, string, error)
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

type retractionsAnswer struct {
	Retractions []retraction `json:"retractions"`
	Next        string       `json:"next,omitempty"`
}

// retraction is an observation that is retracted.
type retraction struct {
	ObservationID  uint64 `json:"observationId"`
	Email          string `json:"email,omitempty"`
	Phone          string `json:"phoneNumber,omitempty"`
	EmailContactID uint64 `json:"emailContactId"`
	PhoneContactID uint64 `json:"phoneContactId"`
	Reason         string `json:"reason"`
	KeyID          uint64 `json:"keyId,omitempty"`
	RetractedAt    string `json:"retractedAt"`
}

// retractions answers with a page of the observations that are retracted.
func (s *server) retractions(c echo.Context) error {
	found, next, err := list(c, s.lists.Retractions)
	if err != nil {
		return err
	}
	a := retractionsAnswer{make([]retraction, len(found)), next}
	for i, f := range found {
		a.Retractions[i] = retraction{
			f.Seen.ID, f.Seen.Email, f.Seen.Phone, f.Seen.EmailContactID, f.Seen.PhoneContactID, f.Reason, f.KeyID, timestamp(f.At),
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
	Complete  bool           `json:"complete"`            // if not, the same request continues
	Progress  progress       `json:"progress"`
	Ending    bool           `json:"ending,omitempty"` // what is not complete is its end
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
	shown := blocked{
		orNull(b.ID), identity.FieldEmail, b.Email, b.Reason, b.KeyID, orNull(b.ContactID), timestamp(b.CreatedAt),
		b.Complete, progress{b.Linking, b.Withheld}, b.Ending,
	}
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
