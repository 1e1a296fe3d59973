package emit

import (
	"fmt"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// printer prints the statements of one function of a plan, at an indentation of one tab. It decides nothing: what the
// arguments stand for is up to the plan, and here is how they are written.
type printer struct {
	f     *file
	fn    *plan.Func
	depth int // of indentation, beyond one
}

// paragraphs prints what layers do, each under its comment, with empty lines between:
//
//	// h1: 64 → 32, relu
//	gemm.NNPacked(n, 32, 64, x, 64, m.h1W[:], a.s1[:n*32], 32, gemm.BiasAct(m.h1B[:], gemm.ReLU))
func (p printer) paragraphs(all []plan.Paragraph) []jen.Code {
	var lines []jen.Code
	for i, par := range all {
		if i > 0 {
			lines = append(lines, jen.Line())
		}
		if par.Title != "" {
			for _, l := range comment(par.Title) {
				lines = append(lines, jen.Comment(l))
			}
		}
		for _, s := range par.Stmts() {
			lines = append(lines, p.statement(s))
		}
	}
	return lines
}

// statement prints one statement.
func (p printer) statement(s plan.Stmt) jen.Code {
	switch s := s.(type) {
	case plan.Call:
		return p.arg(s).code(1+p.depth, 0, 0)
	case plan.Clear:
		return p.builtin("clear", s.Dst)
	case plan.Copy:
		return p.builtin("copy", s.Dst, s.Src)
	case *plan.AddLoss:
		return p.addLoss(s)
	case plan.Guarded:
		return p.guarded(s)
	case plan.Watch:
		return p.watch(s)
	case plan.Divide:
		return p.divide(s)
	case plan.Turn:
		return p.turn(s)
	}
	panic(fmt.Sprintf("BUG: no Go for the statement %T", s))
}

// builtin prints a call of a function of the language:
//
//	copy(y, a.s1[:n*10])
func (p printer) builtin(name string, args ...plan.Arg) jen.Code {
	return calling(word(name), p.args(args)...).code(1+p.depth, 0, 0)
}

// divide prints
//
//	if lo, hi := s.Range(64, 6); lo < hi {
//		gemm.TN(hi-lo, 32, n, x[lo:], 64, a.s1[:n*32], 32, g.H1W[lo*32:hi*32], 32, gemm.None())
//	}
func (p printer) divide(s plan.Divide) jen.Code {
	lo, hi := p.f.local("lo"), p.f.local("hi")
	return jen.If(jen.List(lo, hi).Op(":=").Id("s").Dot("Range").Call(jen.Lit(s.Things), jen.Lit(s.Unit)),
		lo.Clone().Op("<").Add(hi)).Block(p.inner(s.Stmts)...)
}

// turn prints
//
//	if s.Turn(1) {
//		vec.SumRows(n, 32, g.H1B[:], a.s1[:n*32])
//	}
func (p printer) turn(s plan.Turn) jen.Code {
	return jen.If(jen.Id("s").Dot("Turn").Call(jen.Lit(s.Index))).Block(p.inner(s.Stmts)...)
}

// inner prints the statements of a block.
func (p printer) inner(stmts []plan.Stmt) []jen.Code {
	p.depth++
	var all []jen.Code
	for _, s := range stmts {
		all = append(all, p.statement(s))
	}
	return all
}

// addLoss prints
//
//	sum += 0.5 * loss.MSE(n, 3, a.s1[:n*3], y, weights, 0.5*scale, a.s2[:n*3])
//
// with the sum of the piece where workers share the function.
func (p printer) addLoss(s *plan.AddLoss) jen.Code {
	op := "+="
	if s.Only {
		op = "="
	}
	sum, before := jen.Id("sum"), len("sum  ")+len(op)
	if p.fn.Workers {
		sum, before = jen.Id("c").Dot("sum"), before+len("c.")
	}
	sum.Op(op)
	if s.Weight != 1 {
		weight := real(s.Weight)
		sum.Add(weight.head).Op("*")
		before += weight.width + len(" * ")
	}
	return sum.Add(p.arg(s.Loss).code(1+p.depth, before, 0))
}

// guarded prints
//
//	if xMask[0] > 0.5 {
//		m.lstmCell.Step(s.steps == 0, s.lstmH[:], s.lstmC[:], x[:])
//	}
func (p printer) guarded(s plan.Guarded) jen.Code {
	mask := s.Mask.(plan.Span)
	if p.f.net.Tiny && mask.Mem == plan.Slot {
		mask = p.placed(mask)
	}
	return jen.If(p.array(mask).head.Index(jen.Lit(mask.From)).Op(">").Lit(0.5)).Block(p.arg(s.Call).code(2, 0, 0))
}

// watch prints
//
//	t.watch.See("layer h1", a.s2[:n*64])
func (p printer) watch(s plan.Watch) jen.Code {
	return calling(atom(jen.Id("t").Dot("watch").Dot("See"), len("t.watch.See")), str(s.What),
		p.arg(s.Value)).code(1, 0, 0)
}

func (p printer) args(args []plan.Arg) []expr {
	var all []expr
	for _, a := range args {
		all = append(all, p.arg(a))
	}
	return all
}

// arg prints one argument.
func (p printer) arg(a plan.Arg) expr {
	switch a := a.(type) {
	case plan.Call:
		return p.call(a)
	case plan.Int:
		return whole(int(a))
	case plan.Uint:
		return word(strconv.FormatUint(uint64(a), 10))
	case plan.Ints:
		return p.ints(a)
	case plan.Real:
		return real(float64(a))
	case plan.Flag:
		return word(strconv.FormatBool(bool(a)))
	case plan.Ident:
		return word(string(a))
	case plan.Text:
		return str(string(a))
	case plan.Texts:
		return p.texts(a)
	case plan.Nil:
		return word("nil")
	case plan.Count:
		return times(word("n"), int(a))
	case plan.Extent:
		return atom(jen.Id("hi").Op("-").Id("lo"), len("hi-lo"))
	case plan.Bound:
		return word(string(a))
	case plan.Shares:
		return selector("s", "Of")
	case plan.Counts:
		return word("steps")
	case plan.Name:
		return p.f.name(a.Pkg, a.Name)
	case plan.Seed:
		return selector("t", "seed")
	case plan.StepNumber:
		return selector("t", "step")
	case plan.FirstElement:
		return p.firstElement(int(a))
	case plan.Started:
		return atom(jen.Id("s").Dot("steps").Op("==").Lit(0), len("s.steps == 0"))
	case plan.Taken:
		return atom(jen.Int().Call(jen.Id("s").Dot("steps")), len("int(s.steps)"))
	case plan.LossScale:
		return p.lossScale(float64(a))
	case plan.Var:
		return p.variable(a)
	case plan.Struct:
		return p.structure(a)
	case plan.Epilogue:
		return p.epilogue(a)
	case plan.Span:
		return p.span(a)
	}
	panic(fmt.Sprintf("BUG: no Go for the argument %T", a))
}

// call prints a call of a function, or of a method of what the model prepared:
//
//	loss.MSE(n, 3, a.s1[:n*3], y, weights, scale, a.s2[:n*3])
//	m.h1Layer.Apply(x[:], a.s1[:])
func (p printer) call(c plan.Call) expr {
	var fn expr
	if c.Field != "" {
		fn = selector("m", c.Field)
		fn = atom(fn.head.Dot(c.Name), fn.width+len(".")+len(c.Name))
	} else {
		fn = p.f.name(c.Pkg, c.Name)
	}
	return calling(fn, p.args(c.Args)...)
}

// ints prints []int{3, 24}.
func (p printer) ints(x []int) expr {
	var items []expr
	for _, v := range x {
		items = append(items, whole(v))
	}
	return values(atom(jen.Index().Int(), len("[]int")), items...)
}

// texts prints []string{"accuracy", "f1"}.
func (p printer) texts(x []string) expr {
	var items []expr
	for _, v := range x {
		items = append(items, str(v))
	}
	return values(atom(jen.Index().String(), len("[]string")), items...)
}

// firstElement prints uint32(first*64).
func (p printer) firstElement(each int) expr {
	n := times(word("first"), each)
	return atom(jen.Uint32().Call(n.head), len("uint32()")+n.width)
}

// lossScale prints 0.5*scale.
func (p printer) lossScale(weight float64) expr {
	if weight == 1 {
		return word("scale")
	}
	w := real(weight)
	return atom(w.head.Op("*").Id("scale"), w.width+len("*scale"))
}

// variable prints &conv1Geometry, or &digits.H1WPattern where the training package names it.
func (p printer) variable(v plan.Var) expr {
	name := word(v.Name)
	if v.Model {
		name = p.f.name("model", v.Name)
	}
	return atom(jen.Op("&").Add(name.head), 1+name.width)
}

// structure prints pool.Scale{H: 8, W: 8, C: 3, FH: 2, FW: 2}.
func (p printer) structure(s plan.Struct) expr {
	name := p.f.name(s.Pkg, s.Type)
	if s.Pointer {
		name = atom(jen.Op("&").Add(name.head), 1+name.width)
	}
	var items []expr
	for _, x := range s.Fields {
		items = append(items, keyed(x.Name, p.arg(x.Arg)))
	}
	return values(name, items...)
}

// epilogue prints one of
//
//	gemm.None()
//	gemm.Bias(m.h1B[:])
//	gemm.BiasAct(m.h1B[:], gemm.LeakyReLU).Alpha(0.3)
//	gemm.GradAct(gemm.ReLU, a.s3[:n*32])
func (p printer) epilogue(e plan.Epilogue) expr {
	act := func() expr {
		if e.Act == "" {
			return p.f.name("gemm", "Linear")
		}
		return p.f.name("gemm", plan.GoName(e.Act))
	}
	name, args := "None", []expr(nil)
	switch {
	case e.Saved != nil:
		name, args = "GradAct", []expr{act(), p.arg(e.Saved)}
	case e.Bias != nil && e.Act == "":
		return p.invoke("Bias", ")", p.arg(e.Bias))
	case e.Bias != nil:
		name, args = "BiasAct", []expr{p.arg(e.Bias), act()}
	}
	if e.Alpha == nil || args == nil {
		return p.invoke(name, ")", args...)
	}
	return p.invoke(name, fmt.Sprintf(").Alpha(%v)", *e.Alpha), args...)
}

// invoke prints a call of package gemm.
func (p printer) invoke(name, tail string, args ...expr) expr {
	fn := p.f.name("gemm", name)
	return listOf(atom(fn.head.Op("("), fn.width+1), ",", tail, args)
}

// span prints a range of an array or of a slice: a.s1[16:n*48], m.h1W[:], or x where that is all of a slice; the part
// of a worker as a.s1[lo*48+16:hi*48].
func (p printer) span(s plan.Span) expr {
	a := p.array(s)
	if p.f.net.Tiny && s.Mem == plan.Slot {
		s = p.placed(s)
	}
	if s.Mem == plan.Constant {
		return p.constant(a, s)
	}
	if s.ByStep {
		return p.byStep(a, s)
	}
	to, size := &jen.Statement{}, 0
	switch {
	case s.Part > 0 && !s.Open:
		n := times(word("hi"), s.Part)
		to, size = n.head, n.width
	case s.Len >= 0 && s.PerRow:
		n := times(word("n"), s.Len)
		to, size = n.head, n.width
	case s.Len >= 0:
		n := whole(s.Len)
		to, size = n.head, n.width
	case s.From == 0 && s.Part == 0 && !p.fixed(s.Mem):
		return a
	}
	from := &jen.Statement{}
	switch {
	case s.Part > 0:
		n := times(word("lo"), s.Part)
		from, size = n.head, size+n.width
		if s.From > 0 {
			from, size = from.Op("+").Lit(s.From), size+len("+")+whole(s.From).width
		}
	case s.From > 0:
		n := whole(s.From)
		from, size = n.head, size+n.width
	}
	return atom(a.head.Index(from.Op(":").Add(to)), a.width+len("[:]")+size)
}

// placed returns a range of a slot as one of the memory that the slots of a tiny package share.
func (p printer) placed(s plan.Span) plan.Span {
	if s.Len < 0 {
		s.Len = s.Slot.Size
	}
	place := p.fn.Place(s.Slot) / s.DType().Bytes()
	s.From, s.Len = place+s.From, place+s.Len
	return s
}

// constant prints a parameter that is a constant of the package, of four bytes a number: h1W, h1W[4*64:], or
// pos[4*8*int(s.steps):] for those of a step.
func (p printer) constant(a expr, s plan.Span) expr {
	switch {
	case s.ByStep:
		at := jen.Lit(4).Op("*").Lit(s.Len).Op("*").Int().Call(jen.Id("s").Dot("steps")).Op(":")
		return atom(a.head.Index(at), a.width+len("[4**int(s.steps):]")+whole(s.Len).width)
	case s.From > 0:
		return atom(a.head.Index(jen.Lit(4).Op("*").Lit(s.From).Op(":")), a.width+len("[4*:]")+whole(s.From).width)
	}
	return a
}

// byStep prints m.pos[int(s.steps)*8:][:8], or m.pos[int(s.steps)*8:][:n*8] of several steps.
func (p printer) byStep(a expr, s plan.Span) expr {
	each := whole(s.Len)
	size := each
	if s.PerRow {
		size = times(word("n"), s.Len)
	}
	at := jen.Int().Call(jen.Id("s").Dot("steps")).Op("*").Lit(s.Len).Op(":")
	return atom(a.head.Index(at).Index(jen.Op(":").Add(size.head)),
		a.width+len("[int(s.steps)*:][:]")+each.width+size.width)
}

// fixed tells whether a kind of memory is an array, of which functions of the runtime take slices.
func (p printer) fixed(mem plan.Memory) bool {
	switch mem {
	case plan.Input, plan.Target, plan.Output:
		return p.fn.Single
	case plan.RowWeights:
		return false
	}
	return true
}

// array prints the array that a range is in: a.s1, m.h1W, p.H1W, p.Stats.Norm1Mean, g.H1W, s.lstmH, x.
func (p printer) array(s plan.Span) expr {
	net := p.f.net
	switch s.Mem {
	case plan.Slot:
		switch {
		case net.Tiny && s.DType() == ir.Int8:
			return selector("a", "integers")
		case net.Tiny:
			return selector("a", "memory")
		}
		return selector("a", "s"+strconv.Itoa(s.Slot.ID))
	case plan.Parameter:
		if p.fn.Training {
			return parameter("p", s.Param.Param)
		}
		return parameter("m", s.Param.Param)
	case plan.Constant:
		return word(lower(s.Param.Ident))
	case plan.Scratch:
		return selector("a", "scratch")
	case plan.Gradient:
		return selector("g", s.Param.Ident)
	case plan.Carried:
		return selector("s", lower(s.Param.Ident))
	case plan.Input:
		return word(arg(net.Inputs, s.Port, "x"))
	case plan.Target:
		return word(arg(net.Outputs, s.Port, "y"))
	case plan.Output:
		if p.fn.Training && !net.Tiny {
			return word(arg(net.Outputs, s.Port, "out"))
		}
		if s.Port == len(net.Outputs) { // of the function of a guard
			return word("h")
		}
		return word(arg(net.Outputs, s.Port, "y"))
	case plan.RowWeights:
		return word("weights")
	case plan.ClassRows:
		return selector("t", arg(net.Outputs, s.Port, "rowWeights"))
	}
	panic(fmt.Sprintf("BUG: no array for memory of kind %d", s.Mem))
}

// parameter yields the array of a parameter: w.H1W, w.Stats.Norm1Mean or m.h1W.
func parameter(prefix string, p *ir.Param) expr {
	switch {
	case prefix == "m":
		return selector(prefix, lower(p.Ident))
	case p.Role == ir.Frozen:
		return atom(jen.Id(prefix).Dot("Frozen").Dot(p.Ident), len(prefix)+len(".Frozen.")+len(p.Ident))
	case p.Role != ir.Trained:
		return atom(jen.Id(prefix).Dot("Stats").Dot(p.Ident), len(prefix)+len(".Stats.")+len(p.Ident))
	}
	return selector(prefix, p.Ident)
}

// name yields a name of another package: see qual.
func (f *file) name(pkg, name string) expr {
	code := f.qual(pkg, name)
	if pkg == "model" {
		pkg = f.net.Name
	}
	return atom(code, width(pkg)+len(".")+len(name))
}
