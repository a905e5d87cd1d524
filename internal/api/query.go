package api

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
)

// The query parameters of all routes. A parameter means the same wherever it is taken.
const (
	paramAfter    = "after"
	paramContact  = "contactId"
	paramDryRun   = "dryRun"
	paramEmail    = "email"
	paramLimit    = "limit"
	paramOther    = "otherContactId"
	paramPhone    = "phoneNumber"
	paramSuppress = "suppress"
	paramWith     = "with"
)

// checked calls the route's handler only when the query and the body are such as the route takes:
// handlers need not check for what they do not know. A request must never do something other than
// it says, and an ignored parameter or body may say that it is a dry run.
func checked(r route) echo.HandlerFunc {
	return func(c echo.Context) error {
		if err := r.checkQuery(c.Request().URL.RawQuery); err != nil {
			return err
		}
		if !r.body && changes(r.method) {
			if err := r.checkNoBody(c); err != nil {
				return err
			}
		}
		return r.handler(c)
	}
}

// checkQuery refuses a query that is malformed, that has a parameter which the route does not take or
// has one twice, and a flag that is neither true nor false.
func (r route) checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return badRequest("", "The query is malformed. Write & as %26, % as %25 and ; as %3B in its values.")
	}
	for name := range query {
		if !slices.Contains(r.takes, name) {
			return badRequest("", r.name()+" takes "+r.parameters()+".")
		}
	}
	for _, name := range r.takes {
		if len(query[name]) > 1 {
			return badRequest("", "Give the query parameter "+name+" once.")
		}
	}
	for _, flag := range []string{paramDryRun, paramSuppress} {
		if query.Has(flag) && query.Get(flag) != "true" && query.Get(flag) != "false" {
			return badRequest("", flag+" must be true or false.")
		}
	}
	return nil
}

// parameters lists the query parameters that the route takes.
func (r route) parameters() string {
	switch len(r.takes) {
	case 0:
		return "no query parameters"
	case 1:
		return "only the query parameter " + r.takes[0]
	}
	return "only the query parameters " + enumerate(r.takes)
}

// checkNoBody refuses a body that says something. An empty object says nothing: some clients send
// one with every POST.
func (r route) checkNoBody(c echo.Context) error {
	if c.Request().ContentLength == 0 {
		return nil
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.Response().Writer, c.Request().Body, 1<<10))
	text := string(bytes.TrimSpace(body))
	if err != nil || text != "" && text != "{}" && text != "null" {
		return badRequest("", r.name()+" takes no body. It takes "+r.parameters()+".")
	}
	return nil
}

// name is the route as the document writes it, such as DELETE /contacts/{id}.
func (r route) name() string { return r.method + " " + inBraces(r.path) }

// inBraces writes the parameter of a path as OpenAPI does.
func inBraces(path string) string { return strings.Replace(path, ":id", "{id}", 1) }

func changes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// isTrue returns a flag of the query, which checked has seen to be true, false or absent.
func isTrue(c echo.Context, flag string) bool { return c.QueryParam(flag) == "true" }

// enumerate joins two or more words: "a, b and c".
func enumerate(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
