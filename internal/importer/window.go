package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// window is the unread text of a file. What it returns is valid until its next use.
type window struct {
	r    *bufio.Reader // larger than maxRow
	line int           // the line, counted from 1, at which the text begins
}

// peek returns at least n bytes of text, or as much as fits, or the rest; last is true for the
// rest.
func (w *window) peek(n int) (text []byte, last bool, err error) {
	_, err = w.r.Peek(min(n, w.r.Size()))
	text, _ = w.r.Peek(w.r.Buffered())
	if errors.Is(err, io.EOF) {
		return text, true, nil
	}
	return text, false, err
}

// peekLine returns the first line that is not empty, or as much of it as fits.
func (w *window) peekLine() ([]byte, error) {
	for n := 1; ; {
		text, last, err := w.peek(n)
		if err != nil {
			return nil, err
		}
		line, _, whole := bytes.Cut(bytes.TrimLeft(text, "\r\n"), []byte("\n"))
		if whole || last || len(text) > maxRow {
			return line, nil
		}
		n = moreThan(text)
	}
}

// take advances by n bytes that peek returned.
func (w *window) take(text []byte, n int) {
	w.line += bytes.Count(text[:n], []byte("\n"))
	w.r.Discard(n) //nolint:errcheck // it cannot fail: they are buffered
}

// takeLine takes a line and returns it without its ending. A line longer than maxRow is taken but
// not returned; fits is then false. After the last line it returns io.EOF.
func (w *window) takeLine() (line []byte, fits bool, err error) {
	fits = true
	for n := 1; ; {
		text, last, err := w.peek(n)
		if err != nil {
			return nil, fits, err
		}
		end := bytes.IndexByte(text, '\n')
		switch {
		case end >= 0:
			w.take(text, end+1)
			return lineIfFits(text[:end], fits), fits, nil
		case last && len(text) == 0 && fits:
			return nil, true, io.EOF
		case last:
			w.take(text, len(text))
			return lineIfFits(text, fits), fits, nil
		case len(text) > maxRow:
			fits = false
			w.take(text, len(text))
			n = 1
		default:
			n = moreThan(text)
		}
	}
}

// moreThan returns how much text to ask for if text was not enough. It grows in proportion to the
// text; otherwise a long row that arrives slowly would be scanned again for every byte.
func moreThan(text []byte) int { return len(text) + len(text)/8 + 1 }

func lineIfFits(line []byte, fits bool) []byte {
	if !fits {
		return nil
	}
	return bytes.TrimSuffix(line, []byte("\r"))
}
