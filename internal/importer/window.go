package importer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// window is the text of a file from the next row on. What it returns holds until its next use.
type window struct {
	r    *bufio.Reader // larger than maxRow
	line int           // of the file, counted from 1, where the text begins
}

// peek returns text of at least n bytes, or all that fits, or all that is left: last is true then.
func (w *window) peek(n int) (text []byte, last bool, err error) {
	_, err = w.r.Peek(min(n, w.r.Size()))
	text, _ = w.r.Peek(w.r.Buffered())
	if errors.Is(err, io.EOF) {
		return text, true, nil
	}
	return text, false, err
}

// peekLine returns the first line that is not empty, or what fits of it.
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

// take moves on by n bytes, which peek returned.
func (w *window) take(text []byte, n int) {
	w.line += bytes.Count(text[:n], []byte("\n"))
	w.r.Discard(n) //nolint:errcheck // it cannot fail: they are buffered
}

// takeLine takes a line and returns it without its ending. A line longer than maxRow is taken all
// the same, but not returned: fits is false then. After the last one it returns io.EOF.
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
			return whenFits(text[:end], fits), fits, nil
		case last && len(text) == 0 && fits:
			return nil, true, io.EOF
		case last:
			w.take(text, len(text))
			return whenFits(text, fits), fits, nil
		case len(text) > maxRow:
			fits = false
			w.take(text, len(text))
			n = 1
		default:
			n = moreThan(text)
		}
	}
}

// moreThan is how much to ask for when text did not suffice. It grows by a part of itself, or a
// long row that trickles in would be looked through for every byte of it.
func moreThan(text []byte) int { return len(text) + len(text)/8 + 1 }

func whenFits(line []byte, fits bool) []byte {
	if !fits {
		return nil
	}
	return bytes.TrimSuffix(line, []byte("\r"))
}
