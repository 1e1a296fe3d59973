package bounds

import (
	"math"
	"strings"

	"github.com/nngen/nngen/codegen/op"
)

// form says how intervals pass a kind.
type form int

const (
	unknown  form = iota
	affine        // y = A·x + b, with coefficients that are products of parameters or above 0
	rising        // each result grows with each element that it reads, never by more than the largest slope
	valley        // falls to one minimum, then rises
	softmax       // of scores
	product       // of two inputs
	table         // rows for tokens
	limited       // known by its limits alone, whatever it reads
	constant      // does not depend on the box in a way that is followed: 0 or 1
	distance      // the first input minus the second
	masked        // of steps that a mask keeps: between the least and the largest of them, 0 where it keeps none
)

// rule is a row of the table of kinds.
type rule struct {
	form form
	// slope is the largest magnitude of the derivative, 1 if 0; minimum the least value of a valley, left of 0.
	slope, minimum float64
	// bends says that the function has linear bounds of its own: see line.
	bends bool
	// why says why there is no bound of the error; "" if there is one.
	why string
}

const (
	norms = "it divides by a deviation or a length, which may be near 0"
	steps = "errors grow with each of its steps"
	jumps = "it jumps, and an error before it may change its side"
)

// rules is the table. A kind that is not in it has no bounds: see TestEachKindHasARule.
var rules = map[string]rule{
	"relu": {form: rising, bends: true}, "leaky_relu": {form: rising}, "relu6": {form: rising},
	"clip": {form: rising}, "elu": {form: rising},
	"celu": {form: rising}, "selu": {form: rising, slope: 1.7581}, "tanh": {form: rising, bends: true},
	"sigmoid": {form: rising, slope: 0.25, bends: true}, "softplus": {form: rising}, "softsign": {form: rising},
	"erf":          {form: rising, slope: 1.1284},
	"hard_sigmoid": {form: rising, slope: 1.0 / 6}, "step": {form: rising, why: jumps},
	"floor": {form: rising, why: jumps}, "ceil": {form: rising, why: jumps}, "round": {form: rising, why: jumps},
	"exp":              {form: rising, why: "its slope grows without limit"},
	"thresholded_relu": {form: rising, why: jumps}, "max_pool1d": {form: rising}, "max_pool2d": {form: rising},
	"global_max_pool1d": {form: rising},
	"global_max_pool2d": {form: rising}, "maximum": {form: rising}, "minimum": {form: rising},
	"gelu": {form: valley, slope: 1.13, minimum: -0.1701}, "silu": {form: valley, slope: 1.1, minimum: -0.2785},
	"mish":       {form: valley, slope: 1.09, minimum: -0.3089},
	"quick_gelu": {form: valley, slope: 1.1, minimum: -0.1637},
	"hard_swish": {form: valley, slope: 1.5, minimum: -0.3751}, "abs": {form: valley},
	"softmax": {form: softmax}, "multiply": {form: product}, "embedding": {form: table}, "subtract": {form: distance},
	"quantiles":  {form: rising, why: "the errors of its sums are not followed"},
	"layer_norm": {form: limited, why: norms}, "rms_norm": {form: limited, why: norms},
	"unit_norm": {form: limited, why: norms},
	"lstm":      {form: limited, why: steps}, "gru": {form: limited, why: steps}, "masking": {form: constant, why: jumps},
	"padding_mask": {form: constant},
}

// affineKinds are those of the form affine.
const affineKinds = ` dense tied_dense conv1d conv2d conv2d_transpose depthwise_conv1d depthwise_conv2d separable_conv1d separable_conv2d
 affine rescaling average_pool1d average_pool2d global_average_pool1d global_average_pool2d up_sampling1d up_sampling2d batch_norm
 standardize rescale min_max targets temperature positional_encoding add average concatenate flatten reshape permute slice
 cropping1d cropping2d zero_padding1d zero_padding2d repeat_vector depth_to_space space_to_depth linear dropout
 spatial_dropout1d spatial_dropout2d gaussian_noise gaussian_dropout fake_quant `

// ruleOf returns the rule of a layer.
func ruleOf(l *op.Layer) rule {
	name := l.Def.Kind.Name
	r, ok := rules[name]
	switch {
	case len(l.In) > 1 && strings.HasPrefix(name, "global_"):
		return rule{form: masked, slope: 1, why: "its mask is not followed"}
	case !ok && strings.Contains(strings.Join(strings.Fields(affineKinds), " ")+" ", name+" "):
		r = rule{form: affine}
	case !ok:
		return rule{why: "nothing is known of its kind"}
	}
	if r.slope == 0 {
		r.slope = 1
	}
	switch name {
	case "leaky_relu":
		slope := l.Node.Float("negative_slope")
		if slope < 0 {
			return rule{why: "its slope is below 0"}
		}
		r.slope = math.Max(1, slope)
	case "elu":
		r.slope = math.Max(1, l.Node.Float("alpha"))
	case "thresholded_relu":
		if l.Node.Float("theta") < 0 {
			return rule{why: jumps}
		}
	case "lstm", "gru":
		if len(l.In) > 1 {
			return rule{why: steps}
		}
	}
	return r
}
