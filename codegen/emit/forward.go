package emit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// emitForward writes the forward pass for one example and for a batch.
func (net *Network) emitForward(f *file) {
	p := net.Plan
	slots, local := len(p.One.Graph.Slots) > 0, p.One.Local()
	f.constant("batchRows is the number of examples that PredictBatch works off at a time.",
		"batchRows", jen.Lit(p.BatchRows))
	if m := p.Made; m != nil {
		f.constant(fmt.Sprintf("laneRows is the number of examples that a call of %s works off at most.", m.Lanes),
			"laneRows", jen.Lit(m.MostRows))
	}
	net.emitPredict(f, local, slots)
	net.emitPredictBatch(f, net.floatBatch())
	net.emitClassify(f)
	net.emitInterval(f)
	f.workspace("workspace1", "of one example", p.One, "")
	f.workspace("workspace", "of a batch", p.Batch, "batchRows")
	if slots && !local {
		f.pool("spaces1", "workspace1")
	}
	if slots {
		f.pool("spaces", "workspace")
	}
	net.emitForwardFunc(f, p.One, "computes the outputs of one example.", "workspace1")
	net.emitForwardFunc(f, p.Batch, "computes the outputs of n ≤ batchRows examples.", "workspace")
}

// pool yields
//
//	var spaces = sync.Pool{New: func() any { return new(workspace) }}
func (f *file) pool(name, of string) {
	f.pkg.declare("", name, Origin{})
	f.declare("", jen.Var().Id(name).Op("=").Add(f.qual("sync", "Pool")).Values(
		jen.Id("New").Op(":").Func().Params().Any().Custom(jen.Options{Open: "{", Close: "}"},
			jen.Return(jen.New(jen.Id(of))))))
}

// workspace writes the type that holds the slots of a function, if it has some; a comment tells what lives in each.
// rows is the constant that bounds the rows of the function, "" for one.
func (f *file) workspace(name, doc string, fn *plan.Func, rows string) {
	if len(fn.Graph.Slots) == 0 {
		return
	}
	var members []member
	for _, s := range fn.Graph.Slots {
		size := jen.Lit(s.Size)
		switch {
		case s.PerRow && rows != "" && s.Size == 1:
			size = jen.Id(rows)
		case s.PerRow && rows != "":
			size = jen.Id(rows).Op("*").Lit(s.Size)
		}
		members = append(members, member{name: fmt.Sprintf("s%d", s.ID), typ: numbersOf(size, s.DType), note: tenants(s)})
	}
	f.structure(name+" holds the activations "+doc+".", name, members...)
}

// tenants lists the labels of the values of a slot, shortened if they are many.
func tenants(s *ir.Slot) string {
	var names []string
	length := 0
	for i, v := range s.Values {
		name := v.Name()
		if name == "" {
			name = v.Def.Layer + " (" + v.Def.Prim.Name + ")"
		}
		if length += len(name) + 2; length > 70 {
			names = append(names, fmt.Sprintf("and %d more", len(s.Values)-i))
			break
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// ports returns the parameters for inputs and outputs, which are arrays for one example, slices for a batch.
func (net *Network) ports(single bool) []field {
	var fields []field
	var names []string
	for i := range net.Inputs {
		names = append(names, arg(net.Inputs, i, "x"))
		fields = append(fields, vars(pointer(net.inSize(i)), names[i]))
	}
	for i := range net.Outputs {
		y := arg(net.Outputs, i, "y")
		names = append(names, y)
		fields = append(fields, vars(pointer(net.outSize(i)), y))
	}
	if single {
		return fields
	}
	return []field{vars(floats(), names...)}
}

// namesOf returns the names of parameters.
func namesOf(fields []field) (names []string) {
	for _, p := range fields {
		names = append(names, p.names...)
	}
	return names
}

// emitPredict yields one of
//
//	m.forward1(x, y)
//
//	var a workspace1
//	m.forward1(x, y, &a)
//
//	a := spaces1.Get().(*workspace1)
//	m.forward1(x, y, a)
//	spaces1.Put(a)
func (net *Network) emitPredict(f *file, local, slots bool) {
	ports := net.ports(true)
	forward := func(work ...jen.Code) jen.Code {
		return f.call(1, "", jen.Id("m").Dot("forward1"), append(ids(namesOf(ports)...), work...)...)
	}
	var body []jen.Code
	switch a := f.local("a"); {
	case !slots:
		body = []jen.Code{forward()}
	case local:
		body = []jen.Code{jen.Var().Add(a).Id("workspace1"), forward(jen.Op("&").Add(a))}
	default:
		body = []jen.Code{
			jen.Add(a).Op(":=").Id("spaces1").Dot("Get").Call().Assert(jen.Op("*").Id("workspace1")),
			forward(a),
			jen.Id("spaces1").Dot("Put").Call(a),
		}
	}
	f.function("Predict computes the outputs of one example. "+net.layoutDoc()+net.numbersDoc()+
		" It does not allocate in the steady state."+net.panicsDoc(),
		function{recv: "m", of: "Model", name: "Predict", params: ports},
		together(net.checkModel("Predict"), net.checkTokens(f, net.Name+": Predict", true), net.madeOne(f), body)...)
}

// A batch says how the method is written that predicts many examples.
type batch struct {
	fn     *plan.Func
	suffix string                // of all names: "" or Int8
	slice  func() *jen.Statement // the type of the numbers of a port
}

// floatBatch is PredictBatch.
func (net *Network) floatBatch() batch { return batch{fn: net.Plan.Batch, slice: floats} }

// name returns a name of the method's file.
func (b batch) name(of string) string { return of + b.suffix }

// ports returns the parameters for the examples.
func (b batch) ports(net *Network) []field {
	var names []string
	for _, p := range append(net.inputs(), net.outputs()...) {
		names = append(names, p.name)
	}
	return []field{vars(b.slice(), names...)}
}

// emitPredictBatch yields the loop over the pieces of a batch:
//
//	for n > 0 {
//		r := min(n, batchRows)
//		m.forward(r, x[:r*InputSize], y[:r*OutputSize], a)
//		x = x[r*InputSize:]
//		y = y[r*OutputSize:]
//		n -= r
//	}
func (net *Network) emitPredictBatch(f *file, b batch) {
	n, r, a := f.local("n"), f.local("r"), f.local("a")
	slots := len(b.fn.Graph.Slots) > 0
	var next []jen.Code
	piece := []jen.Code{r}
	for _, p := range append(net.inputs(), net.outputs()...) {
		piece = append(piece, upTo(p.name, jen.Add(r).Op("*").Id(p.size)))
		next = append(next, jen.Id(p.name).Op("=").Add(behind(p.name, jen.Add(r).Op("*").Id(p.size))))
	}
	first := net.inputs()[0]
	body := []jen.Code{jen.Add(n).Op(":=").Len(jen.Id(first.name)).Op("/").Id(first.size)}
	if net.PredictWork > 0 {
		net.emitPredictShared(f, b)
	} else {
		body = append(body, net.checkBatch(f, b)...)
	}
	if b.suffix == "" {
		body = append(body, net.packInPlace()...)
		body = append(body, net.madeBatch(f)...)
	}
	if slots {
		body = append(body, jen.Add(a).Op(":=").Id(b.name("spaces")).Dot("Get").Call().Assert(
			jen.Op("*").Id(b.name("workspace"))))
		piece = append(piece, a)
	}
	loop := []jen.Code{
		jen.Add(r).Op(":=").Min(n, jen.Id(b.name("batchRows"))),
		f.call(2, "", jen.Id("m").Dot(b.fn.Name), piece...),
	}
	body = append(body, jen.For(jen.Add(n).Op(">").Lit(0)).Block(append(append(loop, next...),
		jen.Add(n).Op("-=").Add(r))...))
	if slots {
		body = append(body, jen.Id(b.name("spaces")).Dot("Put").Call(a))
	}
	doc, name := net.batchDoc(b), b.name("PredictBatch")
	if net.PredictWork > 0 {
		name = b.name("predictRows")
		doc = name + " computes the outputs of examples in pieces."
	}
	f.function(doc, function{recv: "m", of: "Model", name: name, params: b.ports(net)}, body...)
}

// packInPlace yields what packs the weights that stay in place before the first batch:
//
//	m.h1WRows.Pack(784, 128, m.h1W[:])
func (net *Network) packInPlace() []jen.Code {
	var body []jen.Code
	for _, p := range net.Plan.Params {
		if net.staysInPlace(p) {
			body = append(body, jen.Id("m").Dot(rowsField(p)).Dot("Pack").Call(jen.Lit(p.Layout.K), jen.Lit(p.Layout.N),
				parameter("m", p.Param).head.Index(jen.Op(":"))))
		}
	}
	return body
}

// batchDoc is the contract of PredictBatch.
func (net *Network) batchDoc(b batch) string {
	first, how := net.inputs()[0], ". The bits are those\nof Predict"
	if b.suffix != "" {
		how = ", with whole numbers alone:\nthose of " + b.name("Predict")
	}
	return b.name("PredictBatch") + " computes the outputs of len(" + first.name + ")/" + first.size +
		" examples, stored one after another" + how + ". Outputs may not overlap inputs. It does not allocate in the " +
		"steady state. It panics if the lengths do\nnot agree, and where " + b.name("Predict") + " does."
}

// checkBatch yields what panics if the lengths of a batch of n examples disagree, and where Predict does.
func (net *Network) checkBatch(f *file, b batch) []jen.Code {
	return net.checkRows(f, b.name("PredictBatch"), "")
}

// checkRows is checkBatch of a function, with the constants of sizes behind a prefix.
func (net *Network) checkRows(f *file, name, prefix string) []jen.Code {
	var conds []jen.Code
	for _, p := range append(net.inputs(), net.outputs()...) {
		conds = append(conds, jen.Len(jen.Id(p.name)).Op("!=").Id("n").Op("*").Id(prefix+p.size))
	}
	lengths := jen.If(f.or(1, "if ", conds...)).Block(jen.Panic(quoted(net.Name + ": " + name +
		": lengths of inputs and outputs disagree")))
	return together(net.checkModel(name), one(lengths), net.checkTokens(f, net.Name+": "+name, false))
}

// checkModel yields
//
//	if m == nil || !m.ready {
//		panic("digits: Predict: the Model is nil or zero; New, Load and Default return others")
//	}
func (net *Network) checkModel(name string) []jen.Code {
	return one(jen.If(jen.Id("m").Op("==").Nil().Op("||").Op("!").Id("m").Dot("ready")).Block(
		jen.Panic(quoted(net.Name + ": " + name + ": the Model is nil or zero; New, Load and Default return others"))))
}

// numbersDoc says what becomes of numbers that are none, and what must be of arrays.
func (net *Network) numbersDoc() string {
	const apart = "Outputs may not overlap inputs."
	switch {
	case net.Int8:
		return "NaN counts as the least number of an input. " + apart
	case slices.ContainsFunc(net.Inputs, func(p Port) bool { return net.Plan.Tokens(p.Name) == 0 }):
		return "NaN and infinities pass through as IEEE 754 has it. " + apart
	}
	return apart
}

// emitPredictShared writes PredictBatch for several workers, each of whom has a range of the examples:
//
//	count := workers.Count(most, int64(n)*6464)
//	if count == 1 {
//		m.predictRows(x, y)
//		return
//	}
//	b := sharedBatches.Get().(*sharedBatch)
//	b.m = m
//	b.x = x
//	b.y = y
//	b.team.Run(b, count, (*sharedBatch).predict)
//	b.m = nil
//	b.x = nil
//	b.y = nil
//	sharedBatches.Put(b)
func (net *Network) emitPredictShared(f *file, of batch) {
	ports := append(net.inputs(), net.outputs()...)
	predict, limited, rows := of.name("PredictBatch"), of.name("PredictBatchWorkers"), of.name("predictRows")
	shared, pool := of.name("sharedBatch"), of.name("sharedBatches")
	first := ports[0]
	n, count, b := f.local("n"), f.local("count"), f.local("b")
	members := []member{
		{name: "team", typ: f.qual("workers", "Team").Index(jen.Id(shared))},
		{name: "m", typ: jen.Op("*").Id("Model"), note: "and below it the examples"},
	}
	give := []jen.Code{jen.Add(b).Dot("m").Op("=").Id("m")}
	take := []jen.Code{jen.Add(b).Dot("m").Op("=").Nil()}
	var share []jen.Code
	for _, p := range ports {
		members = append(members, member{name: p.name, typ: of.slice()})
		give = append(give, jen.Add(b).Dot(p.name).Op("=").Id(p.name))
		take = append(take, jen.Add(b).Dot(p.name).Op("=").Nil())
		share = append(share, jen.Id("b").Dot(p.name).Index(jen.Id("lo").Op("*").Id(p.size).Op(":").Id("hi").Op("*").
			Id(p.size)))
	}
	params := of.ports(net)
	f.function(net.batchDoc(of)+
		"\nGOMAXPROCS goroutines share the examples out, or fewer where there is little to do; see "+limited+".",
		function{recv: "m", of: "Model", name: predict, params: params},
		f.call(1, "", jen.Id("m").Dot(limited), append(ids(namesOf(params)...), jen.Lit(0))...))
	f.function(limited+" is "+predict+" by at most some goroutines, GOMAXPROCS if most is 0 or less: 1\n"+
		"keeps the work in the caller's, for a program that calls it from many. The bits do not depend on it. No goroutine\n"+
		"outlives the call by more than the time for which it looks for the next. It panics where "+predict+" does.",
		function{recv: "m", of: "Model", name: limited, params: append(params, vars(jen.Int(), "most"))},
		together(one(
			jen.Add(n).Op(":=").Len(jen.Id(first.name)).Op("/").Id(first.size)),
			net.checkBatch(f, of), one(
				jen.Add(count).Op(":=").Add(f.qual("workers", "Count")).Call(jen.Id("most"),
					jen.Int64().Call(n).Op("*").Add(wide(net.PredictWork))),
				jen.If(jen.Add(count).Op("==").Lit(1)).Block(
					f.call(2, "", jen.Id("m").Dot(rows), ids(namesOf(params)...)...),
					jen.Return()),
				jen.Add(b).Op(":=").Id(pool).Dot("Get").Call().Assert(jen.Op("*").Id(shared))),
			give,
			one(jen.Add(b).Dot("team").Dot("Run").Call(b, count, jen.Parens(jen.Op("*").Id(shared)).Dot("predict"))),
			take,
			one(jen.Id(pool).Dot("Put").Call(b)))...)
	f.structure(shared+" is what the workers of a "+predict+" share.", shared, members...)
	f.pool(pool, shared)
	f.function("predict computes the outputs of a worker's share of the examples.",
		function{recv: "b", of: shared, name: "predict", params: []field{vars(f.qual("workers", "Share"), "s")}},
		jen.List(f.local("lo"), f.local("hi")).Op(":=").Id("s").Dot("Range").Call(
			jen.Len(jen.Id("b").Dot(first.name)).Op("/").Id(first.size), jen.Lit(1)),
		f.call(1, "", jen.Id("b").Dot("m").Dot(rows), share...))
}

// classifies tells whether there is a method that names the best class of an output.
func (net *Network) classifies(p Port) bool {
	return len(p.Classes) > 0 && net.Steps <= 1 && !p.NextToken
}

// declinesInputs tells whether the method that names a class has to look for inputs that are NaN: integers have none, so
// that outputs do not tell of them.
func (net *Network) declinesInputs(p Port) bool { return net.Int8 && p.Confidence > 0 }

// emitClassify writes for each output with labels the method that names the best one.
func (net *Network) emitClassify(f *file) {
	for i, p := range net.Outputs {
		if !net.classifies(p) {
			continue
		}
		name := "Classify"
		if len(net.Outputs) > 1 {
			name += p.Ident
		}
		var body []jen.Code
		var args []jen.Code
		var params []field
		for j := range net.Inputs {
			x := arg(net.Inputs, j, "x")
			params = append(params, vars(pointer(net.inSize(j)), x))
			args = append(args, jen.Id(x))
		}
		for j := range net.Outputs {
			y := f.local(arg(net.Outputs, j, "y"))
			body = append(body, jen.Var().Add(y).Add(array(net.outSize(j))))
			args = append(args, jen.Op("&").Add(y))
		}
		label := func(class *jen.Statement) *jen.Statement { return net.label(i, class) }
		if net.declinesInputs(p) {
			for j, in := range net.Inputs {
				if net.Plan.Tokens(in.Name) == 0 {
					v := f.local("v")
					body = append(body, jen.For(jen.List(jen.Id("_"), v).Op(":=").Range().Id(arg(net.Inputs, j, "x"))).Block(
						jen.If(v.Clone().Op("!=").Add(v)).Block(jen.Return(label(jen.Lit(0)), v, jen.False()))))
				}
			}
		}
		body = append(body, f.call(1, "", jen.Id(net.model().recv).Dot("Predict"), args...))
		doc := "the most probable class of one example and its probability."
		results := []field{vars(jen.String(), "label"), vars(jen.Float32(), "probability")}
		choice := func(label, probability jen.Code) *jen.Statement { return jen.Return(label, probability) }
		if p.Confidence > 0 {
			results = append(results, vars(jen.Bool(), "sure"))
			choice = func(label, probability jen.Code) *jen.Statement {
				return jen.Return(label, probability, jen.Add(probability).Op(">=").Add(float32Lit(p.Confidence)))
			}
		}
		y := jen.Id(arg(net.Outputs, i, "y"))
		if p.Task == "binary" {
			doc = "the more probable class of one example and its probability."
			if p.Threshold != nil {
				doc = "the class of one example and its probability: " + clipped(p.Classes[1]) +
					" from the threshold of\nthe weights on, which nngen train chooses, and a training by other means leaves at ½."
				if p.Threshold.Values != nil {
					doc = fmt.Sprintf("the class of one example and its probability: %s from %v on.",
						clipped(p.Classes[1]), float32(p.Threshold.Values[0]))
				}
			}
			least := jen.Lit(0.5)
			if p.Threshold != nil {
				least = net.number(p.Threshold, jen.Lit(0))
			}
			body = append(body, binaryClass(y, label, least, choice)...)
		} else {
			best := f.local("best")
			body = append(body,
				jen.Add(best).Op(":=").Add(f.qual("vec", "ArgMax")).Call(y.Clone().Index(jen.Op(":"))),
				choice(label(best), y.Clone().Index(best)))
		}
		if p.Confidence > 0 {
			doc += fmt.Sprintf(" It is not sure, and declines to choose, below a probability of\n%s.",
				strconv.FormatFloat(p.Confidence, 'g', -1, 32))
		}
		h := net.model()
		h.name, h.params, h.origin, h.results = name, params, p.origin(), results
		none := "Of outputs that are NaN the probability is NaN."
		switch {
		case net.declinesInputs(p):
			none = "Of inputs that are NaN the probability is NaN, and it is not sure."
		case p.Confidence > 0:
			none = "Of outputs that are NaN the probability is NaN, and it is not sure."
		}
		f.function(name+" returns "+doc+" "+none+" It panics where Predict does.", h, body...)
	}
}

// emitInterval writes for each output with intervals the method that computes them:
//
//	var y [OutputSize]float32
//	m.Predict(x, &y)
//	for j, r := range m.yInterval {
//		low[j], high[j] = y[j]-r, y[j]+r
//	}
//
// and with quantiles, whose radius may be below 0:
//
//	a, b := y[j]-r, y[2+j]+r
//	low[j], high[j] = min(a, b), max(a, b)
//
// Where intervals are made by a factor, it is y[j]/r and y[j]*r.
func (net *Network) emitInterval(f *file) {
	for i, p := range net.Outputs {
		if p.Radius == nil {
			continue
		}
		name := "PredictInterval"
		if len(net.Outputs) > 1 {
			name += p.Ident
		}
		var body, args []jen.Code
		var params []field
		for j := range net.Inputs {
			x := arg(net.Inputs, j, "x")
			params, args = append(params, vars(pointer(net.inSize(j)), x)), append(args, jen.Id(x))
		}
		for j := range net.Outputs {
			y := f.local(arg(net.Outputs, j, "y"))
			body, args = append(body, jen.Var().Add(y).Add(array(net.outSize(j)))), append(args, jen.Op("&").Add(y))
		}
		targets := p.Radius.Size()
		bounds := pointer(net.outSize(i))
		if p.Quantiles != nil {
			bounds = jen.Op("*").Index(jen.Lit(targets)).Float32()
		}
		params = append(params, vars(bounds, "low", "high"))
		y, j, r := jen.Id(arg(net.Outputs, i, "y")), f.local("j"), f.local("r")
		at := func(name string) *jen.Statement { return jen.Id(name).Index(j) }
		less, more, made := "-", "+", ""
		if p.Ratio {
			less, more, made = "/", "*", ", divided and multiplied by a factor"
		}
		low, high := y.Clone().Index(j).Op(less).Add(r), y.Clone().Index(j).Op(more).Add(r)
		loop := []jen.Code{jen.List(at("low"), at("high")).Op("=").List(low, high)}
		of := "the prediction"
		if k := len(p.Quantiles); k > 0 {
			of = "its first and last quantile"
			high = y.Clone().Index(jen.Lit((k - 1) * targets).Op("+").Add(j)).Op(more).Add(r)
			a, b := f.local("a"), f.local("b")
			loop = []jen.Code{jen.List(a, b).Op(":=").List(low, high),
				jen.List(at("low"), at("high")).Op("=").List(jen.Min(a, b), jen.Max(a, b))}
		}
		h := net.model()
		h.name, h.params, h.origin = name, params, p.origin()
		body = append(body, f.call(1, "", jen.Id(h.recv).Dot("Predict"), args...), net.forNumbers(p.Radius, j, r, loop))
		f.function(fmt.Sprintf("%s computes an interval for each target of %s, from low to high, that holds it with a "+
			"probability of %v\n"+
			"for examples like those of the validation set that it was fitted to: %s, and around it what the weights say%s.\n"+
			"Weights that nngen train did not fit have intervals that hold everything (Romano, Patterson and Candès, "+
			"Conformalized Quantile Regression, NeurIPS 2019). "+
			"It panics where Predict does.", name, clipped(p.Name), p.Interval, of, made),
			h, body...)
	}
}

// model returns the receiver of the methods that predict.
func (net *Network) model() function {
	if net.Tiny {
		return function{recv: "a", of: "Workspace"}
	}
	return function{recv: "m", of: "Model"}
}

// label yields the label of a class of an output: Classes[best], or Class(best) of a tiny package.
func (net *Network) label(output int, class *jen.Statement) *jen.Statement {
	if net.Tiny {
		return jen.Id(net.className(output)).Call(class)
	}
	return jen.Id(net.classesName(output)).Index(class)
}

// number yields an element of a constant that predictions are read by: m.yThreshold[0], or yThreshold.At(0).
func (net *Network) number(p *ir.Param, i jen.Code) *jen.Statement {
	if net.Tiny {
		return jen.Id(lower(p.Ident)).Dot("At").Call(i)
	}
	return parameter("m", p).head.Index(i)
}

// forNumbers yields one of
//
//	for j, r := range m.yInterval {
//
//	for j := range low {
//		r := yInterval.At(j)
func (net *Network) forNumbers(p *ir.Param, j, r *jen.Statement, body []jen.Code) *jen.Statement {
	if net.Tiny {
		return jen.For(jen.Add(j).Op(":=").Range().Id("low")).Block(append(one(jen.Add(r).Op(":=").Add(net.number(p, j))),
			body...)...)
	}
	return jen.For(jen.List(j, r).Op(":=").Range().Add(parameter("m", p).head)).Block(body...)
}

// binaryClass yields
//
//	if y[0] >= 0.5 {
//		return Classes[1], y[0]
//	}
//	return Classes[0], 1 - y[0]
//
// or the same with another threshold.
func binaryClass(y *jen.Statement, label func(class *jen.Statement) *jen.Statement, least *jen.Statement,
	choice func(label, probability jen.Code) *jen.Statement) []jen.Code {
	p := y.Clone().Index(jen.Lit(0))
	return []jen.Code{
		jen.If(p.Clone().Op(">=").Add(least)).Block(choice(label(jen.Lit(1)), p)),
		choice(label(jen.Lit(0)), jen.Lit(1).Op("-").Add(p)),
	}
}

// emitForwardFunc writes the method that computes predictions.
func (net *Network) emitForwardFunc(f *file, fn *plan.Func, doc, work string) {
	params := net.ports(fn.Single)
	if !fn.Single {
		params = append([]field{vars(jen.Int(), "n")}, params...)
	}
	if len(fn.Graph.Slots) > 0 {
		params = append(params, vars(jen.Op("*").Id(work), "a"))
	}
	net.emitMethod(f, fn, doc, params)
}

// emitMethod writes a function of the plan as a method of the model.
func (net *Network) emitMethod(f *file, fn *plan.Func, doc string, params []field) {
	f.pass(fn, doc, function{recv: "m", of: "Model", name: fn.Name, params: params}, nil)
}

// pass writes a function of the plan, in pieces if it is long, and statements before it.
func (f *file) pass(fn *plan.Func, doc string, h function, before []jen.Code) {
	name := h.name
	p := printer{f: f, fn: fn}
	all := passPieces(fn)
	if len(all) == 1 {
		f.function(name+" "+doc, h, append(before, p.paragraphs(all[0])...)...)
		return
	}
	calls := before
	for i := range all {
		calls = append(calls, h.callPiece(i))
	}
	f.function(name+" "+doc, h, calls...)
	for i, piece := range all {
		h.name = pieceName(name, i)
		f.function(pieceDoc(name, i, len(all)), h, p.paragraphs(piece)...)
	}
}
