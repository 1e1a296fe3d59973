package emit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
)

// emitFit writes what joins the Trainer to package fit: its interface, and the options of the spec.
func (net *Network) emitFit(f *file) {
	f.fixed("Set")
	if net.Train.Stops {
		f.fixed("EarlyStopping")
	}
	if net.Train.Averages {
		f.fixed("Averaging")
	}
	net.emitSchedules(f)
	net.emitUndecided(f)
	f.fixed("ErrStop", "Trainer.Fit")
	net.emitEvaluateSet(f)
	net.emitOptions(f)
	net.emitForFit(f)
	net.emitBegin(f)
	net.emitUnfitted(f)
	net.emitRunning(f)
	f.fixed("Trainer.nonFinite")
	f.fixed("Trainer.Progress", "Trainer.Restore", "Trainer.Save", "Trainer.Load", "ReadProgress", "LoadProgress")
}

// emitUndecided yields
//
//	var Undecided = [...]string{
//		"YThreshold is ½, whatever the spec asks of the threshold",
//	}
func (net *Network) emitUndecided(f *file) {
	var lines []jen.Code
	for _, u := range net.Undecided {
		lines = append(lines, quoted(u.Param.Ident+" is "+u.Means))
	}
	if lines != nil {
		f.variable("Undecided says what Weights.Stats hold after Fit too, which does not choose it: nngen train does, by "+
			"validation\n"+
			"examples, once a training is over. A program that trains by itself must set those fields, or goes by these values.",
			"Undecided", Origin{}, jen.Index(jen.Op("...")).String().Add(block(lines...)))
	}
}

// driven is a method of the Trainer that package fit calls.
func driven(name string, result *jen.Statement, params ...field) function {
	h := function{recv: "t", of: "Trainer", name: name, params: params}
	if result != nil {
		h.results = []field{vars(result)}
	}
	return h
}

// batchOf yields the arrays of a fit.Set: b.X[0], b.Y[0], b.W.
func (net *Network) batchOf() []jen.Code {
	b := func(field string) *jen.Statement { return jen.Id("b").Dot(field) }
	var all []jen.Code
	for i := range net.Inputs {
		all = append(all, b("X").Index(jen.Lit(i)))
	}
	for i := range net.Outputs {
		all = append(all, b("Y").Index(jen.Lit(i)))
	}
	return append(all, b("W"))
}

// emitBegin writes the method that fits to a training set what Fit does, if anything:
//
//	func (t *Trainer) begin(s Set) {
//		t.BalanceClasses(s.Y[0], s.W)
//		w := &t.Weights
//		xStep1 := fit.Affine{Center: w.Stats.XStandardizeCenter[:], Scale: w.Stats.XStandardizeScale[:]}
//		if !xStep1.Fitted() {
//			t.FitStats(s.X[0])
//		}
//	}
func (net *Network) emitBegin(f *file) {
	if !net.begins() {
		return
	}
	var body []jen.Code
	for i, p := range net.Outputs {
		if p.Balanced {
			body = append(body, jen.Id("t").Dot(net.balanceName(i)).Call(jen.Id("s").Dot("Y").Index(jen.Lit(i)),
				jen.Id("s").Dot("W")))
		}
	}
	var fits []jen.Code
	unfitted := func(name string) jen.Code { return jen.Op("!").Id(name).Dot("Fitted").Call() }
	constants := func(name string, center, scale *ir.Param) {
		fits = append(fits, f.local(name).Op(":=").Add(f.affine(center, scale).code(1, len(name)+len(" := "), 0)))
	}
	if net.fitted() {
		var all, inputs []jen.Code
		for i, steps := range net.Train.Preprocess {
			inputs = append(inputs, jen.Id("s").Dot("X").Index(jen.Lit(i)))
			for k, s := range steps {
				if s.Kind == "rescale" {
					continue
				}
				name := fmt.Sprintf("%sStep%d", arg(net.Inputs, i, "x"), k+1)
				constants(name, s.Center, s.Scale)
				all = append(all, unfitted(name))
			}
		}
		fits = append(fits, jen.If(f.and(1, "if ", all...)).Block(f.call(2, "",
			jen.Id("t").Dot("FitStats"), inputs...)))
	}
	for i, ps := range net.Train.Targets {
		if ps == nil {
			continue
		}
		name := arg(net.Outputs, i, "y") + "Targets"
		constants(name, ps[0], ps[1])
		fits = append(fits, jen.If(unfitted(name)).Block(jen.Id("t").Dot(net.fitTargetsName(i)).
			Call(jen.Id("s").Dot("Y").Index(jen.Lit(i)))))
	}
	if fits != nil {
		body = append(append(body, f.local("w").Op(":=").Op("&").Id("t").Dot("Weights")), fits...)
	}
	f.function("begin fits to a training set the weights of classes, and the constants of preprocessing and targets "+
		"that nothing\nhas fitted yet.", driven("begin", nil, vars(jen.Id("Set"), "s")), body...)
}

// begins tells whether Fit fits something to the training set before its first step.
func (net *Network) begins() bool {
	return net.fitted() || slices.ContainsFunc(net.Outputs, func(p Port) bool { return p.Balanced }) ||
		slices.ContainsFunc(net.Train.Targets, func(ps []*ir.Param) bool { return ps != nil })
}

// marked is a parameter whose numbers tell whether a method has fitted it and others to examples: see fit.MarkUnfitted.
type marked struct {
	center *ir.Param
	method string
}

// marks lists what tells that nothing has fitted the preprocessing of inputs, or the targets of an output. A network
// that is not trained has none: its weights are made of those of one that is.
func (net *Network) marks() (list []marked) {
	if net.Train == nil {
		return nil
	}
	for _, steps := range net.Train.Preprocess {
		for _, s := range steps {
			if s.Kind != "rescale" && list == nil { // FitStats fits all of them
				list = append(list, marked{s.Center, "FitStats"})
			}
		}
	}
	for i, ps := range net.Train.Targets {
		if ps != nil {
			list = append(list, marked{ps[2], net.fitTargetsName(i)})
		}
	}
	return list
}

// emitUnfitted writes the method that names what fits constants, if there are some that are fitted:
//
//	w := &t.Weights
//	methods := ""
//	if fit.Unfitted(w.Stats.XStandardizeCenter[:]) {
//		methods = fit.And(methods, "FitStats")
//	}
//	if fit.Unfitted(w.Stats.YTargetsCenter[:]) {
//		methods = fit.And(methods, "FitTargets")
//	}
//	return methods
func (net *Network) emitUnfitted(f *file) {
	marks, methods := net.marks(), f.local("methods")
	if marks == nil {
		return
	}
	body := one(f.local("w").Op(":=").Op("&").Id("t").Dot("Weights"), methods.Clone().Op(":=").Lit(""))
	for _, m := range marks {
		body = append(body, jen.If(f.qual("fit", "Unfitted").Call(sliced(parameter("w", m.center)).code(0, 0, 0))).
			Block(methods.Clone().Op("=").Add(f.qual("fit", "And")).Call(methods, quoted(m.method))))
	}
	f.function("unfitted names the methods that fit constants which nothing has fitted yet, \"\" if there are none.",
		driven("unfitted", jen.String()), append(body, jen.Return(methods))...)
}

// orUnready says of a function that takes a batch that it panics also at what is no token, and where constants are not
// fitted; "" if it never does.
func (net *Network) orUnready() string {
	if net.marks() == nil {
		return net.orTokens()
	}
	return net.orTokens() + ", or where nothing has fitted constants that are fitted to examples"
}

// emitEvaluateSet writes the method that measures a set, where constants are fitted to examples:
//
//	if err := fit.CheckFitted(t.unfitted()); err != nil {
//		return nil, err
//	}
//	return fit.Evaluate(t.forFit(), s, metrics)
func (net *Network) emitEvaluateSet(f *file) {
	if net.marks() == nil {
		f.fixed("Trainer.Evaluate")
		return
	}
	f.function("Evaluate returns the mean loss of examples, as in inference, and the metrics named, some that the spec "+
		"names or goes\n"+
		"by, or those of the task. What is an error of a set is one of Fit too; so is another metric, and constants that\n"+
		"nothing has fitted.",
		function{recv: "t", of: "Trainer", name: "Evaluate",
			params:  []field{vars(jen.Id("Set"), "s"), vars(jen.Op("...").String(), "metrics")},
			results: []field{vars(jen.Index().Id("Metric")), vars(jen.Error())}},
		jen.If(f.local("err").Op(":=").Add(f.qual("fit", "CheckFitted")).Call(jen.Id("t").Dot("unfitted").Call()),
			jen.Id("err").Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Id("err"))),
		jen.Return(f.qual("fit", "Evaluate").Call(jen.Id("t").Dot("forFit").Call(), jen.Id("s"), jen.Id("metrics"))))
}

// checkFitted yields what panics where constants were never fitted, if there are some:
//
//	if methods := t.unfitted(); methods != "" {
//		panic("digitstrain: Gradient: " + fit.NotFitted(methods))
//	}
func (net *Network) checkFitted(f *file, fn string) []jen.Code {
	if net.marks() == nil {
		return nil
	}
	methods := f.local("methods")
	return one(jen.If(methods.Clone().Op(":=").Id("t").Dot("unfitted").Call(),
		methods.Clone().Op("!=").Lit("")).Block(jen.Panic(
		quoted(net.Name + "train: " + fn + ": ").Op("+").Add(f.qual("fit", "NotFitted")).Call(methods))))
}

// emitRunning writes the method that shows the running statistics of norms over the batch, if there are some:
//
//	w := &t.Weights
//	return []fit.Running{
//		{Values: w.Stats.Norm1Mean[:], Share: 0.1},
//	}
func (net *Network) emitRunning(f *file) {
	all := net.Plan.Gradient.Running()
	if all == nil {
		return
	}
	var rows []jen.Code
	for _, r := range all {
		rows = append(rows, values(expr{}, keyed("Values", sliced(parameter("w", r.Param))),
			keyed("Share", real(r.Share))).code(2, 0, len(",")))
	}
	f.listed("running returns the statistics that the norms over a batch keep for inference.", driven("running", nil),
		jen.Index().Add(f.qual("fit", "Running")), one(f.local("w").Op(":=").Op("&").Id("t").Dot("Weights")), rows)
}

// emitForFit writes the method that gives package fit what it drives:
//
//	gradient := func(b Set) float64 { return t.Gradient(b.X[0], b.Y[0], b.W) }
//	return fit.Trainer{
//		Gradient:  gradient,
//		Apply:     t.Apply,
//		Evaluate:  func(b Set, out [][]float32) float64 { return t.evaluate(b.N, b.X[0], b.Y[0], b.W, out[0]) },
//		NonFinite: func(b Set) string { return t.nonFinite(func() { gradient(b) }) },
//		Inputs:    []int{digits.InputSize},
//		Outputs: func() []fit.Output {
//			return []fit.Output{
//				{Name: "y", Task: fit.Multiclass, Width: digits.OutputSize, …},
//			}
//		},
//		Piece:     Batch,
//		State:     [][]float32{mem.Flat(&t.Weights)},
//		Gradients: t.Gradients(),
//		Optimizer: [][]float32{mem.Flat(&t.m)},
//		Spec:      digits.SpecSum,
//		Seed:      &t.seed,
//		Updates:   &t.step,
//		LR:        &t.LR,
//	}
func (net *Network) emitForFit(f *file) {
	t := func(name string) *jen.Statement { return jen.Id("t").Dot(name) }
	b := jen.Id("b").Id("Set")
	evaluated := append(one(jen.Id("b").Dot("N")), net.batchOf()...)
	for i := range net.Outputs {
		evaluated = append(evaluated, jen.Id("out").Index(jen.Lit(i)))
	}
	fields := []jen.Code{
		jen.Id("Gradient").Op(":").Id("gradient"),
		jen.Id("Apply").Op(":").Add(t("Apply")),
		jen.Id("Evaluate").Op(":").Add(f.closure(2, len("Evaluate:  "),
			jen.Func().Params(b, jen.Id("out").Index().Add(floats())).Float64(), t("evaluate"), evaluated...)),
		jen.Id("NonFinite").Op(":").Add(f.closure(2, len("NonFinite: "), jen.Func().Params(b).String(), t("nonFinite"),
			jen.Func().Params().Custom(jen.Options{Open: "{", Close: "}"}, jen.Id("gradient").Call(jen.Id("b"))))),
	}
	if net.begins() {
		fields = append(fields, jen.Id("Begin").Op(":").Add(t("begin")))
	}
	if net.Plan.Gradient.Running() != nil {
		fields = append(fields, jen.Id("Running").Op(":").Add(t("running")))
	}
	var inputs, tokens, outputs []jen.Code
	any := false
	for i, p := range net.Inputs {
		inputs = append(inputs, f.qual("model", net.inSize(i)))
		rows := net.Plan.Tokens(p.Name)
		tokens, any = append(tokens, jen.Lit(rows)), any || rows > 0
	}
	for i := range net.Outputs {
		outputs = append(outputs, net.measured(f, i).code(4, 0, len(",")))
	}
	described := jen.Index().Add(f.qual("fit", "Output"))
	fields = append(fields,
		jen.Id("Inputs").Op(":").Index().Int().Add(f.list("{}", len("Inputs: []int{"), len("},"), 2, inputs...)))
	if any {
		fields = append(fields, jen.Id("Tokens").Op(":").Index().Int().Values(tokens...))
	}
	fields = append(fields,
		jen.Id("Outputs").Op(":").Func().Params().Add(described.Clone()).Block(jen.Return(described.Clone().Add(block(outputs...)))),
		jen.Id("Piece").Op(":").Id("Batch"),
		jen.Id("State").Op(":").Index().Add(floats()).Values(f.flat(jen.Op("&").Add(t("Weights")))),
		jen.Id("Gradients").Op(":").Add(t("Gradients")).Call(),
		jen.Id("Optimizer").Op(":").Index().Add(floats()).Values(net.optimizerState(f)...),
		jen.Id("Spec").Op(":").Add(f.qual("model", "SpecSum")),
		jen.Id("Seed").Op(":").Op("&").Add(t("seed")),
		jen.Id("Updates").Op(":").Op("&").Add(t("step")),
		jen.Id("LR").Op(":").Op("&").Add(t("LR")))
	f.function("forFit returns the trainer as package fit drives it: see fit.Trainer.", driven("forFit", f.qual("fit", "Trainer")),
		f.local("gradient").Op(":=").Add(
			f.closure(1, len("gradient := "), jen.Func().Params(b).Float64(), t("Gradient"), net.batchOf()...)),
		jen.Return(f.qual("fit", "Trainer").Add(block(fields...))))
}

// closure yields a function that returns what a call does, in one line if that fits behind so many characters:
//
//	func(b Set) float64 { return t.Gradient(b.X[0], b.Y[0], b.W) }
func (f *file) closure(depth, before int, head, fn *jen.Statement, args ...jen.Code) *jen.Statement {
	line := jen.Add(head).Custom(jen.Options{Open: "{", Close: "}"}, jen.Return(jen.Add(fn).Call(args...)))
	width := f.width(jen.Var().Id("_").Op("=").Add(line)) - len("var _ = ")
	if depth+before+width+len(",") > lineLimit {
		return jen.Add(head).Block(jen.Return(f.call(depth+1, "return ", fn, args...)))
	}
	return line
}

// measured yields what is measured of an output, a fit.Output.
func (net *Network) measured(f *file, i int) expr {
	p := net.Outputs[i]
	fields := []expr{
		keyed("Name", str(p.Name)),
		keyed("Task", f.name("fit", plan.GoName(p.Task))),
		keyed("Width", f.name("model", net.outSize(i))),
		keyed("Targets", f.name("fit", plan.GoName(p.Targets))),
	}
	var metrics []expr
	for _, m := range p.Metrics {
		metrics = append(metrics, f.name("fit", plan.GoName(m)))
	}
	measured := f.name("fit", "Measured")
	measured.head = jen.Index().Add(measured.head)
	measured.width += len("[]")
	fields = append(fields, keyed("Metrics", values(measured, metrics...)))
	if net.Steps > 1 {
		fields = append(fields, keyed("Steps", whole(net.Steps)))
	}
	if p.Quantiles != nil {
		var each []expr
		for _, q := range p.Quantiles {
			each = append(each, real(q))
		}
		fields = append(fields, keyed("Quantiles", values(atom(jen.Index().Float32(), len("[]float32")), each...)))
	}
	if p.Threshold != nil {
		at := parameter("t.Weights", p.Threshold)
		fields = append(fields, keyed("Threshold", atom(at.head.Index(jen.Lit(0)), at.width+len("[0]"))))
	}
	return values(expr{}, fields...)
}

// optimizerState yields views of the arrays that a progress holds of the optimizer.
func (net *Network) optimizerState(f *file) (states []jen.Code) {
	for _, s := range net.Train.States {
		states = append(states, f.flat(jen.Op("&").Id("t").Dot(s)))
	}
	for i, p := range net.Outputs {
		if p.Balanced { // fitted to a training set, as the state is
			states = append(states, jen.Id("t").Dot(arg(net.Outputs, i, "classWeights")).Index(jen.Op(":")))
		}
	}
	return states
}

// emitSchedules writes the names of the schedules, each with its fields:
//
//	type (
//		StepDecay = fit.StepDecay // StepSize, Gamma, PerStep
//	)
func (net *Network) emitSchedules(f *file) {
	alias := func(name string) *jen.Statement {
		f.pkg.declare("", name, Origin{})
		return jen.Id(name).Op("=").Add(f.qual("fit", name))
	}
	defs := []jen.Code{
		jen.Comment(note("Schedule gives the rate of a step: Rate(base float64, t Time) float64, base being the rate of " +
			"the options.")),
		alias("Schedule"),
	}
	for _, s := range net.Train.Schedules {
		def := alias(s.Type)
		if s.Fields != nil {
			def.Comment(note(strings.Join(s.Fields, ", ")))
		}
		defs = append(defs, def)
	}
	defs = append(defs,
		jen.Comment(note("Time is where a training stands, for a schedule of your own: Step, StepsPerEpoch, Epochs.")),
		alias("Time"))
	f.declare("The schedules of the learning rate that the spec names, with their fields; what they do stands in the "+
		"spec's table of\n"+
		"schedules. With PerStep time is counted in steps, else in epochs.", jen.Type().Defs(defs...))
}

// emitOptions writes the function that returns the options of the spec:
//
//	// Options returns the options of the spec:
//	//
//	//	Epochs  30
//	//	…
//	func Options() FitOptions {
//		return fit.Options{
//			Epochs: 30,
//			…
//			Stop:   &fit.EarlyStopping{Monitor: "val_loss", Patience: 5, MinDelta: 0, RestoreBest: true},
//		}
//	}
func (net *Network) emitOptions(f *file) {
	o := net.Train.Options
	var fields []jen.Code
	var rows [][]string
	for _, x := range o.Fields {
		rows = append(rows, []string{x.Name, x.Local()})
		fields = append(fields, jen.Id(x.Name).Op(":").Add(printer{f: f}.arg(x.Arg).code(2, len(x.Name)+len(": "), len(","))))
	}
	doc := "Options returns the options of the spec:\n\n"
	for _, line := range align(rows, 2) {
		for tail := ""; line != ""; line = tail {
			if line, tail = fold("\t"+line, lineLimit-len("// ")); tail != "" {
				tail = "    " + tail
			}
			doc += line + "\n"
		}
	}
	f.function(doc, function{name: "Options",
		results: []field{vars(jen.Id("FitOptions"))}},
		jen.Return(f.qual(o.Pkg, o.Type).Add(block(fields...))))
}
