// Package docs renders an OpenAPI document as one HTML page that needs nothing but itself: the style and the
// script are in it, and its content security policy allows exactly these two, by their hashes. It shows what
// the document says and knows nothing about the service.
package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	_ "embed" // the assets of the page
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html/template"
)

var (
	//go:embed page.html
	pageHTML string
	//go:embed style.css
	styleCSS string
	//go:embed try.js
	tryJS string
)

// Page is the rendered document.
type Page struct {
	HTML []byte
	Gzip []byte // the same, compressed to a tenth

	// Policy is the Content-Security-Policy that the page needs. It allows the page's own style and script, and
	// requests to its own origin. Everything else is forbidden, also to send a form or to be framed.
	Policy string

	// ETag is the entity tag of HTML, and GzipETag that of Gzip, in quotes.
	ETag, GzipETag string
}

// Render returns the page for an OpenAPI 3.1 document in JSON. All texts of the document are escaped. It fails
// if the document is malformed or has a reference without a target.
func Render(document []byte) (Page, error) {
	v, err := parse(document)
	if err != nil {
		return Page{}, fmt.Errorf("OpenAPI document: %w", err)
	}
	v.Style, v.Script = template.CSS(styleCSS), template.JS(tryJS) //nolint:gosec // embedded files
	t, err := template.New("page").Parse(pageHTML)
	if err != nil {
		return Page{}, err
	}
	var html bytes.Buffer
	if err := t.Execute(&html, v); err != nil {
		return Page{}, err
	}
	var compressed bytes.Buffer
	w := gzip.NewWriter(&compressed)
	if _, err := w.Write(html.Bytes()); err != nil {
		return Page{}, err
	}
	if err := w.Close(); err != nil {
		return Page{}, err
	}
	sum := sha256.Sum256(html.Bytes())
	tag := hex.EncodeToString(sum[:16])
	return Page{
		HTML: html.Bytes(), Gzip: compressed.Bytes(), Policy: policy(), ETag: `"` + tag + `"`, GzipETag: `"` + tag + `-gzip"`,
	}, nil
}

// policy does not need unsafe-inline. Trusted Types keep the script from making HTML or code of an answer.
func policy() string {
	return "default-src 'none'; script-src " + source(tryJS) + "; style-src " + source(styleCSS) +
		"; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" +
		"; require-trusted-types-for 'script'"
}

// source allows exactly this text.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
