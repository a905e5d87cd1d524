package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker"
)

// Eraser forgets. Its errors are *identity.Error.
type Eraser interface {
	Erase(ctx context.Context, contact uint64, suppress, dryRun bool) (linker.Erasure, error)
	EraseValue(ctx context.Context, value identity.Observation, suppress, dryRun bool) (linker.Erasure, error)
}

// receipt says what was erased without saying it: ids and counts. It may be filed.
type receipt struct {
	ContactID  uint64    `json:"contactId"`
	Tombstone  bool      `json:"tombstone"`
	ErasedAt   string    `json:"erasedAt,omitempty"`
	Suppressed bool      `json:"suppressed"`
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
	flags, err := erasureFlags(c.QueryParams(), "dry_run", "suppress")
	if err != nil {
		return err
	}
	id, err := strconv.ParseUint(c.Param("id"), 10, 64)
	if err != nil {
		return &refusal{status: http.StatusNotFound, detail: "There is no such contact. Contacts have whole numbers as ids."}
	}
	done, err := s.eraser.Erase(c.Request().Context(), id, flags["suppress"], flags["dry_run"])
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, receiptOf(done, flags["dry_run"]))
}

// eraseValue erases one value, whoever holds it.
func (s *server) eraseValue(c echo.Context) error {
	flags, err := erasureFlags(c.QueryParams(), "dry_run")
	if err != nil {
		return err
	}
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil {
		return err
	}
	email, phone, err := parseIdentifiers(body)
	if err != nil {
		return err
	}
	value, err := s.normalizer.Observation(email, phone)
	if err != nil {
		return err
	}
	if value.Email != "" && value.Phone != "" {
		return badRequest("", "Send either an email or a phoneNumber: each is erased by a request of its own.")
	}
	suppress, err := parseSuppress(body)
	if err != nil {
		return err
	}
	done, err := s.eraser.EraseValue(c.Request().Context(), value, suppress, flags["dry_run"])
	if err != nil {
		return err
	}
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, receiptOf(done, flags["dry_run"]))
}

// parseSuppress reads the other member of the body, a JSON object that was parsed before. What is
// unknown is refused: a misspelt word must not erase what was only to be tried.
func parseSuppress(body []byte) (suppress bool, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return false, malformed(body, err)
	}
	for name, raw := range members {
		switch name {
		case "email", "phoneNumber":
		case "suppress":
			if suppress = string(raw) == "true"; !suppress && string(raw) != "false" {
				return false, badRequest("", "suppress must be true or false.")
			}
		default:
			return false, badRequest("",
				"An erasure has email or phoneNumber, and suppress, and no other members. dry_run is a parameter of the URL.")
		}
	}
	return suppress, nil
}

// erasureFlags reads parameters that are true or false. Unknown ones are refused, as in parseSuppress.
func erasureFlags(query url.Values, known ...string) (map[string]bool, error) {
	flags := map[string]bool{}
	for _, name := range known {
		switch values := query[name]; {
		case len(values) == 0:
		case len(values) == 1 && (values[0] == "true" || values[0] == "false"):
			flags[name] = values[0] == "true"
		default:
			return nil, badRequest("", "The parameter "+name+" must be true or false, once.")
		}
		delete(query, name)
	}
	if len(query) > 0 {
		return nil, badRequest("", "DELETE /contacts/{id} takes the parameters dry_run and suppress, POST /erasures only dry_run.")
	}
	return flags, nil
}

func receiptOf(e linker.Erasure, dryRun bool) receipt {
	return receipt{
		ContactID: e.ContactID, Tombstone: e.Tombstone, ErasedAt: timestamp(e.At), Suppressed: e.Suppressed, DryRun: dryRun,
		Removed: removed{e.Observations, e.Refusals, e.Separations, e.Blocks},
		Before:  membersOf(e.Before), After: membersOf(e.After),
	}
}

func membersOf(clusters []linker.Members) []members {
	all := make([]members, len(clusters))
	for i, cl := range clusters {
		all[i] = members(cl)
	}
	return all
}
