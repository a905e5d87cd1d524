package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// csvSource reads a CSV file whose first row names the columns.
type csvSource struct {
	window *window
	cutter cutter
	names  []string
	places places

	cut  cut    // the last row
	text []byte // the text of the last row, or the part that is known if the row could not be parsed
}

func newCSV(r *bufio.Reader, l Layout) (*csvSource, error) {
	s := &csvSource{window: &window{r: r, line: 1}, cutter: cutter{delimiter: l.Delimiter}}
	if l.Delimiter == 0 {
		if err := s.guessDelimiter(); err != nil {
			return nil, err
		}
	}
	switch err := s.advance(); {
	case errors.Is(err, io.EOF):
		return nil, InputError("the input is empty")
	case err != nil:
		return nil, err
	case s.cut.wrong != "":
		return nil, InputError("the first line must have the names of the columns, but cannot be read: " + s.cut.wrong)
	}
	for _, cell := range s.cut.cells {
		s.names = append(s.names, strings.TrimSpace(string(cell)))
	}
	var err error
	s.places, err = locate(s.names, l.Columns)
	return s, err
}

// guessDelimiter chooses the most frequent delimiter in the first line that is not blank.
func (s *csvSource) guessDelimiter() error {
	s.cutter.delimiter = ','
	first, err := s.window.peekLine()
	if err != nil {
		return err
	}
	most := 0
	for _, d := range []byte(",;\t|") {
		if n := bytes.Count(first, []byte{d}); n > most {
			s.cutter.delimiter, most = d, n
		}
	}
	return nil
}

func (s *csvSource) columns() Columns {
	name := func(place int) string {
		if place < 0 {
			return ""
		}
		return s.names[place]
	}
	return Columns{Email: name(s.places.email), Phone: name(s.places.phone), ObservedAt: name(s.places.observedAt)}
}

func (s *csvSource) header() []string { return s.names }

func (s *csvSource) original() (cells []string, text string) {
	if s.cut.wrong != "" || len(s.cut.cells) != len(s.names) {
		return nil, strings.TrimRight(string(s.text), "\r\n")
	}
	for _, cell := range s.cut.cells {
		cells = append(cells, string(cell))
	}
	return cells, ""
}

func (s *csvSource) next() (row, error) {
	line, err := s.advanceFrom()
	if err != nil {
		return row{}, err
	}
	r := row{line: line}
	switch cells := s.cut.cells; {
	case s.cut.wrong != "":
		r.refused = &refusal{reason: s.cut.wrong}
	case len(cells) != len(s.names):
		r.refused = &refusal{reason: fmt.Sprintf("The row has %d columns, but the first line has %d.", len(cells), len(s.names))}
	default:
		r.email, r.phone, r.seenAt = s.value(s.places.email), s.value(s.places.phone), s.value(s.places.observedAt)
	}
	return r, nil
}

func (s *csvSource) value(place int) string {
	if place < 0 {
		return ""
	}
	return string(s.cut.cells[place])
}

func (s *csvSource) advance() error {
	_, err := s.advanceFrom()
	return err
}

// advanceFrom reads the next row that is not blank and returns its first line number.
func (s *csvSource) advanceFrom() (line int, err error) {
	for {
		line = s.window.line
		if err := s.take(); err != nil {
			return 0, err
		}
		if s.cut.wrong != "" || len(bytes.TrimSpace(s.text)) > 0 {
			return line, nil
		}
	}
}

// take reads one row. If the row cannot be parsed, it takes only the first line: if an opening
// quote was a mistake, the next line is the next row.
func (s *csvSource) take() error {
	for n := 1; ; {
		text, last, err := s.window.peek(n)
		if err != nil {
			return err
		}
		if len(text) == 0 {
			return io.EOF
		}
		c, whole := s.cutter.row(text, last)
		s.cut = c
		switch {
		case whole && c.wrong == "":
			s.text = text[:c.length]
			s.window.take(text, c.length)
			return nil
		case whole:
			return s.takeMalformed()
		case len(text) > maxRow:
			s.cut.wrong = unclosedQuote
			return s.takeMalformed()
		}
		n = moreThan(text)
	}
}

func (s *csvSource) takeMalformed() error {
	line, fits, err := s.window.takeLine()
	s.text = line
	if !fits {
		s.cut.wrong = tooLong
	}
	return err
}
