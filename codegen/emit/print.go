package emit

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// field is a parameter, a result, or a group of them of one type: x, y []float32.
type field struct {
	names []string
	typ   *jen.Statement
}

// vars groups names of one type.
func vars(typ *jen.Statement, names ...string) field { return field{names, typ} }

// function is the head of a function or method.
type function struct {
	recv    string // name of the receiver, "" for a function
	of      string // its type, such as Model
	value   bool   // the receiver is a value, no pointer
	name    string
	params  []field
	results []field
	origin  Origin
}

// function writes a function with its comment:
//
//	// Reset goes back to the start of a sequence.
//	func (s *State) Reset() {
//		*s = State{}
//	}
func (f *file) function(doc string, h function, body ...jen.Code) {
	f.pkg.declare(h.of, h.name, h.origin)
	f.doc(doc)
	s := f.next.Func()
	start := len("func (") + len(h.name)
	if h.recv != "" {
		f.locals[h.recv] = true
		star := jen.Op("*")
		if h.value {
			star = jen.Null()
		}
		s.Params(jen.Id(h.recv).Add(star).Id(h.of))
		start += len("( *) ") + len(h.recv) + len(h.of)
	}
	s.Id(h.name)
	results := f.fields(h.results)
	end := len(") {")
	for i, r := range results {
		if end += f.paramWidth(r); i > 0 {
			end += len(", ")
		}
	}
	if len(results) > 0 {
		end += len(" ")
	}
	if len(results) > 1 || len(results) == 1 && h.results[0].names != nil {
		end += len("()")
	}
	var params []expr
	for i, p := range f.fields(h.params) {
		names := h.params[i].names
		for _, n := range names[:len(names)-1] {
			params = append(params, word(n))
		}
		last := names[len(names)-1]
		params = append(params, atom(jen.Id(last).Add(h.params[i].typ), width(last)+
			f.paramWidth(p)-width(strings.Join(names, ", "))))
	}
	s.Params(listOf(expr{head: jen.Null()}, ",", "", params).code(0, start, end))
	if len(results) == 1 && h.results[0].names == nil {
		s.Add(results[0])
	} else if len(results) > 0 {
		s.Params(results...)
	}
	s.Block(body...)
	f.end()
}

// fields writes parameters or results, and enters their names among the locals of the file.
func (f *file) fields(fs []field) []jen.Code {
	var all []jen.Code
	for _, p := range fs {
		for _, n := range p.names {
			f.locals[n] = true
		}
		s := &jen.Statement{}
		if p.names != nil {
			s.Id(strings.Join(p.names, ", "))
		}
		all = append(all, s.Add(p.typ))
	}
	return all
}

// array yields [InputSize]float32.
func array(size string) *jen.Statement { return jen.Index(jen.Id(size)).Float32() }

// sized yields [64 * 32]float32.
func sized(n jen.Code) *jen.Statement { return numbersOf(n, ir.Float32) }

// numbersOf yields [64 * 32]int8, of a type.
func numbersOf(n jen.Code, t ir.DType) *jen.Statement { return jen.Index(n).Id(t.String()) }

// pointer yields *[InputSize]float32.
func pointer(size string) *jen.Statement { return jen.Op("*").Index(jen.Id(size)).Float32() }

// floats yields []float32.
func floats() *jen.Statement { return jen.Index().Float32() }

// all yields x[:].
func all(x string) *jen.Statement { return jen.Id(x).Index(jen.Op(":")) }

// upTo yields x[:n].
func upTo(x string, n jen.Code) *jen.Statement { return jen.Id(x).Index(jen.Op(":").Add(n)) }

// behind yields x[n:].
func behind(x string, n jen.Code) *jen.Statement { return jen.Id(x).Index(jen.Add(n).Op(":")) }

// ids yields names.
func ids(names ...string) []jen.Code {
	var all []jen.Code
	for _, n := range names {
		all = append(all, jen.Id(n))
	}
	return all
}

// shapeOf yields []int{5, 5, 8}.
func shapeOf(s ir.Shape) expr {
	var dims []expr
	for _, d := range s {
		dims = append(dims, whole(d))
	}
	return values(atom(jen.Index().Int(), len("[]int")), dims...)
}

// member is a field of a struct.
type member struct {
	name     string
	typ      *jen.Statement
	note     string // what the comment behind it says
	embedded bool   // the name is that of its type
	origin   Origin
}

// structure writes a struct type:
//
//	// State is what the network remembers.
//	type State struct {
//		steps int32 // taken so far
//	}
func (f *file) structure(doc, name string, members ...member) {
	f.pkg.declare("", name, Origin{})
	f.declare(doc, jen.Type().Id(name).Struct(f.members(name, members)...))
}

// members writes the fields of a type.
func (f *file) members(of string, members []member) []jen.Code {
	var fields []jen.Code
	for _, m := range members {
		for _, n := range strings.Split(m.name, ", ") {
			f.pkg.declare(of, n, m.origin)
		}
		s := jen.Id(m.name)
		if !m.embedded {
			s.Add(m.typ)
		}
		if m.note != "" {
			s.Comment(note(m.note))
		}
		fields = append(fields, s)
	}
	return fields
}

// constant writes a constant with its comment.
func (f *file) constant(doc, name string, value jen.Code) {
	f.pkg.declare("", name, Origin{})
	f.declare(doc, jen.Const().Id(name).Op("=").Add(value))
}

// variable writes a variable with its comment.
func (f *file) variable(doc, name string, o Origin, value jen.Code) {
	f.pkg.declare("", name, o)
	f.declare(doc, jen.Var().Id(name).Op("=").Add(value))
}

// block yields a composite literal's values, each in a line of its own.
func block(values ...jen.Code) *jen.Statement {
	return jen.Custom(jen.Options{Open: "{", Close: "}", Separator: ",", Multi: true}, values...)
}

// note returns a comment for the end of a line.
func note(text string) string { return "// " + inline(text) }

// origin says whence the names of a port come.
func (p Port) origin() Origin {
	return Origin{What: fmt.Sprintf("%s %q", p.kind(), p.Name), Pos: p.Pos}
}

func (p Port) kind() string {
	if p.Task == "" {
		return "input"
	}
	return "output"
}

// local enters a name among the locals of the file, and yields it.
func (f *file) local(name string) *jen.Statement {
	f.locals[name] = true
	return jen.Id(name)
}

// float yields a constant of floating point as Go writes it, with as many digits as it takes, without a type.
func float(v float64) *jen.Statement {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		panic(fmt.Sprintf("BUG: %v is no constant of Go", v))
	}
	return jen.Id(fmt.Sprint(v))
}

// float32Lit is float with the digits that float32 takes.
func float32Lit(v float64) *jen.Statement {
	return jen.Id(strconv.FormatFloat(float64(float32(v)), 'g', -1, 32))
}

// number yields a constant: a whole number, or one of floating point.
func number(v any) *jen.Statement {
	if x, ok := v.(float64); ok {
		return float(x)
	}
	return jen.Lit(v)
}
