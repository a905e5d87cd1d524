package importer

import (
	"strconv"
	"strings"
	"time"
)

const wantTime = "A time must look like 2006-01-02T15:04:05Z, 2006-01-02 15:04:05, 2006-01-02, " +
	"or be a Unix time in seconds or milliseconds; its year must be 1000 to 9999."

// parseTime parses the time of an observation. Without a time zone it is UTC. "" is the zero time,
// which means now.
func parseTime(text string) (time.Time, bool) {
	text = strings.TrimSuffix(strings.TrimSpace(text), " UTC")
	if text == "" {
		return time.Time{}, true
	}
	at, ok := parseUnix(text)
	for _, layout := range []string{
		time.RFC3339, time.DateTime, "2006-01-02T15:04:05", time.DateOnly,
		"2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z07", "2006-01-02 15:04:05 Z0700",
	} {
		if ok {
			break
		}
		parsed, err := time.Parse(layout, text)
		at, ok = parsed.UTC(), err == nil
	}
	// Some programs write a missing time as year 1.
	if !ok || at.Year() < 1000 || at.Year() > 9999 {
		return time.Time{}, false
	}
	return at.Truncate(time.Microsecond), true
}

// parseUnix reads 9 or 10 digits as seconds and 12 or 13 as milliseconds: times from 1973 to 2286.
// Other lengths are something else, such as 20060102.
func parseUnix(text string) (time.Time, bool) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || text[0] < '1' || text[0] > '9' {
		return time.Time{}, false
	}
	switch len(text) {
	case 9, 10:
		return time.Unix(n, 0).UTC(), true
	case 12, 13:
		return time.UnixMilli(n).UTC(), true
	}
	return time.Time{}, false
}
