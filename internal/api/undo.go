package api

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

// maxReason is the longest reason, in characters.
const maxReason = 500

// changed shows the clusters that a correction touched, before and after it. The lists are null if
// they would be too long.
type changed struct {
	Before []changedContact `json:"before"`
	After  []changedContact `json:"after"`
	DryRun bool             `json:"dryRun,omitempty"`
}

// changedContact is a contact as in the answer to POST /identify. In a dry run, one that does not
// exist yet has no id.
type changedContact struct {
	PrimaryID    *uint64  `json:"primaryContactId"`
	Emails       []string `json:"emails"`
	Phones       []string `json:"phoneNumbers"`
	SecondaryIDs []uint64 `json:"secondaryContactIds"`
}

func changedOf(c correction.Change, dryRun bool) changed {
	return changed{contactsOf(c.Before), contactsOf(c.After), dryRun}
}

func contactsOf(clusters []identity.Cluster) []changedContact {
	if clusters == nil {
		return nil
	}
	contacts := make([]changedContact, len(clusters))
	for i, cl := range clusters {
		contacts[i] = changedContact{orNull(cl.PrimaryID), cl.Emails, cl.Phones, cl.SecondaryIDs}
	}
	return contacts
}

// orNull returns nil for the id of a row that does not exist yet.
func orNull(id uint64) *uint64 {
	if id == 0 {
		return nil
	}
	return &id
}

// operate runs a correction on the id in the path.
func operate(c echo.Context, do func(ctx context.Context, id uint64, dryRun bool) (correction.Change, error)) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	return operateOn(c, id, do)
}

func operateOn(c echo.Context, id uint64, do func(ctx context.Context, id uint64, dryRun bool) (correction.Change, error)) error {
	dry := isTrue(c, paramDryRun)
	change, err := do(c.Request().Context(), id, dry)
	if err != nil {
		return err
	}
	return writeStored(c, changedOf(change, dry))
}

const retractExample = `Send no body, or an object such as {"reason":"he used her phone"}.`

// retract retracts an observation.
func (s *server) retract(c echo.Context) error {
	var reason string
	if err := readOptional(c, fields{"reason": &reason}, retractExample); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	return operate(c, func(ctx context.Context, id uint64, dryRun bool) (correction.Change, error) {
		return s.corrector.Retract(ctx, id, reason, dryRun)
	})
}

// restore restores a retracted observation.
func (s *server) restore(c echo.Context) error { return operate(c, s.corrector.Restore) }

// unseparate deletes a separation.
func (s *server) unseparate(c echo.Context) error { return operate(c, s.corrector.Unseparate) }

// unseparatePair deletes the separation of two contacts.
func (s *server) unseparatePair(c echo.Context) error {
	contact, ok := parseID(c.QueryParam(paramContact))
	other, otherOK := parseID(c.QueryParam(paramOther))
	if !ok || !otherOK {
		return badRequest("", "contactId and otherContactId must be ids of two contacts, as in /separations?contactId=17&otherContactId=23.")
	}
	found, err := s.lists.Separation(c.Request().Context(), contact, other)
	if err != nil {
		return err
	}
	return operateOn(c, found.ID, s.corrector.Unseparate)
}

// separation is a pair of contacts that are different people.
type separation struct {
	ID        *uint64 `json:"id"`
	ContactID uint64  `json:"contactId"`
	OtherID   uint64  `json:"otherContactId"`
	Reason    string  `json:"reason"`
	KeyID     uint64  `json:"keyId,omitempty"`
	CreatedAt string  `json:"createdAt,omitempty"`
	DryRun    bool    `json:"dryRun,omitempty"`
}

const separationExample = `Send an object such as {"contactId":17,"otherContactId":23,"reason":"father and son"}.`

// separate separates two contacts.
func (s *server) separate(c echo.Context) error {
	var contact, other uint64
	var reason string
	err := readObject(c, fields{"contactId": &contact, "otherContactId": &other, "reason": &reason}, separationExample)
	if err != nil {
		return err
	}
	if contact == 0 || other == 0 {
		return badRequest("", "contactId and otherContactId must be ids of contacts. "+separationExample)
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	ctx, dry := c.Request().Context(), isTrue(c, paramDryRun)
	made, err := s.corrector.Separate(ctx, contact, other, reason, dry)
	if err != nil {
		return s.explained(ctx, err, contact, other)
	}
	if dry {
		return writeStored(c, separation{
			ID: orNull(made.ID), ContactID: made.ContactID, OtherID: made.OtherID, Reason: reason, DryRun: true,
		})
	}
	stored, err := s.lists.Separation(ctx, contact, other)
	if identity.CodeOf(err) == identity.CodeRecordNotFound { // it was deleted already
		return writeStored(c, separation{ID: &made.ID, ContactID: made.ContactID, OtherID: made.OtherID, Reason: reason})
	}
	if err != nil {
		return err
	}
	return writeStored(c, separationOf(stored))
}

func separationOf(s lookup.Separation) separation {
	return separation{
		ID: &s.ID, ContactID: s.ContactID, OtherID: s.OtherID, Reason: s.Reason, KeyID: s.KeyID,
		CreatedAt: timestamp(s.CreatedAt),
	}
}

// explained adds to a conflict what connects the two contacts, if that can be found.
func (s *server) explained(ctx context.Context, conflict error, contact, other uint64) error {
	problem, ok := errors.AsType[*identity.Error](conflict)
	if !ok || problem.Code != identity.CodeContactsLinked {
		return conflict
	}
	x, err := s.lookup.Explain(ctx, contact, lookup.Ref{ID: other})
	if err != nil || !x.Connected {
		return conflict
	}
	joined := explanationOf(x)
	return &refusal{code: problem.Code, detail: problem.Detail, joined: &joined}
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > maxReason {
		return badRequest("", "The reason must have at most 500 characters.")
	}
	return nil
}
