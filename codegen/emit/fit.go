package emit

import (
	"fmt"
	"strings"
)

// emitFit writes what joins the Trainer to package fit: its interface, and the options of the spec.
func (net *Network) emitFit(f *file) {
	var batch, outs, outputs []string
	steps := ""
	if net.Steps > 1 {
		steps = fmt.Sprintf(", Steps: %d", net.Steps)
	}
	for i := range net.Inputs {
		batch = append(batch, fmt.Sprintf("b.X[%d]", i))
	}
	for i, p := range net.Outputs {
		batch = append(batch, fmt.Sprintf("b.Y[%d]", i))
		outs = append(outs, fmt.Sprintf("out[%d]", i))
		outputs = append(outputs, fmt.Sprintf("\t\t{Name: %q, Task: %q, Width: @model.%s%s},", p.Name, p.Task, net.outSize(i), steps))
	}
	args := strings.Join(append(batch, "b.W"), ", ")
	f.decl(`
// Fit trains on examples, with validation on others: see fit.Fit. Inputs come in the order of the
// spec, as do the targets of outputs: one number for each unit, 1 for the class that holds.
func (t *Trainer) Fit(ctx @context.Context, train, validation @fit.Set, o @fit.Options) (@fit.History, error) {
	return @fit.Fit(ctx, t, train, validation, o)
}
`)
	f.decl(`
// Evaluate returns the mean loss of examples, as in inference, and their metrics: see fit.Evaluate.
func (t *Trainer) Evaluate(s @fit.Set, metrics ...string) []@fit.Metric {
	return @fit.Evaluate(t, s, metrics)
}
`)
	f.decl("%s", net.options())
	f.decl(`
// TrainStep implements fit.Trainer.
func (t *Trainer) TrainStep(b @fit.Set, lr float64) float64 {
	t.LR = lr
	return t.Step(%s)
}
`, args)
	f.decl(`
// EvaluatePiece implements fit.Trainer.
func (t *Trainer) EvaluatePiece(b @fit.Set, out [][]float32) float64 {
	return t.evaluate(b.N, %s, %s)
}
`, args, strings.Join(outs, ", "))
	f.decl(`
// Piece implements fit.Trainer.
func (t *Trainer) Piece() int { return Batch }
`)
	f.decl(`
// Outputs implements fit.Trainer.
func (t *Trainer) Outputs() []@fit.Output {
	return []@fit.Output{
%s
	}
}
`, strings.Join(outputs, "\n"))
	f.decl(`
// State implements fit.Trainer.
func (t *Trainer) State() [][]float32 { return [][]float32{@mem.Flat(&t.Weights)} }
`)
}

// options returns the function that gives the options of the spec.
func (net *Network) options() string {
	t := net.Train
	var b strings.Builder
	b.WriteString("// Options returns the options of the spec.\nfunc Options() @fit.Options {\n\treturn @fit.Options{\n")
	fmt.Fprintf(&b, "\t\tEpochs: %d,\n\t\tBatchSize: %d,\n\t\tSeed: Seed,\n\t\tShuffle: %t,\n\t\tLR: %s,\n", t.Epochs, t.BatchSize, t.Shuffle, t.LR)
	if t.Schedule != "" {
		fmt.Fprintf(&b, "\t\tSchedule: %s,\n", t.Schedule)
	}
	if s := t.Stop; s != nil {
		fmt.Fprintf(&b, "\t\tStop: &@fit.EarlyStopping{Monitor: %q, Patience: %d, MinDelta: %v, RestoreBest: %t},\n", s.Monitor, s.Patience, s.MinDelta, s.RestoreBest)
	}
	if t.Metrics != nil {
		fmt.Fprintf(&b, "\t\tMetrics: []string{%s},\n", quoted(t.Metrics))
	}
	b.WriteString("\t}\n}")
	return b.String()
}
