package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/identity"
)

// writeJSON answers with v on one line. Unlike json.Marshal it does not escape & < >: they may be
// part of an e-mail address, and the answer is not HTML.
func writeJSON(c echo.Context, status int, contentType string, v any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(body.Len()))
	return c.Blob(status, contentType, body.Bytes())
}

// writeArray answers with a JSON array. It sends one element after the other, because the whole
// text may be many times larger than the elements in memory.
func writeArray[T any](c echo.Context, elements []T) error {
	c.Response().Header().Set(echo.HeaderContentType, echo.MIMEApplicationJSON)
	c.Response().WriteHeader(http.StatusOK)
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	separator := byte('[')
	for _, element := range elements {
		text.WriteByte(separator)
		separator = ','
		if err := enc.Encode(element); err != nil {
			return err
		}
		text.Truncate(text.Len() - 1) // Encode ends with a newline
		if err := sendPart(c, text.Bytes()); err != nil {
			return err
		}
		text.Reset()
	}
	if len(elements) == 0 {
		text.WriteByte(separator)
	}
	text.WriteString("]\n")
	return sendPart(c, text.Bytes())
}

func sendPart(c echo.Context, part []byte) error {
	if _, err := c.Response().Write(part); err != nil {
		return &refusal{code: identity.CodeUnavailable, detail: "The client did not read the answer.", cause: err}
	}
	return nil
}
