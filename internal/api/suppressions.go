package api

import (
	"encoding/json"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

type suppressionsAnswer struct {
	Suppressions []suppression `json:"suppressions"`
	Next         string        `json:"next,omitempty"`
}

// suppression is a value that was erased and is kept out, without the value.
type suppression struct {
	ID        uint64         `json:"id"`
	Kind      identity.Field `json:"kind"`
	KeyID     string         `json:"keyId"`
	CreatedAt string         `json:"createdAt"`
}

// lifted is suppressions that ended.
type lifted struct {
	Lifted []suppression `json:"lifted"`
	DryRun bool          `json:"dryRun,omitempty"`
}

// suppressions answers with what is kept out.
func (s *server) suppressions(c echo.Context) error {
	found, next, err := list(c, s.lists.Suppressions)
	if err != nil {
		return err
	}
	a := suppressionsAnswer{make([]suppression, len(found)), next}
	for i, f := range found {
		a.Suppressions[i] = suppressionOf(linker.Suppression(f))
	}
	return writeStored(c, a)
}

// lift ends one suppression.
func (s *server) lift(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	one, err := s.operations.LiftSuppression(c.Request().Context(), id, dry)
	if err != nil {
		return err
	}
	return writeStored(c, lifted{[]suppression{suppressionOf(one)}, dry})
}

// liftValue ends what keeps one value out. The value is in the body: the query would be in the logs
// of whatever stands before this service.
func (s *server) liftValue(c echo.Context) error {
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil {
		return err
	}
	email, phone, err := parseIdentifiers(body)
	if err != nil {
		return err
	}
	if err := onlyIdentifiers(body); err != nil {
		return err
	}
	value, err := s.normalizer.Observation(email, phone)
	if err != nil {
		return err
	}
	all, err := s.operations.LiftValue(c.Request().Context(), value, dry)
	if err != nil {
		return err
	}
	a := lifted{make([]suppression, len(all)), dry}
	for i, one := range all {
		a.Lifted[i] = suppressionOf(one)
	}
	return writeStored(c, a)
}

// onlyIdentifiers refuses members of the body, a JSON object that was parsed before, that lifting does
// not take.
func onlyIdentifiers(body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return malformed(body, err)
	}
	for name := range members {
		if name != string(identity.FieldEmail) && name != string(identity.FieldPhone) {
			return badRequest("", `Send an email or a phoneNumber and no other members, such as {"email":"mcfly@hillvalley.edu"}.`)
		}
	}
	return nil
}

func suppressionOf(s linker.Suppression) suppression {
	return suppression{ID: s.ID, Kind: s.Field, KeyID: s.KeyID, CreatedAt: timestamp(s.CreatedAt)}
}
