package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// losses is the table of losses. Those of regression are means over the outputs of an example, those
// of distributions sums over the classes.
var losses = []*Loss{
	{
		Kind: spec.Kind{Name: "mse", Doc: "Mean squared error: (y − t)²."},
		Prim: "mse", Terms: fewTerms, Tasks: []string{"regression"},
		Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return (y - t) * (y - t), 2 * (y - t) }),
	},
	{
		Kind: spec.Kind{Name: "mae", Doc: "Mean absolute error: |y − t|; its derivative at 0 is 0."},
		Prim: "mae", Terms: fewTerms, Tasks: []string{"regression"},
		Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return math.Abs(y - t), sign(y - t) }),
	},
	{
		Kind: spec.Kind{Name: "huber", Doc: "Squared error near 0, absolute error beyond delta (Huber 1964).", Short: "delta", Attrs: []spec.Attr{
			{Name: "delta", Type: spec.Float, Default: 1.0, Min: spec.Bound(0), OpenMin: true, Doc: "Where the square becomes a line."}}},
		Prim: "huber", Terms: fewTerms, Tasks: []string{"regression"},
		Eval: meanOf(func(n spec.Node, y, t float64) (float64, float64) {
			e, delta := y-t, float64(float32(n.Float("delta")))
			if math.Abs(e) <= delta {
				return e * e / 2, e
			}
			return delta * (math.Abs(e) - delta/2), delta * sign(e)
		}),
	},
	{
		Kind: spec.Kind{Name: "log_cosh", Doc: "ln cosh(y − t): smooth, and linear far out."},
		Prim: "log_cosh", Terms: fewTerms, Tasks: []string{"regression"},
		Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) {
			e := math.Abs(y - t)
			return e + math.Log1p(math.Exp(-2*e)) - math.Ln2, math.Tanh(y - t)
		}),
	},
	{
		Kind: spec.Kind{Name: "poisson", Doc: "Counts t under rates y > 0: y − t·ln(y + 10⁻⁷)."},
		Prim: "poisson", Terms: fewTerms, Tasks: []string{"regression"}, Positive: true,
		Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return y - t*math.Log(y+1e-7), 1 - t/(y+1e-7) }),
	},
	{
		Kind: spec.Kind{Name: "binary_crossentropy", Doc: "−t·ln p − (1 − t)·ln(1 − p) of sigmoid units, computed from their scores."},
		Prim: "binary_crossentropy_logits", Final: "sigmoid", Terms: fewTerms, Tasks: []string{"binary"},
		Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) { return softplus(y) - t*y, sigmoid(y) - t }),
	},
	{
		Kind: spec.Kind{Name: "categorical_crossentropy", Doc: "−Σ t·ln p of softmax units, computed from their scores.", Attrs: []spec.Attr{
			{Name: "label_smoothing", Type: spec.Float, Default: 0.0, Min: spec.Bound(0), Max: spec.Bound(1), OpenMax: true, Doc: "ε: the target becomes (1 − ε)·t + ε/classes."}}},
		Prim: "categorical_crossentropy_logits", Final: "softmax", Terms: rowTerms, Tasks: []string{"multiclass"},
		Eval: func(n spec.Node, y, t, dy []float64) float64 {
			smoothing := float64(float32(n.Float("label_smoothing")))
			s := make([]float64, len(t))
			for j, v := range t {
				s[j] = (1-smoothing)*v + smoothing/float64(len(t))
			}
			return crossEntropy(y, s, dy)
		},
	},
	{
		Kind: spec.Kind{Name: "kl_divergence", Doc: "Σ t·ln(t/p) of softmax units, computed from their scores."},
		Prim: "kl_divergence_logits", Final: "softmax", Terms: rowTerms, Tasks: []string{"multiclass"},
		Eval: func(_ spec.Node, y, t, dy []float64) float64 {
			loss := crossEntropy(y, t, dy)
			for _, v := range t {
				if v != 0 {
					loss += v * math.Log(v)
				}
			}
			return loss
		},
	},
	{
		Kind: spec.Kind{Name: "hinge", Doc: "max(0, 1 − s·y) with s = 1 for targets above 0, else −1, of linear scores."},
		Prim: "hinge", Terms: fewTerms, Tasks: []string{"binary"},
		Eval: meanOf(func(_ spec.Node, y, t float64) (float64, float64) {
			s := side(t)
			if 1-s*y > 0 {
				return 1 - s*y, -s
			}
			return 0, 0
		}),
	},
	{
		Kind: spec.Kind{Name: "perceptron", Doc: "max(0, −s·z) of the sum z before a step unit: plain descent on it is Rosenblatt's rule."},
		Prim: "perceptron", Final: "step", Terms: fewTerms, Tasks: []string{"binary"},
		Eval: func(_ spec.Node, y, t, dy []float64) float64 {
			loss := 0.0
			for j, z := range y {
				s := side(t[j])
				dy[j] = 0
				if (z >= 0) != (s > 0) {
					loss -= s * z
					dy[j] = -s
				}
			}
			return loss
		},
	},
}

// LossByName returns a row of the table; it panics if there is none.
func LossByName(name string) *Loss {
	for _, l := range losses {
		if l.Kind.Name == name {
			return l
		}
	}
	panic("BUG: no loss " + name)
}

// meanOf makes the mean over the outputs of an example of f, which returns a loss and its derivative.
func meanOf(f func(n spec.Node, y, t float64) (float64, float64)) func(spec.Node, []float64, []float64, []float64) float64 {
	return func(n spec.Node, y, t, dy []float64) float64 {
		sum := 0.0
		for j := range y {
			loss, d := f(n, y[j], t[j])
			sum += loss
			dy[j] = d / float64(len(y))
		}
		return sum / float64(len(y))
	}
}

// crossEntropy returns −Σ t·ln softmax(y) and writes its gradient.
func crossEntropy(y, t, dy []float64) float64 {
	logp := make([]float64, len(y))
	logSoftmaxRow(logp, y)
	loss, mass := 0.0, 0.0
	for j, v := range t {
		mass += v
		if v != 0 {
			loss -= v * logp[j]
		}
	}
	for j := range dy {
		dy[j] = mass*math.Exp(logp[j]) - t[j]
	}
	return loss
}

// fewTerms and rowTerms say how many roundings, relative to the scale, an element of dy has.
func fewTerms(int) int { return 24 }

func rowTerms(width int) int { return 2*width + 48 }

func sign(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return 0
}

// side returns the class of a target as ±1.
func side(t float64) float64 {
	if t > 0 {
		return 1
	}
	return -1
}
