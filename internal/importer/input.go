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

// maxRow is the longest row, in bytes, that is read; a longer one is refused. Real ones have
// hundreds.
const maxRow = 1 << 20

// counter counts what is read through it.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// openText returns the input as UTF-8 text without a byte order mark, in which a whole row can be
// looked at before it is taken.
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
	// A mark also tells UTF-16, which spreadsheets save as "Unicode text".
	plain = transform.NewReader(plain, unicode.BOMOverride(transform.Nop))
	return bufio.NewReaderSize(plain, maxRow+2), nil
}

// firstByte is the first that is not blank, or 0.
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
	// columns says where values are taken from.
	columns() Columns
	// next returns the next row, and io.EOF after the last one. Rows hold until the next call.
	next() (row, error)
	// header names the cells that original returns.
	header() []string
	// original returns the cells of the last row as the file has them, to be kept, or its whole text
	// where they do not fit the header.
	original() (cells []string, text string)
}

// row is one observation as the file has it.
type row struct {
	line         int // of the file, where the row begins; the first is 1
	email, phone string
	seenAt       string
	decision     *decision
	refused      *refusal // instead of values, or of a decision
}

// refusal is why a row is not imported.
type refusal struct {
	field  string // as the API spells it, or ""
	reason string // a sentence without values
}

// open looks at the input and returns its rows.
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
		return nil, InputError("this is a JSON array; write one object on each line instead, as jq -c '.[]' does")
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
