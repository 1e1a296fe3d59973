package c99

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// printer prints the statements of a function.
type printer struct {
	*library
	fn      *plan.Func
	in, out []int // elements of each port
	scratch int   // numbers that the most demanding call needs beside the slots
	checked bool  // whether a call tells that an input is none
	body    strings.Builder
}

// library is what the functions of a file share.
type library struct {
	plan    *plan.Plan
	inputs  []string // parameters of the C functions
	outputs []string
	arrays  map[string]string // the constant array of each parameter, by its name in weight files
	names   map[string]bool   // of the library that were used
	missing []string          // calls that the library has no function for
}

// elementwise functions take slices, whose length their C functions take first.
func elementwise(c plan.Call) bool {
	_, ok := c.Args[0].(plan.Span)
	return (c.Pkg == "vec" || c.Pkg == "quant") && ok
}

// scratch returns how many numbers a call needs to work in, and whether it takes such memory at all.
func scratch(c plan.Call) (n int, takes bool) {
	switch {
	case c.Field != "":
		return 5 * field(c.Args[1], "U"), true
	case c.Pkg == "rnn" && strings.HasPrefix(c.Name, "Simple"):
		return field(c.Args[1], "U"), true
	case c.Pkg == "rnn" && c.Name != "LastCells":
		return 5 * field(c.Args[1], "U"), true
	case c.Pkg == "quant" && slices.Contains([]string{"Simple", "LSTM", "GRU", "GRUBefore"}, c.Name):
		return 4 * field(c.Args[1], "U"), true
	case c.Pkg == "attention" && c.Name == "Step":
		return 2 * field(c.Args[1], "TK"), true
	case c.Pkg == "attention":
		tq, tk := field(c.Args[1], "TQ"), field(c.Args[1], "TK")
		const blockWeights = 1 << 14 // as in package attention of the runtime
		return (min(tq, max(6, blockWeights/tk)) + 1) * tk, true
	case c.Pkg == "norm" && c.Name == "GroupNorm":
		return 2 * int(c.Args[2].(plan.Int)), true
	}
	return 0, false
}

// field returns a whole number of a struct.
func field(a plan.Arg, name string) int {
	for _, f := range a.(plan.Struct).Fields {
		if f.Name == name {
			return int(f.Arg.(plan.Int))
		}
	}
	return 0
}

// statements prints a paragraph.
func (p *printer) statements(par plan.Paragraph) {
	b := &p.body
	if par.Title != "" {
		fmt.Fprintf(b, "\t/* %s */\n", remark(par.Title))
	}
	for _, s := range par.Stmts() {
		switch s := s.(type) {
		case plan.Call:
			p.call(b, "\t", s)
		case plan.Guarded:
			fmt.Fprintf(b, "\tif (*(%s) > 0.5f) {\n", p.arg(s.Mask))
			p.call(b, "\t\t", s.Call)
			b.WriteString("\t}\n")
		case plan.Clear:
			dst := s.Dst.(plan.Span)
			fmt.Fprintf(b, "\tmemset(%s, 0, %d * sizeof(%s));\n", p.arg(dst), p.length(dst), ctype(dst.DType()))
		case plan.Copy:
			n, how := p.length(s.Dst.(plan.Span)), "memcpy"
			if src, ok := s.Src.(plan.Span); ok {
				n = min(n, p.length(src))
				if src.Mem == s.Dst.(plan.Span).Mem {
					how = "memmove"
				}
			}
			fmt.Fprintf(b, "\t%s(%s, %s, %d * sizeof(%s));\n", how, p.arg(s.Dst), p.arg(s.Src), n,
				ctype(s.Dst.(plan.Span).DType()))
		default:
			panic(fmt.Sprintf("BUG: a prediction has a %T", s))
		}
	}
}

// call prints a call as a statement.
func (p *printer) call(b *strings.Builder, indent string, c plan.Call) {
	if c.Field != "" {
		c = p.cell(c)
	}
	text := p.arg(c)
	if c.Pkg == "lookup" || c.Pkg == "quant" && c.Name == "Rows" {
		p.checked = true
		fmt.Fprintf(b, "%s\n%s\treturn 1;\n%s}\n", wrap(indent+"if ("+text+" != 0) {"), indent, indent)
		return
	}
	b.WriteString(wrap(indent+text+";") + "\n")
}

// cell returns a step of a prepared cell as a call with all that the cell holds.
func (p *printer) cell(c plan.Call) plan.Call {
	for _, cell := range p.plan.Cells {
		if cell.Field == c.Field {
			c.Name = cell.Type + "_" + c.Name
			args := []plan.Arg{c.Args[0], cell.Shape}
			c.Args = append(append(args, c.Args[1:]...), cell.Weights...)
			return c
		}
	}
	panic("BUG: no cell " + c.Field)
}

// arg prints an argument.
func (p *printer) arg(a plan.Arg) string {
	switch a := a.(type) {
	case plan.Int:
		return fmt.Sprint(int(a))
	case plan.Real:
		return literal(float32(a))
	case plan.Flag:
		if a {
			return "1"
		}
		return "0"
	case plan.Nil:
		return "NULL"
	case plan.Started:
		return "s->steps == 0"
	case plan.Taken:
		return "s->steps"
	case plan.Name:
		return p.use(a.Pkg + "_" + a.Name)
	case plan.Ints:
		return fmt.Sprintf("(const int[]){%s}", strings.Trim(strings.Join(strings.Fields(fmt.Sprint([]int(a))), ", "), "[]"))
	case plan.Var:
		return "&" + p.arrays[a.Name]
	case plan.Struct:
		var fields []string
		for _, f := range a.Fields {
			fields = append(fields, fmt.Sprintf(".%s = %s", f.Name, p.arg(f.Arg)))
		}
		return fmt.Sprintf("(%s){%s}", p.use(a.Pkg+"_"+a.Type), strings.Join(fields, ", "))
	case plan.Epilogue:
		return p.epilogue(a)
	case plan.Span:
		return p.span(a)
	case plan.Call:
		name := a.Pkg + "_" + a.Name
		if !has(name) {
			p.missing = append(p.missing, a.Pkg+"."+a.Name)
		}
		var args []string
		if elementwise(a) {
			args = append(args, fmt.Sprint(p.length(a.Args[0].(plan.Span))))
		}
		for _, x := range a.Args {
			if list, ok := x.(plan.Ints); ok && len(args) == 1 { // C does not know how many there are
				args = append(args, fmt.Sprint(len(list)))
			}
			args = append(args, p.arg(x))
		}
		if n, takes := scratch(a); takes {
			p.scratch = max(p.scratch, n)
			args = append(args, "a->scratch")
		}
		return fmt.Sprintf("%s(%s)", p.use(name), strings.Join(args, ", "))
	}
	panic(fmt.Sprintf("BUG: a prediction has a %T", a))
}

// epilogue prints what a product does to its sums.
func (p *printer) epilogue(e plan.Epilogue) string {
	if e.Saved != nil {
		panic("BUG: a prediction computes a gradient")
	}
	var fields []string
	if e.Bias != nil {
		fields = append(fields, ".bias = "+p.arg(e.Bias))
	}
	act := "gemm_Linear"
	if e.Act != "" {
		act = "gemm_" + plan.GoName(e.Act)
	}
	fields = append(fields, ".act = "+p.use(act))
	if !has(act) {
		p.missing = append(p.missing, "an epilogue with "+e.Act)
	}
	if e.Alpha != nil {
		fields = append(fields, ".alpha = "+literal(float32(*e.Alpha)))
	}
	return fmt.Sprintf("(%s){%s}", p.use("gemm_Epilogue"), strings.Join(fields, ", "))
}

// ctype returns the type of numbers in C.
func ctype(t ir.DType) string {
	switch t {
	case ir.Int8:
		return "int8_t"
	case ir.Int32:
		return "int32_t"
	}
	return "float"
}

// span prints the address of a range.
func (p *printer) span(s plan.Span) string {
	text := ""
	switch s.Mem {
	case plan.Slot:
		text = "a->memory"
		if s.DType() != ir.Float32 {
			text = fmt.Sprintf("(%s *)a->memory", ctype(s.DType()))
		}
		s.From += p.fn.Place(s.Slot) / s.DType().Bytes()
	case plan.Parameter:
		text = p.arrays[s.Param.Name]
	case plan.Input:
		text = p.inputs[s.Port]
	case plan.Output:
		text = p.outputs[s.Port]
	case plan.Carried:
		text = "s->" + state(s.Param.Param)
	default:
		panic(fmt.Sprintf("BUG: a prediction has memory of kind %d", s.Mem))
	}
	if s.ByStep {
		text += fmt.Sprintf(" + s->steps * %d", s.Len)
	}
	if s.From > 0 {
		text += fmt.Sprintf(" + %d", s.From)
	}
	return text
}

// state names the member of the state that holds an array: as the State in Go does, so that it has no other's name.
func state(p *ir.Param) string { return name(p.Ident) }

// length returns the number of elements of a range.
func (p *printer) length(s plan.Span) int {
	if s.Len >= 0 {
		return s.Len - s.From
	}
	switch s.Mem {
	case plan.Slot:
		return s.Slot.Size - s.From
	case plan.Parameter, plan.Carried:
		return s.Param.Param.Size() - s.From
	case plan.Input:
		return p.in[s.Port] - s.From
	case plan.Output:
		return p.out[s.Port] - s.From
	}
	panic(fmt.Sprintf("BUG: memory of kind %d has no length", s.Mem))
}

// use notes that something of the library is needed.
func (l *library) use(name string) string {
	l.names[name] = true
	return name
}

// geometry prints the constant of a convolution.
func geometry(g *ir.ConvGeometry) string {
	return fmt.Sprintf("{.H = %d, .W = %d, .C = %d, .OH = %d, .OW = %d, .OC = %d, .FH = %d, .FW = %d, .SH = %d, "+
		".SW = %d, "+
		".PT = %d, .PL = %d, .DH = %d, .DW = %d, .Groups = %d}",
		g.H, g.W, g.C, g.OH, g.OW, g.OC, g.FH, g.FW, g.SH, g.SW, g.PT, g.PL, g.DH, g.DW, g.Groups)
}
