package api

import (
	_ "embed" // openapi.json
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

//go:embed openapi.json
var openapiJSON string

// index answers a visitor who opens the service's address in a browser.
func (s *server) index(c echo.Context) error {
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, struct {
		Service string `json:"service"`
		Version string `json:"version"`
		OpenAPI string `json:"openapi"`
		Docs    string `json:"docs"`
	}{"identikit", s.version, "/openapi.json", "/docs"})
}

func (s *server) openapi(c echo.Context) error {
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, []byte(openapiJSON))
}

type health struct {
	Status string `json:"status"`
}

// healthz reports that the process is running. It does not check the database: a platform restarts
// a service whose health check fails, and a restart does not repair the database.
func (s *server) healthz(c echo.Context) error {
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, health{"ok"})
}

// readyz reports whether the service can handle requests, and if not, what to do.
func (s *server) readyz(c echo.Context) error {
	err := s.ready(c.Request().Context())
	if err == nil {
		return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, health{"ready"})
	}
	if _, ok := errors.AsType[*identity.Error](err); ok {
		return err
	}
	return &refusal{code: identity.CodeUnavailable, detail: "The service is not ready. Its log says why.", cause: err}
}
