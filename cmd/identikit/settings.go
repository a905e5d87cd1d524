package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// settings reads values and collects all problems, so that they can be reported together. An empty
// or absent value means the default.
type settings struct {
	values   map[string]string
	problems []string
}

// err is nil or a usageError that lists the problems.
func (s *settings) err() error {
	switch len(s.problems) {
	case 0:
		return nil
	case 1:
		return usageError(s.problems[0])
	}
	return usageError("wrong settings:\n  " + strings.Join(s.problems, "\n  "))
}

// reject quotes the value. It must not be used for secrets.
func (s *settings) reject(name, accepted string) {
	s.rejectUnquoted(name, fmt.Sprintf("is %q; it must be %s", s.values[name], accepted))
}

func (s *settings) rejectUnquoted(name, reason string) {
	s.problems = append(s.problems, name+" "+reason)
}

func (s *settings) text(name, fallback string) string {
	if value := strings.TrimSpace(s.values[name]); value != "" {
		return value
	}
	return fallback
}

// list reads words in small letters, separated by commas or blanks.
func (s *settings) list(name string) []string {
	return strings.FieldsFunc(strings.ToLower(s.text(name, "")), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// oneOf reads one of the words, ignoring case, and returns it as given in words.
func (s *settings) oneOf(name, fallback string, words ...string) string {
	value := s.text(name, fallback)
	for _, word := range words {
		if strings.EqualFold(value, word) {
			return word
		}
	}
	s.reject(name, strings.Join(words, " or "))
	return fallback
}

func (s *settings) integer(name string, fallback, least, most int) int {
	n, err := strconv.Atoi(s.text(name, strconv.Itoa(fallback)))
	if err != nil || n < least || n > most {
		s.reject(name, fmt.Sprintf("a number from %d to %d", least, most))
		return fallback
	}
	return n
}

// share reads a number from 0 to 1.
func (s *settings) share(name string, fallback float64) float64 {
	f, err := strconv.ParseFloat(s.text(name, strconv.FormatFloat(fallback, 'g', -1, 64)), 64)
	if err != nil || !(f >= 0 && f <= 1) { // NaN is neither
		s.reject(name, "a number from 0 to 1, such as 0.1")
		return fallback
	}
	return f
}

func (s *settings) duration(name string, fallback, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(s.text(name, fallback.String()))
	if err != nil || d < least || d > most {
		s.reject(name, fmt.Sprintf("a time from %s to %s, such as %s", short(least), short(most), short(fallback)))
		return fallback
	}
	return d
}

// short formats 10m0s as 10m and 1h0m0s as 1h.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
