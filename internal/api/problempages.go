package api

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the template and its style
	"encoding/base64"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

//go:embed problems.html
var problemsHTML string

//go:embed problems.css
var problemsCSS string

// problemPage is what the template needs: one problem or, if there is none, all.
type problemPage struct {
	Title string
	Style template.CSS
	One   *problemType
	All   []problemType
}

// problemIndex shows all problems.
func (s *server) problemIndex(c echo.Context) error {
	return writePage(c, problemPage{Title: "Problems", All: problemTypes()})
}

// problemByCode explains one problem.
func (s *server) problemByCode(c echo.Context) error {
	found, known := typeOf(identity.Code(c.Param("code")))
	if !known {
		return &refusal{code: identity.CodeRecordNotFound, detail: "There is no problem with this code. /problems lists all."}
	}
	return writePage(c, problemPage{Title: found.Title, One: &found})
}

// writePage answers with a page that loads nothing and runs nothing.
func writePage(c echo.Context, p problemPage) error {
	p.Style = template.CSS(problemsCSS) //nolint:gosec // it is a file of this package
	t, err := template.New("").Parse(problemsHTML)
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := t.Execute(&page, p); err != nil {
		return err
	}
	style := sha256.Sum256([]byte(problemsCSS))
	c.Response().Header().Set(echo.HeaderContentSecurityPolicy, "default-src 'none'; base-uri 'none'; form-action 'none'; "+
		"frame-ancestors 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(style[:])+"'")
	return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, page.Bytes())
}
