package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// Border says what the int8 numbers of an input or an output stand for: see package quant.
type Border struct {
	Scale, Offset float64
	Zero          int
	Whole         bool
	Of            string
	Bytes         []int8
	Threshold     int
}

// Borders are those of all inputs and outputs.
type Borders struct{ In, Out []Border }

// int8Ports returns the parameters of a prediction from int8 numbers to int8 numbers.
func (net *Network) int8Ports() (fields []field) {
	for _, p := range append(net.inputs(), net.outputs()...) {
		fields = append(fields, vars(jen.Op("*").Add(int8s(p.size)), p.name))
	}
	return fields
}

// int8s yields [InputSize]int8.
func int8s(size string) *jen.Statement { return numbersOf(jen.Id(size), ir.Int8) }

// emitIntegers writes what predicts from int8 numbers to int8 numbers, with whole numbers alone.
func (net *Network) emitIntegers(f *file) {
	if b := net.Borders; b != nil {
		for i := range net.Inputs {
			net.emitBorder(f, net.Inputs, i, "Input", b.In[i])
		}
		for i := range net.Outputs {
			net.emitBorder(f, net.Outputs, i, "Output", b.Out[i])
		}
	}
	fn := net.Plan.Core
	doc := "computes the outputs of one example from int8 numbers, with whole numbers alone: those between the\n" +
		"quantisation of the inputs and of the outputs in Predict, bit by bit. Outputs may not overlap inputs. It does " +
		"not allocate"
	if net.Tiny {
		f.tinyspace("WorkspaceInt8", "PredictInt8", fn)
		h := function{recv: "a", of: "WorkspaceInt8", name: "PredictInt8", params: net.int8Ports()}
		if !net.trained() {
			f.function(h.name+" "+doc+". The package has no weights yet: it panics.", h, net.noWeights(h.name))
		} else {
			f.pass(fn, doc+"."+net.panicsDoc(), h, nil)
		}
		net.emitClassifyInt8(f)
		return
	}
	net.emitPredictInt8(f, doc)
	net.emitPredictBatch(f, net.int8Batch())
	net.emitClassifyInt8(f)
	f.workspace("workspace1Int8", "of one example in whole numbers", fn, "")
	f.workspace("workspaceInt8", "of a batch in whole numbers", net.Plan.CoreBatch, "batchRowsInt8")
	if len(fn.Graph.Slots) > 0 {
		f.pool("spacesInt8", "workspaceInt8")
	}
	net.emitCore(f, fn, "computes the outputs of one example.", net.int8Ports(), "workspace1Int8")
	net.emitCore(f, net.Plan.CoreBatch, "computes the outputs of n ≤ batchRowsInt8 examples.",
		append([]field{vars(jen.Int(), "n")}, net.int8Batch().ports(net)...), "workspaceInt8")
}

// int8Batch is PredictBatchInt8.
func (net *Network) int8Batch() batch {
	return batch{fn: net.Plan.CoreBatch, suffix: "Int8", slice: func() *jen.Statement { return jen.Index().Int8() }}
}

// emitPredictInt8 writes the method as Predict is written: see emitPredict.
func (net *Network) emitPredictInt8(f *file, doc string) {
	f.constant("batchRowsInt8 is the number of examples that PredictBatchInt8 works off at a time.",
		"batchRowsInt8", jen.Lit(net.Plan.CoreRows))
	fn, ports := net.Plan.Core, net.int8Ports()
	call := func(work ...jen.Code) jen.Code {
		return f.call(1, "", jen.Id("m").Dot(fn.Name), append(ids(namesOf(ports)...), work...)...)
	}
	body := net.checkModel("PredictInt8")
	switch a := f.local("a"); {
	case len(fn.Graph.Slots) == 0:
		body = append(body, call())
	case fn.Local():
		body = append(body, jen.Var().Add(a).Id("workspace1Int8"), call(jen.Op("&").Add(a)))
	default:
		f.pool("spaces1Int8", "workspace1Int8")
		body = append(body, jen.Add(a).Op(":=").Id("spaces1Int8").Dot("Get").Call().Assert(jen.Op("*").Id("workspace1Int8")),
			call(a), jen.Id("spaces1Int8").Dot("Put").Call(a))
	}
	f.function("PredictInt8 "+doc+" in the\nsteady state."+net.panicsDoc(),
		function{recv: "m", of: "Model", name: "PredictInt8", params: ports}, body...)
}

// emitCore writes a function of the plan that computes with whole numbers alone, in memory of a type, as a method of
// the model.
func (net *Network) emitCore(f *file, fn *plan.Func, doc string, params []field, work string) {
	if len(fn.Graph.Slots) > 0 {
		params = append(params, vars(jen.Op("*").Id(work), "a"))
	}
	net.emitMethod(f, fn, doc, params)
}

// pointed is float with a decimal point for a whole number, so that divisions by it are not those of whole numbers.
func pointed(v float64) *jen.Statement {
	text := fmt.Sprint(v)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return jen.Id(text)
}

// borderName begins the names of the constants of a port.
func borderName(ports []Port, i int, single string) string {
	return strings.TrimSuffix(sizeName(ports, i, single), "Size")
}

// emitBorder yields
//
//	// A number q of image in PredictInt8 stands for InputScale·(q − InputZero) in Predict.
//	const (
//		InputScale = 1.0000000149
//		InputZero  = -128
//	)
//
// and what turns a byte into such a number.
func (net *Network) emitBorder(f *file, ports []Port, i int, single string, b Border) {
	name, p := borderName(ports, i, single), ports[i]
	var defs []jen.Code
	define := func(part string, value jen.Code) string {
		f.pkg.declare("", name+part, p.origin())
		defs = append(defs, jen.Id(name+part).Op("=").Add(value))
		return name + part
	}
	means := fmt.Sprintf("%s·(q − %s)", define("Scale", pointed(b.Scale)), define("Zero", jen.Lit(b.Zero)))
	if b.Offset != 0 {
		means = define("Offset", pointed(b.Offset)) + " + " + means
	}
	of := "in Predict"
	switch {
	case !b.Whole && single == "Input":
		of = fmt.Sprintf("behind the preprocessing of Predict (layer %s, whose numbers are among the weights)", inline(b.Of))
	case !b.Whole:
		of = fmt.Sprintf("in the output of layer %s, before the layers in float32 that Predict computes from it",
			inline(b.Of))
	}
	f.declare(fmt.Sprintf("A number q of %s in PredictInt8 stands for %s %s, with the embedded weights.", clipped(p.Name),
		means, of),
		jen.Const().Defs(defs...))
	if b.Bytes == nil {
		return
	}
	function := function{name: "QuantizeByte", params: []field{vars(jen.Uint8(), "v")},
		results: []field{vars(jen.Int8())}, origin: p.origin()}
	if len(ports) > 1 {
		function.name += p.Ident
	}
	doc := fmt.Sprintf("%s returns the number of %s in PredictInt8 for a number from 0 to 255 in Predict, such as a "+
		"pixel, as Predict\n"+
		"quantises it, without floating point.", function.name, clipped(p.Name))
	plain := true
	for v, q := range b.Bytes {
		plain = plain && int(q) == v-128
	}
	if plain {
		f.function(doc, function, jen.Return(jen.Int8().Call(jen.Id("v").Op("-").Lit(128))))
		return
	}
	table := lower(name) + "Bytes"
	var lines []string
	for at := 0; at < len(b.Bytes); at += bytesPerLine {
		var line strings.Builder
		for _, q := range b.Bytes[at:min(at+bytesPerLine, len(b.Bytes))] {
			fmt.Fprintf(&line, `\x%02x`, uint8(q))
		}
		lines = append(lines, `"`+line.String()+`"`)
	}
	f.pkg.declare("", table, p.origin())
	f.declare(table+" are the results of "+function.name+".", jen.Const().Id(table).Op("= "+sum(lines)))
	f.function(doc, function, jen.Return(jen.Int8().Call(jen.Id(table).Index(jen.Id("v")))))
}

// emitClassifyInt8 writes for each output with labels the method that chooses one:
//
//	var y [OutputSize]int8
//	m.PredictInt8(x, &y)
//	best := 0
//	for j, v := range y {
//		if v > y[best] {
//			best = j
//		}
//	}
//	return best
func (net *Network) emitClassifyInt8(f *file) {
	for i, p := range net.Outputs {
		if !net.classifiesInt8(i) {
			continue
		}
		var params []field
		var body, args []jen.Code
		for _, x := range net.inputs() {
			params, args = append(params, vars(jen.Op("*").Add(int8s(x.size)), x.name)), append(args, jen.Id(x.name))
		}
		for _, y := range net.outputs() {
			body = append(body, jen.Var().Add(f.local(y.name)).Add(int8s(y.size)))
			args = append(args, jen.Op("&").Id(y.name))
		}
		h := net.model()
		h.name, h.params, h.origin, h.results = "ClassifyInt8", params, p.origin(), []field{vars(jen.Int())}
		if len(net.Outputs) > 1 {
			h.name += p.Ident
		}
		if net.Tiny {
			h.of = "WorkspaceInt8"
		}
		body = append(body, f.call(1, "", jen.Id(h.recv).Dot("PredictInt8"), args...))
		y, doc := net.outputs()[i].name, "the most probable class of one example, the first of several"
		if p.Task == "binary" {
			doc = "the class of one example"
			body = append(body, jen.If(jen.Int().Call(jen.Id(y).Index(jen.Lit(0))).Op(">=").Lit(net.Borders.Out[i].Threshold)).
				Block(jen.Return(jen.Lit(1))), jen.Return(jen.Lit(0)))
		} else {
			best, j, v := f.local("best"), f.local("j"), f.local("v")
			body = append(body, jen.Add(best).Op(":=").Lit(0),
				jen.For(jen.List(j, v).Op(":=").Range().Id(y)).Block(
					jen.If(jen.Add(v).Op(">").Id(y).Index(best)).Block(jen.Add(best).Op("=").Add(j))),
				jen.Return(best))
		}
		f.function(fmt.Sprintf("%s returns the number of %s, with whole numbers alone: that which Classify chooses, sure "+
			"or not.\n"+
			"It panics where PredictInt8 does.", h.name, doc), h, body...)
	}
}

// classifiesInt8 tells whether there is a method that chooses the class of an output by whole numbers.
func (net *Network) classifiesInt8(i int) bool {
	return net.classifies(net.Outputs[i]) && (net.Outputs[i].Task != "binary" || net.Borders != nil)
}

// emitIntegersTest writes the self-tests of predictions in whole numbers:
//
//	for i := range n {
//		x := [InputSize]float32(g.Get(t, "x.image")[i*InputSize:])
//		var qx [InputSize]int8
//		g.Int8(t, "int8.x.image", i*InputSize, qx[:])
//		var qy [OutputSize]int8
//		m.PredictInt8(&qx, &qy)
//		g.SameInt8(t, "int8.y.garment", i*OutputSize, qy[:])
//		if class, _ := m.Classify(&x); Classes[m.ClassifyInt8(&qx)] != class {
//			t.Errorf("example %d: Classify and ClassifyInt8 choose other classes", i)
//		}
//	}
func (net *Network) emitIntegersTest(f *file) {
	i, t, g := jen.Id("i"), jen.Id("t"), jen.Id("g")
	recv, whole := net.model().recv, net.model().recv
	open, work := one(f.vectors("t", "n")), []jen.Code(nil)
	if net.Tiny {
		whole = "b"
		open, work = net.openExamples(f), one(jen.Var().Add(f.local("b")).Id("WorkspaceInt8"))
	}
	var vars, floats, in, args, checks []jen.Code
	for _, x := range net.inputs() {
		name := "q" + x.name
		vars = append(vars, jen.Var().Add(f.local(name)).Add(int8s(x.size)),
			f.call(2, "", jen.Add(g).Dot("Int8"), t, quoted("int8."+x.tensor), jen.Add(i).Op("*").Id(x.size), all(name)))
		floats, in = append(floats, jen.Op("&").Id(x.name)), append(in, jen.Op("&").Id(name))
	}
	args = append(args, in...)
	classes := false
	for k, y := range net.outputs() {
		name := "q" + y.name
		vars = append(vars, jen.Var().Add(f.local(name)).Add(int8s(y.size)))
		args = append(args, jen.Op("&").Id(name))
		checks = append(checks, f.call(2, "", jen.Add(g).Dot("SameInt8"), t, quoted("int8."+y.tensor),
			jen.Add(i).Op("*").Id(y.size), all(name)))
		if !net.classifiesInt8(k) {
			continue
		}
		classes = true
		suffix := ""
		if len(net.Outputs) > 1 {
			suffix = net.Outputs[k].Ident
		}
		class, blank := f.local("class"), jen.Id("_")
		results := one(class, blank)
		if net.Outputs[k].Confidence > 0 {
			results = append(results, blank)
		}
		checks = append(checks, jen.If(jen.List(results...).Op(":=").Id(recv).Dot("Classify"+suffix).Call(floats...),
			net.label(k, jen.Id(whole).Dot("ClassifyInt8"+suffix).Call(in...)).Op("!=").Add(class)).Block(
			jen.Add(t).Dot("Errorf").Call(quoted("example %d: Classify"+suffix+" and ClassifyInt8"+suffix+
				" choose other classes"), i)))
	}
	if classes {
		vars = append(net.example(f, "t", i)[:len(net.Inputs)], vars...)
		if net.Tiny {
			work = append(work, jen.Var().Add(f.local("a")).Id("Workspace"))
		}
	}
	predict := f.call(2, "", jen.Id(whole).Dot("PredictInt8"), args...)
	f.test("holds the outputs in whole numbers against those of the reference,\nwhich are exact, and the classes against "+
		"those that float32 gives.", "TestPredictInt8HasTheNumbersOfTheReference",
		together(open, one(f.forExamples(together(work, vars, one(predict), checks)...)))...)
	if !net.Tiny {
		net.emitBatchInt8Test(f)
	}
}

// emitBatchInt8Test writes the self-test of batches in whole numbers:
//
//	m, g, n := vectors(t)
//	rows := (batchRowsInt8/n + 1) * n
//	batchX := make([]int8, rows*InputSize)
//	batchY := make([]int8, rows*OutputSize)
//	for i := range rows {
//		g.Int8(t, "int8.x.image", i%n*InputSize, batchX[i*InputSize:][:InputSize])
//	}
//	m.PredictBatchInt8(batchX, batchY)
//	for i := range rows {
//		g.SameInt8(t, "int8.y.garment", i%n*OutputSize, batchY[i*OutputSize:][:OutputSize])
//	}
func (net *Network) emitBatchInt8Test(f *file) {
	i, t, b := jen.Id("i"), jen.Id("t"), net.int8Batch()
	var vars, reads, checks, args []jen.Code
	port := func(p port, method string) jen.Code {
		return f.call(2, "", jen.Id("g").Dot(method), t, quoted("int8."+p.tensor),
			jen.Add(i).Op("%").Id("n").Op("*").Id(p.size),
			behind("batch"+upper(p.name), jen.Add(i).Op("*").Id(p.size)).Index(jen.Op(":").Id(p.size)))
	}
	for k, p := range append(net.inputs(), net.outputs()...) {
		vars = append(vars, f.local("batch"+upper(p.name)).Op(":=").Make(b.slice(), jen.Id("rows").Op("*").Id(p.size)))
		args = append(args, jen.Id("batch"+upper(p.name)))
		if k < len(net.Inputs) {
			reads = append(reads, port(p, "Int8"))
		} else {
			checks = append(checks, port(p, "SameInt8"))
		}
	}
	predict := func(depth int) *jen.Statement { return f.call(depth, "", jen.Id("m").Dot("PredictBatchInt8"), args...) }
	rows := func(body []jen.Code) jen.Code { return jen.For(jen.Add(i).Op(":=").Range().Id("rows")).Block(body...) }
	f.test("predicts more examples at once than a piece has.", "TestPredictBatchInt8HasTheNumbersOfTheReference",
		together(one(f.vectors("t", "n"), f.beyond("rows", jen.Id("batchRowsInt8"))), vars, one(
			rows(reads), predict(1), rows(checks),
			f.allocates(100, "PredictBatchInt8", ">=", 1, predict(0))))...)
}
