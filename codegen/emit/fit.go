package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"
)

// emitFit writes what joins the Trainer to package fit: its interface, and the options of the spec.
func (net *Network) emitFit(f *file) {
	var batch, outs, inputs, outputs []string
	steps := ""
	if net.Steps > 1 {
		steps = fmt.Sprintf(", Steps: %d", net.Steps)
	}
	for i := range net.Inputs {
		inputs = append(inputs, "@model."+net.inSize(i))
		batch = append(batch, fmt.Sprintf("b.X[%d]", i))
	}
	for i, p := range net.Outputs {
		batch = append(batch, fmt.Sprintf("b.Y[%d]", i))
		outs = append(outs, fmt.Sprintf("out[%d]", i))
		outputs = append(outputs, fmt.Sprintf("\t\t{Name: %q, Task: %q, Width: @model.%s%s},", p.Name, p.Task, net.outSize(i), steps))
	}
	args := strings.Join(append(batch, "b.W"), ", ")
	f.fixed("Set")
	net.emitSchedules(f)
	f.fixed("ErrStop", "Trainer.Fit", "Trainer.Evaluate")
	f.decl("%s", net.options())
	f.fixed("fitted")
	f.decl(`
// TrainStep takes one step on a batch.
func (f fitted) TrainStep(b Set, lr float64) float64 {
	f.t.LR = lr
	return f.t.Step(%s)
}
`, args)
	f.decl(`
// EvaluatePiece computes the outputs of at most Batch examples, and returns their summed loss.
func (f fitted) EvaluatePiece(b Set, out [][]float32) float64 {
	return f.t.evaluate(b.N, %s, %s)
}
`, args, strings.Join(outs, ", "))
	f.fixed("fitted.Piece")
	f.decl(`
// Inputs returns the numbers of one example of each input.
func (f fitted) Inputs() []int { return []int{%s} }
`, strings.Join(inputs, ", "))
	f.decl(`
// Outputs returns what the outputs are, in the order of Set.Y.
func (f fitted) Outputs() []@fit.Output {
	return []@fit.Output{
%s
	}
}
`, strings.Join(outputs, "\n"))
	f.fixed("fitted.State")
	net.emitOptimizer(f)
	f.fixed("ReadProgress", "LoadProgress")
}

// emitOptimizer writes the method that shows what a progress holds of the optimizer.
func (net *Network) emitOptimizer(f *file) {
	t := func() *jen.Statement { return jen.Id("f").Dot("t") }
	var states []jen.Code
	for _, s := range net.Train.States {
		states = append(states, f.qual("mem", "Flat").Call(jen.Op("&").Add(t()).Dot(s)))
	}
	f.function("Optimizer returns what a progress holds of the optimizer.",
		function{recv: "f", of: "fitted", value: true, name: "Optimizer", results: []field{vars(f.qual("fit", "Optimizer"))}},
		jen.Return(f.qual("fit", "Optimizer").Add(block(
			jen.Id("Spec").Op(":").Add(f.qual("model", "SpecSum")),
			jen.Id("Seed").Op(":").Add(t()).Dot("seed"),
			jen.Id("Updates").Op(":").Op("&").Add(t()).Dot("step"),
			jen.Id("State").Op(":").Index().Add(floats()).Values(states...)))))
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
		jen.Comment(note("Schedule gives the rate of a step: Rate(base float64, t Time) float64, base being the rate of the options.")),
		alias("Schedule"),
	}
	for _, s := range net.Train.Schedules {
		def := alias(s.Type)
		if s.Fields != nil {
			def.Comment(note(strings.Join(s.Fields, ", ")))
		}
		defs = append(defs, def)
	}
	defs = append(defs, alias("Warmup").Comment(note("Steps, Then")),
		jen.Comment(note("Time is where a training stands, for a schedule of your own: Step, StepsPerEpoch, Epochs.")), alias("Time"))
	f.declare("The schedules of the learning rate, with their fields: what they do stands in the spec's table of schedules. With\n"+
		"PerStep time is counted in steps, else in epochs.", jen.Type().Defs(defs...))
}

// options returns the function that gives the options of the spec.
func (net *Network) options() string {
	t := net.Train
	var b strings.Builder
	b.WriteString("// Options returns the options of the spec.\nfunc Options() FitOptions {\n\treturn FitOptions{\n")
	fmt.Fprintf(&b, "\t\tEpochs: %d,\n\t\tBatchSize: %d,\n\t\tSeed: Seed,\n\t\tShuffle: %t,\n\t\tLR: %s,\n", t.Epochs, t.BatchSize, t.Shuffle, t.LR)
	if t.Schedule != "" {
		fmt.Fprintf(&b, "\t\tSchedule: %s,\n", t.Schedule)
	}
	if s := t.Stop; s != nil {
		fmt.Fprintf(&b, "\t\tStop: &EarlyStopping{Monitor: %q, Patience: %d, MinDelta: %v, RestoreBest: %t},\n", s.Monitor, s.Patience, s.MinDelta, s.RestoreBest)
	}
	if t.Metrics != nil {
		fmt.Fprintf(&b, "\t\tMetrics: []string{%s},\n", `"`+strings.Join(t.Metrics, `", "`)+`"`) // words of the spec's schema
	}
	b.WriteString("\t}\n}")
	return b.String()
}
