package api

import (
	"errors"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// answer is the body of POST /identify. Clients compare it byte for byte: the order of the fields
// is part of the contract, and no list is ever null.
type answer struct {
	Contact contact   `json:"contact"`
	Refused []refused `json:"refused,omitempty"`
}

// refused is a value that was not linked.
type refused struct {
	Code   identity.Reason `json:"code"`
	Field  identity.Field  `json:"field"`
	Detail string          `json:"detail"`
}

type contact struct {
	PrimaryID    uint64   `json:"primaryContactId"`
	Emails       []string `json:"emails"`
	Phones       []string `json:"phoneNumbers"`
	SecondaryIDs []uint64 `json:"secondaryContactIds"`
}

// identify links an observation and answers with its contact.
func (s *server) identify(c echo.Context) error {
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil {
		return err
	}
	seen, screened, err := s.observation(body)
	if err != nil {
		return err
	}
	clusters, err := s.linker.Link(c.Request().Context(), []identity.Observation{seen})
	if err != nil {
		return err
	}
	if len(clusters) != 1 {
		return &identity.Error{Code: identity.CodeInternal, Err: errors.New("the linker did not answer with one cluster")}
	}
	a, err := s.answerOf(clusters[0], screened)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, a)
}

// answerOf adds the values that the screen removed. It fails if the observation has no value left
// that can be linked.
func (s *server) answerOf(cl identity.Cluster, screened []identity.Refusal) (answer, error) {
	all := slices.Concat(screened, cl.Refused)
	s.refused(all)
	if cl.PrimaryID == 0 {
		return answer{}, identity.Nobody(all)
	}
	a := answer{Contact: contactOf(cl)}
	for _, r := range all {
		a.Refused = append(a.Refused, refused(r))
	}
	return a, nil
}

// observation reads one JSON object, normalizes its values, and returns the ones that the screen
// removed.
func (s *server) observation(object []byte) (identity.Observation, []identity.Refusal, error) {
	email, phone, err := parseIdentifiers(object)
	if err != nil {
		return identity.Observation{}, nil, err
	}
	return s.normalizer.Screened(email, phone)
}

func contactOf(cl identity.Cluster) contact {
	return contact{
		PrimaryID:    cl.PrimaryID,
		Emails:       cl.Emails,
		Phones:       cl.Phones,
		SecondaryIDs: cl.SecondaryIDs,
	}
}
