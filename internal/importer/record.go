package importer

import "bytes"

// Reasons why a row cannot be parsed.
const (
	unclosedQuote = "A quote is opened but not closed."
	textAfter     = "There is text after a closing quote."
	tooLong       = "The row is longer than 1 MiB."
)

// cut is a CSV row parsed at the start of a text.
type cut struct {
	cells  [][]byte // valid as long as the text
	length int      // of the row, including its line ending
	wrong  string   // set instead of cells
}

// cutter parses CSV rows as in RFC 4180, and a little more: rows end with LF or CRLF, blanks around
// a quoted cell are dropped, and a quote inside an unquoted cell is an ordinary character.
type cutter struct {
	delimiter byte
	cells     [][]byte // reused by every row
}

// row parses the first row of text. It returns false if the row continues beyond text, which it
// does not if text is the last.
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

// cell parses the first cell of text. After its length there is a delimiter, a line ending or the
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

// lineEnding returns the length of the line ending at the start of text. The last one may lack its
// LF.
func lineEnding(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("\n")), string(text) == "\r":
		return 1
	case bytes.HasPrefix(text, []byte("\r\n")):
		return 2
	}
	return 0
}
