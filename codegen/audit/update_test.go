package audit

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// updated are networks whose updates differ: in one step, in stretches, shared among workers.
const updated = `version: 1
name: m
input: {name: x, shape: [%s]}
task: regression
layers:
  - dense: {name: h, units: 64, activation: relu, kernel_regularizer: {l2: 0.002}, max_norm: 2%s}
  - output: {name: y}
optimizer: {adam: {lr: 0.01, betas: [0.8, 0.95], weight_decay: 0.03}}
training: {batch_size: 256, clip_norm: 3, clip_value: 0.5}
`

// built returns the network of a spec.
func built(t *testing.T, text string) *net.Net {
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	n, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return n
}

// TestWrongUpdatesAreFound changes what updates the parameters, one place at a time.
func TestWrongUpdatesAreFound(t *testing.T) {
	changes := []struct{ old, new, want string }{
		{"Beta1: 0.8", "Beta1: 0.95", "beta1 of adam is 0.95, want 0.8"},
		{"WeightDecay: 0.03", "WeightDecay: 0", "weight_decay of adam is 0, want 0.03"},
		{"Beta1: 0.8, ", "", "beta1 of adam is not there, want 0.8"},
		{"WeightDecay: 0.03", "", "weight_decay of adam is not there, want 0.03"},
		{"t.step++", "", "counts its steps 0 times, want once"},
		{"vec.ClipValue(g, -0.5, 0.5)", "vec.ClipValue(g)", "vec.ClipValue has 1 arguments, want 3"},
		{"optim.MaxNorm(", "optim.MaxNorm(0, ", "optim.MaxNorm has 5 arguments, want 4"},
		{"vec.PenaltyLoss(t.Weights.HW[:], 0, 0.002)", "vec.PenaltyLoss()", "vec.PenaltyLoss has 0 arguments, want 3"},
		{"optim.Adam{", "optim.AMSGrad{", "the optimizer is amsgrad, want adam"},
		{"&t.v", "&t.m", "takes t.m twice"},
		{"t.step, ", "t.Seed, ", "a step is number t.Seed"},
		{"vec.ClipValue(g, -0.5, 0.5)", "vec.ClipValue(g, -0.5, 5)", "clipped to 5, want 0.5"},
		{"vec.ClipValue(g, -0.5, 0.5)", "_ = g", "does not clip"},
		{"SumSquares(g), 3)", "SumSquares(g), 2)", "clipped to the norm 2, want 3"},
		{"optim.MaxNorm(", "max(", "limits the norms of 0 parameters, want 1"},
		{"vec.PenaltyLoss(t.Weights.HW[:], 0, 0.002)", "vec.PenaltyLoss(t.Weights.HW[:], 0, 0.02)",
			"has l2 0.02, want 0.002"},
		{"vec.Penalty(t.grads.HW[:]", "vec.Penalty(t.grads.YW[:]", "goes to t.grads.YW[:]"},
	}
	for _, c := range []struct {
		inputs, factor string
		more           []struct{ old, new, want string }
	}{
		{"4", "", nil},
		{"4", ", lr_factor: 0.1", []struct{ old, new, want string }{
			{"0.1*t.LR", "t.LR", "has 1 times the learning rate, want 0.1"},
			{"w[320:]", "w[321:]", "of the parameters"},
		}},
		{"4096", "", []struct{ old, new, want string }{
			{"g[lo:hi]", "g[lo:]", "takes lo: of t.grads, and lo:hi of the parameters"},
		}},
	} {
		text := strings.Replace(strings.Replace(updated, "%s", c.inputs, 1), "%s", c.factor, 1)
		out := network(t, text)
		n := built(t, text)
		read := func(files map[string][]byte) string {
			r, err := Run(n, files)
			if err != nil {
				return err.Error()
			}
			all := ""
			for _, f := range r.Findings {
				all += f.String() + "\n"
			}
			return all
		}
		if got := read(out.Files); got != "" {
			t.Fatalf("inputs: %s%s: findings in what nngen wrote:\n%s", c.inputs, c.factor, got)
		}
		for _, change := range append(changes, c.more...) {
			files, changed := map[string][]byte{}, false
			for path, src := range out.Files {
				files[path] = []byte(strings.Replace(string(src), change.old, change.new, 1))
				changed = changed || string(files[path]) != string(src)
			}
			if got := read(files); !changed || !strings.Contains(got, change.want) {
				t.Errorf("inputs: %s%s: %s for %s (found: %v): got %q, want %q", c.inputs, c.factor, change.new, change.old,
					changed, got, change.want)
			}
		}
	}
}

// TestEachOptimizerIsRead reads the updates of every optimizer, with constants that are not zero.
func TestEachOptimizerIsRead(t *testing.T) {
	tried := map[string]bool{}
	for _, optimizer := range []string{
		"sgd: {lr: 0.1, weight_decay: 0.01}",
		"momentum: {momentum: 0.8, dampening: 0.1, classical: true, weight_decay: 0.01}",
		"nesterov: {momentum: 0.8, weight_decay: 0.01}", "adagrad: {lr_decay: 0.1, weight_decay: 0.01}",
		"adadelta: {rho: 0.8, weight_decay: 0.01}",
		"rmsprop: {alpha: 0.9, momentum: 0.5, centered: true, weight_decay: 0.01}",
		"adam: {weight_decay: 0.01}", "adamax: {weight_decay: 0.01}", "adamw: {}", "amsgrad: {weight_decay: 0.01}",
		"nadam: {weight_decay: 0.01}", "lion: {weight_decay: 0.01}",
	} {
		text := "version: 1\nname: m\ninput: {name: x, shape: [4]}\ntask: regression\nlayers: [output]\noptimizer: {" +
			optimizer + "}\n"
		n := built(t, text)
		r, err := Run(n, network(t, text).Files)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Findings {
			t.Errorf("%s: %s", optimizer, f)
		}
		kind, _, _ := strings.Cut(optimizer, ":")
		tried[kind] = true
	}
	for _, k := range op.Schema()[spec.OptimizerFamily] {
		if !tried[k.Name] {
			t.Errorf("no update of %s is read", k.Name)
		}
	}
}

// TestEveryLossHasItsFunction looks for the row of each kind.
func TestEveryLossHasItsFunction(t *testing.T) {
	for _, k := range op.Schema()[spec.LossFamily] {
		if lossCalls[k.Name] == nil {
			t.Errorf("lossCalls says nothing of %s", k.Name)
		}
	}
}
