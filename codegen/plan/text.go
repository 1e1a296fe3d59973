package plan

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// String returns the functions of the plan in a text form for dumps: statements close to the Go that they become, each
// behind its phase and the row that did it.
func (p *Plan) String() string {
	var b strings.Builder
	for _, x := range p.Params {
		fmt.Fprintf(&b, "param %s %s: %d numbers", x.Name, [...]string{"rows",
			"panels", "filter panels", "int8 panels"}[x.Layout.Order], x.Len())
		if x.DType != ir.Float32 && !x.DType.Integer() {
			fmt.Fprintf(&b, ", %s in files, %s in memory", x.DType, x.Storage)
		}
		if x.InPlace {
			b.WriteString(", in place until the first batch")
		}
		b.WriteString("\n")
	}
	for _, l := range p.Layers {
		fmt.Fprintf(&b, "layer %s for one %s: %d×%d, %s, %s\n", l.Field, l.Of, l.K, l.N,
			p.One.text(l.Weights), p.One.text(l.After))
	}
	for _, c := range p.Cells {
		fmt.Fprintf(&b, "cell %s: rnn.%s, %s, %s\n", c.Field, c.Type, p.One.text(c.Shape), p.One.texts(c.Weights))
	}
	for _, g := range slices.Concat(p.Geometries, p.StepGeometries, p.TrainGeometries) {
		fmt.Fprintf(&b, "geometry %s: %+v\n", g.Name, g.ConvGeometry)
	}
	fmt.Fprintf(&b, "batch rows %d\n", p.BatchRows)
	for _, f := range []*Func{p.One, p.Batch, p.Step, p.Block, p.Hidden, p.Core, p.CoreBatch, p.Gradient, p.Evaluate} {
		if f == nil {
			continue
		}
		fmt.Fprintf(&b, "func %s\n", f.Name)
		for _, par := range f.Paragraphs {
			fmt.Fprintf(&b, "  ; %s\n", par.Title)
			for _, s := range par.Steps {
				for _, stmt := range plain(s.Stmts) {
					name := "copy"
					if _, ok := stmt.(Watch); ok {
						name = "watch"
					}
					if s.Kernel != nil {
						name = s.Kernel.Name
					}
					fmt.Fprintf(&b, "  %d %-18s %s\n", s.Phase, name, f.Text(stmt))
				}
			}
		}
	}
	return b.String()
}

// String returns a value whose fields are constants as Go has it.
func (s Struct) String() string { return (*Func)(nil).text(s) }

// Local returns the value of a field, made of constants, as Go has it where its types need no name of a package.
func (x Field) Local() string { return (*Func)(nil).text(local(x.Arg)) }

func local(a Arg) Arg {
	s, ok := a.(Struct)
	if !ok {
		return a
	}
	s.Pkg, s.Fields = "", slices.Clone(s.Fields)
	for i := range s.Fields {
		s.Fields[i].Arg = local(s.Fields[i].Arg)
	}
	return s
}

// Text returns a statement of the function in the text form.
func (f *Func) Text(s Stmt) string {
	switch s := s.(type) {
	case Call:
		return f.text(s)
	case Clear:
		return "clear(" + f.text(s.Dst) + ")"
	case Copy:
		return "copy(" + f.text(s.Dst) + ", " + f.text(s.Src) + ")"
	case *AddLoss:
		head := "sum += "
		if s.Only {
			head = "sum = "
		}
		if s.Weight != 1 {
			head += fmt.Sprintf("%v * ", s.Weight)
		}
		return head + f.text(s.Loss)
	case Guarded:
		mask, _, _ := strings.Cut(f.text(s.Mask), "[")
		return fmt.Sprintf("if %s[0] > 0.5 { %s }", mask, f.text(s.Call))
	case Watch:
		return fmt.Sprintf("t.watch.See(%q, %s)", s.What, f.text(s.Value))
	}
	panic(fmt.Sprintf("BUG: no text for %T", s))
}

func (f *Func) text(a Arg) string {
	switch a := a.(type) {
	case Call:
		name := a.Pkg + "." + a.Name
		if a.Field != "" {
			name = "m." + a.Field + "." + a.Name
		}
		return name + "(" + f.texts(a.Args) + ")"
	case Int, Uint, Real, Flag:
		return fmt.Sprint(a)
	case Ints:
		return "[]int{" + strings.Join(strings.Fields(strings.Trim(fmt.Sprint([]int(a)), "[]")), ", ") + "}"
	case Ident:
		return string(a)
	case Text:
		return strconv.Quote(string(a))
	case Texts:
		return fmt.Sprintf("%#v", []string(a))
	case Nil:
		return "nil"
	case Count:
		return times("n", int(a))
	case Extent:
		return "hi-lo"
	case Bound:
		return string(a)
	case Shares:
		return "s.Of"
	case Counts:
		return "steps"
	case Name:
		return a.Pkg + "." + a.Name
	case Seed:
		return "t.seed"
	case StepNumber:
		return "t.step"
	case FirstElement:
		return fmt.Sprintf("uint32(first*%d)", int(a))
	case Started:
		return "s.steps == 0"
	case Taken:
		return "int(s.steps)"
	case LossScale:
		if a != 1 {
			return fmt.Sprintf("%v*scale", float64(a))
		}
		return "scale"
	case Var:
		if a.Model {
			return "&model." + a.Name
		}
		return "&" + a.Name
	case Struct:
		var fields []string
		for _, x := range a.Fields {
			fields = append(fields, x.Name+": "+f.text(x.Arg))
		}
		text := a.Type + "{" + strings.Join(fields, ", ") + "}"
		if a.Pkg != "" {
			text = a.Pkg + "." + text
		}
		if a.Pointer {
			text = "&" + text
		}
		return text
	case Epilogue:
		return f.epilogue(a)
	case Span:
		return f.span(a)
	}
	panic(fmt.Sprintf("BUG: no text for %T", a))
}

func (f *Func) texts(args []Arg) string {
	var all []string
	for _, a := range args {
		all = append(all, f.text(a))
	}
	return strings.Join(all, ", ")
}

func times(rows string, size int) string {
	if size == 1 {
		return rows
	}
	return fmt.Sprintf("%s*%d", rows, size)
}

func (f *Func) epilogue(e Epilogue) string {
	act, alpha := "gemm.Linear", ""
	if e.Act != "" {
		act = "gemm." + goName(e.Act)
	}
	if e.Alpha != nil {
		alpha = fmt.Sprintf(".Alpha(%v)", *e.Alpha)
	}
	switch {
	case e.Saved != nil:
		return fmt.Sprintf("gemm.GradAct(%s, %s)%s", act, f.text(e.Saved), alpha)
	case e.Bias != nil && e.Act == "":
		return fmt.Sprintf("gemm.Bias(%s)", f.text(e.Bias))
	case e.Bias != nil:
		return fmt.Sprintf("gemm.BiasAct(%s, %s)%s", f.text(e.Bias), act, alpha)
	}
	return "gemm.None()"
}

// span returns a range: a.s1[16:n*48], m.h1W[:], x.
func (f *Func) span(s Span) string {
	name, whole := "", ":"
	slice := f.Single && slices.Contains([]Memory{Input, Output, Target}, s.Mem)
	switch s.Mem {
	case Slot:
		name, slice = fmt.Sprintf("a.s%d", s.Slot.ID), true
	case Parameter:
		name, slice = "m."+strings.ToLower(s.Param.Ident[:1])+s.Param.Ident[1:], true
		if f.Training {
			name = "p." + s.Param.Ident
			switch s.Param.Role {
			case ir.Trained:
			case ir.Frozen:
				name = "p.Frozen." + s.Param.Ident
			default:
				name = "p.Stats." + s.Param.Ident
			}
		}
	case Constant:
		name, slice = fieldName(s.Param.Ident), true
	case Scratch:
		name, slice = "a.scratch", true
	case Gradient:
		name, slice = "g."+s.Param.Ident, true
	case Carried:
		name, slice = "s."+strings.ToLower(s.Param.Ident[:1])+s.Param.Ident[1:], true
	case Input:
		name = f.port("x", s.Port, f.b.ins)
	case Target:
		name = f.port("y", s.Port, f.b.outNames)
	case Output:
		name = f.port("y", s.Port, f.b.outNames)
		if f.Training {
			name = f.port("out", s.Port, f.b.outNames)
		}
	case RowWeights:
		return "weights"
	case ClassRows:
		name, slice = f.port("t.rowWeights", s.Port, f.b.outNames), true
	}
	if s.ByStep {
		size := fmt.Sprint(s.Len)
		if s.PerRow {
			size = times("n", s.Len)
		}
		return fmt.Sprintf("%s[int(s.steps)*%d:][:%s]", name, s.Len, size)
	}
	switch {
	case s.Len < 0:
	case s.PerRow:
		whole += times("n", s.Len)
	default:
		whole += fmt.Sprint(s.Len)
	}
	if s.Part > 0 && !s.Open {
		whole = ":" + times("hi", s.Part)
	}
	switch {
	case s.Part > 0 && s.From > 0:
		whole = fmt.Sprintf("%s+%d%s", times("lo", s.Part), s.From, whole)
	case s.Part > 0:
		whole = times("lo", s.Part) + whole
	case s.From > 0:
		whole = fmt.Sprint(s.From) + whole
	}
	if whole == ":" && !slice {
		return name
	}
	return name + "[" + whole + "]"
}

func (f *Func) port(single string, i int, names []string) string {
	if len(names) == 1 {
		return single
	}
	return single + "." + names[i]
}
