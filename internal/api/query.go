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

// The query parameters of all routes. A name has the same meaning on every route.
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

// checked calls the route's handler only if the route takes the query and the body, so handlers
// need not check for unknown parameters. Ignoring them would be dangerous: one may ask for a dry
// run.
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

// checkQuery refuses a malformed query, a parameter that the route does not take or that is
// repeated, and a flag that is neither true nor false.
func (r route) checkQuery(raw string) error {
	if raw == "" {
		return nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return badRequest("", "The query is malformed. In values, write & as %26, % as %25 and ; as %3B.")
	}
	for name := range query {
		if !slices.Contains(r.takes, name) {
			return badRequest("", r.name()+" takes "+r.parameters()+".")
		}
	}
	for _, name := range r.takes {
		if len(query[name]) > 1 {
			return badRequest("", "Give the query parameter "+name+" only once.")
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

// checkNoBody refuses a body, except for an empty object: some clients send one with every POST.
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

// name is the route as in the OpenAPI document, such as DELETE /contacts/{id}.
func (r route) name() string { return r.method + " " + inBraces(r.path) }

// inBraces writes the path parameter as OpenAPI does.
func inBraces(path string) string {
	return strings.NewReplacer(":id", "{id}", ":code", "{code}").Replace(path)
}

func changes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// isTrue returns a flag of the query. checked has verified that it is true, false or absent.
func isTrue(c echo.Context, flag string) bool { return c.QueryParam(flag) == "true" }

// enumerate joins words: "a, b and c".
func enumerate(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
