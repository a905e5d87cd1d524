package contract

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"
)

// Handler returns h with every exchange checked, once h has returned. A difference fails t. An answer that the
// client did not read to its end is not checked.
func (c *Contract) Handler(t testing.TB, h http.Handler) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Clone(r.Context())
		answer := &recorder{ResponseWriter: w, status: http.StatusOK}
		sent := &tee{ReadCloser: r.Body}
		if r.Body != nil {
			r.Body = sent
		}
		h.ServeHTTP(answer, r)
		if answer.err != nil {
			return
		}
		err := c.Check(Exchange{
			Request: asked, Sent: sent.read.Bytes(), Status: answer.status, Header: w.Header().Clone(), Body: answer.body.Bytes(),
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// tee keeps what is read.
type tee struct {
	io.ReadCloser
	read bytes.Buffer
}

func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.read.Write(p[:n])
	return n, err
}

// recorder keeps what is written.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
	err    error // why the client did not get all of it
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.body.Write(p[:n])
	r.err = errors.Join(r.err, err)
	return n, err
}

// Unwrap lets http.ResponseController reach what it controls.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
