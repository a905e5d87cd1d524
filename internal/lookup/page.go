package lookup

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/identity"
)

// Page is a part of a long list.
type Page struct {
	Limit int32  // the most entries, at least 1
	After string // the start that the previous page returned; "" for the first page
}

// position is the position of an entry in a list: by time, then by source, then by id.
type position struct {
	at     time.Time
	source uint64 // the entries of a list come from several tables
	id     uint64
}

// beginning is before every time that can be stored: it is the start of the range of DATETIME.
func beginning() position {
	return position{at: time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func (p position) compare(other position) int {
	return cmp.Or(p.at.Compare(other.at), cmp.Compare(p.source, other.source), cmp.Compare(p.id, other.id))
}

// String is the cursor for clients. It contains the position, not a count of entries, so that
// entries added later do not shift the pages.
func (p position) String() string {
	return fmt.Sprintf("%d.%d.%d", p.at.UnixMicro(), p.source, p.id)
}

// start returns the position after which the page begins.
func (p Page) start() (position, error) {
	if p.After == "" {
		return beginning(), nil
	}
	parts := strings.Split(p.After, ".")
	if len(parts) != 3 {
		return position{}, badCursor()
	}
	micros, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return position{}, badCursor()
	}
	from := position{at: time.UnixMicro(micros).UTC()}
	for i, number := range []*uint64{&from.source, &from.id} {
		if *number, err = strconv.ParseUint(parts[i+1], 10, 64); err != nil {
			return position{}, badCursor()
		}
	}
	if from.at.Before(beginning().at) || from.at.Year() > 9999 {
		return position{}, badCursor()
	}
	return from, nil
}

func badCursor() error {
	return identity.Errorf(identity.CodeInvalidRequest, "after must be the value of next from an earlier page of this list.")
}

// cut returns the entries of the page and the start of the next one, or "" after the last page.
func cut[T any](p Page, entries []T, at func(T) position) ([]T, string) {
	if len(entries) <= int(p.Limit) {
		return entries, ""
	}
	entries = entries[:p.Limit]
	return entries, at(entries[len(entries)-1]).String()
}
