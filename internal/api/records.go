package api

import (
	"fmt"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

const (
	defaultPage = 100
	maxPage     = 1000
)

// observationsAnswer is one page of the observations of a contact's cluster.
type observationsAnswer struct {
	Observations []observed `json:"observations"`
	Next         string     `json:"next,omitempty"`
}

// observed is an e-mail address and a phone number that were observed together. A value is absent
// if the contact that held it was erased.
type observed struct {
	ID             uint64          `json:"id"`
	Email          string          `json:"email,omitempty"`
	Phone          string          `json:"phoneNumber,omitempty"`
	EmailContactID uint64          `json:"emailContactId"`
	PhoneContactID uint64          `json:"phoneContactId"`
	FirstSeenAt    string          `json:"firstSeenAt"`
	Withheld       identity.Reason `json:"withheld,omitempty"`
	WithheldAt     string          `json:"withheldAt,omitempty"`
	Reason         string          `json:"reason,omitempty"`
}

// observations answers with the observations of a contact's cluster, oldest first.
func (s *server) observations(c echo.Context) error {
	id, page, err := pathPage(c)
	if err != nil {
		return err
	}
	found, next, err := s.lookup.Observations(c.Request().Context(), id, page)
	if err != nil {
		return err
	}
	return writeStored(c, observationsAnswer{observedOf(found), next})
}

func observedOf(found []lookup.Observation) []observed {
	list := make([]observed, len(found))
	for i, o := range found {
		list[i] = observed{
			ID: o.ID, Email: o.Email, Phone: o.Phone, EmailContactID: o.EmailContactID, PhoneContactID: o.PhoneContactID,
			FirstSeenAt: timestamp(o.FirstSeenAt), Withheld: o.Withheld, WithheldAt: timestamp(o.WithheldAt), Reason: o.Reason,
		}
	}
	return list
}

// historyAnswer is one page of the history of a contact's cluster.
type historyAnswer struct {
	Events []happened `json:"events"`
	Next   string     `json:"next,omitempty"`
}

type happened struct {
	Kind          string `json:"kind"`
	ContactID     uint64 `json:"contactId"`
	PrimaryID     uint64 `json:"primaryContactId"`
	ObservationID uint64 `json:"observationId,omitempty"`
	KeyID         uint64 `json:"keyId,omitempty"`
	At            string `json:"at"`
}

// history answers with the history of a contact's cluster, oldest first.
func (s *server) history(c echo.Context) error {
	id, page, err := pathPage(c)
	if err != nil {
		return err
	}
	events, next, err := s.lookup.History(c.Request().Context(), id, page)
	if err != nil {
		return err
	}
	a := historyAnswer{Events: make([]happened, len(events)), Next: next}
	for i, e := range events {
		a.Events[i] = happened{
			Kind: e.Kind, ContactID: e.ContactID, PrimaryID: e.PrimaryID, ObservationID: e.ObservationID, KeyID: e.KeyID,
			At: timestamp(e.At),
		}
	}
	return writeStored(c, a)
}

// pathPage returns the id in the path and the page in the query.
func pathPage(c echo.Context) (uint64, lookup.Page, error) {
	id, err := pathID(c)
	if err != nil {
		return 0, lookup.Page{}, err
	}
	page, err := pageOf(c)
	return id, page, err
}

// pageOf returns the page in the query.
func pageOf(c echo.Context) (lookup.Page, error) {
	limit, err := limitOf(c)
	return lookup.Page{Limit: limit, After: c.QueryParam(paramAfter)}, err
}

// limitOf returns the most entries that the page may have.
func limitOf(c echo.Context) (int32, error) {
	if !c.QueryParams().Has(paramLimit) {
		return defaultPage, nil
	}
	limit, err := strconv.ParseInt(c.QueryParam(paramLimit), 10, 32)
	if err != nil || limit < 1 || limit > maxPage {
		return 0, badRequest("", fmt.Sprintf("limit must be a whole number from 1 to %d.", maxPage))
	}
	return int32(limit), nil
}
