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
	t.Epochs, t.Shuffle = s.Training.Epochs, s.Training.Shuffle
	for _, m := range s.Training.Metrics {
		if m != "confusion_matrix" { // a table, which evaluations show in any case
			t.Metrics = append(t.Metrics, m)
		}
	}
	if s.Schedule != nil {
		t.Schedule = schedule(*s.Schedule)
	}
	if e := s.Training.EarlyStopping; e != nil {
		t.Stop = &emit.Stop{Monitor: e.Monitor, Patience: e.Patience, MinDelta: e.MinDelta, RestoreBest: e.RestoreBest}
	}
	for _, in := range net.Inputs {
		var steps []emit.Preprocess
		for _, l := range op.Preprocessing(net, in) {
			step := emit.Preprocess{Kind: l.Def.Kind.Name, Center: l.Params[0], Scale: l.Params[1]}
			if l.Def == op.MinMax {
				step.Min, step.Max = l.Node.Float("min"), l.Node.Float("max")
			}
			steps = append(steps, step)
		}
		t.Preprocess = append(t.Preprocess, steps)
	}
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

// schedule returns the Go text of a schedule, with package marks.
func schedule(n spec.Node) string {
	f := func(field, attr string) string { return fmt.Sprintf("%s: %s", field, number(n.Float(attr))) }
	i := func(field, attr string) string { return fmt.Sprintf("%s: %d", field, n.Int(attr)) }
	perStep := fmt.Sprintf("PerStep: %t", n.Word("per") == "step")
	var typ string
	var fields []string
	switch n.Kind {
	case "constant":
		typ = "Constant"
	case "step":
		typ, fields = "StepDecay", []string{i("StepSize", "step_size"), f("Gamma", "gamma"), perStep}
	case "multi_step":
		var at []string
		for _, m := range n.Ints("milestones") {
			at = append(at, strconv.Itoa(m))
		}
		typ, fields = "MultiStep", []string{"Milestones: []int{" + strings.Join(at, ", ") + "}", f("Gamma", "gamma"), perStep}
	case "exponential":
		typ, fields = "Exponential", []string{f("Gamma", "gamma"), perStep}
	case "polynomial":
		typ, fields = "Polynomial", []string{i("Total", "total_iters"), f("Power", "power"), perStep}
	case "cosine":
		typ, fields = "Cosine", []string{i("TMax", "t_max"), f("MinLR", "min_lr"), perStep}
	case "cosine_warm_restarts":
		typ, fields = "WarmRestarts", []string{i("T0", "t_0"), i("TMult", "t_mult"), f("MinLR", "min_lr"), perStep}
	case "cyclical":
		typ, fields = "Cyclical", []string{f("MinLR", "min_lr"), f("MaxLR", "max_lr"), i("StepSize", "step_size"), fmt.Sprintf("Mode: %q", n.Word("mode")), f("Gamma", "gamma"), perStep}
	case "one_cycle":
		typ, fields = "OneCycle", []string{f("MaxLR", "max_lr"), i("Total", "total_steps"), f("PctStart", "pct_start"), fmt.Sprintf("Linear: %t", n.Word("anneal") == "linear"), f("DivFactor", "div_factor"), f("FinalDiv", "final_div_factor"), perStep}
	case "reduce_on_plateau":
		typ, fields = "Plateau", []string{fmt.Sprintf("Monitor: %q", n.Word("monitor")), f("Factor", "factor"), i("Patience", "patience"), i("Cooldown", "cooldown"), f("Threshold", "threshold"), f("MinLR", "min_lr")}
	default:
		panic("BUG: no schedule " + n.Kind)
	}
	text := fmt.Sprintf("@fit.%s{%s}", typ, strings.Join(fields, ", "))
	if typ == "Plateau" {
		text = "&" + text
	}
	if steps := n.Int("warmup_steps"); steps > 0 {
		text = fmt.Sprintf("@fit.Warmup{Steps: %d, Then: %s}", steps, text)
	}
	return text
}

// number writes a constant as Go does, with as many digits as it takes.
func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
