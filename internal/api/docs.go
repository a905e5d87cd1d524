package api

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/api/docs"
)

// docs answers with the OpenAPI document as a page for people. Everybody may see it.
func (s *server) docs(c echo.Context) error {
	page, err := s.reference()
	if err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, echo.MIMETextHTMLCharsetUTF8)
	header.Set(echo.HeaderContentSecurityPolicy, page.Policy)
	header.Set(echo.HeaderReferrerPolicy, "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set(echo.HeaderCacheControl, "no-cache")        // ask whether the ETag is still current
	header.Add(echo.HeaderVary, echo.HeaderAcceptEncoding) // beside that of CORS
	body := page.HTML
	if header.Set("ETag", page.ETag); strings.Contains(c.Request().Header.Get(echo.HeaderAcceptEncoding), "gzip") {
		header.Set(echo.HeaderContentEncoding, "gzip")
		header.Set("ETag", page.GzipETag)
		body = page.Gzip
	}
	http.ServeContent(c.Response(), c.Request(), "", time.Time{}, bytes.NewReader(body))
	return nil
}

func renderDocs() (docs.Page, error) { return docs.Render([]byte(openapiJSON)) }
