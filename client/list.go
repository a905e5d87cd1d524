package client

import (
	"iter"
	"net/url"
	"strconv"
)

// Page says which part of a list to return. The zero value is the first page.
type Page struct {
	After string // the Next of the page before
	Limit int    // the most entries, up to 1,000; 0 for 100
}

func (p Page) query() url.Values {
	query := url.Values{}
	if p.After != "" {
		query.Set("after", p.After)
	}
	if p.Limit != 0 {
		query.Set("limit", strconv.Itoa(p.Limit))
	}
	return query
}

// all returns the entries of all pages.
func all[T any](from Page, read func(Page) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p := from; ; {
			entries, next, err := read(p)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, e := range entries {
				if !yield(e, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			p.After = next
		}
	}
}
