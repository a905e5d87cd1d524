package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fails when an exit code or an output stream changes: requested help goes to stdout, errors to
// stderr.
func TestCommandLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args           string
		code           int
		stdout, stderr string // a part of each; "" for no output
	}{
		{"", exitUsage, "", "Usage: identikit COMMAND"},
		{"--help", exitOK, "migrate up|down|status", ""},
		{"-h", exitOK, "Exit codes: 0", ""},
		{"help", exitOK, "Usage: identikit COMMAND", ""},
		{"help serve", exitOK, "DATABASE_URL", ""},
		{"serve --help", exitOK, "DATABASE_URL", ""},
		{"serve -h", exitOK, "Exit codes: 0", ""},
		{"serve now", exitUsage, "", `unexpected argument "now"`},
		{"serve --port 80", exitUsage, "", "not defined: -port"},
		{"--port 80", exitUsage, "", "not defined: -port"},
		{"help nothing", exitUsage, "", `no command "nothing"`},
		{"migrate", exitUsage, "", "up, down or status"},
		{"migrate sideways", exitUsage, "", `has no action "sideways"`},
		{"migrate up down", exitUsage, "", `unexpected argument "down"`},
		{"migrate --help", exitOK, "Exit codes: 0", ""},
		{"migrate up --help", exitOK, "Usage: identikit migrate", ""},
		{"version", exitOK, "identikit ", ""},
		{"version --help", exitOK, "Usage: identikit version", ""},
		{"version 2", exitUsage, "", "unexpected argument"},
		{"nothing", exitUsage, "", `no command "nothing"; see identikit --help`},
	} {
		var stdout, stderr strings.Builder
		code := run(t.Context(), strings.Fields(c.args), nil, &stdout, &stderr)
		if code != c.code || !matches(stdout.String(), c.stdout) || !matches(stderr.String(), c.stderr) {
			t.Errorf("identikit %s: got code %d\nstdout: %s\nstderr: %s", c.args, code, &stdout, &stderr)
		}
	}
}

// matches reports whether text contains part, or is empty if part is "".
func matches(text, part string) bool {
	if part == "" {
		return text == ""
	}
	return strings.Contains(text, part)
}

// Fails when a setting is missing from the help or from .env.example, or when they give different
// defaults.
func TestSettingsDocumentation(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`(?m)^#([A-Z_]+)=(.*)$`).FindAllStringSubmatch(string(text), -1)
	help := regexp.MustCompile(`(?m)^  ([A-Z_]+)(?: |$)`).FindAllStringSubmatch(settingsHelp, -1)
	if diff := cmp.Diff(names(help), names(example)); diff != "" {
		t.Errorf("(-help +example):\n%s", diff)
	}
	for _, s := range example {
		if s[2] != "" && !strings.Contains(settingsHelp, "("+s[2]+")") {
			t.Errorf("the help does not give %s the default %s", s[1], s[2])
		}
	}
}

func names(found [][]string) []string {
	var all []string
	for _, f := range found {
		all = append(all, f[1])
	}
	slices.Sort(all)
	return all
}
