package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/idempotency"
	"github.com/identikit/identikit/internal/identity"
)

const (
	headerIdempotencyKey = "Idempotency-Key"
	maxIdempotencyKey    = 255
)

// repeatable carries out a request with an Idempotency-Key once, on the routes that need that. All others
// can be repeated without, and ignore the header, as dry runs do.
func (s *server) repeatable(r route, next echo.HandlerFunc) echo.HandlerFunc {
	if !r.repeatable {
		return next
	}
	return func(c echo.Context) error {
		sent, given := c.Request().Header[headerIdempotencyKey]
		switch {
		case isTrue(c, paramDryRun):
			return next(c)
		case !given:
			return notRepeatable(next(c))
		}
		key, ok := parseIdempotencyKey(sent)
		if !ok {
			return badRequest("", fmt.Sprintf("Idempotency-Key must be 1 to %d printable ASCII characters, in double quotes or without "+
				"blanks, such as \"8e03978e-40d5-43e8-bc93-6894a57f9324\". It must not be an e-mail address or a phone number.", maxIdempotencyKey))
		}
		body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
		if err != nil {
			return err
		}
		c.Request().Body = io.NopCloser(bytes.NewReader(body))
		request, ok := canonical(c.Request(), body)
		if !ok {
			return next(c) // which refuses it
		}
		ctx := idempotency.With(c.Request().Context(), idempotency.NewKey(caller(c).KeyID, key, request))
		c.SetRequest(c.Request().WithContext(ctx))
		return notRepeated(c, next(c))
	}
}

// parseIdempotencyKey reads the header: a string in quotes (RFC 9651), as
// draft-ietf-httpapi-idempotency-key-header requires, or a token without them, as many clients send.
func parseIdempotencyKey(lines []string) (key string, ok bool) {
	if len(lines) != 1 {
		return "", false
	}
	key = strings.Trim(lines[0], " ")
	if strings.HasPrefix(key, `"`) {
		key, ok = unquote(key)
	} else {
		ok = !strings.ContainsAny(key, ` "`)
	}
	return key, ok && isKey(key)
}

// unquote reads a string of RFC 9651.
func unquote(text string) (string, bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), i == len(text)-1
		case '\\':
			i++
			if i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", false
			}
		}
		b.WriteByte(text[i])
	}
	return "", false
}

// isKey refuses what is no key, and an e-mail address or a phone number: a digest of it would be stored, and
// others could find it by trying.
func isKey(key string) bool {
	if len(key) < 1 || len(key) > maxIdempotencyKey || strings.Contains(key, "@") {
		return false
	}
	digits, others := 0, 0
	for _, b := range []byte(key) {
		switch {
		case b < ' ' || b > '~':
			return false
		case '0' <= b && b <= '9':
			digits++
		case !strings.ContainsRune("+-.()/ ", rune(b)):
			others++
		}
	}
	const longestNumber = 15 // digits of a phone number
	return others > 0 || digits > longestNumber
}

// canonical returns what a request asks for: its method, its path and its body, without blanks and in a fixed
// order of the members. Its query has nothing but dryRun=false. It is false if the body is not JSON.
func canonical(r *http.Request, body []byte) ([]byte, bool) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	text, err := json.Marshal(value)
	return fmt.Appendf(nil, "%s %s\n%s", r.Method, r.URL.Path, text), err == nil
}

// notRepeatable says of a request without an Idempotency-Key whose outcome is unknown that it cannot simply
// be repeated.
func notRepeatable(err error) error {
	if err == nil || problemOf(err, "").Status != http.StatusServiceUnavailable {
		return err
	}
	return &refusal{code: identity.CodeOutcomeUnknown, cause: err, detail: "The request was not completed in time. It may have been " +
		"carried out: look before you repeat it. With an Idempotency-Key, repeating it is safe."}
}

// notRepeated says what the client can do whose request is not carried out because of its Idempotency-Key.
func notRepeated(c echo.Context, err error) error {
	before, ok := errors.AsType[*idempotency.Repeated](err)
	switch {
	case ok:
		return &refusal{code: identity.CodeAlreadyDone, cause: err, keyID: before.KeyID, detail: fmt.Sprintf(
			"This request was carried out before, and made key %d. The secret of a key is shown only once. If you do not have it, "+
				"revoke that key with POST /keys/%[1]d/revoke and make another with a new Idempotency-Key.", before.KeyID)}
	case errors.Is(err, idempotency.ErrRunning):
		c.Response().Header().Set(echo.HeaderRetryAfter, "1")
		return &refusal{
			code: identity.CodeRequestInProgress, cause: err,
			detail: "The first request with this Idempotency-Key is still running. Repeat it.",
		}
	case errors.Is(err, idempotency.ErrOtherRequest):
		return &refusal{code: identity.CodeIdempotencyKeyReused, cause: err, detail: "This Idempotency-Key was used for another request. " +
			"Repeat that request without a change, or use a new key for this one."}
	}
	return err
}
