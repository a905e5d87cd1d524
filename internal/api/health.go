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

// index tells somebody who opens the address in a browser what this is.
func (s *server) index(c echo.Context) error {
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, struct {
		Service string `json:"service"`
		Version string `json:"version"`
		OpenAPI string `json:"openapi"`
	}{"identikit", s.version, "/openapi.json"})
}

func (s *server) openapi(c echo.Context) error {
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, []byte(openapiJSON))
}

type health struct {
	Status string `json:"status"`
}

// healthz says that the process answers. It does not look at the database: a
// platform restarts what fails here, and that would not bring a database back.
func (s *server) healthz(c echo.Context) error {
	return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, health{"ok"})
}

// readyz says whether requests can be served, and if not what to do about it.
func (s *server) readyz(c echo.Context) error {
	err := s.ready(c.Request().Context())
	if err == nil {
		return writeJSON(c, http.StatusOK, echo.MIMEApplicationJSON, health{"ready"})
	}
	if _, ok := errors.AsType[*identity.Error](err); ok {
		return err
	}
	return &refusal{status: http.StatusServiceUnavailable, detail: "The service is not ready.", cause: err}
}
