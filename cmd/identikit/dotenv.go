package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/joho/godotenv"
)

// readSettings returns the settings of the file at path, overridden by the environment. A variable
// of the environment overrides the file even if it is empty. A missing file counts as empty.
func readSettings(environ []string, path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot read %s: %w", path, err)
	}
	settings, err := godotenv.UnmarshalBytes(text)
	if _, nameless := settings[""]; err != nil || nameless {
		// godotenv's error is not wrapped: it quotes the file and may contain a password.
		return nil, fmt.Errorf("%s: syntax error at line %d; each line must be NAME=value", path, brokenLine(string(text)))
	}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		settings[name] = value
	}
	return settings, nil
}

// brokenLine finds the line at which parsing fails: the one after the longest valid run of lines
// from the beginning. The first invalid run does not show it, because a quoted value may span
// several lines.
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
