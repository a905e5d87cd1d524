package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

const searchRefusalsExample = `Send an object such as {"code":"retracted","refusedBefore":"2026-01-31T12:00:00Z"}.`

type refusalsAnswer struct {
	Refusals []queued `json:"refusals"`
	Next     string   `json:"next,omitempty"`
}

// queued is an observation that was not linked, and how that was decided.
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
	Resolution     string          `json:"resolution,omitempty"` // absent if it is open
	ClosedAt       string          `json:"closedAt,omitempty"`
	KeyID          uint64          `json:"keyId,omitempty"`
	Reason         string          `json:"reason,omitempty"`
}

func queuedOf(f lookup.Refusal) queued {
	return queued{
		ID: f.ID, Code: f.Code, Detail: identity.NewRefusal(f.Code, "").Detail, RefusedAt: timestamp(f.RefusedAt),
		ObservationID: f.Seen.ID, Email: f.Seen.Email, Phone: f.Seen.Phone,
		EmailContactID: f.Seen.EmailContactID, PhoneContactID: f.Seen.PhoneContactID,
		Resolution: f.Resolution, ClosedAt: timestamp(f.ClosedAt), KeyID: f.KeyID, Reason: f.Seen.Reason,
	}
}

// refusals answers with a page of the queue.
func (s *server) refusals(c echo.Context) error {
	page, err := pageOf(c)
	if err != nil {
		return err
	}
	return s.listRefusals(c, lookup.RefusalFilter{}, page)
}

// searchRefusals answers with a page of the refusals that the body selects. They are not selected by the URL,
// because a value should not stand in it.
func (s *server) searchRefusals(c echo.Context) error {
	page, err := pageOf(c)
	if err != nil {
		return err
	}
	var f lookup.RefusalFilter
	var code, before string
	var email, phone json.RawMessage
	into := fields{"code": &code, "refusedBefore": &before, "email": &email, "phoneNumber": &phone}
	if err := readObject(c, into, searchRefusalsExample); err != nil {
		return err
	}
	if f.Code = identity.Reason(code); code != "" && !slices.Contains(identity.Withholding(), f.Code) {
		return badRequest("", "code must be retracted, separated, blocked, fan_out or fuse.")
	}
	if before != "" {
		if f.Before, err = time.Parse(time.RFC3339, before); err != nil {
			return badRequest("", "refusedBefore must be a time such as 2026-01-31T12:00:00Z.")
		}
	}
	if !absent(email) || !absent(phone) {
		if f.Value, err = s.normalizedValue(email, phone); err != nil {
			return err
		}
	}
	return s.listRefusals(c, f, page)
}

func (s *server) listRefusals(c echo.Context, f lookup.RefusalFilter, page lookup.Page) error {
	found, next, err := s.lists.Refusals(c.Request().Context(), f, page)
	if err != nil {
		return err
	}
	a := refusalsAnswer{make([]queued, len(found)), next}
	for i, f := range found {
		a.Refusals[i] = queuedOf(f)
	}
	return writeStored(c, a)
}

// refusal answers with one refusal, open or closed.
func (s *server) refusal(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	found, err := s.lists.Refusal(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return writeStored(c, queuedOf(found))
}

// accept links a refused observation.
func (s *server) accept(c echo.Context) error { return operate(c, s.corrector.Accept) }

type dismissal struct {
	ID         uint64     `json:"id"`
	Resolution resolution `json:"resolution"`
}

// dismiss removes a refusal from the queue.
func (s *server) dismiss(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := s.corrector.Dismiss(c.Request().Context(), id); err != nil {
		return err
	}
	return writeStored(c, dismissal{id, dismissed})
}

// reopen puts a dismissed refusal back into the queue.
func (s *server) reopen(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	if err := s.corrector.Reopen(c.Request().Context(), id); err != nil {
		return err
	}
	return s.refusal(c)
}

// maxResolved is the most refusals that one request may resolve.
const maxResolved = 500

const resolveExample = `Send an object such as {"resolution":"accepted","ids":[17,23]}.`

// resolution is how a refusal leaves the queue.
type resolution string

const (
	accepted  resolution = "accepted"
	dismissed resolution = "dismissed"
)

// resolvedAnswer has one element for each refusal, in the order of the request. If it is not complete, the
// same request continues it. The customers are absent when refusals are dismissed, which changes none.
type resolvedAnswer struct {
	Results         []resolved `json:"results"`
	Complete        bool       `json:"complete"`
	CustomersBefore int        `json:"customersBefore,omitempty"`
	CustomersAfter  int        `json:"customersAfter,omitempty"`
	DryRun          bool       `json:"dryRun,omitempty"`
}

// resolved is the result for one refusal: its resolution, a problem, or neither if it was not reached.
type resolved struct {
	ID         uint64     `json:"id"`
	Resolution resolution `json:"resolution,omitempty"`
	Problem    *problem   `json:"problem,omitempty"`
}

// resolveRefusals accepts or dismisses several refusals. One that cannot be resolved does not affect the others.
func (s *server) resolveRefusals(c echo.Context) error {
	var as string
	var ids []uint64
	if err := readObject(c, fields{"resolution": &as, "ids": &ids}, resolveExample); err != nil {
		return err
	}
	if len(ids) == 0 || len(ids) > maxResolved {
		return badRequest("", fmt.Sprintf("ids must have 1 to %d ids of refusals. ", maxResolved)+resolveExample)
	}
	resolve := s.corrector.AcceptAll
	switch resolution(as) {
	case accepted:
	case dismissed:
		resolve = s.corrector.DismissAll
	default:
		return badRequest("", "resolution must be accepted or dismissed. "+resolveExample)
	}
	charge(c, len(ids)-1)
	ctx, dry := c.Request().Context(), isTrue(c, paramDryRun)
	done, err := resolve(ctx, ids, dry)
	if err != nil {
		return err
	}
	a := resolvedAnswer{make([]resolved, len(ids)), done.Complete, done.CustomersBefore, done.CustomersAfter, dry}
	for i, r := range done.Results {
		a.Results[i].ID = ids[i]
		switch {
		case r.Err != nil:
			p := problemOf(r.Err, "")
			p.RequestID = idOf(c)
			a.Results[i].Problem = &p
		case r.Reached:
			a.Results[i].Resolution = resolution(as)
		}
	}
	return writeStored(c, a)
}
