// Package contract checks requests and answers of HTTP tests against an OpenAPI document, so that a document
// that no longer says what the service does fails a test. It is for tests only.
//
// It is strict where a client must not be: an answer with a member or a header that the document does not have
// is an error.
package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Contract is an OpenAPI 3.1 document. It is safe for concurrent use.
type Contract struct {
	document *openapi3.T
	router   routers.Router
}

// Exchange is a request and its answer.
type Exchange struct {
	Request *http.Request
	Sent    []byte // the body of the request, as far as it was read
	Status  int
	Header  http.Header
	Body    []byte
}

// Load reads a document. It fails if the document is not valid, or an example in it is not.
func Load(text []byte) (*Contract, error) {
	text, err := closed(text)
	if err != nil {
		return nil, err
	}
	document, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	router, err := legacy.NewRouter(document)
	if err != nil {
		return nil, err
	}
	return &Contract{document, router}, nil
}

// Check returns how an exchange differs from the document. The request is checked if it succeeded completely: what
// the service accepts must be documented, and what it refuses may be wrong on purpose.
func (c *Contract) Check(e Exchange) error {
	if e.Request.Method == http.MethodOptions { // no operation, but asked by browsers
		return nil
	}
	input, err := c.find(e)
	if err == nil {
		err = checkAnswer(input, e)
	}
	if err == nil && e.Status < http.StatusMultipleChoices && !bytes.Contains(e.Body, []byte(`{"problem":{`)) {
		err = checkRequest(input, e)
	}
	if err != nil {
		return fmt.Errorf("%s %s, answered with %d %.1000s: not as documented: %w", e.Request.Method, e.Request.URL, e.Status, e.Body, err)
	}
	return nil
}

// find returns the operation of a request. HEAD is that of GET. What is no operation at all is answered with one
// of two components.
func (c *Contract) find(e Exchange) (*openapi3filter.RequestValidationInput, error) {
	r := e.Request.Clone(context.Background())
	r.URL.Scheme, r.URL.Host = "", "" // the document is about every server
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet
	}
	input := &openapi3filter.RequestValidationInput{
		Request: r, Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	route, parameters, err := c.router.FindRoute(r)
	if path := r.URL.Path; err == nil && (path == "/" || !strings.HasSuffix(path, "/")) { // the router ignores that slash
		input.Route, input.PathParams = route, parameters
		return input, nil
	}
	answer := map[int]string{http.StatusNotFound: "PathNotFound", http.StatusMethodNotAllowed: "MethodNotAllowed"}[e.Status]
	if answer == "" {
		return nil, errors.Join(errors.New("there is no such operation"), err)
	}
	responses := openapi3.NewResponses(openapi3.WithStatus(e.Status, c.document.Components.Responses[answer]))
	input.Route = &routers.Route{Spec: c.document, Operation: &openapi3.Operation{Responses: responses}}
	return input, nil
}

func checkRequest(input *openapi3filter.RequestValidationInput, e Exchange) error {
	for name := range input.Request.URL.Query() {
		if input.Route.Operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, name) == nil {
			return fmt.Errorf("the operation has no query parameter %s", name)
		}
	}
	if len(e.Sent) > 0 { // the service takes every kind of JSON
		input.Request.Header.Set("Content-Type", "application/json")
	}
	input.Request.Body = io.NopCloser(bytes.NewReader(e.Sent))
	return openapi3filter.ValidateRequest(context.Background(), input)
}

func checkAnswer(input *openapi3filter.RequestValidationInput, e Exchange) error {
	found := input.Route.Operation.Responses.Value(strconv.Itoa(e.Status))
	if found == nil {
		return errors.New("the operation has no such status")
	}
	if e.Status == http.StatusNoContent || e.Status == http.StatusNotModified { // has no body
		return nil
	}
	kind, _, err := mime.ParseMediaType(e.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("content type: %w", err)
	}
	content := found.Value.Content[kind]
	if content == nil {
		return fmt.Errorf("the status has no content type %s", kind)
	}
	known := commonHeaders()
	for name := range found.Value.Headers {
		known = append(known, http.CanonicalHeaderKey(name))
	}
	for name := range e.Header {
		if !slices.Contains(known, name) {
			return fmt.Errorf("the status has no header %s", name)
		}
	}
	if kind == "application/problem+json" && e.Request.Method != http.MethodHead {
		if err := checkCode(content, e.Body); err != nil {
			return err
		}
	}
	isJSON := kind == "application/json" || kind == "application/problem+json"
	return openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: e.Status, Header: e.Header, Body: io.NopCloser(bytes.NewReader(e.Body)),
		Options: &openapi3filter.Options{ExcludeResponseBody: !isJSON || e.Request.Method == http.MethodHead},
	})
}

// checkCode expects the code of a problem among those of the examples.
func checkCode(content *openapi3.MediaType, body []byte) error {
	var problem struct{ Code string }
	if err := json.Unmarshal(body, &problem); err != nil {
		return err
	}
	if content.Examples[problem.Code] == nil {
		return fmt.Errorf("the status has no example for the code %q", problem.Code)
	}
	return nil
}

// commonHeaders may be in every answer.
func commonHeaders() []string {
	return []string{
		"Content-Length", "Content-Type", "Date", "Connection", "Cache-Control", "Vary", "X-Content-Type-Options", "X-Request-Id",
		"X-Accel-Buffering", "Identikit-Position", "Ratelimit", "Ratelimit-Policy", "Access-Control-Allow-Origin",
		"Access-Control-Expose-Headers",
	}
}
