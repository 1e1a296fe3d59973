package op

import "github.com/nngen/nngen/spec"

// Attributes that several optimizers share.
var (
	nonNegative = spec.Bound(0)
	decay       = spec.Attr{Name: "weight_decay", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "Added times w to the gradient."}
	decoupled   = spec.Attr{Name: "weight_decay", Type: spec.Float, Default: 0.01, Min: nonNegative, Doc: "Each step first shrinks w by lr times this."}
)

func rate(def float64) spec.Attr {
	return spec.Attr{Name: "lr", Type: spec.Float, Default: def, Min: nonNegative, Doc: "η: the learning rate before any schedule."}
}

func fraction(name string, def float64, doc string) spec.Attr {
	return spec.Attr{Name: name, Type: spec.Float, Default: def, Min: nonNegative, Max: spec.Bound(1), OpenMax: true, Doc: doc}
}

func eps(def float64) spec.Attr {
	return spec.Attr{Name: "eps", Type: spec.Float, Default: def, Min: nonNegative, Doc: "ε: added to the divisor."}
}

var betas = spec.Attr{Name: "betas", Type: spec.Floats, Len: 2, Default: []float64{0.9, 0.999}, Min: nonNegative, Max: spec.Bound(1), OpenMax: true, Doc: "β₁, β₂: decay of the running means of g and g²."}

// optimizers have PyTorch's names, definitions and defaults, but for momentum and nesterov, which
// are its SGD with a momentum of 0.9.
var optimizers = []spec.Kind{
	{Name: "sgd", Doc: "w ← w − η·g.", Short: "lr", Attrs: []spec.Attr{rate(1e-3), decay}},
	{Name: "momentum", Doc: "v ← μ·v + (1 − dampening)·g, w ← w − η·v; or classical: v ← μ·v + η·g, w ← w − v.", Attrs: []spec.Attr{
		rate(1e-3), fraction("momentum", 0.9, "μ: what is kept of the velocity."), fraction("dampening", 0, "Share of the gradient that is left out."),
		{Name: "classical", Type: spec.Bool, Default: false, Doc: "Whether η goes into the velocity, which differs where η varies."}, decay}},
	{Name: "nesterov", Doc: "v ← μ·v + g, w ← w − η·(g + μ·v).", Attrs: []spec.Attr{
		rate(1e-3), fraction("momentum", 0.9, "μ: what is kept of the velocity."), decay}},
	{Name: "adagrad", Doc: "s ← s + g², w ← w − η/(1 + (k − 1)·lr_decay)·g/(√s + ε).", Attrs: []spec.Attr{
		rate(1e-2), {Name: "lr_decay", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "Decay of η with the step k."},
		{Name: "initial_accumulator_value", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "s before the first step."}, eps(1e-10), decay}},
	{Name: "adadelta", Doc: "s ← ρ·s + (1 − ρ)·g², Δ = √(d + ε)/√(s + ε)·g, d ← ρ·d + (1 − ρ)·Δ², w ← w − η·Δ.", Attrs: []spec.Attr{
		rate(1), fraction("rho", 0.9, "ρ: decay of both running means."), eps(1e-6), decay}},
	{Name: "rmsprop", Doc: "s ← α·s + (1 − α)·g², w ← w − η·g/(√s + ε); optionally centered, and with momentum.", Attrs: []spec.Attr{
		rate(1e-2), fraction("alpha", 0.99, "α: decay of the running mean of g²."), eps(1e-8),
		fraction("momentum", 0, "What is kept of the velocity."),
		{Name: "centered", Type: spec.Bool, Default: false, Doc: "Whether the squared mean of g is taken from s."}, decay}},
	{Name: "adam", Doc: "m ← β₁·m + (1 − β₁)·g, v ← β₂·v + (1 − β₂)·g², w ← w − η·m̂/(√v̂ + ε).", Attrs: []spec.Attr{rate(1e-3), betas, eps(1e-8), decay}},
	{Name: "adamw", Doc: "Adam with decoupled weight decay.", Attrs: []spec.Attr{rate(1e-3), betas, eps(1e-8), decoupled}},
	{Name: "amsgrad", Doc: "Adam with the maximum of all v so far.", Attrs: []spec.Attr{rate(1e-3), betas, eps(1e-8), decay}},
	{Name: "nadam", Doc: "Adam with Nesterov's momentum.", Attrs: []spec.Attr{rate(2e-3), betas, eps(1e-8),
		{Name: "momentum_decay", Type: spec.Float, Default: 4e-3, Min: nonNegative, Doc: "ψ of the momentum schedule."}, decay}},
	{Name: "adamax", Doc: "m ← β₁·m + (1 − β₁)·g, s ← max(β₂·s, |g| + ε), w ← w − η/(1 − β₁ᵏ)·m/s.", Attrs: []spec.Attr{rate(2e-3), betas, eps(1e-8), decay}},
}

var warmup = spec.Attr{Name: "warmup_steps", Type: spec.Int, Default: 0, Min: nonNegative, Doc: "Steps in which the rate first grows linearly from 0; the schedule starts after them."}

// per says whether a schedule moves with each step or each epoch.
func per(def string) spec.Attr {
	return spec.Attr{Name: "per", Type: spec.Enum, Enum: []string{"step", "epoch"}, Default: def, Doc: "Whether the schedule's time counts steps or epochs."}
}

func count(name, doc string) spec.Attr {
	return spec.Attr{Name: name, Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: doc}
}

func positive(name string, def any, doc string) spec.Attr {
	return spec.Attr{Name: name, Type: spec.Float, Default: def, Required: def == nil, Min: nonNegative, OpenMin: true, Doc: doc}
}

// schedules have PyTorch's definitions; the rate that they start from is the optimizer's.
var schedules = []spec.Kind{
	{Name: "constant", Doc: "η stays.", Attrs: []spec.Attr{warmup}},
	{Name: "step", Doc: "η·γ^⌊t/step_size⌋.", Attrs: []spec.Attr{count("step_size", "Time between falls."), positive("gamma", 0.1, "γ: factor of a fall."), per("epoch"), warmup}},
	{Name: "multi_step", Doc: "η·γ^(milestones passed).", Attrs: []spec.Attr{
		{Name: "milestones", Type: spec.Ints, Required: true, Min: spec.Bound(1), Doc: "Times of the falls."}, positive("gamma", 0.1, "γ: factor of a fall."), per("epoch"), warmup}},
	{Name: "exponential", Doc: "η·γᵗ.", Attrs: []spec.Attr{positive("gamma", nil, "γ: factor for each unit of time."), per("epoch"), warmup}},
	{Name: "polynomial", Doc: "η·(1 − min(t, T)/T)^power.", Attrs: []spec.Attr{count("total_iters", "T: when the rate reaches 0."), positive("power", 1.0, "Exponent."), per("epoch"), warmup}},
	{Name: "cosine", Doc: "min_lr + (η − min_lr)·(1 + cos(π·t/T))/2.", Attrs: []spec.Attr{count("t_max", "T: half a period."), {Name: "min_lr", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "The lowest rate."}, per("epoch"), warmup}},
	{Name: "cosine_warm_restarts", Doc: "Cosine that starts again after t_0, then t_0·t_mult, …", Attrs: []spec.Attr{count("t_0", "Length of the first period."),
		{Name: "t_mult", Type: spec.Int, Default: 1, Min: spec.Bound(1), Doc: "Growth of the periods."}, {Name: "min_lr", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "The lowest rate."}, per("epoch"), warmup}},
	{Name: "cyclical", Doc: "Up and down between min_lr and max_lr (Smith 2017).", Attrs: []spec.Attr{
		{Name: "mode", Type: spec.Enum, Enum: []string{"triangular", "triangular2", "exp_range"}, Default: "triangular", Doc: "Whether the peaks stay, halve with each cycle, or fall by γᵗ."},
		{Name: "min_lr", Type: spec.Float, Required: true, Min: nonNegative, Doc: "The lowest rate."}, positive("max_lr", nil, "The highest rate."),
		count("step_size", "Time from the lowest rate to the highest."), positive("gamma", 1.0, "γ of exp_range."), per("step"), warmup}},
	{Name: "one_cycle", Doc: "Up to max_lr, then down far below the start (Smith and Topin 2018).", Attrs: []spec.Attr{
		positive("max_lr", nil, "The highest rate."), {Name: "total_steps", Type: spec.Int, Min: spec.Bound(1), Doc: "Length; that of the training if left out."},
		{Name: "pct_start", Type: spec.Float, Default: 0.3, Min: nonNegative, Max: spec.Bound(1), Doc: "Share of the time in which the rate grows."},
		{Name: "anneal", Type: spec.Enum, Enum: []string{"cos", "linear"}, Default: "cos", Doc: "Shape of both parts."},
		positive("div_factor", 25.0, "max_lr/start."), positive("final_div_factor", 1e4, "start/end."), per("step"), warmup}},
	{Name: "reduce_on_plateau", Doc: "η·factor when the metric has not improved for patience epochs.", Attrs: []spec.Attr{
		{Name: "monitor", Type: spec.String, Default: "val_loss", Doc: "The metric."}, positive("factor", 0.1, "Factor of a fall."),
		{Name: "patience", Type: spec.Int, Default: 10, Min: nonNegative, Doc: "Epochs without improvement."},
		{Name: "threshold", Type: spec.Float, Default: 1e-4, Min: nonNegative, Doc: "Relative improvement that counts."},
		{Name: "cooldown", Type: spec.Int, Default: 0, Min: nonNegative, Doc: "Epochs after a fall in which none is counted."},
		{Name: "min_lr", Type: spec.Float, Default: 0.0, Min: nonNegative, Doc: "The lowest rate."}, warmup}},
}
