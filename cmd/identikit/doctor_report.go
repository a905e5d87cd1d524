package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/identikit/identikit/internal/doctor"
)

// reportWidth is how many columns a report has, if no word is longer than a line.
const reportWidth = 80

// printReport prints findings in columns: the level, the check, and what was found and advised.
func printReport(w io.Writer, r doctor.Report) {
	fmt.Fprintf(w, "Database %s\n\n", r.Database)
	for _, f := range r.Findings {
		text := f.Found
		if len(r.Servers) > 1 && len(f.Servers) < len(r.Servers) {
			text = strings.Join(f.Servers, ", ") + ": " + text
		}
		head := fmt.Sprintf("%-5s  %-11s  ", f.Level, f.Check)
		for _, paragraph := range []string{text, f.Advice} {
			for _, line := range wrap(paragraph, reportWidth-len(head)) {
				fmt.Fprintf(w, "%s%s\n", head, line)
				head = strings.Repeat(" ", len(head))
			}
		}
	}
	fmt.Fprintf(w, "\n%d wrong, %d risks, %d notes\n", r.Count(doctor.Wrong), r.Count(doctor.Risk), r.Count(doctor.Note))
}

// wrap breaks text between words into lines of at most width bytes. A longer word is a line of its
// own.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}
