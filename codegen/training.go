package codegen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// pieceRows is the number of rows that are worked off in one piece where a batch is larger, or is
// the full training set.
const pieceRows = 256

// training gathers what the training package needs beside graphs.
func training(net *op.Net) *emit.Training {
	s := net.Spec
	rows := s.Training.BatchSize
	if rows == 0 || rows > 2*pieceRows {
		rows = pieceRows
	}
	t := &emit.Training{
		Batch: rows, BatchSize: s.Training.BatchSize, Seed: s.Training.Seed,
		ClipNorm: s.Training.ClipNorm, ClipValue: s.Training.ClipValue,
		LR: number(s.Optimizer.Float("lr")),
	}
	t.Update, t.States = update(s.Optimizer)
	return t
}

// update returns the statement that updates w by g, and the names of the optimizer's states: see
// emit.Training.
func update(n spec.Node) (statement string, states []string) {
	call := func(typ string, fields []string, names ...string) (string, []string) {
		var args []string
		for _, s := range names {
			if s == "" {
				args = append(args, "nil, ")
				continue
			}
			args = append(args, fmt.Sprintf("@mem.Flat(&t.%s), ", s))
			states = append(states, s)
		}
		return fmt.Sprintf("@optim.%s{%s}.Step(w, g, %st.step, t.LR, $clip)", typ, strings.Join(fields, ", "), strings.Join(args, "")), states
	}
	f := func(field, attr string) string { return field + ": " + number(n.Float(attr)) }
	wd := f("WeightDecay", "weight_decay")
	betas := n.Floats("betas")
	adam := func() []string {
		return []string{"Beta1: " + number(betas[0]), "Beta2: " + number(betas[1]), f("Eps", "eps"), wd}
	}
	switch n.Kind {
	case "sgd":
		return call("SGD", []string{wd})
	case "momentum":
		return call("Momentum", []string{f("Momentum", "momentum"), f("Dampening", "dampening"), fmt.Sprintf("Classical: %t", n.Bool("classical")), wd}, "velocity")
	case "nesterov":
		return call("Nesterov", []string{f("Momentum", "momentum"), wd}, "velocity")
	case "adagrad":
		return call("Adagrad", []string{f("LRDecay", "lr_decay"), f("InitialAccumulator", "initial_accumulator_value"), f("Eps", "eps"), wd}, "sum")
	case "adadelta":
		return call("Adadelta", []string{f("Rho", "rho"), f("Eps", "eps"), wd}, "square", "delta")
	case "rmsprop":
		return call("RMSProp", []string{f("Alpha", "alpha"), f("Eps", "eps"), f("Momentum", "momentum"), fmt.Sprintf("Centered: %t", n.Bool("centered")), wd},
			"square", stateIf(n.Bool("centered"), "mean"), stateIf(n.Float("momentum") > 0, "velocity"))
	case "adam":
		return call("Adam", adam(), "m", "v")
	case "adamw":
		return call("AdamW", adam(), "m", "v")
	case "amsgrad":
		return call("AMSGrad", adam(), "m", "v", "vmax")
	case "nadam":
		return call("NAdam", append(adam(), f("MomentumDecay", "momentum_decay")), "m", "v")
	case "adamax":
		return call("Adamax", adam(), "m", "norm")
	}
	panic("BUG: no optimizer " + n.Kind)
}

// stateIf returns the name of a state that is kept only if it is used.
func stateIf(used bool, name string) string {
	if used {
		return name
	}
	return ""
}

// number writes a constant as Go does, with as many digits as it takes.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
