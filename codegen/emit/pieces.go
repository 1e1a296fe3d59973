package emit

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// A function of more than wholeLines lines is cut into functions of about pieceLines each: the time and the memory that
// the Go compiler takes for a function grow with the square of its length. Measured with Go 1.24, 3,000 layers in one
// function take 95 s and 2.75 GB to build.
const (
	wholeLines = 512
	pieceLines = 256
)

// pieces cuts groups of lines, or of statements, that belong together into pieces of bounded length; into one if all
// together are not too long. lines tells how many a group has.
func pieces[T any](groups []T, lines func(T) int) [][]T {
	total := 0
	for _, g := range groups {
		total += lines(g)
	}
	limit := pieceLines
	if total <= wholeLines {
		limit = wholeLines
	}
	all, have := [][]T{nil}, 0
	for _, g := range groups {
		n := lines(g)
		if have > 0 && have+n > limit {
			all, have = append(all, nil), 0
		}
		all[len(all)-1], have = append(all[len(all)-1], g), have+n
	}
	return all
}

// passPieces cuts a function of the plan into pieces. A line is a statement, or the comment of a paragraph.
func passPieces(fn *plan.Func) [][]plan.Paragraph {
	return pieces(fn.Paragraphs, func(p plan.Paragraph) int { return 1 + len(p.Stmts()) })
}

// pieceName names piece i of a function.
func pieceName(name string, i int) string { return fmt.Sprintf("%sPiece%d", name, i+1) }

// pieceDoc is the comment of piece i of n.
func pieceDoc(name string, i, n int) string {
	return fmt.Sprintf("%s is piece %d of %d of %s.", pieceName(name, i), i+1, n, name)
}

// statements is the length of a group of statements.
func statements(g []jen.Code) int { return len(g) }

// callPiece returns the call of piece i of a function or method with its parameters as arguments, behind some more.
func (h function) callPiece(i int, more ...string) *jen.Statement {
	args := more
	for _, p := range h.params {
		args = append(args, p.names...)
	}
	if h.recv == "" {
		return jen.Id(pieceName(h.name, i)).Call(ids(args...)...)
	}
	return jen.Id(h.recv).Dot(pieceName(h.name, i)).Call(ids(args...)...)
}

// inPieces writes a function or method whose statements are groups, and the pieces that it calls if it is too long. The
// method begins with head and ends with tail; a piece begins with pieceHead.
func (f *file) inPieces(doc string, h function, groups [][]jen.Code, head, pieceHead, tail []jen.Code, piece function) {
	all := pieces(groups, statements)
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

// listed writes a method that returns a list of rows, behind what each function begins with. That of many rows is cut
// into pieces:
//
//	all := w.tensorsPiece1()
//	all = append(all, w.tensorsPiece2()...)
//	return all
func (f *file) listed(doc string, h function, list *jen.Statement, head, rows []jen.Code) {
	h.results = []field{vars(list)}
	whole := func(rows []jen.Code) []jen.Code {
		return append(slices.Clone(head), jen.Return(list.Clone().Add(block(rows...))))
	}
	all := pieces(rows, func(jen.Code) int { return 1 })
	if len(all) == 1 {
		f.function(doc, h, whole(rows)...)
		return
	}
	part := h
	part.name = lower(h.name)
	body := one(jen.Id("all").Op(":=").Add(part.callPiece(0)))
	for i := 1; i < len(all); i++ {
		body = append(body, jen.Id("all").Op("=").Append(jen.Id("all"), part.callPiece(i).Op("...")))
	}
	f.function(doc, h, append(body, jen.Return(jen.Id("all")))...)
	for i, rows := range all {
		piece := part
		piece.name = pieceName(part.name, i)
		f.function(pieceDoc(part.name, i, len(all)), piece, whole(rows)...)
	}
}
