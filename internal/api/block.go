package api

import (
	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

// blocking is a block, as in the list of blocks, and its progress. If it is not complete, the same
// request continues it.
type blocking struct {
	blocked
	changed
}

// progress counts the observations of a value that link and those that are withheld.
type progress struct {
	Linking  int `json:"linking"`
	Withheld int `json:"withheld"`
}

func blockingOf(of blocked, b correction.Blocking, ends, dryRun bool) blocking {
	of.Complete, of.Ending, of.Progress = b.Complete, ends && !b.Complete, progress{b.Linking, b.Withheld}
	return blocking{of, changedOf(b.Change, dryRun)}
}

const (
	blockExample = `Send an object such as {"kind":"phoneNumber","value":"0000000","reason":"the counter's phone"}.`
	valueExample = `Send an object such as {"kind":"phoneNumber","value":"0000000"}.`
)

// block blocks a value, several values, or the stored values of a list.
func (s *server) block(c echo.Context) error {
	var kind identity.Field
	var sent, reason string
	var list identity.List
	var values []blockedValue
	err := readObject(c, fields{"kind": &kind, "value": &sent, "reason": &reason, "list": &list, "values": &values}, blockExample)
	if err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	switch one := kind != "" || sent != ""; {
	case list != "" && !one && values == nil:
		return s.blockList(c, list, reason)
	case values != nil && !one && list == "":
		return s.blockAll(c, values, reason)
	case list != "" || values != nil:
		return badRequest("", "Send either kind and value, or values, or list. "+blockExample)
	}
	value, err := s.valueOf(kind, sent, blockExample)
	if err != nil {
		return err
	}
	b, err := s.corrector.Block(c.Request().Context(), value, reason, isTrue(c, paramDryRun))
	if err != nil {
		return err
	}
	a, err := s.blockingOf(c, value, reason, b)
	if err != nil {
		return err
	}
	return writeStored(c, a)
}

// blockingOf adds the stored block to the answer.
func (s *server) blockingOf(c echo.Context, value identity.Observation, reason string, b correction.Blocking) (blocking, error) {
	dry := isTrue(c, paramDryRun)
	shown := blockedOf(lookup.Block{ID: b.ID, ContactID: b.ContactID, Email: value.Email, Phone: value.Phone, Reason: reason})
	if !dry && b.ID != 0 {
		stored, err := s.lists.BlockOf(c.Request().Context(), value)
		switch {
		case err == nil:
			shown = blockedOf(stored)
		case identity.CodeOf(err) != identity.CodeRecordNotFound: // else it has ended already
			return blocking{}, err
		}
	}
	return blockingOf(shown, b, false, dry), nil
}

// valueOf normalizes one value of the given kind.
func (s *server) valueOf(kind identity.Field, value, example string) (identity.Observation, error) {
	if value == "" {
		return identity.Observation{}, badRequest("", "value is missing. "+example)
	}
	switch kind {
	case identity.FieldEmail:
		return s.normalizer.Observation(value, "")
	case identity.FieldPhone:
		return s.normalizer.Observation("", value)
	}
	return identity.Observation{}, badRequest("", "kind must be email or phoneNumber. "+example)
}

// unblock ends the block with the id in the path.
func (s *server) unblock(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	found, err := s.lists.Block(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return s.endBlock(c, found)
}

// unblockValue ends the block of a value. The value is in the body, because proxies and servers log
// URLs. If a proxy drops the body of a DELETE, the answer is a 400 and nothing changes; clients
// behind it can use the id.
func (s *server) unblockValue(c echo.Context) error {
	var kind identity.Field
	var sent string
	if err := readObject(c, fields{"kind": &kind, "value": &sent}, valueExample); err != nil {
		return err
	}
	value, err := s.valueOf(kind, sent, valueExample)
	if err != nil {
		return err
	}
	found, err := s.lists.BlockOf(c.Request().Context(), value)
	if err != nil {
		return err
	}
	return s.endBlock(c, found)
}

func (s *server) endBlock(c echo.Context, found lookup.Block) error {
	dry := isTrue(c, paramDryRun)
	b, err := s.corrector.Unblock(c.Request().Context(), found.ID, dry)
	if err != nil {
		return err
	}
	return writeStored(c, blockingOf(blockedOf(found), b, true, dry))
}
