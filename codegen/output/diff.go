package output

import (
	"fmt"
	"strings"

	udiff "github.com/rogpeppe/go-internal/diff"

	"github.com/nngen/nngen/spec"
)

// mostLines bounds the lines of one file's difference.
const mostLines = 60

// Diff returns the difference of a file in unified form, shortened if it is long. What a terminal would obey is escaped:
// a file may hold anything.
func Diff(name, old, with string) string {
	text := string(udiff.Diff(name, []byte(old), name+" (new)", []byte(with)))
	text = text[strings.IndexByte(text, '\n')+1:] // without the command line of diff
	lines := strings.SplitAfter(text, "\n")
	if len(lines) > mostLines {
		text = strings.Join(lines[:mostLines], "") + fmt.Sprintf("… and %d lines more\n", len(lines)-mostLines)
	}
	return escaped(text)
}

// escaped returns a text with escapes for what a terminal would obey, but for the carriage returns of ends of lines.
func escaped(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		body, end := strings.TrimSuffix(line, "\n"), line[len(strings.TrimSuffix(line, "\n")):]
		if before, ok := strings.CutSuffix(body, "\r"); ok {
			body, end = before, "\r"+end
		}
		b.WriteString(spec.Message(body) + end)
	}
	return b.String()
}
