package importer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format is how a file is written.
type Format string

// The formats that can be imported.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson" // one JSON object a line
)

// FormatOf tells the format from a file's name, or "" when it says nothing.
func FormatOf(name string) Format {
	name = strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch {
	case strings.HasSuffix(name, ".csv"), strings.HasSuffix(name, ".tsv"):
		return CSV
	case strings.HasSuffix(name, ".ndjson"), strings.HasSuffix(name, ".jsonl"):
		return NDJSON
	}
	return ""
}

// Layout is what the caller knows about a file. The zero value knows nothing: all is guessed.
type Layout struct {
	Format    Format // "" is told from the first character: { begins NDJSON
	Delimiter byte   // between the columns of a CSV file; 0 is guessed from its first line
	Columns   Columns
}

// Columns names the columns of a CSV file, or the fields of an NDJSON file, that values are taken
// from. "" means none, or, in a Layout, that it is guessed.
type Columns struct {
	Email, Phone, ObservedAt string
}

// The flags that name a column, for errors.
const (
	emailFlag      = "--email-column"
	phoneFlag      = "--phone-column"
	observedAtFlag = "--observed-at-column"
)

// looksLikeEmail tells the usual names of a column with e-mail addresses.
func looksLikeEmail(column string) bool {
	switch plainName(column) {
	case "email", "mail", "emailaddress", "mailaddress", "emailaddr", "useremail", "customeremail", "contactemail":
		return true
	}
	return false
}

// looksLikePhone tells the usual names of a column with phone numbers.
func looksLikePhone(column string) bool {
	switch plainName(column) {
	case "phone", "phonenumber", "phoneno", "phonenr", "telephone", "telephonenumber", "tel", "telno",
		"mobile", "mobilephone", "mobilenumber", "mobileno", "cell", "cellphone",
		"userphone", "customerphone", "contactphone":
		return true
	}
	return false
}

// looksLikeObservedAt tells the name that an export has for it. Others are not guessed: many dates
// in a file are not when e-mail and phone number were seen together.
func looksLikeObservedAt(column string) bool {
	return column == "observedAt" || column == "observed_at"
}

// plainName is a column's name without case, blanks, dashes and underscores.
func plainName(column string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '_', '\u00a0':
			return -1
		}
		return r
	}, column))
}

// places are the positions of the columns in a CSV file; -1 means none.
type places struct {
	email, phone, observedAt int
}

// locate finds the columns in the header of a CSV file.
func locate(header []string, c Columns) (places, error) {
	p, err := match(header, c)
	switch {
	case err == nil:
		return p, nil
	case looksLikeValues(header): // and must not be quoted
		return p, InputError("the first line holds values; it must name the columns, such as: email,phone")
	case !utf8.ValidString(strings.Join(header, "")):
		return p, InputError("this is not text in UTF-8; convert it, or save it as UTF-8")
	}
	return p, err
}

func match(header []string, c Columns) (p places, err error) {
	if p.email, err = find(header, emailFlag, c.Email, looksLikeEmail); err != nil {
		return p, err
	}
	if p.phone, err = find(header, phoneFlag, c.Phone, looksLikePhone); err != nil {
		return p, err
	}
	if p.observedAt, err = find(header, observedAtFlag, c.ObservedAt, looksLikeObservedAt); err != nil {
		return p, err
	}
	if p.email < 0 && p.phone < 0 {
		return p, InputError(fmt.Sprintf("no column looks like e-mail addresses or phone numbers; name them with %s and %s; there are: %s",
			emailFlag, phoneFlag, quoted(header)))
	}
	return p, nil
}

// find returns the position of the column that is named, or else of the one that looks right, and
// -1 when there is none such.
func find(header []string, flag, name string, looksRight func(string) bool) (int, error) {
	found := -1
	for i, column := range header {
		if name != "" && column != name || name == "" && !looksRight(column) {
			continue
		}
		if found >= 0 {
			return -1, InputError(fmt.Sprintf("columns %q and %q both fit; name one with %s", header[found], column, flag))
		}
		found = i
	}
	if found < 0 && name != "" {
		return -1, InputError(fmt.Sprintf("there is no column %q for %s; there are: %s", name, flag, quoted(header)))
	}
	return found, nil
}

// looksLikeValues tells a first line that is no header.
func looksLikeValues(header []string) bool {
	for _, cell := range header {
		digits := len(cell) - len(strings.Map(dropDigits, cell))
		if strings.Contains(cell, "@") || digits > 4 && 2*digits > len(cell) {
			return true
		}
	}
	return false
}

func dropDigits(r rune) rune {
	if '0' <= r && r <= '9' {
		return -1
	}
	return r
}

// quoted lists names for an error, as far as a person would read.
func quoted(names []string) string {
	const mostNames, mostRunes = 30, 60
	var b strings.Builder
	for i, name := range names {
		if i == mostNames {
			b.WriteString(" …")
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%.*q", mostRunes, name)
	}
	return b.String()
}
