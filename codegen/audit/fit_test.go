package audit

import (
	"strings"
	"testing"
)

// fits is a network with a made kernel, and with all that Options may hold but the other average.
const fits = `version: 1
name: m
inputs: [{name: a, shape: [8]}, {name: b, shape: [8]}]
layers:
  - concatenate: {name: both, from: [a, b]}
  - dense: {name: h, units: 16, activation: relu}
  - output: {name: y, from: h, task: regression}
  - output: {name: z, from: h, task: binary}
optimizer: {adam: {lr: 0.003}}
schedule: {cosine: {t_max: 7, min_lr: 0.001}}
training: {epochs: 7, batch_size: 16, seed: 11, validation_split: 0.2, metrics: [mae, accuracy],
  early_stopping: {monitor: val_loss, patience: 3, min_delta: 0.5, restore_best: true}, ema: {decay: 0.75, start_epoch: 2}}
`

// aliasFits has a name that the trainer takes for a receiver or a field, and weights of classes that Fit finds.
const aliasFits = `version: 1
name: r
input: {name: x, shape: [6]}
task: multiclass
classes: 3
preprocess: [standardize]
layers:
  - dense: {name: h, units: 8, activation: relu}
  - batch_norm
  - output
training: {class_weights: balanced}
`

// measuredFits has outputs with quantiles and a threshold.
const measuredFits = `version: 1
name: q
input: {name: x, shape: [6]}
layers:
  - dense: {name: g, units: 8}
  - output: {name: a, from: g, task: binary, decision: {threshold: f1}}
  - output: {name: c, from: g, task: regression, quantiles: [0.1, 0.5, 0.9]}
training: {metrics: [f1, mae]}
`

const kernels = `version: 1
name: m
input: {name: x, shape: [16]}
task: multiclass
classes: 3
layers:
  - dense: {name: h, units: 16, activation: relu}
  - output: {name: y}
`

const tokenFits = `version: 1
name: m
input: {name: x, shape: [5]}
task: binary
layers:
  - embedding: {output_dim: 4, input_dim: 9}
  - flatten
  - output: {name: y}
`

// TestWrongFitsAndKernelCallsAreFound changes what Fit takes of the spec, and what made kernels are called with, one
// text at a time.
func TestWrongFitsAndKernelCallsAreFound(t *testing.T) {
	for _, c := range []struct {
		spec    string
		changes [][3]string // old, new, what is found
	}{
		{fits, [][3]string{
			{"Epochs:    7", "Epochs:    8", "Epochs of fit.Options is 8, want 7"},
			{"BatchSize: 16", "BatchSize: 32", "BatchSize of fit.Options is 32, want 16"},
			{"Seed:      11", "Seed:      1", "Seed of fit.Options is 1, want 11"},
			{"Shuffle:   true", "Shuffle:   false", "Shuffle of fit.Options is false, want true"},
			{"LR:        0.003", "LR:        0.03", "LR of fit.Options is 0.03, want 0.003"},
			{"Patience: 3", "Patience: 30", "Patience of fit.EarlyStopping is 30, want 3"},
			{"MinDelta: 0.5", "MinDelta: 0", "MinDelta of fit.EarlyStopping is 0, want 0.5"},
			{"RestoreBest: true", "RestoreBest: false", "RestoreBest of fit.EarlyStopping is false, want true"},
			{`Monitor: "val_loss"`, `Monitor: "loss"`, `Monitor of fit.EarlyStopping is "loss", want "val_loss"`},
			{"Decay: 0.75", "Decay: 0.5", "Decay of fit.EMA is 0.5, want 0.75"},
			{"Start: 2", "Start: 1", "Start of fit.EMA is 1, want 2"},
			{`"mae"`, `"rmse"`, "Metrics of fit.Options"},
			{"b.X[0], b.X[1]", "b.X[1], b.X[0]", "t.Gradient(b.X[1], b.X[0]"},
			{"b.Y[0], b.Y[1]", "b.Y[0], b.Y[0]", "b.Y[0], b.Y[0], b.W"},
			{"t.Apply,", "func() {},", "Apply of fit.Trainer is"},
			{"mem.Flat(&t.Weights)}", "mem.Flat(&t.Weights.Params)}", "State of fit.Trainer is"},
			{"{mem.Flat(&t.m), mem.Flat(&t.v)}", "{mem.Flat(&t.m), mem.Flat(&t.m)}",
				"holds the state t.v of the optimizer 0 times"},
			{"fit.Fit(ctx, t.forFit(), train, validation, o)", "fit.Fit(ctx, t.forFit(), train, train, o)", "Trainer.Fit does"},
			{"return fit.Snapshot(t.forFit())", "return nil", "Trainer.Progress does"},
			{"Piece:     Batch", "Piece:     1", "Piece of fit.Trainer is 1, want Batch"},
			{"Gradients: t.Gradients(),\n\t\tOptimizer", "Gradients: nil,\n\t\tOptimizer", "Gradients of fit.Trainer is nil"},
			{"\tt.Apply()\n\treturn loss", "\treturn loss", "Trainer.Step does"},
			{"[]int{m.ASize, m.BSize}", "[]int{m.ASize, 9}", "Inputs of fit.Trainer are [8 9], want [8 8]"},
			{"[]int{m.ASize, m.BSize}", "nil", "Inputs of fit.Trainer is nil, want a list"},
			{"&t.seed", "new(uint64)", "Seed of fit.Trainer is new(uint64), want &t.seed"},
			{"Task: fit.Binary", "Task: fit.Regression", "the outputs of Fit are"},
			{"return t.Gradient(", "return -t.Gradient(", "forFit does"},
			{"gradient := ", "_ = fit.Trainer{}\n\tgradient := ", "forFit does"},
			{"return fit.Trainer{\n", "t.step = 0\n\treturn fit.Trainer{\n", "forFit does"},
			{"out[0], out[1]", "out[1], out[0]", "Evaluate of fit.Trainer is"},
			{"return t.evaluate(", "return 2 * t.evaluate(", "Evaluate of fit.Trainer is"},
			{"t.evaluate(b.N,", "t.evaluate(1,", "Evaluate of fit.Trainer is"},
			{"return t.nonFinite(func() { gradient(b) })", `return ""`, "NonFinite of fit.Trainer is"},
			{"return fit.FindNonFinite(n, &t.watch, gradient)", `return ""`, "Trainer.nonFinite does"},
			{"m.SpecSum,", `"",`, `Spec of fit.Trainer is "", want m.SpecSum`},
			{"Width: m.ZSize", "Width: 1 + m.ZSize", `Width of "z" is 1 + m.ZSize, want 1`},
			{"Targets: fit.Numbers", "Targets: fit.Counts", `Targets of "y" is fit.Counts`},
			{"Name: \"z\"", "Name: \"y\"", `Name of "z" is "y", want "z"`},
			{"fit.MAE", "fit.R2", `Metrics of "y" is`},
			{"Task: fit.Binary,", "Task: fit.Binary, Steps: 2,", `Steps of "z" is 2`},
			{"Updates:   &t.step,", "", "Updates of fit.Trainer is not there"},
			{"Updates:   &t.step,", "Updates:   new(uint64),", "Updates of fit.Trainer is new(uint64)"},
			{"LR:        &t.LR,", "LR:        &t.LR,\n\t\tBegin: func(Set) { t.LR = 0 },", "Begin of fit.Trainer is"},
			{"{mem.Flat(&t.m), mem.Flat(&t.v)}", "{mem.Flat(&t.m), mem.Flat(&t.v), t.grads.HW[:]}",
				"which is no state of the optimizer"},
		}},
		{tokenFits, [][3]string{
			{"[]int{9}", "[]int{10}", "Tokens of fit.Trainer are [10], want [9]"},
			{"Tokens:    []int{9},", "", "Tokens of fit.Trainer are [], want [9]"},
		}},
		{aliasFits, [][3]string{
			{"model.SpecSum,", `"",`, `Spec of fit.Trainer is ""`},
			{"model.SpecSum,", "fit.SpecSum,", `Spec of fit.Trainer is fit.SpecSum`},
			{"t.classWeights[:]}", "t.grads.HB[:]}", "which is no state of the optimizer"},
			{", t.classWeights[:]}", "}", "the class weights of 1 outputs"},
			{"Begin:     t.begin,", "", "Begin of fit.Trainer is not there"},
			{"Running:   t.running,", "", "Running of fit.Trainer is not there"},
		}},
		{measuredFits, [][3]string{
			{"0.5, 0.9}", "0.9}", `Quantiles of "c" is`},
			{"[]float32{0.1, 0.5", "[]float32{0.2, 0.5", `Quantiles of "c" is`},
			{"Threshold: t.Weights.Stats.AThreshold[0]", "Threshold: 0.5", `Threshold of "a" is 0.5`},
			{"fit.F1", "fit.Recall", `Metrics of "a" is`},
		}},
		{kernels, [][3]string{
			{"predictSIMD(&y[0], &x[0], &m.hW[0], &m.hB[0]", "predictSIMD(&y[0], &x[0], &m.hB[0], &m.hW[0]",
				"the kernel predictSIMD takes &m.hB[0] for w1, want &m.hW[0]"},
			{"predictSIMD(&y[0], &x[0]", "predictSIMD(&x[0], &y[0]", "takes &x[0] for y, want &y[0]"},
			{"//\tw1  hW", "//\tw1  hB", "takes &m.hW[0] for w1, want &m.hB[0]"},
			{"//\tw1  hW", "//\tw1  gone", "takes the array gone, which the Model does not have"},
			{"if cpu.HasSIMD() {", "if true {", "predictSIMD is called where cpu.HasSIMD()"},
			{"if cpu.HasSIMD() {", "if !cpu.HasSIMD() {", "predictSIMD is called where cpu.HasSIMD()"},
			{"if cpu.HasSIMD() {", "if cpu.HasSIMD() || x != nil {", "predictSIMD is called where cpu.HasSIMD()"},
			{"if cpu.HasSIMD() {", "if cpu.HasSIMD() == false {", "predictSIMD is called where cpu.HasSIMD()"},
			{"if cpu.HasSIMD() {", "if cpu.HasSIMD() {\n\t} else {", "predictSIMD is called where cpu.HasSIMD()"},
			{"&& cpu.HasSIMD() {", "&& !cpu.HasSIMD() {", "predictBatchSIMD is called where cpu.HasSIMD()"},
			{"&& cpu.HasSIMD() {", "|| cpu.HasSIMD() {", "predictBatchSIMD is called where cpu.HasSIMD()"},
			{"for n >= 16 && cpu.HasSIMD() {", "for ; n >= 16; _ = cpu.HasSIMD() {",
				"predictBatchSIMD is called where cpu.HasSIMD()"},
			{"&m.yB[0])", "&m.yB[1])", "takes &m.yB[1] for w4, want &m.yB[0]"},
		}},
	} {
		out, n := network(t, c.spec), built(t, c.spec)
		read := func(files map[string][]byte) (all string) {
			r, err := Run(n, files)
			if err != nil {
				return err.Error()
			}
			for _, f := range r.Findings {
				all += f.String() + "\n"
			}
			return all
		}
		if got := read(out.Files); got != "" {
			t.Fatalf("findings in what nngen wrote:\n%s", got)
		}
		for _, change := range c.changes {
			files, changed := map[string][]byte{}, false
			for path, src := range out.Files {
				files[path] = []byte(strings.ReplaceAll(string(src), change[0], change[1]))
				changed = changed || string(files[path]) != string(src)
			}
			if got := read(files); !changed || !strings.Contains(got, change[2]) {
				t.Errorf("%s for %s (found: %v): got %q, want %q", change[1], change[0], changed, got, change[2])
			}
		}
	}
}
