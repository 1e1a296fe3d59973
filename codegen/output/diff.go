package output

import (
	"fmt"
	"strings"
)

// context is the number of equal lines around a difference.
const context = 2

// Diff returns the changed regions of a file: equal lines at both ends are left out but for a few.
func Diff(name, old, with string) string {
	a, b := strings.Split(old, "\n"), strings.Split(with, "\n")
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	from := max(0, start-context)
	var out strings.Builder
	fmt.Fprintf(&out, "--- %s\n+++ %s\n@@ line %d @@\n", name, name, from+1)
	for _, l := range a[from:start] {
		out.WriteString(" " + l + "\n")
	}
	for _, l := range limit(a[start : len(a)-end]) {
		out.WriteString("-" + l + "\n")
	}
	for _, l := range limit(b[start : len(b)-end]) {
		out.WriteString("+" + l + "\n")
	}
	for _, l := range a[len(a)-end : min(len(a), len(a)-end+context)] {
		out.WriteString(" " + l + "\n")
	}
	return out.String()
}

// limit shortens a long run of lines.
func limit(lines []string) []string {
	const most = 40
	if len(lines) <= most {
		return lines
	}
	return append(append([]string{}, lines[:most]...), fmt.Sprintf("… and %d lines more", len(lines)-most))
}
