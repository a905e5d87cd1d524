package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lookup"
)

// Lookup reads stored contacts. Its errors are *identity.Error: CodeRecordNotFound for a contact
// that does not exist, CodeContactErased for one that was erased. Lists are sorted from oldest to newest and
// returned one page at a time, with the start of the next page, or "" after the last one.
type Lookup interface {
	Contact(ctx context.Context, id uint64) (lookup.Contact, error)
	Find(ctx context.Context, o identity.Observation) (lookup.Contact, error)
	Observations(ctx context.Context, id uint64, page lookup.Page) ([]lookup.Observation, string, error)
	History(ctx context.Context, id uint64, page lookup.Page) ([]lookup.Event, string, error)
	Explain(ctx context.Context, id uint64, with lookup.Ref) (lookup.Explanation, error)
}

// contactAnswer is a contact together with its cluster.
type contactAnswer struct {
	Contact contact  `json:"contact"`
	Members []member `json:"members"`
	ID      uint64   `json:"id"`
}

type member struct {
	ID         uint64 `json:"id"`
	Email      string `json:"email,omitempty"`
	Phone      string `json:"phoneNumber,omitempty"`
	Precedence string `json:"linkPrecedence"`
	CreatedAt  string `json:"createdAt"`
	UpdatedAt  string `json:"updatedAt"`
}

// contactByID answers with the contact that has the id in the path.
func (s *server) contactByID(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	found, err := s.lookup.Contact(c.Request().Context(), id)
	if err != nil {
		return err
	}
	return writeStored(c, contactAnswerOf(found))
}

// contactByValue answers with the contact that holds an e-mail address or a phone number.
func (s *server) contactByValue(c echo.Context) error {
	o, err := s.oneValue(c)
	if err != nil {
		return err
	}
	if (o.Email == "") == (o.Phone == "") {
		return badRequest("", "Send exactly one value: /contacts?email=lorraine@hillvalley.edu or /contacts?phoneNumber=123456.")
	}
	found, err := s.lookup.Find(c.Request().Context(), o)
	if err != nil {
		return err
	}
	return writeStored(c, contactAnswerOf(found))
}

// searchContact answers like contactByValue. The value is in the body, because URLs are logged on their way.
func (s *server) searchContact(c echo.Context) error {
	value, err := s.readValue(c, fields{})
	if err != nil {
		return err
	}
	found, err := s.lookup.Find(c.Request().Context(), value)
	if err != nil {
		return err
	}
	return writeStored(c, contactAnswerOf(found))
}

func contactAnswerOf(found lookup.Contact) contactAnswer {
	a := contactAnswer{ID: found.ID, Contact: contactOf(found.Cluster), Members: make([]member, len(found.Members))}
	for i, m := range found.Members {
		precedence := "secondary"
		if m.Primary {
			precedence = "primary"
		}
		a.Members[i] = member{
			ID: m.ID, Email: m.Email, Phone: m.Phone, Precedence: precedence,
			CreatedAt: timestamp(m.CreatedAt), UpdatedAt: timestamp(m.UpdatedAt),
		}
	}
	return a
}

// writeStored answers with stored data.
func writeStored(c echo.Context, v any) error {
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, v)
}

// timestamp formats t in RFC 3339, in UTC and with six decimals, so that timestamps sort as text.
// The zero time gives "".
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

func pathID(c echo.Context) (uint64, error) {
	id, ok := parseID(c.Param("id"))
	if !ok {
		return 0, badRequest("", "The id in the path must be a whole number, 1 or greater, as in /contacts/17.")
	}
	return id, nil
}

func parseID(text string) (uint64, bool) {
	id, err := strconv.ParseUint(text, 10, 64)
	return id, err == nil && id > 0
}

// oneValue normalizes email or phoneNumber from the query. The caller checks that exactly one is
// given.
func (s *server) oneValue(c echo.Context) (identity.Observation, error) {
	email, phone := plusOfEmail(c.QueryParam(paramEmail)), plusOfPhone(c.QueryParam(paramPhone))
	if email == "" && phone == "" {
		return identity.Observation{}, nil
	}
	return s.normalizer.Observation(email, phone)
}

// plusOfEmail turns blanks inside an address back into plus signs: an unescaped + in a query means
// a blank, and an address has no blanks inside.
func plusOfEmail(sent string) string {
	return strings.ReplaceAll(strings.TrimSpace(sent), " ", "+")
}

// plusOfPhone does the same for a phone number: a leading blank was a +.
func plusOfPhone(sent string) string {
	number := strings.TrimSpace(sent)
	if strings.HasPrefix(sent, " ") && number != "" && number[0] != '+' {
		return "+" + number
	}
	return number
}
