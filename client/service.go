package client

import (
	"context"
	"net/http"
	"net/url"
)

// Index is what the service says about itself.
type Index struct {
	Service string `json:"service"` // identikit
	Version string `json:"version"`
	OpenAPI string `json:"openapi"` // the path of the OpenAPI document
	Docs    string `json:"docs"`    // the path of its page
}

// Index returns the name and the version of the service.
func (c *Client) Index(ctx context.Context) (Index, error) {
	var s Index
	err := c.do(ctx, call{method: http.MethodGet, path: "/"}, &s)
	return s, err
}

// Health is ok or ready.
type Health struct {
	Status string `json:"status"`
}

// Healthz reports that the process of the service runs.
func (c *Client) Healthz(ctx context.Context) (Health, error) {
	var h Health
	err := c.do(ctx, call{method: http.MethodGet, path: "/healthz"}, &h)
	return h, err
}

// Readyz reports that the service can answer requests; otherwise the problem says what its operator has to do.
func (c *Client) Readyz(ctx context.Context) (Health, error) {
	var h Health
	err := c.do(ctx, call{method: http.MethodGet, path: "/readyz"}, &h)
	return h, err
}

// OpenAPI returns the OpenAPI document of the service.
func (c *Client) OpenAPI(ctx context.Context) ([]byte, error) {
	return c.raw(ctx, "/openapi.json")
}

// Docs returns the OpenAPI document as a page for people.
func (c *Client) Docs(ctx context.Context) ([]byte, error) {
	return c.raw(ctx, "/docs")
}

// Problems returns a page for people that lists all problems.
func (c *Client) Problems(ctx context.Context) ([]byte, error) {
	return c.raw(ctx, "/problems")
}

// Problem returns a page for people about a problem: what it means, and how to get out of it.
func (c *Client) Problem(ctx context.Context, code Code) ([]byte, error) {
	return c.raw(ctx, "/problems/"+url.PathEscape(string(code)))
}

func (c *Client) raw(ctx context.Context, path string) ([]byte, error) {
	var text []byte
	err := c.do(ctx, call{method: http.MethodGet, path: path}, &text)
	return text, err
}
