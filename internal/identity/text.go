package identity

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// readable reports whether s is text that arrived whole. U+FFFD stands for
// bytes that were lost on the way here: two people's values would look alike.
func readable(s string) bool {
	// Searching for RuneError finds U+FFFD and invalid UTF-8 alike.
	return !strings.ContainsRune(s, utf8.RuneError)
}

// compatible returns s in NFKC, which folds full-width and other look-alike
// forms into the plain one. ASCII is its own NFKC.
func compatible(s string) string {
	if ascii(s) {
		return s
	}
	return norm.NFKC.String(s)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
