package net

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Net is a network whose shapes, parameters and losses are settled.
type Net struct {
	Spec *spec.Spec
	// Contents stands for what masks and vocabularies hold in the checksums.
	Contents spec.Contents
	// Layers are in order of evaluation. The inputs come first, as layers of the kind "input", then
	// their preprocessing; shorthands (activation:, output) are written out.
	Layers []*op.Layer
	Inputs []*op.Layer
	// Layouts put the channels of inputs last, behind their preprocessing: a layer for each that has them first.
	Layouts []*op.Layer
	Outputs []*Output
	Params  []*ir.Param // each once, in order of first use
	// Steps is the number of rows of the outputs of one example: of predictions, each with a loss and a weight
	// of its own. It is 1 but for sequences, whose outputs have a row for each step.
	Steps int
	Guard *Guard // nil for none
	// Reading is what the training of the weights in use read; nil where they do not say, or none are in use.
	Reading *Reading
}

// Sum returns the checksum of the spec: see spec.Spec.Sum.
func (n *Net) Sum() string { return n.Spec.Sum(n.Contents) }

// ModelSum returns the checksum that weights of the network carry: see spec.Spec.ModelSum. It is of what standardize
// means at each output, not of the word auto, whose meaning depends on the data; where targets are never standardized
// it is left out.
func (n *Net) ModelSum() string { return n.ModelSumWith("") }

// ModelSumWith is ModelSum if standardize were another word, at each output that may standardize its targets; "" for
// that which it is.
func (n *Net) ModelSumWith(standardize string) string {
	s := *n.Spec
	s.Layers = slices.Clone(s.Layers)
	for _, o := range n.Outputs {
		i := slices.IndexFunc(s.Layers, func(l spec.Layer) bool { return l.Name == o.Name })
		if i < 0 || s.Layers[i].Node.Kind != op.OutputKind.Name {
			continue
		}
		l := &s.Layers[i]
		switch {
		case o.Standardize == "":
			l.Node = op.WithoutAttr(l.Node, "standardize")
		case standardize != "":
			l.Node = op.WithAttr(l.Node, "standardize", standardize)
		default:
			l.Node = op.WithAttr(l.Node, "standardize", o.Standardize)
		}
	}
	return s.ModelSum(n.Contents)
}

// Output is one output of a Net with its loss.
type Output struct {
	Name string
	// Layer gives the prediction, Loss reads Scores: the same layer, or for a loss on logits the
	// layer before the final sigmoid or softmax.
	Layer  *op.Layer
	Scores *op.Layer
	Loss   *op.Loss
	Node   spec.Node // attributes of the loss
	Weight float64   // of this loss in the sum
	Task   string    // regression, binary or multiclass: what metrics and Classify go by
	// Classes are the labels of a binary or multiclass output; nil for regression.
	Classes []string
	// ClassWeights multiply the weights of the examples in training, by class; nil if all are 1.
	ClassWeights []float64
	// Balanced says that training takes other ClassWeights, which make all classes of its rows count alike.
	Balanced bool
	// NextToken says that the classes are the tokens of the one input, and the target the one that comes next: after
	// each token where the output has steps, else after all of them.
	NextToken bool
	// Targets standardizes the targets, and turns predictions back; nil if they are taken as they are. It is Layer
	// then, or in front of it, where the targets are their logarithms.
	Targets *op.Layer
	// Scaling is how: true, min_max or log; "" without Targets.
	Scaling string
	// Standardize is what standardize of the spec means, auto settled; "" where targets are never standardized.
	Standardize string
	// Foretold is how many numbers the data of the spec have it give, for each quantile, where it does not say its
	// units: one, or more of a series with a horizon of several steps; 0 where the data do not decide.
	Foretold int
	// Quantiles are those of the targets that are foretold, growing: the units are in a block for each; nil for none.
	Quantiles []float64
	// Interval is the probability with which an interval holds its target, of predictions or, with quantiles, of the
	// first to the last, each Radius wider; 0 and nil for none.
	Interval float64
	Radius   *ir.Param
	// Temperature divides the scores, so that probabilities are as sure as they are right; nil for none.
	Temperature *op.Layer
	// Decision says how Threshold is found, the probability from which on the second of two classes is chosen; nil for
	// ½.
	Decision  *Decision
	Threshold *ir.Param
	// Confidence is the least probability of a class that is chosen; 0 for any.
	Confidence float64
	Pos        spec.Pos
}

// Rule says which targets mean something to the output.
func (o *Output) Rule() fit.Targets {
	if o.Scaling == "log" {
		return fit.Positives
	}
	return o.Loss.Targets
}

// Metrics returns the metrics of the output's task, in the order of reports.
func (o *Output) Metrics() []fit.Measured { return fit.AllOf(o.Task) }

// The streams of random numbers of a network: see runtime/rng. A parameter draws its initial values
// from InitStream + its index, a layer its masks from DropStream + its index.
const (
	ShuffleStream = 0
	SplitStream   = 1
	InitStream    = 1 << 16
	DropStream    = 2 << 16
	SparseStream  = 3 << 16
)

// Preprocessing returns the steps that an input goes through before the layers of the spec, in order.
func Preprocessing(net *Net, in *op.Layer) []*op.Layer {
	var steps []*op.Layer
	for _, l := range net.Layers {
		if len(l.In) == 1 && l.In[0] == in && l.Preprocesses() {
			steps = append(steps, l)
			in = l
		}
	}
	return steps
}
