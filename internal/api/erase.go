package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/identity"
)

// Eraser erases contacts and values. Its errors are *identity.Error.
type Eraser interface {
	Erase(ctx context.Context, contact uint64, suppress, dryRun bool) (erasure.Erasure, error)
	Receipts(ctx context.Context, before uint64, limit int32) (receipts []erasure.Erasure, next uint64, err error)
	EraseValue(ctx context.Context, value identity.Observation, suppress, dryRun bool) (erasure.Erasure, error)
}

// receipt describes an erasure by ids and counts. It has no values and may be kept.
type receipt struct {
	ContactID  uint64    `json:"contactId"`
	Tombstone  bool      `json:"tombstone"`
	ErasedAt   string    `json:"erasedAt,omitempty"`
	Suppressed bool      `json:"suppressed"`
	KeyID      *uint64   `json:"keyId,omitempty"`
	DryRun     bool      `json:"dryRun"`
	Removed    removed   `json:"removed"`
	Before     []members `json:"before"`
	After      []members `json:"after"`
}

type removed struct {
	Observations int `json:"observations"`
	Refusals     int `json:"refusals"`
	Separations  int `json:"separations"`
	Blocks       int `json:"blocks"`
}

// members is a contact as in the answer to POST /identify, without its values.
type members struct {
	PrimaryID    uint64   `json:"primaryContactId"`
	SecondaryIDs []uint64 `json:"secondaryContactIds"`
}

// eraseContact erases all values of one contact.
func (s *server) eraseContact(c echo.Context) error {
	id, err := strconv.ParseUint(c.Param("id"), 10, 64)
	if err != nil {
		return &refusal{code: identity.CodeRecordNotFound, detail: "There is no such contact. The id of a contact is a whole number."}
	}
	dry := isTrue(c, paramDryRun)
	done, err := s.eraser.Erase(c.Request().Context(), id, isTrue(c, paramSuppress), dry)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, receiptOf(done, dry))
}

// eraseValue erases one value from the contact that holds it.
func (s *server) eraseValue(c echo.Context) error {
	value, suppress, err := s.readErasure(c)
	if err != nil {
		return err
	}
	dry := isTrue(c, paramDryRun)
	done, err := s.eraser.EraseValue(c.Request().Context(), value, suppress, dry)
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, receiptOf(done, dry))
}

type erasuresAnswer struct {
	Erasures []receipt `json:"erasures"`
	Next     string    `json:"next,omitempty"`
}

// erasures answers with a page of receipts, the newest first.
func (s *server) erasures(c echo.Context) error {
	page, err := pageOf(c)
	if err != nil {
		return err
	}
	var before uint64
	if page.After != "" {
		if before, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return badRequest("", "after must be the next of an earlier page of this list.")
		}
	}
	found, next, err := s.eraser.Receipts(c.Request().Context(), before, page.Limit)
	if err != nil {
		return err
	}
	a := erasuresAnswer{Erasures: make([]receipt, len(found))}
	for i, e := range found {
		a.Erasures[i] = receiptOf(e, false)
	}
	if next != 0 {
		a.Next = strconv.FormatUint(next, 10)
	}
	return writeStored(c, a)
}

// readErasure reads the body of an erasure and normalizes its value.
func (s *server) readErasure(c echo.Context) (value identity.Observation, suppress bool, err error) {
	var flag json.RawMessage
	if value, err = s.readValue(c, fields{"suppress": &flag}); err != nil {
		return value, false, err
	}
	if suppress = string(flag) == "true"; !suppress && flag != nil && string(flag) != "false" {
		return value, false, badRequest("", "suppress must be true or false.")
	}
	return value, suppress, nil
}

// readValue reads a body with one e-mail address or one phone number, and the other fields, and
// normalizes the value.
func (s *server) readValue(c echo.Context, others fields) (value identity.Observation, err error) {
	var sentEmail, sentPhone json.RawMessage
	others["email"], others["phoneNumber"] = &sentEmail, &sentPhone
	if err = readObject(c, others, objectExample); err != nil {
		return value, err
	}
	return s.normalizedValue(sentEmail, sentPhone)
}

// normalizedValue returns one e-mail address or one phone number of a body.
func (s *server) normalizedValue(sentEmail, sentPhone json.RawMessage) (value identity.Observation, err error) {
	email, err := parseEmail(sentEmail)
	if err != nil {
		return value, err
	}
	phone, err := parsePhone(sentPhone)
	if err != nil {
		return value, err
	}
	if value, err = s.normalizer.Observation(email, phone); err != nil {
		return value, err
	}
	if value.Email != "" && value.Phone != "" {
		return value, badRequest("", "Exactly one of email and phoneNumber is required; each needs its own request.")
	}
	return value, nil
}

func receiptOf(e erasure.Erasure, dryRun bool) receipt {
	return receipt{
		ContactID: e.ContactID, Tombstone: e.Tombstone, ErasedAt: timestamp(e.At), Suppressed: e.Suppressed, KeyID: e.KeyID, DryRun: dryRun,
		Removed: removed{e.Observations, e.Refusals, e.Separations, e.Blocks},
		Before:  membersOf(e.Before), After: membersOf(e.After),
	}
}

func membersOf(clusters []erasure.Members) []members {
	all := make([]members, len(clusters))
	for i, cl := range clusters {
		all[i] = members(cl)
	}
	return all
}
