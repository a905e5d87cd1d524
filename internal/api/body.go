package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/identikit/identikit/internal/identity"
)

// maxBody is the size, in bytes, of the largest body of one observation. The
// longest values that normalization accepts need less than 1 KiB.
const maxBody = 16 << 10

const sendAnObject = `Send an object such as {"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}.`

// readJSON returns the body, of at most limit bytes, of a request that says that
// it is JSON, or nothing about its type. Its errors are *refusal.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if !saysJSON(r.Header) {
		return nil, &refusal{
			status: http.StatusUnsupportedMediaType,
			detail: "Send plain JSON with the header Content-Type: application/json (with curl: --json).",
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		return body, nil
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, &refusal{
			status: http.StatusRequestEntityTooLarge,
			detail: fmt.Sprintf("The body is larger than %d bytes.", limit),
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &refusal{status: http.StatusRequestTimeout, detail: "The body took too long to arrive."}
	}
	return nil, badRequest("", "The body ended early or could not be read.")
}

// saysJSON accepts application/json and every +json type, with any parameters,
// and a request that names no type.
func saysJSON(h http.Header) bool {
	if coding := h.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return false
	}
	sent := h.Get("Content-Type")
	if sent == "" || sent == "application/json" {
		return true
	}
	kind, _, err := mime.ParseMediaType(sent)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// parseIdentifiers takes the two values out of a JSON object, as they were sent;
// "" stands for one that is absent or null. Other members are ignored, names
// are case-sensitive, and of a name that is repeated the last one counts.
// Its errors are *refusal.
func parseIdentifiers(body []byte) (email, phone string, err error) {
	members, err := parseObject(body, sendAnObject)
	if err != nil {
		return "", "", err
	}
	if email, err = parseEmail(members["email"]); err != nil {
		return "", "", err
	}
	if phone, err = parsePhone(members["phoneNumber"]); err != nil {
		return "", "", err
	}
	return email, phone, nil
}

// parseObject splits a JSON object into its members. Names are case-sensitive, unlike those of a
// struct's fields in encoding/json. example ends the text of every error. Its errors are *refusal.
func parseObject(body []byte, example string) (map[string]json.RawMessage, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, malformed(body, err, example)
	}
	if members == nil {
		return nil, badRequest("", "This is null, not an object. "+example)
	}
	return members, nil
}

// checkText refuses bytes that are no text: encoding/json would replace them
// with U+FFFD and so make one value of several.
func checkText(body []byte) error {
	if !utf8.Valid(body) {
		return badRequest("", "The body is not valid UTF-8.")
	}
	return nil
}

// malformed says what is wrong with a body, without quoting it.
func malformed(body []byte, err error, example string) error {
	if len(body) == 0 {
		return badRequest("", "The body is empty. "+example)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return badRequest("", fmt.Sprintf("The body is not valid JSON: it goes wrong at byte %d. %s", syntax.Offset, example))
	}
	return badRequest("", "This is valid JSON but not an object. "+example)
}

func parseEmail(raw json.RawMessage) (string, error) {
	if absent(raw) {
		return "", nil
	}
	value, ok := parseString(raw)
	if !ok {
		return "", badRequest(identity.FieldEmail, "email must be a string such as \"lorraine@hillvalley.edu\", or null.")
	}
	return value, nil
}

func parsePhone(raw json.RawMessage) (string, error) {
	if absent(raw) {
		return "", nil
	}
	if value, ok := parseString(raw); ok {
		return value, nil
	}
	// Digit for digit: through a float, 12345678901234567890 would become
	// another customer's number.
	if isDigits(raw) {
		return string(raw), nil
	}
	return "", badRequest(identity.FieldPhone,
		"phoneNumber must be a string such as \"+14155550132\", a whole number of digits only such as 123456, or null.")
}

func absent(raw json.RawMessage) bool {
	return raw == nil || string(raw) == "null"
}

// parseString reads a JSON string. Half of a surrogate pair in it becomes
// U+FFFD, which normalization refuses.
func parseString(raw json.RawMessage) (string, bool) {
	var value string
	if raw[0] != '"' || json.Unmarshal(raw, &value) != nil {
		return "", false
	}
	return value, true
}

func isDigits(raw json.RawMessage) bool {
	for _, b := range raw {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
