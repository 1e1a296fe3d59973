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

// TrainPackage writes the training package, below the folder of its name.
func TrainPackage(net *Network) (Files, error) {
	name := net.Name + "train"
	sources := []source{
		{name: name + ".go", write: net.emitTrainer, doc: net.trainDoc()},
		{name: "gradient.go", write: net.emitGradient},
		{name: "evaluate.go", write: net.emitEvaluate},
		{name: "fit.go", write: net.emitFit},
		{name: name + "_test.go", write: net.emitTrainTest},
	}
	if net.Trace {
		sources = append(sources, source{name: "trace.go", write: net.emitTrace})
	}
	files, err := net.writePackage(net.ImportPath+"/"+name, name, sources)
	return files.Rename(name), err
}

// trainDoc returns the package doc, with the ways to train.
func (net *Network) trainDoc() string {
	name := net.Name + "train"
	var x, y []string
	var arrays [][]string
	for i := range net.Inputs {
		x = append(x, arg(net.Inputs, i, "x"))
		what := "inputs"
		if len(net.Inputs) > 1 {
			what = net.Inputs[i].Name
		}
		if len(net.Train.Preprocess[i]) > 0 {
			what += ", before any preprocessing"
		}
		arrays = append(arrays, []string{x[i], net.Name + "." + net.inSize(i), what})
	}
	for i, p := range net.Outputs {
		y = append(y, arg(net.Outputs, i, "y"))
		what := "targets of "
		if len(net.Outputs) > 1 {
			what += p.Name
		} else {
			what = "targets"
		}
		arrays = append(arrays, []string{y[i], net.Name + "." + net.outSize(i), what + net.targetDoc(p)})
	}
	args := strings.Join(append(x[:len(x):len(x)], y...), ", ")
	var b strings.Builder
	fmt.Fprintf(&b, `Package %[1]s trains the network of package %[2]s. The same seed, examples and options give the same bits on every machine.

	t := %[1]s.New(%[1]s.Seed)

Examples lie one after another, each with

`, name, net.Name)
	for _, line := range align(arrays, 3) {
		fmt.Fprintf(&b, "\t%s\n", line)
	}
	fmt.Fprintf(&b, `
# All at once

Fit trains as the spec says; here on n examples, and without any for validation:

	set := %[1]s.Set{N: n, X: [][]float32{%[2]s}, Y: [][]float32{%[3]s}}
	history, err := t.Fit(ctx, set, %[1]s.Set{}, %[1]s.Options())
`, name, strings.Join(x, ", "), strings.Join(y, ", "))
	if m := net.Train.Monitor; strings.HasPrefix(m, "val_") {
		fmt.Fprintf(&b, "\nEarly stopping goes by %s, so it needs examples for validation.\n", m)
	}
	fmt.Fprintf(&b, `
Fit stops when ctx ends, after the step in progress: a program may pass that of signal.NotifyContext. Callbacks of the
options hear of each step and epoch. Evaluate measures other examples:

	metrics, err := t.Evaluate(test)

# Interruptions

With its progress in a file, a training that was interrupted goes on, to the same bits:

	o := %[1]s.Options()
	o.OnProgress = func(p *%[1]s.Progress) error { return p.Save("progress") }
	o.Resume, err = %[1]s.LoadProgress("progress") // once there is one
`, name)
	b.WriteString("\n# Step by step\n\nBatches and learning rates may be your own; Step is Gradient, then Apply")
	if before := net.fitsBefore(x, y); before != nil {
		fmt.Fprintf(&b,
			". The constants of\n"+
				"the preprocessing and of standardized targets come from the whole training set before, which Fit does itself:\n"+
				"\n\t%s\n", strings.Join(before, "\n\t"))
	} else {
		b.WriteString(":\n\n")
	}
	fmt.Fprintf(&b, `	t.LR = 0.01
	loss := t.Step(%s, nil)
	err = t.Save("progress") // Load goes on from there, to the same bits

# What comes of it

The weights become a model, or a file, which nngen compile embeds as weights.safetensors:

	m := %s.New(&t.Weights)
	err = t.Weights.Save("weights.safetensors")
`, args, net.Name)
	if net.Undecided != nil {
		b.WriteString("\nTrained so they lack what nngen train chooses by validation examples when a training is over: " +
			"see Undecided.\n")
	}
	if net.chunked() {
		fmt.Fprintf(&b, `
# Several processes

Up to Chunks processes share a training, on one machine or several: each calls Join, and gives the same examples,
options and batches as the others. All of them come to the bits of one process:

	err = t.Join(rank, size, reduce) // before Fit or the first Step
`)
	}
	b.WriteString("\n# Goroutines\n\nA Trainer belongs to one goroutine. ")
	if net.workers() {
		b.WriteString("It shares the work of a step, and that of Evaluate, out to as many as its field\nWorkers says, " +
			"or GOMAXPROCS if that is 0; the bits do not depend on it.\n")
	} else {
		b.WriteString("That does all the work: a step of this network is too small to share out.\n")
	}
	b.WriteString("\nOf the zero Trainer all numbers are 0. Functions panic where they say so, and at nil pointers.\n")
	return b.String()
}

// fitsBefore returns the calls that fit constants to the training set; nil if there are none.
func (net *Network) fitsBefore(x, y []string) (calls []string) {
	if net.fitted() {
		calls = append(calls, fmt.Sprintf("t.FitStats(%s)", strings.Join(x, ", ")))
	}
	for i, ps := range net.Train.Targets {
		if ps != nil {
			calls = append(calls, fmt.Sprintf("t.%s(%s)", net.fitTargetsName(i), y[i]))
		}
	}
	return calls
}

// targetDoc says what the targets of an output are.
func (net *Network) targetDoc(p Port) string {
	each := ""
	if net.Steps > 1 {
		each = fmt.Sprintf(", for each of %d steps", net.Steps)
	}
	if p.Quantiles != nil {
		each += fmt.Sprintf(", all of them %d times: for each quantile", len(p.Quantiles))
	}
	switch {
	case p.Task == "multiclass":
		return each + ": 1 for the class that holds, 0 for the others"
	case p.Task == "binary" && len(p.Classes) == 2 && p.Shape.Size() == max(1, net.Steps):
		return fmt.Sprintf("%s: 0 for \"%s\", 1 for \"%s\"", each, clipped(p.Classes[0]), clipped(p.Classes[1]))
	case p.Task == "binary":
		return each + ": 1 for what holds, 0 for what does not"
	}
	return each
}

// emitTrainer writes the Trainer and what drives it.
func (net *Network) emitTrainer(f *file) {
	t := net.Train
	doc := "Batch is the number of examples whose gradients are computed in one piece; larger batches are worked off\n" +
		"in pieces of that size, whose gradients are added in order"
	if net.Plan.Gradient.NormsBatch() {
		doc += ". Norms over the batch take each piece for a batch"
	}
	f.constant(doc+".", "Batch", jen.Lit(t.Batch))
	f.constant("Seed is the seed of the spec.", "Seed", jen.Id(strconv.FormatUint(t.Seed, 10)))
	net.emitClassWeights(f)
	net.emitTrainerType(f)
	net.emitNewTrainer(f)
	net.emitFitStats(f)
	net.emitFitTargets(f)
	net.emitBalance(f)
	f.function("Step updates the parameters by the gradients of a batch, and returns its objective: see Gradient "+
		"and Apply.\n"+
		"It panics where Gradient does.",
		function{recv: "t", of: "Trainer", name: "Step", params: []field{net.batch()}, results: []field{vars(jen.Float64())}},
		f.local("loss").Op(":=").Add(f.call(1, "loss := ", jen.Id("t").Dot("Gradient"), ids(net.batch().names...)...)),
		jen.Id("t").Dot("Apply").Call(),
		jen.Return(jen.Id("loss")))
	net.emitGradientDriver(f)
	f.fixed("Trainer.Gradients")
	net.emitApply(f)
	if net.workers() {
		net.emitPiece(f)
		f.fixed("Trainer.count")
	}
}

// emitClassWeights yields, for each output whose classes have weights,
//
//	// classWeights are those of the classes of animal.
//	var classWeights = [3]float32{1, 2, 0.5}
func (net *Network) emitClassWeights(f *file) {
	for i, p := range net.Outputs {
		if p.ClassWeights == nil || p.Balanced {
			continue
		}
		var values []jen.Code
		for _, w := range p.ClassWeights {
			values = append(values, float32Lit(w))
		}
		name := arg(net.Outputs, i, "classWeights")
		typ := jen.Index(jen.Lit(len(values))).Float32()
		f.variable(name+" are those of the classes of "+p.Name+".", name, p.origin(),
			typ.Clone().Add(f.list("{}", len("var  = {")+len(name)+f.width(typ), 1, 0, values...)))
	}
}

// emitTrainerType yields
//
//	type Trainer struct {
//		Weights digits.Weights
//		// LR is the learning rate of the next Apply.
//		LR float64
//
//		seed        uint64
//		step        uint64 // updates done
//		grads, part digits.Params
//		…
//	}
func (net *Network) emitTrainerType(f *file) {
	members := []member{
		{name: "grads, part", typ: f.qual("model", "Params")},
		{name: "watch", typ: f.qual("fit", "Watch"), note: "looks for numbers that are not finite"},
	}
	for _, s := range net.Train.States {
		members = append(members, member{name: s, typ: f.qual("model", "Params"), note: "state of the optimizer"})
	}
	for i, p := range net.Outputs {
		if p.ClassWeights != nil {
			members = append(members, member{name: arg(net.Outputs, i, "rowWeights"),
				typ: jen.Index(net.weighted(jen.Id("Batch"))).Float32(), note: "of a piece, times those of the classes"})
		}
		if p.Balanced {
			members = append(members, member{name: arg(net.Outputs, i, "classWeights"),
				typ: jen.Index(jen.Lit(len(p.ClassWeights))).Float32(), note: "see " + net.balanceName(i)})
		}
	}
	if len(net.Plan.Gradient.Graph.Slots) > 0 {
		members = append(members, member{name: "acts", typ: jen.Id("gradientSpace")})
	}
	if net.chunked() {
		members = append(members, net.chunkMembers(f)...)
	}
	if len(net.Plan.Evaluate.Graph.Slots) > 0 {
		members = append(members, member{name: "evalActs", typ: jen.Id("evaluateSpace")})
	}
	names := []string{"Weights", "LR", "seed", "step"}
	var more []jen.Code
	if net.workers() {
		names = append(names, "Workers")
		more = []jen.Code{
			jen.Comment(note("Workers is the most goroutines that share the work, GOMAXPROCS if it is 0. The bits do not " +
				"depend on it.")),
			jen.Id("Workers").Int(),
		}
		members = append(members,
			member{name: "team", typ: f.qual("workers", "Team").Index(jen.Id("Trainer"))},
			member{name: "piece", typ: jen.Id("piece"), note: "at work"})
		if net.Train.ClipNorm > 0 {
			members = append(members, member{name: "clip", typ: jen.Float32(),
				note: "factor that keeps the norm of the gradients within its limit"})
		}
	}
	for _, name := range names {
		f.pkg.declare("Trainer", name, Origin{})
	}
	f.pkg.declare("", "Trainer", Origin{})
	fields := []jen.Code{
		jen.Id("Weights").Add(f.qual("model", "Weights")),
		jen.Comment(note("LR is the learning rate of the next Apply.")),
		jen.Id("LR").Float64(),
	}
	fields = append(append(fields, more...),
		jen.Line(),
		jen.Id("seed").Uint64(),
		jen.Id("step").Uint64().Comment(note("updates done")))
	f.declare("Trainer holds a network in training: parameters, gradients, optimizer state, and the activations "+
		"of a batch.",
		jen.Type().Id("Trainer").Struct(append(fields, f.members("Trainer", members)...)...))
}

// emitNewTrainer writes the function that draws the initial parameters.
func (net *Network) emitNewTrainer(f *file) {
	stats := ""
	if net.fitted() {
		stats = ". The constants of the preprocessing have the mark\nof such as nothing has fitted, which Gradient refuses"
	}
	made := f.local("t").Op(":=").Op("&").Id("Trainer").Values(jen.Id("seed").Op(":").Id("seed"),
		jen.Id("LR").Op(":").Add(float(net.Train.LR)))
	weights := f.local("w").Op(":=").Op("&").Id("t").Dot("Weights")
	var draws [][]jen.Code
	for i, p := range net.Outputs {
		if p.Balanced { // alike until they are fitted
			draws = append(draws, one(f.qual("initial", "Constant").Call(net.classWeights(i), jen.Lit(1))))
		}
	}
	marks := net.marks()
	for _, p := range net.Params {
		if slices.ContainsFunc(marks, func(m marked) bool { return m.center == p }) {
			draws = append(draws, one(f.qual("fit", "MarkUnfitted").Call(sliced(parameter("w", p)).code(0, 0, 0))))
			continue
		}
		if calls := net.initial(f, p); calls != nil {
			draws = append(draws, calls)
		}
	}
	head := []jen.Code{made, weights}
	if len(draws) == 0 || len(pieces(draws, statements)) > 1 {
		head = head[:1]
	}
	f.inPieces("New returns a trainer with the initial parameters that seed gives"+stats+".",
		function{name: "New", params: []field{vars(jen.Uint64(), "seed")}, results: []field{vars(jen.Op("*").Id("Trainer"))}},
		draws, head, []jen.Code{weights}, []jen.Code{jen.Return(jen.Id("t"))},
		function{recv: "t", of: "Trainer", name: "initial", params: []field{vars(jen.Uint64(), "seed")}})
}

// fitted tells whether some step of preprocessing is fitted to examples.
func (net *Network) fitted() bool {
	for _, steps := range net.Train.Preprocess {
		for _, s := range steps {
			if s.Kind != "rescale" {
				return true
			}
		}
	}
	return false
}

// emitFitStats writes the method that fits the preprocessing, if any of it is fitted to examples:
//
//	xStep1 := fit.Affine{Center: w.Stats.XStandardizeCenter[:], Scale: w.Stats.XStandardizeScale[:]}
//	xStep1.Standardize(x)
func (net *Network) emitFitStats(f *file) {
	if !net.fitted() {
		return
	}
	var args []string
	var conds []jen.Code
	for i := range net.Inputs {
		args = append(args, arg(net.Inputs, i, "x"))
		x, size := jen.Len(jen.Id(args[i])), f.qual("model", net.inSize(i))
		if i > 0 {
			conds = append(conds, x.Clone().Op("/").Add(size.Clone()).Op("!=").Len(jen.Id(args[0])).Op("/").
				Add(f.qual("model", net.inSize(0))))
		}
		conds = append(conds, x.Clone().Op("%").Add(size).Op("!=").Lit(0))
	}
	say := func(what string) jen.Code { return jen.Panic(quoted(net.Name + "train: FitStats: " + what)) }
	disagree := "the numbers are not those of whole examples"
	if len(net.Inputs) > 1 {
		disagree = "the inputs are not those of the same number of whole examples"
	}
	body := []jen.Code{
		jen.If(jen.Len(jen.Id(args[0])).Op("==").Lit(0)).Block(say("there are no examples to fit to")),
		jen.If(f.or(1, "if ", conds...)).Block(say(disagree)),
		f.local("w").Op(":=").Op("&").Id("t").Dot("Weights"),
	}
	for i, steps := range net.Train.Preprocess {
		last := 0 // after the last step that is fitted
		for k, s := range steps {
			if s.Kind != "rescale" {
				last = k + 1
			}
		}
		var before []jen.Code
		for k, s := range steps[:last] {
			name := fmt.Sprintf("%sStep%d", args[i], k+1)
			body = append(body, f.local(name).Op(":=").Add(f.affine(s.Center, s.Scale).code(1, len(name)+len(" := "), 0)))
			switch s.Kind {
			case "standardize":
				body = append(body, f.call(1, "", jen.Id(name).Dot("Standardize"), append(ids(args[i]), before...)...))
			case "min_max":
				body = append(body, f.call(1, "", jen.Id(name).Dot("MinMax"),
					append(one(jen.Id(args[i]), float(s.Min), float(s.Max)), before...)...))
			}
			before = append(before, jen.Id(name))
		}
	}
	f.function("FitStats sets the constants of the preprocessing by the inputs of a training set, as nngen train does. "+
		"Fit does so\n"+
		"itself where nothing has; Step, Gradient and Evaluate refuse a new Trainer without it. It panics if the lengths "+
		"do\nnot agree, or without examples.",
		function{recv: "t", of: "Trainer", name: "FitStats", params: []field{vars(floats(), args...)}}, body...)
}

// emitFitTargets writes a method for each output that learns standardized targets:
//
//	func (t *Trainer) FitTargets(y []float32) {
//		w := &t.Weights
//		back := fit.Affine{Center: w.Stats.YTargetsCenter[:], Scale: w.Stats.YTargetsScale[:]}
//		back.Targets(fit.Affine{…}, y)
//	}
func (net *Network) emitFitTargets(f *file) {
	for i, ps := range net.Train.Targets {
		if ps == nil {
			continue
		}
		p := net.Outputs[i]
		name := net.fitTargetsName(i)
		size := jen.Len(jen.Id("y"))
		f.function(name+
			" sets the constants that standardize targets, and turn predictions back, by all targets of a training set,\n"+
			"as nngen train does. Fit does so itself where nothing has; Step, Gradient and Evaluate refuse a new Trainer "+
			"without\n"+
			"it. It panics if their number does not fit the output, or without any.",
			function{recv: "t", of: "Trainer", name: name, params: []field{vars(floats(), "y")}, origin: p.origin()},
			jen.If(size.Clone().Op("==").Lit(0)).Block(
				jen.Panic(quoted(net.Name+"train: "+name+": there are no targets to fit to"))),
			jen.If(size.Clone().Op("%").Add(f.qual("model", net.outSize(i))).Op("!=").Lit(0)).Block(
				jen.Panic(quoted(net.Name+"train: "+name+": the numbers are not those of whole examples"))),
			f.local("w").Op(":=").Op("&").Id("t").Dot("Weights"),
			f.local("back").Op(":=").Add(f.affine(ps[0], ps[1]).code(1, len("back := "), 0)),
			calling(selector("back", net.Train.Scaling[i]), f.affine(ps[2], ps[3]), word("y")).code(1, 0, 0))
	}
}

// fitTargetsName is the method that fits the constants of the targets of an output.
func (net *Network) fitTargetsName(i int) string {
	if len(net.Outputs) == 1 {
		return "FitTargets"
	}
	return "FitTargets" + net.Outputs[i].Ident
}

// balanceName is the method that balances the classes of an output.
func (net *Network) balanceName(i int) string {
	if len(net.Outputs) == 1 {
		return "BalanceClasses"
	}
	return "BalanceClasses" + net.Outputs[i].Ident
}

// classWeights yields the weights of the classes of an output: classWeights[:], or t.classWeights[:] if they are
// fitted.
func (net *Network) classWeights(i int) *jen.Statement {
	w := jen.Id(arg(net.Outputs, i, "classWeights"))
	if net.Outputs[i].Balanced {
		w = jen.Id("t").Dot(arg(net.Outputs, i, "classWeights"))
	}
	return w.Index(jen.Op(":"))
}

// emitBalance writes a method for each output whose classes are balanced:
//
//	func (t *Trainer) BalanceClasses(y, weights []float32) {
//		fit.BalanceClasses(t.classWeights[:], 1, y, weights)
//	}
func (net *Network) emitBalance(f *file) {
	for i, p := range net.Outputs {
		if !p.Balanced {
			continue
		}
		name := net.balanceName(i)
		f.function(name+
			" sets the weights of the classes by all targets of a training set and the weights of its rows, nil if each\n"+
			"counts 1, so that all classes count alike. Fit does so itself; for Step it belongs before the first. It "+
			"panics if the\n"+
			"lengths do not fit the output.",
			function{recv: "t", of: "Trainer", name: name, params: []field{vars(floats(), "y", "weights")}, origin: p.origin()},
			f.call(1, "", f.qual("fit", "BalanceClasses"), net.classWeights(i), jen.Lit(p.Shape.Size()/max(1, net.Steps)),
				jen.Id("y"), jen.Id("weights")))
	}
}

// affine yields fit.Affine{Center: w.Stats.XStandardizeCenter[:], Scale: w.Stats.XStandardizeScale[:]}.
func (f *file) affine(center, scale *ir.Param) expr {
	return values(f.name("fit", "Affine"), keyed("Center", sliced(parameter("w", center))),
		keyed("Scale", sliced(parameter("w", scale))))
}

// batch returns the parameters of a function that takes a batch: inputs, targets, weights of the examples.
func (net *Network) batch() field {
	var names []string
	for i := range net.Inputs {
		names = append(names, arg(net.Inputs, i, "x"))
	}
	for i := range net.Outputs {
		names = append(names, arg(net.Outputs, i, "y"))
	}
	return vars(floats(), append(names, "weights")...)
}

// outs returns the parameters that take what the outputs are.
func (net *Network) outs() field {
	var names []string
	for i := range net.Outputs {
		names = append(names, arg(net.Outputs, i, "out"))
	}
	return vars(floats(), names...)
}

// initial yields the calls that give a parameter its initial values, those of a new Trainer being 0:
//
//	initial.GlorotUniform(w.H1W[:], 64, 32, 1, seed, 65536)
func (net *Network) initial(f *file, p *ir.Param) []jen.Code {
	w := func() *jen.Statement { return parameter("w", p).head }
	if p.Role == ir.Constant && p.Values != nil {
		if !slices.ContainsFunc(p.Values, func(v float64) bool { return v != p.Values[0] }) {
			return one(f.qual("initial", "Constant").Call(w().Index(jen.Op(":")), float(p.Values[0])))
		}
		var values []jen.Code
		for _, v := range p.Values {
			values = append(values, float32Lit(v))
		}
		return one(jen.Copy(w().Index(jen.Op(":")),
			floats().Add(f.list("{}", len("copy(, []float32{")+f.width(w())+len("[:]"), len("})"), 1, values...))))
	}
	var calls []jen.Code
	for _, c := range net.Train.Initial[p] {
		part := w().Index(jen.Op(":"))
		if c.To > 0 {
			part = w().Index(jen.Lit(c.From).Op(":").Lit(c.To))
		}
		args := one(part)
		for _, a := range c.Args {
			args = append(args, number(a))
		}
		if c.Random {
			args = append(args, jen.Id("seed"), jen.Lit(int(p.Stream)))
		}
		calls = append(calls, f.call(1, "", f.qual("initial", c.Func), args...))
	}
	return calls
}

// emitGradientDriver writes Gradient, which cuts a batch into pieces:
//
//	loss := t.gradient(r, 0, x[:r*digits.InputSize], …, scale, &t.grads)
//	for first := Batch; first < n; first += Batch {
//		r = min(n-first, Batch)
//		loss += t.gradient(r, first, x[first*digits.InputSize:(first+r)*digits.InputSize], …, scale, &t.part)
//		vec.Add(mem.Flat(&t.grads), mem.Flat(&t.grads), mem.Flat(&t.part))
//	}
func (net *Network) emitGradientDriver(f *file) {
	t, r, first, grads, part := jen.Id("t"), f.local("r"), f.local("first"), jen.Op("&").Id("t").Dot("grads"),
		jen.Op("&").Id("t").Dot("part")
	flat := func(x *jen.Statement) *jen.Statement { return f.qual("mem", "Flat").Call(x) }
	piece := func(depth int, before string, from jen.Code, slices []jen.Code, to jen.Code) *jen.Statement {
		args := append([]jen.Code{r.Clone(), from}, slices...)
		return f.call(depth, before, t.Clone().Dot("gradient"), append(args, jen.Id("scale"), to)...)
	}
	// weigh yields, for an output whose classes have weights, above each piece
	//
	//	fit.ByClass(t.rowWeights[:r], fit.Cut(weights, first, first+r), y[first*…:(first+r)*…], classWeights[:], share)
	weigh := func(depth int, from, to *jen.Statement) (calls []jen.Code) {
		slices := net.slices(f, from, to)
		for i, p := range net.Outputs {
			if p.ClassWeights != nil {
				calls = append(calls, f.call(depth, "", f.qual("fit", "ByClass"),
					t.Clone().Dot(arg(net.Outputs, i, "rowWeights")).Index(jen.Op(":").Add(net.weighted(r))), slices[len(slices)-1],
					slices[len(net.Inputs)+i], net.classWeights(i), jen.Id(arg(net.Outputs, i, "share"))))
			}
		}
		return calls
	}
	var shares []jen.Code
	for i, p := range net.Outputs {
		if p.ClassWeights != nil {
			share := arg(net.Outputs, i, "share")
			shares = append(shares, f.local(share).Op(":=").Id("total").Op("/").
				Add(f.call(1, share+" := total / ", f.qual("fit", "ClassWeight"),
					net.weighted(jen.Id("n")), jen.Id("weights"), jen.Id(arg(net.Outputs, i, "y")), net.classWeights(i))))
		}
	}
	body := append(append(net.checkLengths(f, "Gradient"), net.checkTokens(f, net.Name+"train: Gradient", false)...),
		jen.Line(),
		f.local("total").Op(":=").Add(f.qual("fit", "Weight")).Call(net.weighted(f.local("n")), jen.Id("weights")),
		jen.If(jen.Id("total").Op("==").Lit(0)).Block(
			jen.Clear(t.Clone().Dot("Gradients").Call()),
			jen.Return(jen.Lit(0)),
		),
		f.local("scale").Op(":=").Float32().Call(jen.Lit(1).Op("/").Id("total")))
	body = append(body, shares...)
	body = append(body, r.Clone().Op(":=").Min(jen.Id("n"), jen.Id("Batch")))
	body = append(body, weigh(1, nil, r)...)
	end := first.Clone().Op("+").Add(r)
	body = append(body,
		f.local("loss").Op(":=").Add(piece(1, "loss := ", jen.Lit(0), net.slices(f, nil, r), grads)),
		jen.For(first.Clone().Op(":=").Id("Batch"), first.Clone().Op("<").Id("n"), first.Clone().Op("+=").Id("Batch")).Block(
			append(append(one(r.Clone().Op("=").Min(jen.Id("n").Op("-").Add(first), jen.Id("Batch"))), weigh(2, first, end)...),
				append(one(jen.Id("loss").Op("+=").Add(piece(2, "loss += ", first, net.slices(f, first, end), part))),
					net.addPart(f, flat(grads), flat(part))...)...,
			)...))
	if net.chunked() {
		from, to := jen.Id("from"), jen.Id("to")
		chunk := append(one(
			jen.If(jen.Id("from").Op("==").Id("to")).Block(
				jen.Clear(flat(jen.Id("g"))),
				jen.Return(jen.Lit(0))),
			f.local("r").Op(":=").Min(jen.Id("to").Op("-").Id("from"), jen.Id("Batch"))),
			weigh(1, from, from.Clone().Op("+").Add(r))...)
		chunk = append(chunk,
			f.local("loss").Op(":=").Add(piece(1, "loss := ", from, net.slices(f, from, from.Clone().Op("+").Add(r)),
				jen.Id("g"))),
			jen.For(first.Clone().Op(":=").Add(from).Op("+").Id("Batch"), first.Clone().Op("<").Add(to),
				first.Clone().Op("+=").Id("Batch")).Block(
				append(append(one(r.Clone().Op("=").Min(to.Clone().Op("-").Add(first), jen.Id("Batch"))), weigh(2, first, end)...),
					jen.Id("loss").Op("+=").Add(piece(2, "loss += ", first, net.slices(f, first, end), part)),
					f.qual("vec", "Add").Call(flat(jen.Id("g")), flat(jen.Id("g")), flat(part)))...),
			jen.Return(jen.Id("loss")))
		var names []string
		for i, p := range net.Outputs {
			if p.ClassWeights != nil {
				names = append(names, arg(net.Outputs, i, "share"))
			}
		}
		net.emitChunks(f, chunk, shares, names)
		return
	}
	if penalties := net.penalties(f); penalties == nil {
		body = append(body, jen.Return(jen.Id("loss").Op("/").Id("total")))
	} else {
		body = append(append(body, jen.Id("loss").Op("/=").Id("total")), append(penalties, jen.Return(jen.Id("loss")))...)
	}
	f.function("Gradient computes the objective of a batch, which it returns, and its gradients, which Gradients shows "+
		"and Apply\n"+
		"uses. The objective is the mean loss of the examples,\n"+net.weightsDoc()+
		", plus the penalties of the parameters. It does not allocate. It panics\nif the lengths do not agree"+
		net.orUnready()+".",
		function{recv: "t", of: "Trainer", name: "Gradient", params: []field{net.batch()},
			results: []field{vars(jen.Float64())}}, body...)
}

// penalties yields for each parameter with a penalty
//
//	loss += vec.PenaltyLoss(t.Weights.H1W[:], 0, 0.0001)
//	vec.Penalty(t.grads.H1W[:], t.grads.H1W[:], t.Weights.H1W[:], 0, 0.0001)
func (net *Network) penalties(f *file) (lines []jen.Code) {
	for _, p := range net.Params {
		if p.L1 == 0 && p.L2 == 0 {
			continue
		}
		w := jen.Id("t").Dot("Weights").Dot(p.Ident).Index(jen.Op(":"))
		g := jen.Id("t").Dot("grads").Dot(p.Ident).Index(jen.Op(":"))
		lines = append(lines,
			jen.Id("loss").Op("+=").Add(f.qual("vec", "PenaltyLoss")).Call(w, float(p.L1), float(p.L2)),
			f.call(1, "", f.qual("vec", "Penalty"), g, g, w, float(p.L1), float(p.L2)))
	}
	return lines
}

// weightsDoc says what the weights of a batch weigh.
func (net *Network) weightsDoc() string {
	doc := "weighted by weights unless that is nil"
	if net.Steps > 1 {
		doc = fmt.Sprintf("each of whose %d steps is weighted by weights unless that is nil", net.Steps)
	}
	var outputs []string
	for _, p := range net.Outputs {
		if p.ClassWeights != nil {
			outputs = append(outputs, p.Name)
		}
	}
	if outputs != nil {
		doc += ",\ntimes the weight of its class in " + strings.Join(outputs, ", ")
	}
	return doc
}

// checkLengths yields
//
//	n := len(x) / digits.InputSize
//	if len(x) != n*digits.InputSize || … || weights != nil && len(weights) != n {
//		panic("digitstrain: Gradient: lengths of inputs, targets and weights disagree")
//	}
func (net *Network) checkLengths(f *file, fn string) []jen.Code {
	var conds []jen.Code
	differs := func(name, size string) {
		conds = append(conds, jen.Len(jen.Id(name)).Op("!=").Id("n").Op("*").Add(f.qual("model", size)))
	}
	for i := range net.Inputs {
		differs(arg(net.Inputs, i, "x"), net.inSize(i))
	}
	for i := range net.Outputs {
		differs(arg(net.Outputs, i, "y"), net.outSize(i))
	}
	conds = append(conds, jen.Id("weights").Op("!=").Nil().Op("&&").Len(jen.Id("weights")).Op("!=").
		Add(net.weighted(jen.Id("n"))))
	return append([]jen.Code{
		f.local("n").Op(":=").Len(jen.Id(arg(net.Inputs, 0, "x"))).Op("/").Add(f.qual("model", net.inSize(0))),
		jen.If(f.or(1, "if ", conds...)).Block(
			jen.Panic(quoted(net.Name + "train: " + fn + ": lengths of inputs, targets and weights disagree"))),
	}, net.checkFitted(f, fn)...)
}

// slices yields rows [from, to) of each array of a batch; from is nil for 0.
func (net *Network) slices(f *file, from, to *jen.Statement) []jen.Code {
	var all []jen.Code
	cut := func(name, size string) {
		lo, hi := &jen.Statement{}, to.Clone()
		if from != nil {
			lo, hi = from.Clone().Op("*").Add(f.qual("model", size)), jen.Parens(to.Clone())
		}
		all = append(all, jen.Id(name).Index(lo.Op(":").Add(hi).Op("*").Add(f.qual("model", size))))
	}
	for i := range net.Inputs {
		cut(arg(net.Inputs, i, "x"), net.inSize(i))
	}
	for i := range net.Outputs {
		cut(arg(net.Outputs, i, "y"), net.outSize(i))
	}
	first, last := jen.Lit(0), net.weighted(to)
	if from != nil {
		first = net.weighted(from)
		if net.Steps > 1 {
			last = net.weighted(jen.Parens(to.Clone()))
		}
	}
	return append(all, f.qual("fit", "Cut").Call(jen.Id("weights"), first, last))
}

// weighted yields the number of weights of n examples, each of one step or of several.
func (net *Network) weighted(n *jen.Statement) *jen.Statement {
	if net.Steps == 1 {
		return n.Clone()
	}
	return n.Clone().Op("*").Lit(net.Steps)
}

// emitGradient writes the unrolled forward and backward pass.
func (net *Network) emitGradient(f *file) {
	emitGeometries(f, net.Plan.TrainGeometries)
	f.workspace("gradientSpace", "and gradients of a batch", net.Plan.Gradient, "Batch")
	net.emitPass(f, net.Plan.Gradient, "acts",
		"gradient computes the summed loss of n ≤ Batch examples, and writes to g the gradients of scale times it.\n"+
			"first is the number of the first example in its batch.",
		function{params: []field{vars(jen.Int(), "n", "first"), net.batch(), vars(jen.Float32(), "scale"),
			vars(jen.Op("*").Add(f.qual("model", "Params")), "g")}})
}

// addPart yields the sum of gradients, of which workers share out the elements. A copy of the runtime does without a
// kernel where the batches of the spec are one piece, so that only a caller's own, larger ones come here:
//
//	sum := mem.Flat(&t.grads)
//	for i, v := range mem.Flat(&t.part) {
//		sum[i] += v
//	}
func (net *Network) addPart(f *file, grads, part *jen.Statement) []jen.Code {
	switch {
	case net.workers() && !net.chunked():
		return one(run(workerCount(net.Train.Work.Add), "addPart"))
	case net.Train.Whole && net.Runtime == net.ImportPath+"/internal":
		return []jen.Code{
			f.local("sum").Op(":=").Add(grads),
			jen.For(f.local("i").Op(",").Add(f.local("v")).Op(":=").Range().Add(part)).Block(
				jen.Id("sum").Index(jen.Id("i")).Op("+=").Id("v")),
		}
	}
	return one(f.qual("vec", "Add").Call(grads, grads, part))
}

// emitPass writes the method that runs a function of the plan with losses, in a workspace of the Trainer.
func (net *Network) emitPass(f *file, fn *plan.Func, space, doc string, h function) {
	if fn.Workers {
		net.emitShared(f, fn, space, doc, h)
		return
	}
	p := printer{f: f, fn: fn}
	h.recv, h.of, h.name, h.results = "t", "Trainer", fn.Name, []field{vars(jen.Float64(), "sum")}
	given := slices.ContainsFunc(h.params, func(p field) bool { return slices.Contains(p.names, "scale") })
	write := func(doc string, h function, all []plan.Paragraph) {
		var body []jen.Code
		if !given && plan.UsesScale(all) {
			body = append(body, jen.Const().Add(f.local("scale")).Op("=").Lit(1))
		}
		if plan.UsesMemory(all, plan.Parameter) {
			body = append(body, f.local("p").Op(":=").Op("&").Id("t").Dot("Weights"))
		}
		if plan.UsesMemory(all, plan.Slot) {
			body = append(body, f.local("a").Op(":=").Op("&").Id("t").Dot(space))
		}
		body = append(append(body, jen.Line()), p.paragraphs(all)...)
		f.function(doc, h, append(body, jen.Return(jen.Id("sum")))...)
	}
	all := passPieces(fn)
	if len(all) == 1 {
		write(doc, h, all[0])
		return
	}
	var calls []jen.Code
	for i := range all {
		calls = append(calls, jen.Id("sum").Op("=").Add(h.callPiece(i, "sum")))
	}
	f.function(doc, h, append(calls, jen.Return(jen.Id("sum")))...)
	// A piece goes on with the sum of the losses before it, so that losses are added in the same order however a pass
	// is cut.
	piece := h
	piece.params, piece.results = append([]field{vars(jen.Float64(), "sum")}, h.params...), []field{vars(jen.Float64())}
	for i, paragraphs := range all {
		piece.name = pieceName(h.name, i)
		write(pieceDoc(h.name, i, len(all)), piece, paragraphs)
	}
}

// unfoldedNote says how an evaluation differs from predictions with folded norms.
func (net *Network) unfoldedNote() string {
	if !net.Plan.One.Folded() {
		return ""
	}
	return " Norms that Predict has in the weights of the layers before them are computed by themselves, which " +
		"rounds otherwise."
}

// emitEvaluate writes the forward pass as in inference, with losses.
func (net *Network) emitEvaluate(f *file) {
	f.workspace("evaluateSpace", "of a batch as in inference", net.Plan.Evaluate, "Batch")
	net.emitPass(f, net.Plan.Evaluate, "evalActs",
		"evaluate computes the outputs of n ≤ Batch examples as in inference, and returns their summed loss."+
			net.unfoldedNote(),
		function{params: []field{vars(jen.Int(), "n"), vars(floats(), append(net.batch().names, net.outs().names...)...)}})
}

// emitApply writes the update of the parameters:
//
//	t.step++
//	w, g := mem.Flat(&t.Weights.Params), mem.Flat(&t.grads)
//	optim.Adam{…}.Step(w, g, mem.Flat(&t.m), mem.Flat(&t.v), t.step, t.LR, 1)
func (net *Network) emitApply(f *file) {
	if net.workers() {
		net.emitSharedApply(f)
		return
	}
	t := net.Train
	body := []jen.Code{
		jen.Id("t").Dot("step").Op("++"),
		jen.List(f.local("w"), f.local("g")).Op(":=").List(
			f.qual("mem", "Flat").Call(jen.Op("&").Id("t").Dot("Weights").Dot("Params")),
			f.qual("mem", "Flat").Call(jen.Op("&").Id("t").Dot("grads"))),
	}
	if t.ClipValue > 0 {
		body = append(body, net.clipValue(f, jen.Id("g")))
	}
	scale := whole(1)
	if t.ClipNorm > 0 {
		scale = net.clipScale(f, word("g"))
	}
	body = append(append(body, net.updates(f, scale)...), net.maxNorms(f)...)
	f.function("Apply updates the parameters by the gradients. It does not allocate.",
		function{recv: "t", of: "Trainer", name: "Apply"}, body...)
}

// clipValue yields vec.ClipValue(g, -1, 1).
func (net *Network) clipValue(f *file, g jen.Code) jen.Code {
	return f.qual("vec", "ClipValue").Call(g, float(-net.Train.ClipValue), float(net.Train.ClipValue))
}

// clipScale yields optim.ClipScale(optim.SumSquares(g), 1).
func (net *Network) clipScale(f *file, g expr) expr {
	squares, limit, scale := f.name("optim", "SumSquares"), real(net.Train.ClipNorm), f.name("optim", "ClipScale")
	return atom(scale.head.Call(squares.head.Call(g.head), limit.head), scale.width+squares.width+
		limit.width+g.width+len("((), )"))
}

// maxNorms yields what keeps the norms of parameters within limits.
func (net *Network) maxNorms(f *file) (body []jen.Code) {
	for _, p := range net.Params {
		if p.MaxNorm > 0 {
			body = append(body, f.qual("optim", "MaxNorm").Call(jen.Lit(p.In), jen.Lit(p.Out),
				jen.Id("t").Dot("Weights").Dot(p.Ident).Index(jen.Op(":")), float(p.MaxNorm)))
		}
	}
	return body
}

// stretch is a part of the trained parameters, one after another: those from one element to another, 0 for the last.
type stretch struct {
	from, to int
	rate     float64 // factor of the learning rate
	of       []string
}

// stretches returns the longest parts of the trained parameters that have one learning rate.
func (net *Network) stretches() (all []stretch) {
	at := 0
	for _, p := range net.Params {
		if p.Role != ir.Trained {
			continue
		}
		if n := len(all); n == 0 || all[n-1].rate != p.Rate() {
			all = append(all, stretch{from: at, rate: p.Rate()})
		}
		last := &all[len(all)-1]
		at += p.Size()
		last.to, last.of = at, append(last.of, p.Ident)
	}
	if n := len(all); n > 0 {
		all[n-1].to = 0
	}
	return all
}

// factored tells whether layers have factors of the learning rate.
func (net *Network) factored() bool {
	parts := net.stretches()
	return len(parts) > 1 || len(parts) == 1 && parts[0].rate != 1
}

// updates yields the statements that update the parameters, with the factor that clips the gradients: one, or where
// layers have factors of the learning rate
//
//	clip := optim.ClipScale(optim.SumSquares(g), 1)
//	rule := optim.Momentum{Momentum: 0.9}
//	m := mem.Flat(&t.m)
//	// H1W, H1B:
//	rule.Step(w[:4160], g[:4160], m[:4160], t.step, 0.1*t.LR, clip)
//	// OutputW, OutputB:
//	rule.Step(w[4160:], g[4160:], m[4160:], t.step, t.LR, clip)
func (net *Network) updates(f *file, clip expr) (body []jen.Code) {
	if !net.factored() {
		return one(net.update(f, clip, false))
	}
	t := net.Train
	if t.ClipNorm > 0 {
		body = append(body, f.local("clip").Op(":=").Add(clip.head))
		clip = word("clip")
	}
	body = append(body, f.local("rule").Op(":=").Add(printer{f: f}.arg(t.Optimizer).code(1, len("rule := "), 0)))
	for _, s := range t.Update {
		if s != "" {
			body = append(body, f.local(s).Op(":=").Add(f.qual("mem", "Flat")).Call(jen.Op("&").Id("t").Dot(s)))
		}
	}
	for _, part := range net.stretches() {
		cut := func(name string) expr {
			lo, hi := &jen.Statement{}, &jen.Statement{}
			width := len(name) + len("[:]")
			if part.from > 0 {
				lo, width = jen.Lit(part.from), width+len(strconv.Itoa(part.from))
			}
			if part.to > 0 {
				hi, width = jen.Lit(part.to), width+len(strconv.Itoa(part.to))
			}
			if part.from == 0 && part.to == 0 {
				return word(name)
			}
			return atom(jen.Id(name).Index(lo.Op(":").Add(hi)), width)
		}
		args := []expr{cut("w"), cut("g")}
		for _, s := range t.Update {
			if s == "" {
				args = append(args, word("nil"))
			} else {
				args = append(args, cut(s))
			}
		}
		rate := selector("t", "LR")
		if part.rate != 1 {
			factor := real(part.rate)
			rate = atom(factor.head.Op("*").Id("t").Dot("LR"), factor.width+len("*t.LR"))
		}
		args = append(args, selector("t", "step"), rate, clip)
		body = append(body, jen.Comment(note(listed(part.of)+":")),
			calling(selector("rule", "Step"), args...).code(1, 0, 0))
	}
	return body
}

// listed writes names, of many the first and the last.
func listed(names []string) string {
	if len(names) > 4 {
		return names[0] + " … " + names[len(names)-1]
	}
	return strings.Join(names, ", ")
}

// update yields the statement that updates the parameters, those of a range if it is given, with the factor that clips
// the gradients last:
//
//	optim.Adam{Beta1: 0.9}.Step(w, g, mem.Flat(&t.m), mem.Flat(&t.v), t.step, t.LR, optim.ClipScale(optim.SumSquares(g), 1))
//	optim.Adam{Beta1: 0.9}.Step(w[lo:hi], g[lo:hi], mem.Flat(&t.m)[lo:hi], mem.Flat(&t.v)[lo:hi], t.step, t.LR, 1)
func (net *Network) update(f *file, scale expr, part bool) jen.Code {
	t := net.Train
	cut := func(e expr) expr {
		if !part {
			return e
		}
		return atom(e.head.Index(jen.Id("lo").Op(":").Id("hi")), e.width+len("[lo:hi]"))
	}
	args := []expr{cut(word("w")), cut(word("g"))}
	for _, s := range t.Update {
		if s == "" {
			args = append(args, word("nil"))
			continue
		}
		flat := f.name("mem", "Flat")
		args = append(args, cut(atom(flat.head.Call(jen.Op("&").Id("t").Dot(s)), flat.width+len("(&t.)")+len(s))))
	}
	args = append(args, selector("t", "step"), selector("t", "LR"), scale)
	o := printer{f: f}.arg(t.Optimizer)
	return calling(atom(o.code(1, 0, 0).Dot("Step"), o.width+len(".Step")), args...).code(1, 0, 0)
}

// emitTrace writes the functions that hand out values by name: those of the graphs as v<number>, and
// the optimizer's state as the Trainer calls it.
func (net *Network) emitTrace(f *file) {
	net.emitTraceOf(f, "TraceGradient", "the values of the last Gradient of n ≤ Batch examples", net.Plan.Gradient, "acts")
	net.emitTraceOf(f, "TraceEvaluate", "the values of the last evaluate of n ≤ Batch examples",
		net.Plan.Evaluate, "evalActs")
	byName := jen.Map(jen.String()).Index().Float32()
	var states []jen.Code
	for _, s := range net.Train.States {
		states = append(states, quoted(s).Op(":").Add(f.qual("mem", "Flat")).Call(jen.Op("&").Id("t").Dot(s)))
	}
	f.function("OptimizerState returns the optimizer's state.",
		function{recv: "t", of: "Trainer", name: "OptimizerState", results: []field{vars(byName)}},
		jen.Return(byName.Clone().Add(block(states...))))
	args := append(append([]string{"n"}, net.batch().names...), net.outs().names...)
	f.function("TracePiece exports evaluate.",
		function{recv: "t", of: "Trainer", name: "TracePiece", params: []field{vars(jen.Int(), "n"),
			vars(floats(), args[1:]...)}, results: []field{vars(jen.Float64())}},
		jen.Return(f.call(1, "return ", jen.Id("t").Dot("evaluate"), ids(args...)...)))
}

// emitTraceOf writes the function that hands out the values of a function of the plan.
func (net *Network) emitTraceOf(f *file, name, doc string, fn *plan.Func, acts string) {
	p := printer{f: f, fn: fn}
	var rows []jen.Code
	slots, grads := false, false
	for _, v := range fn.Values() {
		slots, grads = slots || v.Span.Mem == plan.Slot, grads || v.Span.Mem == plan.Gradient
		rows = append(rows, quoted(v.Value.String()).Op(":").Add(p.span(v.Span).head))
	}
	var body []jen.Code
	if slots {
		body = append(body, f.local("a").Op(":=").Op("&").Id("t").Dot(acts))
	}
	if grads {
		body = append(body, f.local("g").Op(":=").Op("&").Id("t").Dot("grads"))
	}
	byName := jen.Map(jen.String()).Index().Float32()
	f.function(name+" returns "+doc+".",
		function{recv: "t", of: "Trainer", name: name, params: []field{vars(jen.Int(), "n")}, results: []field{vars(byName)}},
		append(body, jen.Return(byName.Clone().Add(block(rows...))))...)
}
