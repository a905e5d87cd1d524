package api

import (
	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// blocking is a block and how far it got. Where it is not complete, the same request goes on.
type blocking struct {
	ID        *uint64 `json:"id"`
	ContactID *uint64 `json:"contactId"`
	Complete  bool    `json:"complete"`
	// Progress counts observations: those that link still, and those that are withheld.
	Progress progress `json:"progress"`
	changed
}

type progress struct {
	Linking  int `json:"linking"`
	Withheld int `json:"withheld"`
}

func blockingOf(b linker.Blocking, dryRun bool) blocking {
	return blocking{orNull(b.ID), orNull(b.ContactID), b.Complete, progress{b.Linking, b.Withheld}, changedOf(b.Change, dryRun)}
}

const sendABlock = `Send an object such as {"kind":"phoneNumber","value":"0000000","reason":"the counter's phone"}.`

// block declares that a value identifies nobody.
func (s *server) block(c echo.Context) error {
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	var sent struct {
		Kind   identity.Field `json:"kind"`
		Value  string         `json:"value"`
		Reason string         `json:"reason"`
	}
	if err := readObject(c, &sent, sendABlock); err != nil {
		return err
	}
	if err := checkReason(sent.Reason); err != nil {
		return err
	}
	if sent.Value == "" {
		return badRequest("", "value is missing. "+sendABlock)
	}
	var value identity.Observation
	switch sent.Kind {
	case identity.FieldEmail:
		value, err = s.normalizer.Observation(sent.Value, "")
	case identity.FieldPhone:
		value, err = s.normalizer.Observation("", sent.Value)
	default:
		err = badRequest("", "kind must be email or phoneNumber. "+sendABlock)
	}
	if err != nil {
		return err
	}
	b, err := s.operations.Block(c.Request().Context(), value, sent.Reason, dry)
	if err != nil {
		return err
	}
	return writeStored(c, blockingOf(b, dry))
}

// unblock takes a block back.
func (s *server) unblock(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	dry, err := dryRun(c)
	if err != nil {
		return err
	}
	b, err := s.operations.Unblock(c.Request().Context(), id, dry)
	if err != nil {
		return err
	}
	return writeStored(c, blockingOf(b, dry))
}
