package op

import (
	"slices"
	"strings"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Schema returns the kinds of every family that a spec may draw from.
func Schema() spec.Schema {
	s := spec.Schema{
		spec.RegularizerFamily: regularizers,
		spec.SparsityFamily:    sparsities,
	}
	for _, i := range Initializers() {
		s[spec.InitializerFamily] = append(s[spec.InitializerFamily], i.Kind)
	}
	for _, o := range Optimizers() {
		s[spec.OptimizerFamily] = append(s[spec.OptimizerFamily], o.Kind)
	}
	for _, d := range Schedules() {
		s[spec.ScheduleFamily] = append(s[spec.ScheduleFamily], d.Kind)
	}
	for _, d := range All() {
		s[spec.LayerFamily] = append(s[spec.LayerFamily], d.Kind)
		if d.Activation {
			s[spec.ActivationFamily] = append(s[spec.ActivationFamily], d.Kind)
		}
	}
	s[spec.LayerFamily] = append(s[spec.LayerFamily], ActivationKind, OutputKind, BidirectionalKind)
	slices.SortFunc(s[spec.LayerFamily], func(a, b spec.Kind) int { return strings.Compare(a.Name, b.Name) })
	for _, d := range recurrent() {
		s[spec.RecurrentFamily] = append(s[spec.RecurrentFamily], d.Kind)
	}
	for _, d := range perStep() {
		s[spec.PerStepFamily] = append(s[spec.PerStepFamily], d.Kind)
	}
	for _, l := range Losses() {
		s[spec.LossFamily] = append(s[spec.LossFamily], l.Kind)
	}
	for _, m := range fit.All() {
		s[spec.MetricFamily] = append(s[spec.MetricFamily], spec.Kind{Name: m.Name, Doc: m.Doc})
	}
	s[spec.MetricFamily] = append(s[spec.MetricFamily], spec.Kind{Name: ConfusionMatrix,
		Doc: "A table that evaluations show in any case: of the true classes and those that are predicted."})
	for _, d := range preprocessing {
		s[spec.PreprocessFamily] = append(s[spec.PreprocessFamily], d.Kind)
	}
	return s
}

// Sections returns the sections of a spec, and behind them those that attributes of kinds are, as decision of an output.
func Sections() []spec.Kind {
	list := spec.Sections()
	known := map[string]bool{}
	for _, k := range list {
		known[k.Name] = true
	}
	for _, k := range Schema()[spec.LayerFamily] {
		for _, a := range k.Attrs {
			if a.Section != nil && !known[a.Section.Name] {
				known[a.Section.Name] = true
				list = append(list, *a.Section)
			}
		}
	}
	return list
}

// ConfusionMatrix is a word of training.metrics that is no number.
const ConfusionMatrix = "confusion_matrix"

// ActivationKind and OutputKind are shorthands that Build writes out in other kinds.
var (
	ActivationKind = spec.Kind{Name: "activation", Doc: "An activation as a layer of its own.",
		Short: "function", Attrs: []spec.Attr{
			{Name: "function", Type: spec.Nodes, Family: spec.ActivationFamily, Required: true, Doc: "Which one."},
		}}

	OutputKind = spec.Kind{Name: "output",
		Doc: "The output: a dense layer with the activation and loss of the task, or as written.", Short: "units",
		Attrs: append([]spec.Attr{
			{Name: "task", Type: spec.Enum, Enum: []string{"regression", "binary", "multiclass"},
				Doc: "Chooses units, activation and loss; that of the spec if left out."},
			{Name: "units", Type: spec.Int, Min: spec.Bound(1),
				Doc: "Number of outputs; from the classes if left out, 1 for regression and binary."},
			{Name: "dense", Type: spec.Bool, Default: true,
				Doc: "Whether the output has a dense layer; if not, its input holds the scores."},
			{Name: "loss", Type: spec.Nodes, Family: spec.LossFamily, Doc: "That of the task if left out."},
			{Name: "standardize", Type: spec.Enum, Enum: []string{"auto", "true", "false", "min_max", "log"}, Default: "auto",
				Doc: "How a regression learns its targets, while predictions stay in their units: true with mean 0 and " +
					"deviation 1, min_max from 0 to 1, log by their logarithms with mean 0 and deviation 1; " +
					"all fitted to the training set, and the loss is of what is learned. auto does as true where the spec names " +
					"its data, the activation is linear and the loss takes any number, else as false."},
			{Name: "loss_weight", Type: spec.Float, Default: 1.0, Min: spec.Bound(0), OpenMin: true,
				Doc: "Weight of this loss among those of several outputs."},
			{Name: "class_weights", Type: spec.Weights, Enum: []string{spec.Balanced},
				Doc: "Weight of each class in this loss, as class_weights of training."},
			{Name: "quantiles", Type: spec.Floats, Min: spec.Bound(0), Max: spec.Bound(1), OpenMin: true, OpenMax: true,
				Doc: "Quantiles of the targets of a regression that are foretold, in growing order, such as [0.05, 0.5, 0.95]: " +
					"the output has units for each, those of the first for all targets, then those of the second. They never cross."},
			{Name: "interval", Type: spec.Float, Min: spec.Bound(0), Max: spec.Bound(1), OpenMin: true, OpenMax: true,
				Doc: "With which probability the intervals of a regression hold their targets: PredictInterval gives them, and " +
					"their width is fitted to the validation set once the training is over (split conformal prediction). With " +
					"standardize: log the ends are the prediction divided and multiplied by a factor, else a radius is taken off " +
					"and added."},
			{Name: "calibrate", Type: spec.Enum, Enum: []string{"temperature"},
				Doc: "Makes probabilities as sure as they are right: scores are divided by a temperature, fitted to the " +
					"validation set once the training is over, and nearer to 1 the less its examples tell. It does not take back " +
					"by how much class_weights shift probabilities towards the classes that they count more."},
			{Name: "decision", Type: spec.Section, Section: &decisionKind,
				Doc: "From which probability on the second of two classes is chosen; 0.5 if left out."},
			{Name: "reject", Type: spec.Section, Beside: true, Section: &rejectKind,
				Doc: "Below which probability no class is chosen: Classify then says that it declines."},
		}, weightAttrs...)}
)

var decisionKind = spec.Kind{Name: "decision", Short: "threshold",
	Doc: "How the class of a binary output is chosen.", Attrs: []spec.Attr{
		{Name: "threshold", Type: spec.String, Loose: true, Required: true,
			Doc: "The least probability of the second class that is taken for it, a number; or how it is found on the " +
				"validation set once the training is over: f1 for the best F1, cost for the least cost of mistakes, " +
				"recall@precision=0.9 for the most recall with at least that precision, precision@recall=0.9 likewise."},
		{Name: "false_positive", Type: spec.Float, Default: 1.0, Min: spec.Bound(0),
			Doc: "With threshold: cost, the cost of taking the first class for the second."},
		{Name: "false_negative", Type: spec.Float, Default: 1.0, Min: spec.Bound(0),
			Doc: "With threshold: cost, the cost of taking the second class for the first."},
	}}

var rejectKind = spec.Kind{Name: "reject", Short: "confidence",
	Doc: "When an output with classes declines to choose one.", Attrs: []spec.Attr{
		{Name: "confidence", Type: spec.Float, Required: true, Min: spec.Bound(0), OpenMin: true, Max: spec.Bound(1),
			Doc: "The least probability of a class that is chosen."},
	}}

var regularizers = []spec.Kind{
	{Name: "l1", Doc: "Adds factor·Σ|w| to the objective.", Short: "factor",
		Attrs: []spec.Attr{{Name: "factor", Type: spec.Float, Required: true, Min: spec.Bound(0), Doc: "Factor."}}},
	{Name: "l2", Doc: "Adds factor·Σw² to the objective.", Short: "factor",
		Attrs: []spec.Attr{{Name: "factor", Type: spec.Float, Required: true, Min: spec.Bound(0), Doc: "Factor."}}},
	{Name: "l1_l2", Doc: "Adds l1·Σ|w| + l2·Σw² to the objective.", Attrs: []spec.Attr{
		{Name: "l1", Type: spec.Float, Default: 0.01, Min: spec.Bound(0), Doc: "Factor of Σ|w|."},
		{Name: "l2", Type: spec.Float, Default: 0.01, Min: spec.Bound(0), Doc: "Factor of Σw²."}}},
}

// Penalties returns the factors of a regularizer.
func Penalties(r spec.Node) (l1, l2 float64) {
	switch r.Kind {
	case "l1":
		return r.Float("factor"), 0
	case "l2":
		return 0, r.Float("factor")
	case "l1_l2":
		return r.Float("l1"), r.Float("l2")
	}
	panic("BUG: no regularizer " + r.Kind)
}

var sparsities = []spec.Kind{
	{Name: "density", Doc: "A random share of the connections.", Short: "density", Attrs: []spec.Attr{
		{Name: "density", Type: spec.Float, Required: true, Min: spec.Bound(0), OpenMin: true, Max: spec.Bound(1),
			Doc: "Share of the connections that is kept."},
		{Name: "seed", Type: spec.Int, Default: 0, Min: spec.Bound(0), Doc: "Of the choice."}}},
	{Name: "mask", Doc: "The connections that a file lists.", Short: "file", Attrs: []spec.Attr{
		{Name: "file", Type: spec.File, Required: true,
			Doc: "CSV of 0 and 1, a row for each input and a column for each unit; relative to the spec."}}},
	{Name: "pairs", Doc: "The connections that the spec lists.", Short: "pairs", Attrs: []spec.Attr{
		{Name: "pairs", Type: spec.Pairs, Required: true, Doc: "[input, unit], both from 0."}}},
}
