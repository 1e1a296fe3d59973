package emit

import (
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
)

// constants returns what the model holds of a guard.
func (g *Guard) constants() []*ir.Param {
	if g == nil {
		return nil
	}
	return append(slices.Concat(g.Low, g.High), g.Mean, g.Whiten, g.Limit, g.Rate)
}

// emitGuard writes what tells inputs that are unlike the training data.
func (net *Network) emitGuard(f *file) {
	g := net.Guard
	checked := 0
	for _, p := range net.Inputs {
		checked += p.Shape.Size()
	}
	what := "the units of " + inline(g.Layer)
	if g.Pooled {
		what = "the channels of " + inline(g.Layer) + ", each the mean over all places"
	}
	f.constant("HiddenSize is the number of features that Check looks at: "+what+".", "HiddenSize", jen.Lit(g.Features))
	f.constant("CheckedSize is the number of elements of all inputs, of which Verdict.Outside is one.",
		"CheckedSize", jen.Lit(checked))
	f.fixed("Verdict")
	net.emitCheck(f)
	f.fixed("Model.FalseAlarms", "Drift", "Drift.Add", "Drift.Examples", "Drift.Unlike", "Drift.Far",
		"Drift.Outside", "Drift.Drifted")
	net.emitHidden(f, what)
}

// emitCheck yields, for two inputs:
//
//	r := guard.In(xA[:], m.guardLowA[:], m.guardHighA[:])
//	r = r.And(xB[:], m.guardLowB[:], m.guardHighB[:])
//	var h [HiddenSize]float32
//	m.Hidden(xA, xB, &h)
//	return r.Check(h[:], m.guardMean[:], m.guardWhiten[:], m.guardLimit[0])
func (net *Network) emitCheck(f *file) {
	g, h, r := net.Guard, f.local("h"), f.local("r")
	params, args := net.examplePorts()
	numbers := func(p *ir.Param) *jen.Statement { return parameter("m", p).head.Index(jen.Op(":")) }
	limit := parameter("m", g.Limit).head.Index(jen.Lit(0))
	var body []jen.Code
	for i := range net.Inputs {
		set, fn := jen.Add(r).Op(":="), f.qual("guard", "In")
		if i > 0 {
			set, fn = jen.Add(r).Op("="), jen.Add(r).Dot("And")
		}
		body = append(body, set.Add(f.call(1, "r := ", fn, all(arg(net.Inputs, i, "x")),
			numbers(g.Low[i]), numbers(g.High[i]))))
	}
	if net.refuses() { // numbers beyond the range of tokens are in no table
		body = append(body, jen.If(jen.Op("!").Add(r).Dot("Within").Call()).
			Block(jen.Return(jen.Add(r).Dot("Refused").Call(limit.Clone()))))
	}
	body = append(body, jen.Var().Add(h).Add(array("HiddenSize")),
		f.call(1, "", jen.Id("m").Dot("Hidden"), append(args, jen.Op("&").Add(h))...),
		jen.Return(f.call(1, "return ", jen.Add(r).Dot("Check"), all("h"), numbers(g.Mean), numbers(g.Whiten), limit)))
	f.function("Check tells whether an example is unlike the training data: a number beyond its range there, or the "+
		"last hidden\n"+
		"layer, "+inline(g.Layer)+
		", farther from its mean than the limit, by Mahalanobis distance with the covariance of the training\n"+
		"data (shrunk as Ledoit and Wolf do, so that it has an inverse whatever its rank). Ranges and limit are such "+
		"that of\n"+
		"examples like the training data a share of FalseAlarms is beyond them. It does not allocate in the steady "+
		"state. It\n"+
		"panics if m is nil or zero."+net.unchecked(),
		function{recv: "m", of: "Model", name: "Check", params: params, results: []field{vars(jen.Id("Verdict"))}},
		append(net.checkModel("Check"), body...)...)
}

// unchecked says of which columns Check sees no value that no training row had; "" for none.
func (net *Network) unchecked() string {
	var names []string
	for _, p := range net.Inputs {
		for _, c := range p.Columns {
			if c.Fixed != nil {
				names = append(names, c.Name)
			}
		}
	}
	if names == nil {
		return ""
	}
	return "\n\nWhat is the same in all training rows, Encode leaves so, whatever a row holds: Check does not " +
		"see another " +
		"value, an unknown word or a missing value that it did so with in " + nameList(names) + "."
}

// refuses tells whether Check looks no further where a number is outside of its range, since the hidden layer reads
// tables.
func (net *Network) refuses() bool { return net.Plan.Hidden.LooksUp() }

// examplePorts returns the parameters for the inputs of one example, and their names as arguments.
func (net *Network) examplePorts() (params []field, args []jen.Code) {
	for j := range net.Inputs {
		x := arg(net.Inputs, j, "x")
		params, args = append(params, vars(pointer(net.inSize(j)), x)), append(args, jen.Id(x))
	}
	return params, args
}

// emitHidden writes the method that computes the last hidden layer, as Predict is written: see emitPredict.
func (net *Network) emitHidden(f *file, what string) {
	fn := net.Plan.Hidden
	params, args := net.examplePorts()
	params, args = append(params, vars(pointer("HiddenSize"), "h")), append(args, jen.Id("h"))
	f.workspace("hiddenspace", "of the last hidden layer of one example", fn, "")
	h := function{recv: "m", of: "Model", name: "Hidden", params: params}
	var body []jen.Code
	forward := func(work ...jen.Code) jen.Code {
		return f.call(1, "", jen.Id("m").Dot("hidden1"), append(args, work...)...)
	}
	switch a := f.local("a"); {
	case len(fn.Graph.Slots) == 0:
		body = one(forward())
	case fn.Local():
		body = one(jen.Var().Add(a).Id("hiddenspace"), forward(jen.Op("&").Add(a)))
	default:
		f.pool("hiddenspaces", "hiddenspace")
		body = one(jen.Add(a).Op(":=").Id("hiddenspaces").Dot("Get").Call().Assert(jen.Op("*").Id("hiddenspace")),
			forward(a), jen.Id("hiddenspaces").Dot("Put").Call(a))
	}
	f.function(fmt.Sprintf("Hidden computes %s. It does not allocate in the steady state. It panics where Predict does.",
		what), h,
		together(net.checkModel("Hidden"), net.checkTokens(f, net.Name+": Hidden", true), body)...)
	if len(fn.Graph.Slots) > 0 {
		params = append(params, vars(jen.Op("*").Id("hiddenspace"), "a"))
	}
	net.emitMethod(f, fn, "computes the last hidden layer of one example.", params)
}

// emitGuardTest writes the self-test of Check.
func (net *Network) emitGuardTest(f *file) {
	_, args := net.examplePorts()
	for i := range args {
		args[i] = jen.Op("&").Add(args[i])
	}
	check := func(depth int) *jen.Statement { return f.call(depth, "", jen.Id("m").Dot("Check"), args...) }
	net.emitCheckTest(f, args)
	v, first := f.local("v"), jen.Id(arg(net.Inputs, 0, "x")).Index(jen.Lit(0))
	x := net.example(f, "t", jen.Lit(0))[:len(net.Inputs)]
	f.test("checks an example with a NaN.", "TestCheckFindsNaN",
		together(one(f.vectors("t", "_")), x, one(
			first.Clone().Op("=").Float32().Call(f.qual("math", "NaN").Call()),
			jen.If(jen.Add(v).Op(":=").Add(check(1)), jen.Op("!").Add(v).
				Dot("Unlike").Op("||").Add(v).Dot("Outside").Op("!=").Lit(0)).
				Block(jen.Id("t").Dot("Errorf").Call(quoted("a NaN passes: %+v"), v))))...)
	f.test("counts allocations in the steady state.", "TestCheckDoesNotAllocate",
		together(one(f.vectors("t", "_")), x, one(
			jen.Var().Add(f.local("d")).Id("Drift"),
			f.allocates(100, "Check", "!=", 0, jen.Id("d").Dot("Add").Call(check(1)))))...)
}

// emitCheckTest yields
//
//	m, g, n := vectors(t)
//	for i := range n {
//		x := [InputSize]float32(g.Get(t, "x.image")[i*InputSize:])
//		var h [HiddenSize]float32
//		m.Hidden(&x, &h)
//		g.Check(t, "guard.features", i*HiddenSize, h[:])
//		d := guard.Distance(h[:], m.guardMean[:], m.guardWhiten[:])
//		g.Check(t, "guard.distance", i, []float32{d})
//		if v := m.Check(&x); v.Distance != d {
//			t.Errorf("Check says %+v of example %d, want the distance %v", v, i, d)
//		}
//	}
//
// where a network with tables refuses examples outside of their ranges: v.Outside < 0 && v.Distance != d.
func (net *Network) emitCheckTest(f *file, args []jen.Code) {
	h, d, v, i := f.local("h"), f.local("d"), f.local("v"), jen.Id("i")
	numbers := func(p *ir.Param) *jen.Statement { return parameter("m", p).head.Index(jen.Op(":")) }
	differs := jen.Add(v).Dot("Distance").Op("!=").Add(d)
	if net.refuses() {
		differs = jen.Add(v).Dot("Outside").Op("<").Lit(0).Op("&&").Add(differs)
	}
	says := quoted("Check says %+v of example %d, want the distance %v")
	check := func(name string, at jen.Code, got *jen.Statement) *jen.Statement {
		return f.call(2, "", jen.Id("g").Dot("Check"), jen.Id("t"), quoted(name), at, got)
	}
	x := net.example(f, "t", jen.Id("i"))[:len(net.Inputs)]
	f.test("holds features and distances against those of the float64 reference.", "TestCheckAgreesWithTheReference",
		f.vectors("t", "n"), f.forExamples(together(x, one(
			jen.Var().Add(h).Add(array("HiddenSize")),
			f.call(2, "", jen.Id("m").Dot("Hidden"), append(args[:len(args):len(args)], jen.Op("&").Add(h))...),
			check("guard.features", jen.Add(i).Op("*").Id("HiddenSize"), all("h")),
			jen.Add(d).Op(":=").Add(f.call(2, "d := ", f.qual("guard", "Distance"), all("h"), numbers(net.Guard.Mean),
				numbers(net.Guard.Whiten))),
			check("guard.distance", i, floats().Values(d)),
			jen.If(jen.Add(v).Op(":=").Add(f.call(2, "", jen.Id("m").Dot("Check"), args...)), differs).
				Block(jen.Id("t").Dot("Errorf").Call(says, v, i, d))))...))
}
