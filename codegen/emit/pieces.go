package emit

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
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

// pieces cuts groups of lines, or of statements, that belong together into pieces of bounded length; into one if all
// together are not too long.
func pieces[T any](groups [][]T) [][][]T {
	total := 0
	for _, g := range groups {
		total += len(g)
	}
	limit := pieceLines
	if total <= wholeLines {
		limit = wholeLines
	}
	all, lines := [][][]T{nil}, 0
	for _, g := range groups {
		if lines > 0 && lines+len(g) > limit {
			all, lines = append(all, nil), 0
		}
		all[len(all)-1], lines = append(all[len(all)-1], g), lines+len(g)
	}
	return all
}

// text joins paragraphs, with empty lines between them.
func text(paragraphs [][]string) string {
	var all []string
	for _, p := range paragraphs {
		all = append(all, strings.Join(p, "\n"))
	}
	return strings.Join(all, "\n\n")
}

// pieceName names piece i of a function.
func pieceName(name string, i int) string { return fmt.Sprintf("%sPiece%d", name, i+1) }

// pieceDoc is the comment of piece i of n.
func pieceDoc(name string, i, n int) string {
	return fmt.Sprintf("%s is piece %d of %d of %s.", pieceName(name, i), i+1, n, name)
}

// reads tells whether a body selects something of a variable.
func reads(body, variable string) bool {
	return regexp.MustCompile(`\b` + variable + `\.`).MatchString(body)
}

// callPiece returns the call of piece i of a method with the parameters of the method as arguments, behind some more.
func (h function) callPiece(i int, more ...string) *jen.Statement {
	args := more
	for _, p := range h.params {
		args = append(args, p.names...)
	}
	return jen.Id(h.recv).Dot(pieceName(h.name, i)).Call(ids(args...)...)
}

// inPieces writes a method whose statements are groups, and the pieces that it calls if it is too long. The method begins
// with head and ends with tail; a piece begins with pieceHead.
func (f *file) inPieces(doc string, h function, groups [][]jen.Code, head, pieceHead, tail []jen.Code, piece function) {
	all := pieces(groups)
	body := head
	if len(all) == 1 {
		f.function(doc, h, slices.Concat(head, slices.Concat(all[0]...), tail)...)
		return
	}
	for i := range all {
		body = append(body, piece.callPiece(i))
	}
	f.function(doc, h, append(body, tail...)...)
	name := piece.name
	for i, groups := range all {
		piece.name = pieceName(name, i)
		f.function(pieceDoc(name, i, len(all)), piece, slices.Concat(pieceHead, slices.Concat(groups...))...)
	}
}
