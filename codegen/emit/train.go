package emit

import (
	"slices"
	"strconv"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
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
	if net.Plan.MadeGradient != nil {
		sources = append(sources, kernelSources(name, net.lanesFunctions())...)
	}
	files, err := net.writePackage(net.ImportPath+"/"+name, name, sources)
	if m := net.Plan.MadeGradient; err == nil && m != nil {
		net.addAssembly(files, m.Assembly)
	}
	return files.Rename(name), err
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
	if net.Plan.Gradient.Counted > 0 {
		members = append(members, member{name: "steps", typ: f.qual("fit", "CountedSteps"),
			note: "those that count of the examples of a piece"})
	}
	if net.Plan.MadeGradient != nil {
		members = append(members, member{name: "last", typ: jen.Id("lastExamples")})
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
