package api

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/labstack/echo/v4"
)

// fields are the members that the body of a correction may have, by name. Each value is a pointer to
// what the member is decoded into.
type fields map[string]any

// readObject decodes the body of a correction, a JSON object, into the fields. A member that is not
// among them is refused, because it may say that the caller wants something else. A member that is
// absent or null leaves its field as it is. example ends the text of every error. Its errors are
// *refusal.
func readObject(c echo.Context, into fields, example string) error {
	body, err := readJSON(c.Response().Writer, c.Request(), maxBody)
	if err != nil {
		return err
	}
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
		if err := json.Unmarshal(sent[name], into[name]); err != nil {
			return badRequest("", name+" must be "+wanted(into[name])+". "+example)
		}
	}
	return nil
}

// unknownField lists the fields. It does not quote the name, which may hold anything.
func unknownField(name string, known fields) error {
	detail := "The body takes only " + enumerate(slices.Sorted(maps.Keys(known))) + "."
	if name == paramDryRun {
		detail += " dryRun is a query parameter."
	}
	return badRequest("", detail)
}

// wanted says what can be decoded into a field.
func wanted(field any) string {
	if _, number := field.(*uint64); number {
		return "a whole number from 1 on"
	}
	return "a string"
}
