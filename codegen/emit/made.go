package emit

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// Where the kernels that are made for a network are: their assembly for each machine, what declares those that both have
// and those of amd64 alone, and what stands for them in builds without them.
const (
	madeAMD64  = "kernels_amd64.s"
	madeARM64  = "kernels_arm64.s"
	madeStubs  = "kernels_simd.go"
	madeOthers = "kernels_nosimd.go"
	wideStubs  = "kernels_amd64.go"
	wideOthers = "kernels_noasm.go"
)

// kernelSources returns the Go files of kernels.
func kernelSources(pkg string, all []madeFunction) (sources []source) {
	add := func(stubs, build, others, otherwise string, wide bool) {
		some := slices.DeleteFunc(slices.Clone(all), func(k madeFunction) bool { return k.wide != wide })
		if len(some) > 0 {
			sources = append(sources,
				source{name: stubs, write: func(f *file) { emitStubs(f, some) }, build: build},
				source{name: others, write: func(f *file) { emitOthers(f, pkg, some) }, build: otherwise})
		}
	}
	add(madeStubs, "(amd64 || arm64) && !purego", madeOthers, "(!amd64 && !arm64) || purego", false)
	add(wideStubs, "amd64 && !purego", wideOthers, "!amd64 || purego", true)
	return sources
}

// addAssembly adds the assembly of kernels.
func (net *Network) addAssembly(files Files, asm plan.Assembly) {
	header := fmt.Sprintf("// %s by nngen %s from %s; DO NOT EDIT.\n\n", generated,
		inline(net.Version), inline(net.SpecBase))
	files[madeAMD64], files[madeARM64] = []byte(header+asm.AMD64), []byte(header+asm.ARM64)
}

// madeKernels returns the kernels made for the network; nil if there are none.
func (net *Network) madeKernels() *plan.Assembly {
	p := net.Plan
	switch {
	case p.Made != nil:
		return &p.Made.Assembly
	case p.MadeStep != nil:
		return &p.MadeStep.Assembly
	}
	return nil
}

// A madeFunction is a kernel, with its doc.
type madeFunction struct {
	name, signature, doc string
	wide                 bool // with AVX-512
}

// needsSIMD is what kernels need that are not wide.
const needsSIMD = "AVX2 and FMA, or NEON"

// madeFunctions are the kernels.
func (net *Network) madeFunctions() []madeFunction {
	m := net.Plan.Made
	if m == nil {
		return net.madeStepFunctions()
	}
	arrays := "computes the outputs y of the example x.\n" +
		"It has the bits of forward1, needs " + needsSIMD + ", and takes arrays of the model, as the others do:\n\n"
	for i, p := range m.Params {
		arrays += fmt.Sprintf("\tw%d  %s\n", i+1, lower(p.Ident))
	}
	batch := fmt.Sprintf("computes the outputs y of n examples x, n being a multiple of %d that is not 0.\n"+
		"It has the bits of forward, and needs %s.", m.Rows, needsSIMD)
	all := []madeFunction{{m.One, m.OneSignature, arrays, false}, {m.Lanes, m.LanesSignature, batch, false}}
	if m.WideOne != "" {
		all = append(all, madeFunction{m.WideOne, m.OneSignature, "is " + m.One + " with AVX-512.", true})
	}
	wide := fmt.Sprintf("is %s with AVX-512.\nIts n is a multiple of %d.", m.Lanes, m.WideRows)
	return append(all, madeFunction{m.WideLanes, m.LanesSignature, wide, true})
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
	all := []madeFunction{{m.Name, m.Signature, fmt.Sprintf(doc, needsSIMD), false}}
	if m.Wide != "" {
		all = append(all, madeFunction{m.Wide, m.Signature, fmt.Sprintf(doc, "AVX-512"), true})
	}
	return all
}

// madeStep yields
//
//	if s.steps != 0 && cpu.HasSIMD() {
//		stepSIMD(&y[0], &x[0], m.lstmCell.Weights(), m.lstmCell.Biases(), &m.outputW[0], &m.outputB[0],
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
	by := func(kernel string, has *jen.Statement) {
		all = append(all, jen.If(jen.Id("s").Dot("steps").Op("!=").Lit(0).Op("&&").Add(has)).Block(
			f.call(2, "", jen.Id(kernel), args...), jen.Return()))
	}
	switch {
	case m.Wide == "":
	case m.WholeRegisters:
		by(m.Wide, f.qual("cpu", "HasAVX512"))
	default:
		by(m.Wide, f.qual("cpu", "HasSplitAVX512"))
	}
	by(m.Name, hasSIMD(f))
	return all
}

// emitStubs declares kernels:
//
//	//go:noescape
//	func predictSIMD(y, x, h1W, h1B *float32)
func emitStubs(f *file, all []madeFunction) {
	for _, k := range all {
		f.pkg.declare("", k.name, Origin{})
		f.declare(k.name+" "+k.doc, jen.Comment("//"), jen.Comment("//go:noescape"),
			jen.Id("func").Id(k.name+k.signature[len("func"):]))
	}
}

// emitOthers declares what stands for kernels in builds without, where nothing calls them:
//
//	func predictSIMD(y, x, h1W, h1B *float32) { panic("iris: no kernel in this build") }
func emitOthers(f *file, pkg string, all []madeFunction) {
	for _, k := range all {
		f.declare("", jen.Id("func").Id(k.name+k.signature[len("func"):]).
			Block(jen.Panic(quoted(pkg+": no kernel in this build"))))
	}
}

// constrained puts a build constraint behind the header of a file.
func constrained(src []byte, build string) []byte {
	end := bytes.IndexByte(src, '\n') + 1
	return slices.Concat(src[:end], []byte("\n//go:build "+build+"\n"), src[end:])
}

// hasSIMD yields cpu.HasSIMD(), which tells of kernels that are there for several instruction sets.
func hasSIMD(f *file) *jen.Statement { return f.qual("cpu", "HasSIMD").Call() }

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
//	if cpu.HasSIMD() {
//		predictSIMD(&y[0], &x[0], &m.h1W[0], &m.h1B[0])
//		return
//	}
func (net *Network) madeOne(f *file) []jen.Code {
	m := net.Plan.Made
	if m == nil {
		return nil
	}
	by := func(has *jen.Statement, kernel string) jen.Code {
		return jen.If(has).Block(f.call(2, "", jen.Id(kernel), net.madeArguments()...), jen.Return())
	}
	if m.WideOne == "" {
		return one(by(hasSIMD(f), m.One))
	}
	return one(by(f.qual("cpu", "HasAVX512"), m.WideOne), by(hasSIMD(f), m.One))
}

// madeBatch yields
//
//	for n >= 16 && cpu.HasSIMD() {
//		r := min(n, laneRows) &^ 15
//		if r >= 32 && cpu.HasAVX512 {
//			r &^= 31
//			predictBatchAVX512(r, &y[0], &x[0], &m.h1W[0], &m.h1B[0])
//		} else {
//			predictBatchSIMD(r, &y[0], &x[0], &m.h1W[0], &m.h1B[0])
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
		jen.If(jen.Add(r).Op(">=").Lit(m.WideRows).Op("&&").Add(f.qual("cpu", "HasAVX512"))).
			Block(jen.Add(r).Op("&^=").Lit(m.WideRows-1), by(m.WideLanes)).Else().Block(by(m.Lanes)))
	for _, p := range append(net.inputs(), net.outputs()...) {
		body = append(body, jen.Id(p.name).Op("=").Add(behind(p.name, jen.Add(r).Op("*").Id(p.size))))
	}
	return one(
		jen.For(jen.Add(n).Op(">=").Lit(m.Rows).Op("&&").Add(hasSIMD(f))).
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
