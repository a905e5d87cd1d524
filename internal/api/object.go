package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// fields maps the members that the body of a correction may have to pointers to decode them into.
type fields map[string]any

// readObject decodes the body of a correction, a JSON object, into the fields. It refuses unknown
// members, because ignoring one might do something that the client did not mean. A member that is
// absent or null leaves its field unchanged. example is appended to every error text. Errors are
// *refusal.
func readObject(c echo.Context, into fields, example string) error {
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil {
		return err
	}
	return decodeObject(body, into, example)
}

// readOptional is readObject for a body that may be absent or blank.
func readOptional(c echo.Context, into fields, example string) error {
	if c.Request().ContentLength == 0 {
		return nil
	}
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil || len(bytes.TrimSpace(body)) == 0 {
		return err
	}
	return decodeObject(body, into, example)
}

func decodeObject(body []byte, into fields, example string) error {
	sent, err := parseObject(body, example)
	if err != nil {
		return err
	}
	for name := range sent {
		if into[name] == nil {
			return unknownField(name, into)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if err := decodeStrictly(sent[name], into[name]); err != nil {
			return badRequest("", name+" must be "+expected(into[name])+". "+example)
		}
	}
	return nil
}

// decodeStrictly is json.Unmarshal, but refuses unknown members of structs.
func decodeStrictly(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// unknownField returns an error that lists the known fields. It does not quote the unknown name,
// which may contain a value.
func unknownField(name string, known fields) error {
	detail := "The body takes only " + enumerate(slices.Sorted(maps.Keys(known))) + "."
	if name == paramDryRun {
		detail += " dryRun is a query parameter."
	}
	return badRequest("", detail)
}

// expected describes what can be decoded into a field.
func expected(field any) string {
	switch field.(type) {
	case *uint64:
		return "a whole number, 1 or greater"
	case *uint32:
		return "a whole number, 0 or greater"
	case *[]uint64:
		return "an array of ids"
	case *[]string:
		return "an array of strings"
	case *[]blockedValue:
		return "an array of objects with kind and value"
	}
	return "a string"
}

// parseObject splits a JSON object into its members. Names are case-sensitive, unlike in
// encoding/json. example is appended to every error text. Errors are *refusal.
func parseObject(body []byte, example string) (map[string]json.RawMessage, error) {
	if err := checkText(body); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return nil, malformed(body, err, example)
	}
	if members == nil {
		return nil, badRequest("", "The body is null, not an object. "+example)
	}
	return members, nil
}

// checkText refuses invalid UTF-8: encoding/json would replace it with U+FFFD and so make different
// values equal.
func checkText(body []byte) error {
	if !utf8.Valid(body) {
		return badRequest("", "The body must be valid UTF-8.")
	}
	return nil
}

// malformed says what is wrong with a body, without quoting it.
func malformed(body []byte, err error, example string) error {
	if len(body) == 0 {
		return badRequest("", "The body is empty. "+example)
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return badRequest("", fmt.Sprintf("The body is not valid JSON: syntax error at byte %d. %s", syntax.Offset, example))
	}
	return badRequest("", "The body is valid JSON but not an object. "+example)
}
