package op

import (
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// LayerNorm normalises each example over its last axis.
//
//	forward   y  = (x − mean)/√(var + ε)·γ + β, mean and (biased) variance of the last axis
//	backward  see norm.go
//
// Shapes: x, y: n×…×c, γ, β: c. Backward needs x and the statistics.
//
// Source: Ba, Kiros and Hinton, Layer normalization, 2016.
var LayerNorm = define(Def{
	PerStep: true,
	Kind: spec.Kind{Name: "layer_norm", Doc: "Normalises each example over its last axis.", Attrs: []spec.Attr{
		{Name: "epsilon", Type: spec.Float, Default: 1e-5, Min: spec.Bound(0), OpenMin: true,
			Doc: "ε: added to the variance."},
	}},
	Params: func(l *Layer) []*ir.Param { return scaleAndShift(l) },
	Shape:  sameShape, Through: true,
	Forward: func(c *Call) {
		g := rowGroups(c)
		mean, variance := g.moments(c.X[0].Data)
		g.normalize(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, mean, variance, c.Layer.Node.Float("epsilon"))
	},
	Backward: func(c *Call) {
		rowGroups(c).backward(c.DX[0].Data, c.DP[0].Data, c.DP[1].Data, c.DY.Data, c.X[0].Data, c.P[0].Data,
			c.Layer.Node.Float("epsilon"))
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		return b.Node(ir.LayerNormPrim, "", []*ir.Value{x[0], b.Param(l.Params[0]), b.Param(l.Params[1])}, "epsilon",
			l.Node.Float("epsilon")).Results[0]
	},
	Bound: func(c *Call) []float64 {
		return rowGroups(c).bound(c.Y.Data, c.X[0].Data, c.P[0].Data, c.P[1].Data, c.Layer.Node.Float("epsilon"))
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		x, scale, shift := rowGroups(c).gradBound(c.DY.Data, c.X[0].Data, c.P[0].Data, c.Layer.Node.Float("epsilon"))
		return [][]float64{x}, [][]float64{scale, shift}
	},
	Shut:  isShut,
	Exact: func(c *Call) bool { return isShut(c) || exactRows(c, func(at int, y float64) { c.Y.Data[at] = y }) },
	ExactGrad: func(c *Call) (dx, dp []bool) {
		if isShut(c) {
			return shutGrad(c)
		}
		return exactRowsGrad(c)
	},
	Cases: []Case{{In: []ir.Shape{{4}}}, {In: []ir.Shape{{33}}}, {In: []ir.Shape{{3, 8}}}},
})

// exactRows tells whether float32 normalises all rows without an error, and hands the results out: their mean is exact,
// their variance a power of 4 beside which float32 does not see ε, so that 1/√(variance + ε) is a power of two, and all
// that is multiplied by it, by γ and added to β has few bits.
func exactRows(c *Call, out func(at int, y float64)) bool {
	x, scale, shift := c.X[0].Data, c.P[0].Data, c.P[1].Data
	hat, _, ok := rowsOf(c)
	for i := range x {
		j := i % len(scale)
		y := hat[i]*scale[j] + shift[j]
		if ok = ok && isFloat32(hat[i]*scale[j], y); !ok {
			return false
		}
		out(i, y)
	}
	return ok
}

// rowsOf returns (x − mean)/√variance of each row, and 1/√variance, and whether they are exact.
func rowsOf(c *Call) (hat, rstd []float64, ok bool) {
	x, f := c.X[0].Data, lastOf(c.X[0].Shape)
	eps := float32(c.Layer.Node.Float("epsilon"))
	mean, variance := rowGroups(c).moments(x)
	hat = make([]float64, len(x))
	for i, m := range mean {
		row, size, squares := x[i*f:][:f], 0.0, 0.0
		for j, v := range row {
			d := v - m
			hat[i*f+j] = d
			size, squares = size+math.Abs(v), squares+d*d
		}
		d := hat[i*f:][:f]
		r := 1 / math.Sqrt(variance[i])
		power, _ := math.Frexp(r)
		if !fits([]float64{size}, step(row)) || !fits([]float64{squares}, 2*step(d)) || power != 0.5 ||
			!isFloat32(append(d, m)...) || float64(float32(variance[i])+eps) != variance[i] {
			return hat, nil, false
		}
		for j := range d {
			d[j] *= r
		}
		rstd = append(rstd, r)
	}
	return hat, rstd, true
}

// exactRowsGrad computes the gradients anew, without ε, where float32 makes no error in them.
func exactRowsGrad(c *Call) (dx, dp []bool) {
	hat, rstd, ok := rowsOf(c)
	if !ok {
		return nil, nil
	}
	f := lastOf(c.X[0].Shape)
	scale, dy, count := c.P[0].Data, c.DY.Data, float64(f)
	dscale, dshift := make([]float64, f), make([]float64, f)
	products := make([]float64, len(dy))
	exactX := true
	for i, r := range rstd {
		row, h := dy[i*f:][:f], hat[i*f:][:f]
		g, gh := make([]float64, f), make([]float64, f)
		sum, dot, size := 0.0, 0.0, make([]float64, 2)
		for j, d := range row {
			products[i*f+j] = d * h[j]
			dscale[j], dshift[j] = dscale[j]+d*h[j], dshift[j]+d
			g[j] = d * scale[j]
			gh[j] = g[j] * h[j]
			sum, dot = sum+g[j], dot+gh[j]
			size[0], size[1] = size[0]+math.Abs(g[j]), size[1]+math.Abs(gh[j])
		}
		sum, dot = sum/count, dot/count
		exactX = exactX && fits(size[:1], step(g)) && fits(size[1:], step(gh)) && isFloat32(sum, dot)
		for j := range row {
			less := g[j] - sum
			d := less - h[j]*dot
			exactX = exactX && isFloat32(g[j], gh[j], less, d)
			c.DX[0].Data[i*f+j] = r * d
		}
	}
	copy(c.DP[0].Data, dscale)
	copy(c.DP[1].Data, dshift)
	return []bool{exactX && Settle(c.DX[0].Data)}, []bool{
		isFloat32(products...) && fits(columnSizes(products, f), step(products)) && Settle(dscale),
		fits(columnSizes(dy, f), step(dy)) && Settle(dshift),
	}
}

func rowGroups(c *Call) groups {
	f := c.X[0].Shape[len(c.X[0].Shape)-1]
	return groups{count: len(c.X[0].Data) / f, size: f, per: 1, start: f, run: f}
}

// scaleAndShift returns γ = 1 and β = 0 for the last axis.
func scaleAndShift(l *Layer) []*ir.Param {
	s := l.InShape(0)
	f := s[len(s)-1]
	return []*ir.Param{
		{Name: "gamma", Shape: ir.Shape{f}, FanIn: 1, FanOut: 1, Init: spec.Node{Kind: "ones"}},
		{Name: "beta", Shape: ir.Shape{f}, FanIn: 1, FanOut: 1, Init: spec.Node{Kind: "zeros"}},
	}
}
