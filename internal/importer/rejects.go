package importer

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
)

// rejects writes the refused rows as CSV that can be mended and imported: line, field and reason
// come first, then the whole row where its cells do not fit the header, or else its cells.
type rejects struct {
	csv    *csv.Writer
	header int // columns
	own    int // of the file's first columns, those that an earlier rejects file has added
}

func newRejects(w io.Writer, header []string) (*rejects, error) {
	first := []string{"line", "field", "reason", "row"}
	r := &rejects{csv: csv.NewWriter(w), header: len(header)}
	if len(header) > len(first) && slices.Equal(header[:len(first)], first) {
		r.own = len(first)
	}
	if err := r.csv.Write(append(first, header[r.own:]...)); err != nil {
		return nil, err
	}
	r.csv.Flush()
	return r, r.csv.Error()
}

// write returns when the rows are with the operating system: they are of committed batches.
func (r *rejects) write(rows []refusedRow) error {
	for _, row := range rows {
		cells, text := row.cells, row.text
		if cells == nil {
			cells = make([]string, r.header)
		}
		if r.own > 0 && text == "" {
			text = cells[r.own-1] // an earlier row that still waits to be mended
		}
		record := append([]string{strconv.Itoa(row.line), row.field, row.reason, text}, cells[r.own:]...)
		if err := r.csv.Write(record); err != nil {
			return err
		}
	}
	r.csv.Flush()
	return r.csv.Error()
}
