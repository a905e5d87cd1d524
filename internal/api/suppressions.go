package api

import (
	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/suppression"
)

type suppressionsAnswer struct {
	Suppressions []suppressed `json:"suppressions"`
	Next         string       `json:"next,omitempty"`
}

// suppressed is an erased value that is kept out. It does not contain the value.
type suppressed struct {
	ID        uint64         `json:"id"`
	Kind      identity.Field `json:"kind"`
	KeyID     string         `json:"erasureKeyId"`
	CreatedAt string         `json:"createdAt"`
}

// lifted lists the suppressions that ended.
type lifted struct {
	Lifted []suppressed `json:"lifted"`
	DryRun bool         `json:"dryRun,omitempty"`
}

// suppressions answers with a page of suppressions.
func (s *server) suppressions(c echo.Context) error {
	found, next, err := list(c, s.lists.Suppressions)
	if err != nil {
		return err
	}
	a := suppressionsAnswer{make([]suppressed, len(found)), next}
	for i, f := range found {
		a.Suppressions[i] = suppressionOf(suppression.Suppression(f))
	}
	return writeStored(c, a)
}

// lift ends one suppression.
func (s *server) lift(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	dry := isTrue(c, paramDryRun)
	one, err := s.suppression.Lift(c.Request().Context(), id, dry)
	if err != nil {
		return err
	}
	return writeStored(c, lifted{[]suppressed{suppressionOf(one)}, dry})
}

// liftValue ends the suppressions of one value. The value is in the body, because URLs are logged.
func (s *server) liftValue(c echo.Context) error {
	value, err := s.readValue(c, fields{})
	if err != nil {
		return err
	}
	dry := isTrue(c, paramDryRun)
	all, err := s.suppression.LiftValue(c.Request().Context(), value, dry)
	if err != nil {
		return err
	}
	a := lifted{make([]suppressed, len(all)), dry}
	for i, one := range all {
		a.Lifted[i] = suppressionOf(one)
	}
	return writeStored(c, a)
}

func suppressionOf(s suppression.Suppression) suppressed {
	return suppressed{ID: s.ID, Kind: s.Field, KeyID: s.KeyID, CreatedAt: timestamp(s.CreatedAt)}
}
