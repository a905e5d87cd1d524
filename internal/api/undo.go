package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/lookup"
)

// maxReason is the length, in characters, of the longest reason that is kept.
const maxReason = 500

// changed is what a correction made of the clusters that it touched. The lists are null where they would
// be too long.
type changed struct {
	Before []changedContact `json:"before"`
	After  []changedContact `json:"after"`
	DryRun bool             `json:"dryRun,omitempty"`
}

// changedContact is a contact as in the answer to POST /identify, but in a dry run one that does not exist
// yet has no id.
type changedContact struct {
	PrimaryID    *uint64  `json:"primaryContactId"`
	Emails       []string `json:"emails"`
	Phones       []string `json:"phoneNumbers"`
	SecondaryIDs []uint64 `json:"secondaryContactIds"`
}

func changedOf(c linker.Change, dryRun bool) changed {
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

// orNull is nil for the id of what does not exist yet.
func orNull(id uint64) *uint64 {
	if id == 0 {
		return nil
	}
	return &id
}

// operate does an operation on what the path names by its id.
func operate(c echo.Context, do func(ctx context.Context, id uint64, dryRun bool) (linker.Change, error)) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	change, err := do(c.Request().Context(), id, dry)
	if err != nil {
		return err
	}
	return writeStored(c, changedOf(change, dry))
}

func dryRun(c echo.Context) (bool, error) {
	query, err := parseQuery(c)
	if err != nil {
		return false, err
	}
	switch query["dry_run"] {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	}
	return false, badRequest("", "dry_run must be true or false.")
}

// retract takes an observation back.
func (s *server) retract(c echo.Context) error { return operate(c, s.operations.Retract) }

// restore takes a retraction back.
func (s *server) restore(c echo.Context) error { return operate(c, s.operations.Restore) }

// unseparate deletes a separation.
func (s *server) unseparate(c echo.Context) error { return operate(c, s.operations.Unseparate) }

// accept links what was refused.
func (s *server) accept(c echo.Context) error { return operate(c, s.operations.Accept) }

type dismissal struct {
	ID         uint64 `json:"id"`
	Resolution string `json:"resolution"`
}

// dismiss takes a refusal out of the queue.
func (s *server) dismiss(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := s.operations.Dismiss(c.Request().Context(), id); err != nil {
		return err
	}
	return writeStored(c, dismissal{id, "dismissed"})
}

// separation is two contacts that are different people.
type separation struct {
	ID        *uint64 `json:"id"`
	ContactID uint64  `json:"contactId"`
	OtherID   uint64  `json:"otherContactId"`
	Reason    string  `json:"reason"`
	CreatedAt string  `json:"createdAt,omitempty"`
	DryRun    bool    `json:"dryRun,omitempty"`
}

const sendASeparation = `Send an object such as {"contactId":17,"otherContactId":23,"reason":"father and son"}.`

// separate declares two contacts to be different people.
func (s *server) separate(c echo.Context) error {
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	var sent struct {
		ContactID uint64 `json:"contactId"`
		OtherID   uint64 `json:"otherContactId"`
		Reason    string `json:"reason"`
	}
	if err := readObject(c, &sent, sendASeparation); err != nil {
		return err
	}
	if sent.ContactID == 0 || sent.OtherID == 0 {
		return badRequest("", "contactId and otherContactId must be ids of contacts. "+sendASeparation)
	}
	if err := checkReason(sent.Reason); err != nil {
		return err
	}
	made, err := s.operations.Separate(c.Request().Context(), sent.ContactID, sent.OtherID, sent.Reason, dry)
	if err != nil {
		return s.explained(c.Request().Context(), err, sent.ContactID, sent.OtherID)
	}
	return writeStored(c, separation{ID: orNull(made.ID), ContactID: made.ContactID, OtherID: made.OtherID, Reason: sent.Reason, DryRun: dry})
}

// explained adds to a conflict what joins the two contacts, as far as that can be told.
func (s *server) explained(ctx context.Context, conflict error, contact, other uint64) error {
	problem, ok := errors.AsType[*identity.Error](conflict)
	if !ok || problem.Code != identity.CodeConflict {
		return conflict
	}
	x, err := s.lookup.Explain(ctx, contact, lookup.Whom{ID: other})
	if err != nil || !x.Connected {
		return conflict
	}
	joined := explanationOf(x)
	return &refusal{status: statusOf(problem.Code), detail: problem.Detail, joined: &joined}
}

// readObject reads the body of an operation.
func readObject(c echo.Context, into any, example string) error {
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil {
		return err
	}
	if err := checkText(body); err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return &refusal{status: http.StatusBadRequest, detail: "The body is not what is expected. " + example}
	}
	return nil
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > maxReason {
		return badRequest("", "The reason must have at most 500 characters.")
	}
	return nil
}
