package importer

import "bytes"

// What is wrong with a row that cannot be cut into cells.
const (
	unclosedQuote = "A quote is opened and not closed."
	textAfter     = "There is text after a closing quote."
	tooLong       = "The row is longer than 1 MiB."
)

// cut is a CSV row cut out of the text before it.
type cut struct {
	cells  [][]byte // they hold as long as the text
	length int      // of the row in the text, with its line ending
	wrong  string   // instead of cells
}

// cutter cuts text into CSV rows, as RFC 4180 has them and a little more: rows end with LF or CRLF,
// blanks around a quoted cell are dropped, and a quote within a cell that does not begin with one
// is a character like others.
type cutter struct {
	delimiter byte
	cells     [][]byte // used again by every cut
}

// row cuts the first row out of text. It returns false when the row goes on beyond text, which
// cannot be when text is the last.
func (c *cutter) row(text []byte, last bool) (cut, bool) {
	c.cells = c.cells[:0]
	for at := 0; ; {
		cell, length, wrong, whole := c.cell(text[at:], last)
		if !whole || wrong != "" {
			return cut{wrong: wrong}, whole
		}
		c.cells = append(c.cells, cell)
		at += length
		switch {
		case at == len(text):
			return cut{cells: c.cells, length: at}, true
		case text[at] == c.delimiter:
			at++
		default: // a line ending
			return cut{cells: c.cells, length: at + lineEnding(text[at:])}, true
		}
	}
}

// cell cuts the first cell out of text. After its length stands a delimiter, a line ending or the
// end.
func (c *cutter) cell(text []byte, last bool) (cell []byte, length int, wrong string, whole bool) {
	start := c.skipBlanks(text, 0)
	if start < len(text) && text[start] == '"' {
		return c.quotedCell(text, start+1, last)
	}
	end := bytes.IndexByte(text, '\n')
	if end < 0 {
		if !last {
			return nil, 0, "", false
		}
		end = len(text)
	}
	if end > 0 && text[end-1] == '\r' {
		end--
	}
	if delimiter := bytes.IndexByte(text[:end], c.delimiter); delimiter >= 0 {
		end = delimiter
	}
	return text[:end], end, "", true
}

// quotedCell is cell after an opening quote.
func (c *cutter) quotedCell(text []byte, start int, last bool) (cell []byte, length int, wrong string, whole bool) {
	doubled := false
	at := start
	for {
		quote := bytes.IndexByte(text[at:], '"')
		if quote < 0 {
			return nil, 0, unclosedQuote, last
		}
		at += quote + 1
		if at == len(text) || text[at] != '"' {
			break
		}
		doubled = true
		at++
	}
	cell = text[start : at-1]
	if doubled {
		cell = bytes.ReplaceAll(cell, []byte(`""`), []byte(`"`))
	}
	at = c.skipBlanks(text, at)
	switch {
	case !last && len(text)-at < len("\r\n"):
		return nil, 0, "", false
	case at == len(text), text[at] == c.delimiter, lineEnding(text[at:]) > 0:
		return cell, at, "", true
	}
	return nil, 0, textAfter, true
}

func (c *cutter) skipBlanks(text []byte, at int) int {
	for at < len(text) && text[at] == ' ' {
		at++
	}
	return at
}

// lineEnding is the length of the line ending at the start of text. The last one may lack its LF.
func lineEnding(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("\n")), string(text) == "\r":
		return 1
	case bytes.HasPrefix(text, []byte("\r\n")):
		return 2
	}
	return 0
}
