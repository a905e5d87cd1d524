package api

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/api/docs"
)

// docs answers with the OpenAPI document as a page for people. Everybody may see it.
func (s *server) docs(c echo.Context) error {
	page, err := s.reference()
	if err != nil {
		return err
	}
	sent, header, body, tag := c.Request().Header, c.Response().Header(), page.HTML, page.ETag
	compressed := strings.Contains(sent.Get(echo.HeaderAcceptEncoding), "gzip")
	if compressed {
		body, tag = page.Gzip, page.GzipETag
	}
	header.Set(echo.HeaderContentSecurityPolicy, page.Policy)
	header.Set(echo.HeaderCacheControl, "no-cache") // ask whether the ETag is still current
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding)
	header.Set("ETag", tag)
	if strings.Contains(sent.Get("If-None-Match"), tag) {
		return c.NoContent(http.StatusNotModified)
	}
	if compressed {
		header.Set(echo.HeaderContentEncoding, "gzip")
	}
	return c.Blob(http.StatusOK, echo.MIMETextHTMLCharsetUTF8, body)
}

func renderDocs() (docs.Page, error) { return docs.Render([]byte(openapiJSON)) }
