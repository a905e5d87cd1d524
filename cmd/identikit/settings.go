package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// settings reads values and collects what is wrong with them, so that all of it
// can be told at once. A value that is empty or absent is the default.
type settings struct {
	values   map[string]string
	problems []string
}

// err is nil, or a usageError with one sentence for each problem.
func (s *settings) err() error {
	switch len(s.problems) {
	case 0:
		return nil
	case 1:
		return usageError(s.problems[0])
	}
	return usageError("wrong settings:\n  " + strings.Join(s.problems, "\n  "))
}

// reject quotes the value: not for secrets.
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

// oneOf reads one of the words in any case, and returns it as it stands there.
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

func (s *settings) duration(name string, fallback, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(s.text(name, fallback.String()))
	if err != nil || d < least || d > most {
		s.reject(name, fmt.Sprintf("a time from %s to %s, such as %s", short(least), short(most), short(fallback)))
		return fallback
	}
	return d
}

// short writes 10m where Go writes 10m0s, and 1h where it writes 1h0m0s.
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
