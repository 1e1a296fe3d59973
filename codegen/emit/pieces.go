package emit

import (
	"fmt"
	"regexp"
	"strings"
)

// A function of more than wholeLines lines is cut into functions of about pieceLines each: the time and the memory that
// the Go compiler takes for a function grow with the square of its length. Measured with Go 1.24, 3,000 layers in one
// function take 95 s and 2.75 GB to build.
const (
	wholeLines = 512
	pieceLines = 256
)

// paragraphs splits the lines of a function where lines are empty.
func paragraphs(lines []string) [][]string {
	all := [][]string{nil}
	for _, line := range lines {
		if line == "" {
			all = append(all, nil)
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], line)
	}
	return all
}

// pieces joins paragraphs, with separator between them, to the bodies of functions; one body if it is not too long.
func pieces(paragraphs [][]string, separator string) []string {
	total := 0
	for _, p := range paragraphs {
		total += len(p)
	}
	limit := pieceLines
	if total <= wholeLines {
		limit = total
	}
	var bodies []string
	var body []string
	lines := 0
	for _, p := range paragraphs {
		if lines > 0 && lines+len(p) > limit {
			bodies, body, lines = append(bodies, strings.Join(body, separator)), nil, 0
		}
		body, lines = append(body, strings.Join(p, "\n\t")), lines+len(p)
	}
	return append(bodies, strings.Join(body, separator))
}

// reads tells whether a body selects something of a variable.
func reads(body, variable string) bool {
	return regexp.MustCompile(`\b` + variable + `\.`).MatchString(body)
}

// pieceName names piece i of a function.
func pieceName(name string, i int) string { return fmt.Sprintf("%sPiece%d", name, i+1) }

// pieceDoc is the comment of piece i.
func pieceDoc(name string, i, n int) string {
	return fmt.Sprintf("// %s is piece %d of %d of %s.", pieceName(name, i), i+1, n, name)
}
