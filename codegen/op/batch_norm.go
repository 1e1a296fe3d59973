package op

import (
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// BatchNorm normalises each feature over the batch in training, and by running statistics in
// inference.
//
//	forward   y  = (x − mean)/√(var + ε)·γ + β; in training mean and (biased) variance of the batch,
//	          and  running ← (1 − momentum)·running + momentum·(mean, unbiased variance)
//	backward  see norm.go; frozen: dx = dy·γ/√(var + ε)
//
// The batch is that of a step. Only where its size is open (full), or too large for memory, is it worked off in pieces,
// each of which counts as a batch: see net.Net.Piece.
//
// A frozen layer normalises by its running statistics in training too, and does not move them, as in Keras.
//
// In predictions a norm right behind a linear dense layer or convolution is taken into its weights: see pass fold-norm.
//
// Shapes: x, y: n×…×c, γ, β and the running statistics: c, of the last axis. Backward needs x and the
// statistics. In training Forward updates the running statistics in c.P.
//
// Source: Ioffe and Szegedy, Batch normalization, 2015.
var BatchNorm = define(Def{
	Kind: spec.Kind{Name: "batch_norm",
		Doc: "Normalises each feature over the batch (with batch_size: full over pieces of 256 examples); in inference by " +
			"running statistics, in the weights of a linear layer right before it.", Attrs: []spec.Attr{
			{Name: "momentum", Type: spec.Float, Default: 0.1, Min: spec.Bound(0), Max: spec.Bound(1),
				Doc: "Weight of the batch in the running statistics, for each step; the running variance is of the unbiased " +
					"one, over n − 1, as in PyTorch."},
			{Name: "epsilon", Type: spec.Float, Default: 1e-5, Min: spec.Bound(0), OpenMin: true,
				Doc: "ε: added to the variance."},
		}},
	Params: func(l *Layer) []*ir.Param {
		p := scaleAndShift(l)
		f := p[0].Shape
		return append(p,
			&ir.Param{Name: "mean", Shape: f, Role: ir.Running, Init: spec.Node{Kind: "zeros"}},
			&ir.Param{Name: "var", Shape: f, Role: ir.Running, Init: spec.Node{Kind: "ones"}})
	},
	Shape: sameShape, Through: true, Trains: true,
	Forward: func(c *Call) {
		g, eps := featureGroups(c), c.Layer.Node.Float("epsilon")
		if !c.Training || c.Layer.Frozen {
			g.normalize(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, c.P[2].Data, c.P[3].Data, eps)
			return
		}
		mean, variance := g.moments(c.X[0].Data)
		g.normalize(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, mean, variance, eps)
		m := c.Layer.Node.Float("momentum")
		unbias := float64(g.size) / math.Max(1, float64(g.size-1))
		for i := range mean {
			c.P[2].Data[i] += m * (mean[i] - c.P[2].Data[i])
			c.P[3].Data[i] += m * (variance[i]*unbias - c.P[3].Data[i])
		}
	},
	Backward: func(c *Call) {
		if c.Layer.Frozen {
			f, eps := len(c.P[0].Data), c.Layer.Node.Float("epsilon")
			for i, dy := range c.DY.Data {
				c.DX[0].Data[i] += dy * c.P[0].Data[i%f] / math.Sqrt(c.P[3].Data[i%f]+eps)
			}
			return
		}
		featureGroups(c).backward(c.DX[0].Data, c.DP[0].Data, c.DP[1].Data, c.DY.Data, c.X[0].Data, c.P[0].Data,
			c.Layer.Node.Float("epsilon"))
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		args := []*ir.Value{x[0]}
		for _, p := range l.Params {
			args = append(args, b.Param(p))
		}
		if b.Training && !l.Frozen {
			return b.Node(ir.BatchNormTrain, "", args, "momentum", l.Node.Float("momentum"), "epsilon",
				l.Node.Float("epsilon")).Results[0]
		}
		return b.Node(ir.BatchNormInfer, "", args, "epsilon", l.Node.Float("epsilon")).Results[0]
	},
	Unit: func(l *Layer) (*ir.Param, float64) {
		eps := l.Node.Float("epsilon")
		v := 1 - eps
		for ; v+eps < 1; v = math.Nextafter(v, 2) {
		}
		for ; v+eps > 1; v = math.Nextafter(v, 0) {
		}
		return l.Params[3], v
	},
	Exact: func(c *Call) bool {
		eps := c.Layer.Node.Float("epsilon")
		whole := *c
		whole.P = c.P[:3]
		if (c.Training && !c.Layer.Frozen) && isShut(c) {
			return true
		}
		unit := !slices.ContainsFunc(c.P[3].Data, func(v float64) bool { return v+eps != 1 })
		return (!c.Training || c.Layer.Frozen) && unit && below(c.Layer.Def.Bound(c), 1, whole.grid())
	},
	Shut: func(c *Call) bool { return c.Training && !c.Layer.Frozen && isShut(c) },
	ExactGrad: func(c *Call) (dx, dp []bool) {
		if c.Layer.Frozen {
			return nil, nil
		}
		return shutGrad(c)
	},
	Bound: func(c *Call) []float64 {
		eps := c.Layer.Node.Float("epsilon")
		if c.Training && !c.Layer.Frozen {
			return featureGroups(c).bound(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, eps)
		}
		b := make([]float64, len(c.Y.Data))
		f := len(c.P[0].Data)
		for i, x := range c.X[0].Data {
			j := i % f
			r := math.Abs(c.P[0].Data[j]) / math.Sqrt(c.P[3].Data[j]+eps)
			b[i] = 8*u*(r*(math.Abs(x)+math.Abs(c.P[2].Data[j]))+math.Abs(c.P[1].Data[j])) + tiny
		}
		return b
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		if c.Layer.Frozen {
			b := make([]float64, len(c.DY.Data))
			f, eps := len(c.P[0].Data), c.Layer.Node.Float("epsilon")
			for i, dy := range c.DY.Data {
				b[i] = 8*u*math.Abs(dy*c.P[0].Data[i%f])/math.Sqrt(c.P[3].Data[i%f]+eps) + tiny
			}
			none := make([]float64, f)
			return [][]float64{b}, [][]float64{none, none, none, none}
		}
		x, scale, shift := featureGroups(c).gradBound(c.DY.Data, c.X[0].Data, c.P[0].Data, c.Layer.Node.Float("epsilon"))
		none := make([]float64, len(scale))
		return [][]float64{x}, [][]float64{scale, shift, none, none}
	},
	Cases: []Case{{In: []ir.Shape{{4}}}, {In: []ir.Shape{{33}}}, {In: []ir.Shape{{3, 8}}}},
})

func featureGroups(c *Call) groups {
	f := c.X[0].Shape[len(c.X[0].Shape)-1]
	return groups{count: f, size: len(c.X[0].Data) / f, per: f, run: 1, stride: f}
}
