package api

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// maxBlocked is the most values that one request may block.
const maxBlocked = 100

// blockedValue is one of several values to block.
type blockedValue struct {
	Kind  identity.Field `json:"kind"`
	Value string         `json:"value"`
}

// listBlocked is the progress of blocking a list. If it is not complete, the same request continues
// it.
type listBlocked struct {
	List     identity.List `json:"list"`
	Blocked  int           `json:"blocked"` // number of values that this request blocked
	Complete bool          `json:"complete"`
	DryRun   bool          `json:"dryRun,omitempty"`
}

// blockList blocks the stored values of a list.
func (s *server) blockList(c echo.Context, list identity.List, reason string) error {
	dry := isTrue(c, paramDryRun)
	n, complete, err := s.corrector.BlockList(c.Request().Context(), list, reason, dry)
	if err != nil {
		return err
	}
	return writeStored(c, listBlocked{list, n, complete, dry})
}

// allBlocked has one element for each value, in the order of the request. If it is not complete,
// the same request continues it.
type allBlocked struct {
	Results  []valueBlocked `json:"results"`
	Complete bool           `json:"complete"`
	DryRun   bool           `json:"dryRun,omitempty"`
}

// valueBlocked is the result for one value: a block, a problem, or neither if the value was not
// reached.
type valueBlocked struct {
	Block   *blocking `json:"block,omitempty"`
	Problem *problem  `json:"problem,omitempty"`
}

// blockAll blocks several values. It checks all of them before it blocks the first.
func (s *server) blockAll(c echo.Context, sent []blockedValue, reason string) error {
	if len(sent) == 0 || len(sent) > maxBlocked {
		return badRequest("", fmt.Sprintf("values must have 1 to %d elements.", maxBlocked))
	}
	values := make([]identity.Observation, len(sent))
	for i, v := range sent {
		var err error
		if values[i], err = s.valueOf(v.Kind, v.Value, fmt.Sprintf("See element %d of values.", i)); err != nil {
			return err
		}
	}
	dry := isTrue(c, paramDryRun)
	results, complete, err := s.corrector.BlockAll(c.Request().Context(), values, reason, dry)
	if err != nil {
		return err
	}
	a := allBlocked{make([]valueBlocked, len(results)), complete, dry}
	for i, r := range results {
		switch {
		case r.Err != nil:
			p := problemOf(r.Err, "")
			p.RequestID = idOf(c)
			a.Results[i].Problem = &p
		case r.Complete || r.ID != 0:
			block, err := s.blockingOf(c, values[i], reason, r.Blocking)
			if err != nil {
				return err
			}
			a.Results[i].Block = &block
		}
	}
	return writeStored(c, a)
}
