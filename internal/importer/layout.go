package importer

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Format is a file format.
type Format string

// The formats that can be imported.
const (
	CSV    Format = "csv"
	NDJSON Format = "ndjson" // one JSON object per line
)

// FormatOf returns the format for a file name, or "" if the name does not show it.
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

// Layout is what the caller knows about a file. In the zero value everything is detected.
type Layout struct {
	Format    Format // "" to detect it: NDJSON begins with {
	Delimiter byte   // between the columns of a CSV file; 0 to detect it in the first line
	Columns   Columns
}

// Columns are the columns of a CSV file, or the fields of an NDJSON file, that contain the values.
// "" means none or, in a Layout, that the column is detected.
type Columns struct {
	Email, Phone, ObservedAt string
}

// The flags that set a column, for errors.
const (
	emailFlag      = "--email-column"
	phoneFlag      = "--phone-column"
	observedAtFlag = "--observed-at-column"
)

// looksLikeEmail reports whether column is a usual name for e-mail addresses.
func looksLikeEmail(column string) bool {
	switch plainName(column) {
	case "email", "mail", "emailaddress", "mailaddress", "emailaddr", "useremail", "customeremail", "contactemail":
		return true
	}
	return false
}

// looksLikePhone reports whether column is a usual name for phone numbers.
func looksLikePhone(column string) bool {
	switch plainName(column) {
	case "phone", "phonenumber", "phoneno", "phonenr", "telephone", "telephonenumber", "tel", "telno",
		"mobile", "mobilephone", "mobilenumber", "mobileno", "cell", "cellphone",
		"userphone", "customerphone", "contactphone":
		return true
	}
	return false
}

// looksLikeObservedAt reports whether column is the name that an export uses. Other names are not
// accepted, because dates in a file often mean something else.
func looksLikeObservedAt(column string) bool {
	return column == "observedAt" || column == "observed_at"
}

// plainName removes case, blanks, dashes and underscores.
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
		return p, InputError("the first line has values; it must have the names of the columns, such as: email,phone")
	case !utf8.ValidString(strings.Join(header, "")):
		return p, InputError("this is not UTF-8 text; convert it, or save it as UTF-8")
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
		return p, InputError(fmt.Sprintf("no column looks like e-mail addresses or phone numbers; set them with %s and %s; the columns are: %s",
			emailFlag, phoneFlag, quoted(header)))
	}
	return p, nil
}

// find returns the position of the column with that name or, without a name, of the one that looks
// right, or -1 if there is none.
func find(header []string, flag, name string, looksRight func(string) bool) (int, error) {
	found := -1
	for i, column := range header {
		if name != "" && column != name || name == "" && !looksRight(column) {
			continue
		}
		if found >= 0 {
			return -1, InputError(fmt.Sprintf("columns %q and %q both match; set one with %s", header[found], column, flag))
		}
		found = i
	}
	if found < 0 && name != "" {
		return -1, InputError(fmt.Sprintf("there is no column %q for %s; the columns are: %s", name, flag, quoted(header)))
	}
	return found, nil
}

// looksLikeValues reports whether a first line has values instead of names.
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

// quoted lists names for an error. It shortens long lists.
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
