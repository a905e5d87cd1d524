package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"sync/atomic"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// maxRow is the longest row, in bytes. Longer rows are refused. Real rows have hundreds of bytes.
const maxRow = 1 << 20

// counter counts the bytes that are read through it.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// openText returns the input as UTF-8 text without a byte order mark. Its buffer holds a whole row.
func openText(input io.Reader) (*bufio.Reader, error) {
	stored := bufio.NewReaderSize(input, 64<<10)
	magic, err := stored.Peek(2)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	plain := io.Reader(stored)
	switch string(magic) {
	case "\x1f\x8b":
		if plain, err = gzip.NewReader(stored); err != nil {
			return nil, err
		}
	case "PK":
		return nil, InputError("this is a zip archive or a spreadsheet; save it as CSV")
	}
	// The byte order mark also identifies UTF-16, which spreadsheets save as "Unicode text".
	plain = transform.NewReader(plain, unicode.BOMOverride(transform.Nop))
	return bufio.NewReaderSize(plain, maxRow+2), nil
}

// firstByte returns the first byte that is not blank, or 0.
func firstByte(r *bufio.Reader) (byte, error) {
	w := window{r: r}
	for n := 1; ; {
		start, last, err := w.peek(n)
		if err != nil {
			return 0, err
		}
		if trimmed := bytes.TrimLeft(start, " \t\r\n"); len(trimmed) > 0 {
			return trimmed[0], nil
		}
		if last || len(start) > maxRow {
			return 0, nil
		}
		n = moreThan(start)
	}
}

// source is the rows of a file.
type source interface {
	// columns returns the columns from which values are taken.
	columns() Columns
	// next returns the next row, or io.EOF after the last one. A row is valid until the next call.
	next() (row, error)
	// header returns the names of the cells that original returns.
	header() []string
	// original returns a copy of the cells of the last row, or its whole text if the cells do not
	// match the header.
	original() (cells []string, text string)
}

// row is one observation as in the file.
type row struct {
	line         int // the line at which the row begins; the first is 1
	email, phone string
	seenAt       string
	decision     *decision
	refused      *refusal // set instead of values or a decision
}

// refusal is the reason why a row is not imported.
type refusal struct {
	field  string // the name in the API, or ""
	reason string // a sentence without values
}

// open detects the format of the input and returns its rows.
func open(input io.Reader, l Layout) (source, error) {
	r, err := openText(input)
	if err != nil {
		return nil, err
	}
	first, err := firstByte(r)
	if err != nil {
		return nil, err
	}
	switch {
	case first == 0:
		return nil, InputError("the input is empty")
	case first == '[' && l.Format != CSV:
		return nil, InputError("this is a JSON array; write one object per line instead, for example with jq -c '.[]'")
	case l.Format == NDJSON, l.Format == "" && first == '{':
		decisions, err := openDecisions(r)
		switch {
		case err != nil:
			return nil, err
		case decisions != nil:
			return decisions, nil
		}
		return newNDJSON(r, l), nil
	}
	s, err := newCSV(r, l)
	if err != nil {
		return nil, err
	}
	return s, nil
}
