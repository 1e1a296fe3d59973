package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// curve is an activation that works element by element.
type curve struct {
	kind  spec.Kind
	f     func(alpha, x float64) float64
	df    func(alpha, x float64) float64 // the derivative at x
	alpha string                         // attribute that holds the parameter, or ""
	fixed float64                        // the parameter of curves that have no attribute for it
	lower func(b *ir.Builder, l *Layer, x *ir.Value) *ir.Value
	kinks []float64
	// initializer is that of weights in front: see Def.
	initializer string
	// exact and far are the cells Exact and Far of the kind: see Def.
	exact func(c *Call) bool
	far   bool
	// ulps is the largest error of the float32 function; spread adds ulps·u·spread(x) where that
	// is not relative to y.
	ulps   float64
	spread func(x float64) float64
}

// defineCurve adds an elementwise activation to the table.
func defineCurve(c curve) *Def {
	return define(Def{
		Kind: c.kind, Activation: true, Initializer: c.initializer, Shape: sameShape, Kinks: c.kinks,
		Exact: c.exact, Far: c.far,
		Forward: func(call *Call) {
			a := c.param(call.Layer)
			for i, x := range call.X[0].Data {
				call.Y.Data[i] = c.f(a, x)
			}
		},
		Backward: func(call *Call) {
			a := c.param(call.Layer)
			for i, x := range call.X[0].Data {
				call.DX[0].Data[i] += call.DY.Data[i] * c.df(a, x)
			}
		},
		Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value { return c.lower(b, l, x[0]) },
		Bound: func(call *Call) []float64 {
			b := scaled(2*c.ulps, call.Y.Data)
			if c.spread != nil {
				for i, x := range call.X[0].Data {
					b[i] += 2 * c.ulps * u * c.spread(x)
				}
			}
			return b
		},
		GradBound: func(call *Call) (dx, dp [][]float64) {
			a := c.param(call.Layer)
			b := make([]float64, len(call.DY.Data))
			for i, x := range call.X[0].Data {
				d := c.df(a, x)
				b[i] = (4+2*c.ulps)*u*math.Abs(call.DY.Data[i])*(1+math.Abs(d)) + tiny
				if c.ulps == 0 {
					b[i] = 2*u*math.Abs(call.DY.Data[i]*d) + tiny
				}
			}
			return [][]float64{b}, nil
		},
		Cases: []Case{{In: []ir.Shape{{1}}}, {In: []ir.Shape{{17}}}, {In: []ir.Shape{{128}}}},
	})
}

// param returns the parameter of the curve, as float32 code has it.
func (c curve) param(l *Layer) float64 {
	if c.alpha == "" {
		return c.fixed
	}
	return float64(float32(l.Node.Float(c.alpha)))
}

// lowerMap lowers to the function of that name.
func lowerMap(f string) func(*ir.Builder, *Layer, *ir.Value) *ir.Value {
	return func(b *ir.Builder, _ *Layer, x *ir.Value) *ir.Value { return b.Map(f, x) }
}

// lowerAlpha lowers to the function of that name with the parameter that attr holds.
func lowerAlpha(f, attr string) func(*ir.Builder, *Layer, *ir.Value) *ir.Value {
	return func(b *ir.Builder, l *Layer, x *ir.Value) *ir.Value { return b.Map(f, x, l.Node.Float(attr)) }
}

// sameShape is the shape rule of layers that keep the shape of their only input.
func sameShape(l *Layer) (ir.Shape, error) { return l.InShape(0), nil }

// sigmoid is the logistic function without overflow.
func sigmoid(x float64) float64 {
	if x >= 0 {
		return 1 / (1 + math.Exp(-x))
	}
	e := math.Exp(x)
	return e / (1 + e)
}

// softplus is ln(1 + eˣ) without overflow.
func softplus(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
