package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/joho/godotenv"
)

// readSettings returns the environment over what the file at path says. A name
// that the environment holds counts, even when it is empty; a missing file is
// an empty one.
func readSettings(environ []string, path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s cannot be read: %w", path, err)
	}
	settings, err := godotenv.UnmarshalBytes(text)
	if _, nameless := settings[""]; err != nil || nameless {
		// godotenv's own error quotes the file, and with it perhaps a password.
		return nil, fmt.Errorf("%s is not understood from line %d on; it takes NAME=value, one to a line", path, brokenLine(string(text)))
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		settings[name] = value
	}
	return settings, nil
}

// brokenLine finds where text stops being readable: after the longest run of
// lines from its beginning that is. A quoted value may go over several lines,
// so the first run that fails tells nothing.
func brokenLine(text string) int {
	lines := strings.SplitAfter(text, "\n")
	for n := len(lines) - 1; n > 0; n-- {
		settings, err := godotenv.Unmarshal(strings.Join(lines[:n], ""))
		if _, nameless := settings[""]; err == nil && !nameless {
			return n + 1
		}
	}
	return 1
}
