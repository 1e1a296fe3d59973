package op

import (
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// The kinds of preprocessing are layers right after an input, with constants in place of learned
// parameters: given by the spec, or fitted to the training set.
//
//	forward   y  = (x − center)∘scale
//	backward  dx = dy∘scale
//
// Shapes: x, y: any, center, scale: as one example.
var (
	// Rescale multiplies by a given number and adds another: y = x·scale + offset.
	Rescale = definePreprocess(spec.Kind{Name: "rescale", Doc: "y = x·scale + offset, with given numbers.",
		Attrs: []spec.Attr{
			{Name: "scale", Type: spec.Float, Required: true, Doc: "Factor, as 1/255 for bytes."},
			{Name: "offset", Type: spec.Float, Default: 0.0, Doc: "Added after the product."},
		}})

	// Standardize gives each feature mean 0 and deviation 1 on the training set.
	Standardize = definePreprocess(spec.Kind{Name: "standardize",
		Doc: "Each feature minus its mean, by its standard deviation, both of the training set."})

	// MinMax maps the range of each feature on the training set to [min, max].
	MinMax = definePreprocess(spec.Kind{Name: "min_max",
		Doc: "Maps the range of each feature in the training set to [min, max].", Attrs: []spec.Attr{
			{Name: "min", Type: spec.Float, Default: 0.0, Doc: "Where the smallest value goes."},
			{Name: "max", Type: spec.Float, Default: 1.0, Doc: "Where the largest value goes."},
		}})
)

// preprocessing holds the kinds of preprocessing, which are not layers that a spec may write.
var preprocessing []*Def

// PreprocessByName returns the kind of preprocessing of a name; it panics if there is none.
func PreprocessByName(name string) *Def {
	for _, d := range preprocessing {
		if d.Kind.Name == name {
			return d
		}
	}
	panic("BUG: no preprocessing " + name)
}

// Preprocesses tells whether the layer is a step of preprocessing.
func (l *Layer) Preprocesses() bool { return slices.Contains(preprocessing, l.Def) }

// definePreprocess makes a kind of preprocessing with constants for each feature.
func definePreprocess(k spec.Kind) *Def {
	k.Attrs = append(k.Attrs, spec.Attr{Name: "input", Type: spec.String,
		Doc: "Name of the input that is meant; the only one if left out."})
	d := defineAffine(k, func(l *Layer) []*ir.Param {
		ps := affineParams(l.InShape(0).Size(), "")
		if k.Name == "rescale" {
			s := l.Node.Float("scale")
			ps[0].Values, ps[1].Values = slices.Repeat([]float64{0 - l.Node.Float("offset")/s}, ps[0].Size()),
				slices.Repeat([]float64{s}, ps[1].Size())
		}
		return ps
	})
	preprocessing = append(preprocessing, d)
	return d
}

// Targets turns the standardized predictions of an output back into the units of its targets.
//
//	forward   y = (x − center)∘scale, with scale = σ and center = −μ/σ for targets of mean μ and deviation σ
//	targets   t' = (t − target_center)∘target_scale, with target_center = μ and target_scale = 1/σ: what the loss compares x with
//
// With min_max σ is the range of the targets and μ the least of them; with log both are those of ln t, and Exp follows.
//
// It is no kind that a spec writes: `output: {standardize: true}` adds it. Until the constants are fitted it changes
// nothing.
var Targets = defineAffine(spec.Kind{Name: "targets", Doc: "Standardized predictions in the units of the targets."},
	func(l *Layer) []*ir.Param {
		n := l.InShape(0).Size()
		return append(affineParams(n, ""), affineParams(n, "target_")...)
	})

// affineParams returns the constants of y = (x − center)∘scale, which change nothing until they are fitted.
func affineParams(n int, prefix string) []*ir.Param {
	return []*ir.Param{
		{Name: prefix + "center", Shape: ir.Shape{n}, Role: ir.Constant, Init: spec.Node{Kind: "zeros"}},
		{Name: prefix + "scale", Shape: ir.Shape{n}, Role: ir.Constant, Init: spec.Node{Kind: "ones"}},
	}
}

// defineAffine makes a kind whose first two parameters are constants for each element of an example.
func defineAffine(k spec.Kind, params func(l *Layer) []*ir.Param) *Def {
	return &Def{
		Kind: k, Inputs: 1, Shape: sameShape, Params: params,
		Forward: func(c *Call) {
			for i, x := range c.X[0].Data {
				c.Y.Data[i] = (x - c.P[0].Data[i%len(c.P[0].Data)]) * c.P[1].Data[i%len(c.P[1].Data)]
			}
		},
		Backward: func(c *Call) {
			for i, dy := range c.DY.Data {
				c.DX[0].Data[i] += dy * c.P[1].Data[i%len(c.P[1].Data)]
			}
		},
		Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
			return b.Node(ir.AffinePrim, "", []*ir.Value{x[0], b.Param(l.Params[0]), b.Param(l.Params[1])}).Results[0]
		},
		Exact: exactSums,
		Bound: func(c *Call) []float64 { return scaled(4, c.Y.Data) },
		GradBound: func(c *Call) (dx, dp [][]float64) {
			b := make([]float64, len(c.DY.Data))
			for i, dy := range c.DY.Data {
				b[i] = 2*u*math.Abs(dy*c.P[1].Data[i%len(c.P[1].Data)]) + tiny
			}
			return [][]float64{b}, zerosLike(c.DP)
		},
	}
}
