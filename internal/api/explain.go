package api

import (
	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/lookup"
)

// explanation is what connects two contacts.
type explanation struct {
	ID             uint64     `json:"id"`
	PrimaryID      uint64     `json:"primaryContactId"`
	OtherID        uint64     `json:"otherId"`
	OtherPrimaryID uint64     `json:"otherPrimaryContactId"`
	Connected      bool       `json:"connected"`
	Chain          []observed `json:"chain"`
	Bridges        []bridge   `json:"bridges"`
	BridgeCount    int        `json:"bridgeCount"`
}

// bridge is an observation or a value (exactly one of the two) without which the cluster falls
// apart.
type bridge struct {
	Observation *observed `json:"observation,omitempty"`
	Value       *held     `json:"value,omitempty"`
	Parts       []int     `json:"parts"`
}

// held is a value and the contact that holds it.
type held struct {
	ContactID uint64 `json:"contactId"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phoneNumber,omitempty"`
}

// explain answers with what connects two contacts.
func (s *server) explain(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	with, err := s.other(c)
	if err != nil {
		return err
	}
	x, err := s.lookup.Explain(c.Request().Context(), id, with)
	if err != nil {
		return err
	}
	return writeStored(c, explanationOf(x))
}

// other returns the other contact that the query asks for.
func (s *server) other(c echo.Context) (lookup.Ref, error) {
	o, err := s.oneValue(c)
	if err != nil {
		return lookup.Ref{}, err
	}
	with, sent := lookup.Ref{Email: o.Email, Phone: o.Phone}, c.QueryParam(paramWith)
	named := 0
	for _, given := range []bool{sent != "", with.Email != "", with.Phone != ""} {
		if given {
			named++
		}
	}
	if named != 1 {
		return lookup.Ref{}, badRequest("", "Name the other contact by exactly one of with (its id), email and phoneNumber.")
	}
	if sent != "" {
		var ok bool
		if with.ID, ok = parseID(sent); !ok {
			return lookup.Ref{}, badRequest("", "with must be the id of a contact: a whole number, 1 or greater, such as 17.")
		}
	}
	return with, nil
}

func explanationOf(x lookup.Explanation) explanation {
	e := explanation{
		ID: x.ID, PrimaryID: x.PrimaryID, OtherID: x.OtherID, OtherPrimaryID: x.OtherPrimaryID,
		Connected: x.Connected, Chain: observedOf(x.Chain), Bridges: make([]bridge, len(x.Bridges)), BridgeCount: x.BridgeCount,
	}
	for i, b := range x.Bridges {
		e.Bridges[i].Parts = b.Parts
		if b.ContactID != 0 {
			e.Bridges[i].Value = &held{b.ContactID, b.Email, b.Phone}
		} else {
			e.Bridges[i].Observation = &observedOf([]lookup.Observation{b.Observation})[0]
		}
	}
	return e
}
