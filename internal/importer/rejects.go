package importer

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
)

// rejects writes refused rows as CSV that can be corrected and imported: line, field and reason,
// then the whole text of the row if its cells do not match the header, and else its cells.
type rejects struct {
	csv    *csv.Writer
	header int // columns
	own    int // number of leading columns that an earlier rejects file has added
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

// write returns after the rows were passed to the operating system, because their batch is
// committed.
func (r *rejects) write(rows []refusedRow) error {
	for _, row := range rows {
		cells, text := row.cells, row.text
		if cells == nil {
			cells = make([]string, r.header)
		}
		if r.own > 0 && text == "" {
			text = cells[r.own-1] // an earlier reject that was not corrected yet
		}
		record := append([]string{strconv.Itoa(row.line), row.field, row.reason, text}, cells[r.own:]...)
		if err := r.csv.Write(record); err != nil {
			return err
		}
	}
	r.csv.Flush()
	return r.csv.Error()
}
