package emit

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"
)

// Where the kernels that are made for a network are: their assembly, what declares them, and what stands for them in
// builds without them.
const (
	madeAssembly = "kernels_amd64.s"
	madeStubs    = "kernels_amd64.go"
	madeOthers   = "kernels_noasm.go"
)

// madeSources returns the Go files of the kernels made for the network; none if there are none.
func (net *Network) madeSources() []source {
	if net.madeKernels() == "" {
		return nil
	}
	return []source{
		{name: madeStubs, write: net.emitMadeStubs, build: "amd64 && !purego"},
		{name: madeOthers, write: net.emitMadeOthers, build: "!amd64 || purego"},
	}
}

// madeKernels returns the assembly of the kernels made for the network; "" if there are none.
func (net *Network) madeKernels() string {
	p := net.Plan
	switch {
	case p.Made != nil:
		return p.Made.Assembly
	case p.MadeStep != nil:
		return p.MadeStep.Assembly
	}
	return ""
}

// A madeFunction is a kernel, with its doc.
type madeFunction struct{ name, signature, doc string }

// madeFunctions are the kernels.
func (net *Network) madeFunctions() []madeFunction {
	m := net.Plan.Made
	if m == nil {
		return net.madeStepFunctions()
	}
	arrays := "computes the outputs y of the example x.\n" +
		"It has the bits of forward1, needs AVX2 and FMA, and takes arrays of the model, as the others do:\n\n"
	for i, p := range m.Params {
		arrays += fmt.Sprintf("\tw%d  %s\n", i+1, lower(p.Ident))
	}
	batch := fmt.Sprintf("computes the outputs y of n examples x, n being a multiple of %d that is not 0.\n"+
		"It has the bits of forward, and needs AVX2 and FMA.", m.Rows)
	all := []madeFunction{{m.One, m.OneSignature, arrays}, {m.Lanes, m.LanesSignature, batch}}
	if m.WideOne != "" {
		all = append(all, madeFunction{m.WideOne, m.OneSignature, "is " + m.One + " with AVX-512."})
	}
	return append(all, madeFunction{m.WideLanes, m.LanesSignature, "is " + m.Lanes + " with AVX-512."})
}

// madeStepFunctions are those for steps.
func (net *Network) madeStepFunctions() []madeFunction {
	m := net.Plan.MadeStep
	doc := "takes a step with the input x and computes the outputs y after it.\n" +
		"It has the bits of the layers in State.Step, needs %s, and takes arrays of the model and of the state:\n\n"
	for i, a := range m.Arrays {
		what := a.Cell + "." + a.Method
		if a.Param != nil {
			what = lower(a.Param.Ident)
		}
		doc += fmt.Sprintf("\tw%d  %s\n", i+1, what)
	}
	for i, s := range m.States {
		doc += fmt.Sprintf("\ts%d  %s\n", i+1, lower(s.Ident))
	}
	all := []madeFunction{{m.Name, m.Signature, fmt.Sprintf(doc, "AVX2 and FMA")}}
	if m.Wide != "" {
		all = append(all, madeFunction{m.Wide, m.Signature, fmt.Sprintf(doc, "AVX-512")})
	}
	return all
}

// madeStep yields
//
//	if s.steps != 0 && cpu.HasAVX2FMA {
//		stepAVX2(&y[0], &x[0], m.lstmCell.Weights(), m.lstmCell.Biases(), &m.outputW[0], &m.outputB[0],
//			&s.lstmH[0], &s.lstmC[0])
//		return
//	}
//
// and where there is one with AVX-512, before it
//
//	if s.steps != 0 && cpu.HasSplitAVX512 {
//
// or cpu.HasAVX512.
func (net *Network) madeStep(f *file) (all []jen.Code) {
	m := net.Plan.MadeStep
	if m == nil {
		return nil
	}
	first := func(a *jen.Statement) jen.Code { return jen.Op("&").Add(a).Index(jen.Lit(0)) }
	args := []jen.Code{first(jen.Id(net.outputs()[0].name)), first(jen.Id(net.inputs()[0].name))}
	for _, a := range m.Arrays {
		if a.Param == nil {
			args = append(args, jen.Id("m").Dot(a.Cell).Dot(a.Method).Call())
		} else {
			args = append(args, first(parameter("m", a.Param.Param).head))
		}
	}
	for _, s := range m.States {
		args = append(args, first(jen.Id("s").Dot(lower(s.Ident))))
	}
	by := func(kernel, has string) {
		all = append(all, jen.If(jen.Id("s").Dot("steps").Op("!=").Lit(0).Op("&&").Add(f.qual("cpu", has))).Block(
			f.call(2, "", jen.Id(kernel), args...), jen.Return()))
	}
	switch {
	case m.Wide == "":
	case m.WholeRegisters:
		by(m.Wide, "HasAVX512")
	default:
		by(m.Wide, "HasSplitAVX512")
	}
	by(m.Name, "HasAVX2FMA")
	return all
}

// emitMadeStubs declares the kernels:
//
//	//go:noescape
//	func predictAVX2(y, x, h1W, h1B *float32)
func (net *Network) emitMadeStubs(f *file) { emitStubs(f, net.madeFunctions()) }

func emitStubs(f *file, all []madeFunction) {
	for _, k := range all {
		f.pkg.declare("", k.name, Origin{})
		f.declare(k.name+" "+k.doc, jen.Comment("//"), jen.Comment("//go:noescape"),
			jen.Id("func").Id(k.name+k.signature[len("func"):]))
	}
}

// emitMadeOthers declares what stands for the kernels in builds without, where nothing calls them:
//
//	func predictAVX2(y, x, h1W, h1B *float32) { panic("iris: no kernel in this build") }
func (net *Network) emitMadeOthers(f *file) { emitOthers(f, net.Name, net.madeFunctions()) }

func emitOthers(f *file, pkg string, all []madeFunction) {
	for _, k := range all {
		f.declare("", jen.Id("func").Id(k.name+k.signature[len("func"):]).
			Block(jen.Panic(quoted(pkg+": no kernel in this build"))))
	}
}

// assemblyFile returns a file of assembly.
func (net *Network) assemblyFile(text string) []byte {
	header := fmt.Sprintf("// %s by nngen %s from %s; DO NOT EDIT.\n\n", generated,
		inline(net.Version), inline(net.SpecBase))
	return []byte(header + text)
}

// constrained puts a build constraint behind the header of a file.
func constrained(src []byte, build string) []byte {
	end := bytes.IndexByte(src, '\n') + 1
	return slices.Concat(src[:end], []byte("\n//go:build "+build+"\n"), src[end:])
}

// madeArguments returns the addresses that a kernel takes: &y[0], &x[0], &m.h1W[0], …
func (net *Network) madeArguments() []jen.Code {
	first := func(a *jen.Statement) jen.Code { return jen.Op("&").Add(a).Index(jen.Lit(0)) }
	args := []jen.Code{first(jen.Id("y")), first(jen.Id("x"))}
	for _, p := range net.Plan.Made.Params {
		args = append(args, first(parameter("m", p.Param).head))
	}
	return args
}

// madeOne yields, the first where there is such a kernel,
//
//	if cpu.HasAVX512 {
//		predictAVX512(&y[0], &x[0], &m.h1W[0], &m.h1B[0])
//		return
//	}
//	if cpu.HasAVX2FMA {
//		predictAVX2(&y[0], &x[0], &m.h1W[0], &m.h1B[0])
//		return
//	}
func (net *Network) madeOne(f *file) []jen.Code {
	m := net.Plan.Made
	if m == nil {
		return nil
	}
	by := func(has, kernel string) jen.Code {
		return jen.If(f.qual("cpu", has)).Block(f.call(2, "", jen.Id(kernel), net.madeArguments()...), jen.Return())
	}
	if m.WideOne == "" {
		return one(by("HasAVX2FMA", m.One))
	}
	return one(by("HasAVX512", m.WideOne), by("HasAVX2FMA", m.One))
}

// madeBatch yields
//
//	for n >= 16 && cpu.HasAVX2FMA {
//		r := min(n, laneRows) &^ 15
//		if cpu.HasAVX512 {
//			predictBatchAVX512(r, &y[0], &x[0], &m.h1W[0], &m.h1B[0])
//		} else {
//			predictBatchAVX2(r, &y[0], &x[0], &m.h1W[0], &m.h1B[0])
//		}
//		x = x[r*InputSize:]
//		y = y[r*OutputSize:]
//		n -= r
//	}
//	if n == 0 {
//		return
//	}
func (net *Network) madeBatch(f *file) []jen.Code {
	m := net.Plan.Made
	if m == nil {
		return nil
	}
	n, r := f.local("n"), f.local("r")
	by := func(kernel string) jen.Code {
		return f.call(3, "", jen.Id(kernel), append([]jen.Code{r}, net.madeArguments()...)...)
	}
	body := one(
		jen.Add(r).Op(":=").Min(n, jen.Id("laneRows")).Op("&^").Lit(m.Rows-1),
		jen.If(f.qual("cpu", "HasAVX512")).Block(by(m.WideLanes)).Else().Block(by(m.Lanes)))
	for _, p := range append(net.inputs(), net.outputs()...) {
		body = append(body, jen.Id(p.name).Op("=").Add(behind(p.name, jen.Add(r).Op("*").Id(p.size))))
	}
	return one(
		jen.For(jen.Add(n).Op(">=").Lit(m.Rows).Op("&&").Add(f.qual("cpu", "HasAVX2FMA"))).
			Block(append(body, jen.Add(n).Op("-=").Add(r))...),
		jen.If(jen.Add(n).Op("==").Lit(0)).Block(jen.Return()))
}

// emitMadeTest writes the test that compares the kernels with the functions of the runtime, layer by layer:
//
//	m, g, n := vectors(t)
//	for i := range n {
//		x := [InputSize]float32(g.Get(t, "x.flower")[i*InputSize:])
//		var y [OutputSize]float32
//		m.Predict(&x, &y)
//		var layers [OutputSize]float32
//		m.forward1(&x, &layers, new(workspace1))
//		golden.SameBits(t, "y.species", 0, y[:], layers[:])
//	}
func (net *Network) emitMadeTest(f *file) {
	y := net.outputs()[0]
	args := []jen.Code{jen.Op("&").Id("x"), jen.Op("&").Id("layers")}
	if len(net.Plan.One.Graph.Slots) > 0 {
		args = append(args, jen.New(jen.Id("workspace1")))
	}
	f.test("compares the kernel made for this network with its layers one by one. The test above\n"+
		"compares that for batches with it.",
		"TestPredictHasTheBitsOfLayers", together(one(f.vectors("t", "n")), one(f.forExamples(together(
			net.example(f, "t", jen.Id("i")), one(
				net.predict(f, 2),
				jen.Var().Add(f.local("layers")).Add(array(y.size)),
				f.call(2, "", jen.Id("m").Dot("forward1"), args...),
				f.call(2, "", f.qual("golden", "SameBits"), jen.Id("t"), quoted(y.tensor), jen.Lit(0),
					all(y.name), all("layers"))))...)))...)
}
