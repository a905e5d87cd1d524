//go:build !no_console

// Package console is the web pages with which people search customers, understand merges and decide. The pages
// use only the public API, with the session of the person who is signed in; this package serves files, and
// knows nothing about customers.
package console

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed web/*.html web/*.js web/*.css web/*.svg web/lib/*.js web/lib/LICENSES.txt
var files embed.FS

// Path is where the pages are.
const Path = "/console"

// Included says whether the binary has the pages.
const Included = true

// policy lets the pages load their own files and call the API of this origin, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// New returns the handler of Path and everything below it. Files whose path has the hash of their content may
// be cached for ever; every other path is the page itself, which shows what its path says. It is safe for
// concurrent use.
func New() (http.Handler, error) {
	web, err := fs.Sub(files, "web")
	if err != nil {
		return nil, err
	}
	version, err := hash(web)
	if err != nil {
		return nil, err
	}
	page, err := render(web, version)
	if err != nil {
		return nil, err
	}
	assets := Path + "/assets/" + version + "/"
	served := http.StripPrefix(assets, http.FileServerFS(web))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if strings.HasPrefix(r.URL.Path, assets) {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
			served.ServeHTTP(w, r)
			return
		}
		if strings.HasPrefix(r.URL.Path, Path+"/assets/") {
			http.NotFound(w, r) // of another version
			return
		}
		h.Set("Content-Security-Policy", policy)
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		_, _ = w.Write(page) // an error means that the client is gone
	}), nil
}

// hash returns a hash of the names and contents of all files.
func hash(web fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(web, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(web, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil))[:16], err
}

// render fills the version into the page.
func render(web fs.FS, version string) ([]byte, error) {
	page, err := template.ParseFS(web, "index.html")
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	err = page.Execute(&text, struct{ Base, Assets string }{Path, Path + "/assets/" + version})
	return text.Bytes(), err
}
