package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"github.com/identikit/identikit/internal/identity"
)

// maxBody is the largest body, in bytes, of one observation. The longest values that normalization
// accepts need less than 1 KiB.
const maxBody = 16 << 10

const objectExample = `Send an object such as {"email":"lorraine@hillvalley.edu","phoneNumber":"123456"}.`

// readJSON returns the body of a request whose content type is JSON: a web page of another origin cannot send
// that without the service's consent, as it can plain text. The body may have at
// most limit bytes. Errors are *refusal.
func readJSON(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if !isJSON(r.Header) {
		return nil, &refusal{
			code:   codeUnsupportedMediaType,
			detail: "Send plain JSON with the header Content-Type: application/json (with curl: --json).",
		}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		return body, nil
	}
	if _, over := errors.AsType[*http.MaxBytesError](err); over {
		return nil, &refusal{
			code:   codeRequestTooLarge,
			detail: fmt.Sprintf("The body must have at most %d bytes.", limit),
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &refusal{code: codeBodyTimeout, detail: "The body took too long to arrive. Send the request again."}
	}
	return nil, badRequest("", "The body is incomplete or could not be read. Send the request again.")
}

// isJSON reports whether the content type is application/json or any +json type.
// Parameters are ignored.
func isJSON(h http.Header) bool {
	if coding := h.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return false
	}
	sent := h.Get("Content-Type")
	if sent == "application/json" {
		return true
	}
	kind, _, err := mime.ParseMediaType(sent)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return false
	}
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

// parseIdentifiers returns the two values of a JSON object as they were sent, or "" for a value
// that is absent or null. Other members are ignored, names are case-sensitive, and the last of
// several members with the same name counts. Errors are *refusal.
func parseIdentifiers(body []byte) (email, phone string, err error) {
	members, err := parseObject(body, objectExample)
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
	// Keep the digits as text: a float would turn 12345678901234567890 into another customer's
	// number.
	if isDigits(raw) {
		return string(raw), nil
	}
	return "", badRequest(identity.FieldPhone,
		"phoneNumber must be a string such as \"+14155550132\", a whole number of digits only such as 123456, or null.")
}

func absent(raw json.RawMessage) bool {
	return raw == nil || string(raw) == "null"
}

// parseString reads a JSON string. raw must be valid JSON. An unpaired surrogate becomes U+FFFD,
// which normalization refuses.
func parseString(raw json.RawMessage) (string, bool) {
	if raw[0] != '"' {
		return "", false
	}
	if !bytes.ContainsRune(raw, '\\') { // nothing to decode
		return string(raw[1 : len(raw)-1]), true
	}
	var value string
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}

func isDigits(raw json.RawMessage) bool {
	for _, b := range raw {
		if b < '0' || b > '9' {
			return false
		}
	}
	return true
}
