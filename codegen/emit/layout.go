package emit

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"
)

// lineLimit is the number of characters of the longest line, a tab counting as one.
const lineLimit = 120

// breakLimit is where a list that is too long for its line is broken: a little before the limit, so that a number may
// grow by some digits without moving what follows.
const breakLimit = 110

// expr is an expression, or a list of some, with the characters that it takes in one line. Lists are broken between
// items where the line would be too long: those of an item only where that is too long for a line of its own.
type expr struct {
	head      *jen.Statement // all of it where there are no items, else what stands before them
	headWidth int
	items     []expr
	separator string // of items: what may end a line
	tail      string // what stands behind the items
	width     int    // of all in one line
}

// atom is an expression that no line is broken in.
func atom(code *jen.Statement, width int) expr {
	return expr{head: code, headWidth: width, width: width}
}

// listOf yields items behind a head and before a tail.
func listOf(head expr, separator, tail string, items []expr) expr {
	e := expr{head: head.head, headWidth: head.width, items: items, separator: separator, tail: tail}
	e.width = head.width + len(tail)
	for i, it := range items {
		e.width += it.width
		if i > 0 {
			e.width += len(separator) + len(" ")
		}
	}
	return e
}

// code lays an expression out in a line of some indentation, behind some characters and before some.
func (e expr) code(depth, before, behind int) *jen.Statement {
	l := layout{depth: depth, column: depth + before, to: &jen.Statement{}}
	l.put(e, behind)
	return l.to
}

// layout writes an expression in lines.
type layout struct {
	depth, column int
	to            *jen.Statement
}

// put writes an expression that some characters must follow in its last line.
func (l *layout) put(e expr, behind int) {
	whole := l.column+e.width+behind <= lineLimit
	l.to.Add(e.head)
	l.column += e.headWidth
	rest, broken := e.width-e.headWidth, 0
	for i, it := range e.items {
		last := i == len(e.items)-1
		end := len(e.separator)
		if last {
			end = len(e.tail) + behind
		}
		fits := l.column+rest+behind <= lineLimit || !last && l.column+it.width+end <= breakLimit
		if i > 0 && !whole && !fits {
			l.to.Line()
			l.column, broken = l.depth+1, 1
		}
		l.depth += broken
		l.put(it, end)
		l.depth -= broken
		rest -= it.width
		if !last {
			l.to.Op(e.separator)
			l.column += len(e.separator) + len(" ")
			rest -= len(e.separator) + len(" ")
		}
	}
	if e.tail != "" {
		l.to.Op(e.tail)
		l.column += len(e.tail)
	}
}

// word yields a name.
func word(name string) expr { return atom(jen.Id(name), width(name)) }

// selector yields a field of a variable: t.seed.
func selector(of, name string) expr {
	return atom(jen.Id(of).Dot(name), width(of)+len(".")+width(name))
}

// str yields a string literal: see quoted.
func str(s string) expr { return atom(quoted(s), width(strconv.Quote(s))) }

// whole yields a whole number.
func whole(n int) expr { return atom(jen.Lit(n), len(strconv.Itoa(n))) }

// real yields a constant of floating point: see float.
func real(v float64) expr { return atom(float(v), len(fmt.Sprint(v))) }

// times yields n*48, or n where that is once.
func times(n expr, by int) expr {
	if by == 1 {
		return n
	}
	return atom(n.head.Op("*").Lit(by), n.width+len("*")+whole(by).width)
}

// sliced yields x[:].
func sliced(x expr) expr { return atom(x.head.Index(jen.Op(":")), x.width+len("[:]")) }

// calling yields a call, of a function or of what else may stand before the arguments.
func calling(fn expr, args ...expr) expr {
	return listOf(atom(fn.head.Op("("), fn.width+1), ",", ")", args)
}

// values yields a composite literal; typ is empty where Go knows the type.
func values(typ expr, items ...expr) expr {
	if typ.head == nil {
		typ.head = &jen.Statement{}
	}
	return listOf(atom(typ.head.Op("{"), typ.width+1), ",", "}", items)
}

// keyed yields a field of a composite literal: Name: "h1.kernel".
func keyed(name string, value expr) expr {
	return listOf(atom(jen.Id(name).Op(":"), len(name)+len(": ")), "", "", []expr{value})
}

// measured returns expressions with their width.
func (f *file) measured(items ...jen.Code) []expr {
	var all []expr
	for _, it := range items {
		all = append(all, atom(jen.Add(it), f.width(it)))
	}
	return all
}

// width returns the characters of an expression.
func (f *file) width(c jen.Code) int {
	var b bytes.Buffer
	if err := jen.Add(c).RenderWithFile(&b, f.probe); err != nil {
		panic("BUG: no expression: " + err.Error())
	}
	return width(b.String())
}

// width returns the number of characters, a tab counting as one.
func width(line string) int { return len([]rune(line)) }

// paramWidth returns the characters of a parameter or result, which is no expression.
func (f *file) paramWidth(p jen.Code) int {
	return f.width(jen.Var().Id("_").Func().Params(p)) - len("var _ func()")
}

// list writes items between brackets, broken after a comma where the line would be too long. start and end are the
// characters of the line before the first item and after the last; depth is the indentation of the line.
func (f *file) list(brackets string, start, end, depth int, items ...jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: brackets[:1], Close: brackets[1:]},
		listOf(expr{head: jen.Null()}, ",", "", f.measured(items...)).code(depth, start, end))
}

// call writes a call, broken if it is long, in a line that begins with before.
func (f *file) call(depth int, before string, fn *jen.Statement, args ...jen.Code) *jen.Statement {
	return jen.Add(fn).Add(f.list("()", len(before)+f.width(fn)+1, 1, depth, args...))
}

// or joins conditions by ||, broken if they are long, in a line that begins with before.
func (f *file) or(depth int, before string, conds ...jen.Code) *jen.Statement {
	return listOf(expr{head: jen.Null()}, " ||", "", f.measured(conds...)).code(depth, len(before), len(" {"))
}

// and yields conditions joined by &&, as or does.
func (f *file) and(depth int, before string, conds ...jen.Code) *jen.Statement {
	return listOf(expr{head: jen.Null()}, " &&", "", f.measured(conds...)).code(depth, len(before), len(" {"))
}
