package output

import (
	"fmt"
	"strings"

	udiff "github.com/rogpeppe/go-internal/diff"
)

// mostLines bounds the lines of one file's difference.
const mostLines = 60

// Diff returns the difference of a file in unified form, shortened if it is long.
func Diff(name, old, with string) string {
	text := string(udiff.Diff(name, []byte(old), name+" (new)", []byte(with)))
	text = text[strings.IndexByte(text, '\n')+1:] // without the command line of diff
	lines := strings.SplitAfter(text, "\n")
	if len(lines) > mostLines {
		text = strings.Join(lines[:mostLines], "") + fmt.Sprintf("… and %d lines more\n", len(lines)-mostLines)
	}
	return text
}
