package emit

import (
	"fmt"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// What of a training package calls the kernels that are made for gradients: see plan.MadeGradient.

// lanesFunctions are the kernels made for gradients.
func (net *Network) lanesFunctions() (all []madeFunction) {
	m := net.Plan.MadeGradient
	arrays := "and takes arrays of the weights:\n\n"
	for i, p := range m.Params {
		arrays += fmt.Sprintf("\tw%d  %s\n", i+1, p.Ident)
	}
	grads := "\nand of the gradients:\n\n"
	for i, p := range m.Grads {
		grads += fmt.Sprintf("\tg%d  %s\n", i+1, p.Ident)
	}
	add := func(forward, backward, needs string, wide bool) {
		needs = "\nIt needs " + needs + ", "
		all = append(all,
			madeFunction{forward, m.ForwardSignature,
				fmt.Sprintf("computes what the loss reads, y, of n examples x, n being a multiple of %d that is not 0,\n"+
					"and leaves activations in a1 and so on, each of them as %[1]d lanes for %[1]d examples.", m.Rows) +
					needs + arrays, wide},
			madeFunction{backward, m.BackwardSignature,
				"adds to the gradients those of n examples x, n not being 0, from the gradients dy of the loss and\n" +
					"what the forward kernel left." + needs + arrays + grads, wide})
	}
	add(m.Forward, m.Backward, needsSIMD, false)
	add(m.WideForward, m.WideBackward, "AVX-512", true)
	return all
}

// byLanes yields, at the top of a gradient that has kernels made for it,
//
//	if n > 0 && cpu.HasSIMD() && !t.watch.On {
//		return t.gradientLanes(n, x, y, weights, scale, g)
//	}
func (net *Network) byLanes(f *file, fn *plan.Func) []jen.Code {
	if net.Plan.MadeGradient == nil || fn != net.Plan.Gradient {
		return nil
	}
	args := append(append(one(jen.Id("n")), ids(net.batch().names...)...), jen.Id("scale"), jen.Id("g"))
	return one(jen.If(jen.Id("n").Op(">").Lit(0).Op("&&").Add(hasSIMD(f)).Op("&&").Op("!").
		Id("t").Dot("watch").Dot("On")).Block(
		jen.Return(f.call(2, "return ", jen.Id("t").Dot("gradientLanes"), args...))))
}

// emitLanes writes the gradient by kernels made for it, for digits:
//
//	func (t *Trainer) gradientLanes(n int, x, y, weights []float32, scale float32, g *digits.Params) (sum float64) {
//		a, l := &t.acts, &t.last
//		clear(mem.Flat(g))
//		whole := n &^ 15
//		if whole > 0 {
//			t.forwardLanes(whole, &a.s3[0], &x[0], &a.s1[0], &a.s2[0])
//		}
//		if whole < n {
//			copy(l.x[:], x[whole*64:n*64])
//			t.forwardLanes(16, &l.y[0], &l.x[0], &l.a1[0], &l.a2[0])
//			copy(a.s3[whole*10:n*10], l.y[:])
//		}
//		sum = loss.CategoricalCrossEntropyLogits(n, 10, a.s3[:n*10], y, weights, scale, a.s4[:n*10], 0)
//		if whole > 0 {
//			t.backwardLanes(whole, &a.s4[0], &a.s3[0], &x[0], &a.s1[0], &a.s2[0], g)
//		}
//		if whole < n {
//			copy(l.dy[:], a.s4[whole*10:n*10])
//			t.backwardLanes(n-whole, &l.dy[0], &l.y[0], &l.x[0], &l.a1[0], &l.a2[0], g)
//		}
//		return sum
//	}
func (net *Network) emitLanes(f *file) {
	m := net.Plan.MadeGradient
	if m == nil {
		return
	}
	p := printer{f: f, fn: net.Plan.Gradient}
	whole := func() *jen.Statement { return f.local("whole") }
	first := func(x *jen.Statement) jen.Code { return jen.Op("&").Add(x).Index(jen.Lit(0)) }
	slot := func(s plan.Span) *jen.Statement { return p.array(s).head }
	last := func(name string) *jen.Statement { return jen.Id("l").Dot(name) }
	x := arg(net.Inputs, 0, "x")
	rest := func(of *jen.Statement, size int) *jen.Statement {
		return of.Index(times(word("whole"), size).head.Op(":").Add(times(word("n"), size).head))
	}
	members := []member{
		{name: "x", typ: sized(jen.Lit(m.Rows).Op("*").Lit(m.In))},
		{name: "y, dy", typ: sized(jen.Lit(m.Rows).Op("*").Lit(m.Out))},
	}
	lanes, padded := one(), one()
	for i, s := range m.Saved {
		name := fmt.Sprint("a", i+1)
		members = append(members, member{name: name, typ: sized(jen.Lit(m.Rows).Op("*").Lit(s.Len))})
		lanes, padded = append(lanes, first(slot(s))), append(padded, first(last(name)))
	}
	call := func(depth int, name string, args ...jen.Code) jen.Code {
		return f.call(depth, "", jen.Id("t").Dot(name), args...)
	}
	some, left := whole().Op(">").Lit(0), whole().Op("<").Id("n")
	f.structure("lastExamples holds the examples of a batch that are no whole round of kernels, filled up with others.",
		"lastExamples", members...)
	body := one(
		jen.List(f.local("a"), f.local("l")).Op(":=").List(jen.Op("&").Id("t").Dot("acts"), jen.Op("&").Id("t").Dot("last")),
		jen.Clear(f.flat(jen.Id("g"))),
		whole().Op(":=").Id("n").Op("&^").Lit(m.Rows-1),
		jen.If(some.Clone()).Block(call(2, "forwardLanes",
			append(one(whole(), first(slot(m.Outputs)), first(jen.Id(x))), lanes...)...)),
		jen.If(left.Clone()).Block(
			jen.Copy(last("x").Index(jen.Op(":")), rest(jen.Id(x), m.In)),
			call(2, "forwardLanes", append(one(jen.Lit(m.Rows), first(last("y")), first(last("x"))), padded...)...),
			jen.Copy(rest(slot(m.Outputs), m.Out), last("y").Index(jen.Op(":")))))
	for _, s := range m.Stmts {
		body = append(body, p.statement(s))
	}
	body = append(body,
		jen.If(some).Block(call(2, "backwardLanes", append(append(
			one(whole(), first(slot(m.Loss)), first(slot(m.Outputs)), first(jen.Id(x))), lanes...), jen.Id("g"))...)),
		jen.If(left).Block(
			jen.Copy(last("dy").Index(jen.Op(":")), rest(slot(m.Loss), m.Out)),
			call(2, "backwardLanes", append(append(one(jen.Id("n").Op("-").Add(whole()), first(last("dy")),
				first(last("y")), first(last("x"))), padded...), jen.Id("g"))...)),
		jen.Return(jen.Id("sum")))
	f.function("gradientLanes is gradient by kernels made for this network, in which each lane has an example.",
		function{recv: "t", of: "Trainer", name: "gradientLanes", results: []field{vars(jen.Float64(), "sum")},
			params: []field{vars(jen.Int(), "n"), net.batch(), vars(jen.Float32(), "scale"),
				vars(jen.Op("*").Add(f.qual("model", "Params")), "g")}}, body...)
	net.emitLanesCall(f, "forwardLanes", "forward", m.Forward, m.WideForward, []string{"y", x}, false)
	net.emitLanesCall(f, "backwardLanes", "backward", m.Backward, m.WideBackward, []string{"dy", "y", x}, true)
}

// emitLanesCall writes the method that calls one of the kernels:
//
//	func (t *Trainer) forwardLanes(n int, y, x, a1, a2 *float32) {
//		p := &t.Weights
//		if cpu.HasAVX512 {
//			forwardAVX512(n, y, x, a1, a2, &p.H1W[0], &p.H1B[0], …)
//			return
//		}
//		forwardSIMD(n, y, x, a1, a2, &p.H1W[0], &p.H1B[0], …)
//	}
func (net *Network) emitLanesCall(f *file, name, what, kernel, wide string, names []string, gradients bool) {
	m := net.Plan.MadeGradient
	for i := range m.Saved {
		names = append(names, fmt.Sprint("a", i+1))
	}
	args := append(one(jen.Id("n")), ids(names...)...)
	params := []field{vars(jen.Int(), "n"), vars(jen.Op("*").Float32(), names...)}
	for _, w := range m.Params {
		args = append(args, jen.Op("&").Add(parameter("p", w.Param).head).Index(jen.Lit(0)))
	}
	if gradients {
		for _, w := range m.Grads {
			args = append(args, jen.Op("&").Id("g").Dot(w.Ident).Index(jen.Lit(0)))
		}
		params = append(params, vars(jen.Op("*").Add(f.qual("model", "Params")), "g"))
	}
	f.function(name+" calls the fastest "+what+" kernel that the machine has.",
		function{recv: "t", of: "Trainer", name: name, params: params},
		f.local("p").Op(":=").Op("&").Id("t").Dot("Weights"),
		jen.If(f.qual("cpu", "HasAVX512")).Block(f.call(2, "", jen.Id(wide), args...), jen.Return()),
		f.call(1, "", jen.Id(kernel), args...))
}
