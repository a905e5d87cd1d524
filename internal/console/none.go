//go:build no_console

// Package console is left out of this binary.
package console

import "net/http"

// Path is where the pages would be.
const Path = "/console"

// Included says whether the binary has the pages.
const Included = false

// New returns nil: there are no pages.
func New() (http.Handler, error) { return nil, nil }
