package snapshot

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"
)

// Format is the format of an export.
type Format string

// The formats of an export.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson" // one JSON object per line
)

// timeLayout has microseconds, like the columns of the database.
const timeLayout = "2006-01-02T15:04:05.000000Z07:00"

// record is one row of an export. nil is an empty value.
type record struct {
	ContactID        *uint64   `json:"contactId"`
	PrimaryContactID uint64    `json:"primaryContactId"`
	LinkPrecedence   *string   `json:"linkPrecedence"`
	Email            *string   `json:"email"`
	PhoneNumber      *string   `json:"phoneNumber"`
	ObservedAt       time.Time `json:"observedAt"`
}

type encoder interface {
	write(*record) error
	flush() error
}

func newEncoder(w io.Writer, format Format) (encoder, error) {
	switch format {
	case CSV:
		e := &csvEncoder{csv: csv.NewWriter(w)}
		return e, e.csv.Write([]string{"contactId", "primaryContactId", "linkPrecedence", "email", "phoneNumber", "observedAt"})
	case NDJSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false) // an e-mail address may hold & < >
		return ndjsonEncoder{e}, nil
	}
	return nil, fmt.Errorf("unknown export format %q", format)
}

type csvEncoder struct {
	csv    *csv.Writer
	fields [6]string
}

func (e *csvEncoder) write(r *record) error {
	id := ""
	if r.ContactID != nil {
		id = strconv.FormatUint(*r.ContactID, 10)
	}
	e.fields = [...]string{
		id, strconv.FormatUint(r.PrimaryContactID, 10), text(r.LinkPrecedence),
		text(r.Email), text(r.PhoneNumber), r.ObservedAt.Format(timeLayout),
	}
	return e.csv.Write(e.fields[:])
}

func (e *csvEncoder) flush() error {
	e.csv.Flush()
	return e.csv.Error()
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

type ndjsonEncoder struct{ json *json.Encoder }

func (e ndjsonEncoder) write(r *record) error { return e.json.Encode(r) }

func (e ndjsonEncoder) flush() error { return nil }
