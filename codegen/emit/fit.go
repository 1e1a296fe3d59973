package emit

import (
	"fmt"
	"strings"
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
	f.decl(`
// What Fit takes and gives.
type (
	// Set is a set of examples: N of them, for each input of the spec all its numbers in X, for each
	// output its targets in Y (one number for each unit; 1 for the class that holds, 0 for the others),
	// and in W their weights, nil if each counts 1.
	Set = @fit.Set
	// FitOptions steer Fit; Options has those of the spec. The fields are Epochs; BatchSize, 0 for all
	// examples; Seed; Shuffle; LR; Schedule, nil for a constant rate; Stop, an *EarlyStopping or nil;
	// Metrics, nil for those of the task; OnEpoch func(Epoch) error, called after every epoch; OnStep
	// func(epoch, seen int, loss, lr float64) error, called after every step; OnProgress func(*Progress) error, called
	// with all that is needed to go on from there; and Resume, a *Progress to go on from, or nil.
	FitOptions = @fit.Options
	// EarlyStopping ends a training when Monitor (loss or another metric, with val_ in front for the
	// validation set) has not improved by more than MinDelta for Patience epochs; with RestoreBest the
	// weights are then those of the best epoch.
	EarlyStopping = @fit.EarlyStopping
	// Epoch is what is known after one epoch: its number as Epoch, LR, Metrics, and Get to find one of them.
	Epoch = @fit.Epoch
	// Metric is a measured number: Name and Value.
	Metric = @fit.Metric
	// History is the outcome of a training: Epochs; Best, the epoch whose weights were kept, 0 for the
	// last; and whether early stopping Stopped it.
	History = @fit.History
	// Progress is the state of a training between two steps. Given back as Resume, with the same examples and options,
	// Fit goes on to the bits of a training that was never interrupted. Save and LoadProgress keep it in a file, of
	// which the one before stays too; Clone keeps it in memory.
	Progress = @fit.Progress
)
`)
	f.decl("%s", net.schedules())
	f.decl(`
// ErrStop, returned by a callback of FitOptions, ends the training as if it had run to its end.
var ErrStop = @fit.ErrStop
`)
	f.decl(`
// Fit trains on examples; validation, which may be the zero Set, is for validation only. It returns what it
// measured after each epoch. If ctx ends, Fit stops after the step in progress and returns its error with the
// history so far. It is an error if a set does not have the numbers that its examples need.
func (t *Trainer) Fit(ctx @context.Context, train, validation Set, o FitOptions) (History, error) {
	return @fit.Fit(ctx, t, train, validation, o)
}
`)
	f.decl(`
// Evaluate returns the mean loss of examples, as in inference, and the metrics named, or those of the task.
func (t *Trainer) Evaluate(s Set, metrics ...string) ([]Metric, error) {
	return @fit.Evaluate(t, s, metrics)
}
`)
	f.decl("%s", net.options())
	f.decl(`
// TrainStep is for Fit: it takes one step on a batch.
func (t *Trainer) TrainStep(b Set, lr float64) float64 {
	t.LR = lr
	return t.Step(%s)
}
`, args)
	f.decl(`
// EvaluatePiece is for Fit: it computes the outputs of at most Batch examples, and returns their summed loss.
func (t *Trainer) EvaluatePiece(b Set, out [][]float32) float64 {
	return t.evaluate(b.N, %s, %s)
}
`, args, strings.Join(outs, ", "))
	f.decl(`
// Piece is for Fit: the most examples of EvaluatePiece.
func (t *Trainer) Piece() int { return Batch }
`)
	f.decl(`
// Inputs is for Fit: the numbers of one example of each input.
func (t *Trainer) Inputs() []int { return []int{%s} }
`, strings.Join(inputs, ", "))
	f.decl(`
// Outputs is for Fit: what the outputs are, in the order of Set.Y.
func (t *Trainer) Outputs() []@fit.Output {
	return []@fit.Output{
%s
	}
}
`, strings.Join(outputs, "\n"))
	f.decl(`
// State is for Fit: views of all numbers that make the model.
func (t *Trainer) State() [][]float32 { return [][]float32{@mem.Flat(&t.Weights)} }
`)
	var states []string
	for _, s := range net.Train.States {
		states = append(states, fmt.Sprintf("@mem.Flat(&t.%s)", s))
	}
	f.decl(`
// Optimizer is for Fit: what a progress holds of the optimizer.
func (t *Trainer) Optimizer() @fit.Optimizer {
	return @fit.Optimizer{
		Spec: @model.SpecSum,
		Seed: t.seed,
		Updates: &t.step,
		State: [][]float32{%s},
	}
}
`, strings.Join(states, ", "))
	f.decl(`
// ReadProgress reads what Progress.Write wrote. It is an error if any byte is not as it was written.
func ReadProgress(r @io.Reader) (*Progress, error) { return @fit.ReadProgress(r) }
`)
	f.decl(`
// LoadProgress reads a file of Progress.Save; if that is damaged or missing, the one before.
func LoadProgress(name string) (*Progress, error) { return @fit.LoadProgress(name) }
`)
}

// schedules returns the declarations of the schedules, such as
//
//	StepDecay = fit.StepDecay // StepSize, Gamma, PerStep
func (net *Network) schedules() string {
	var b strings.Builder
	b.WriteString(`
// The schedules of the learning rate, with their fields: what they do stands in the spec's table of schedules. With
// PerStep time is counted in steps, else in epochs.
type (
	// Schedule gives the rate of a step: Rate(base float64, t Time) float64, base being the rate of the options.
	Schedule = @fit.Schedule
`)
	for _, s := range net.Train.Schedules {
		fmt.Fprintf(&b, "\t%s = @fit.%[1]s", s.Type)
		if s.Fields != nil {
			b.WriteString(" // " + strings.Join(s.Fields, ", "))
		}
		b.WriteString("\n")
	}
	b.WriteString(`	Warmup = @fit.Warmup // Steps, Then
	// Time is where a training stands, for a schedule of your own: Step, StepsPerEpoch, Epochs.
	Time = @fit.Time
)
`)
	return b.String()
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
