package op

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Dot multiplies the rows of its first input with those of its second.
//
//	forward   y[i,j] = Σₖ x[i,k]·z[j,k]
//	backward  dx[i,k] = Σⱼ dy[i,j]·z[j,k], dz[j,k] = Σᵢ dy[i,j]·x[i,k]
//
// Shapes: x: n×k, z: n×k, y: n×1; or x: n×t×k, z: n×s×k, y: n×t×s. The axis that is summed over is that which axes
// names, one of each input or one for both; with normalize, both are scaled to length 1 along it first, as unit_norm
// does with epsilon 10⁻¹², which makes y the cosine of their angle. No parameters. Backward needs both inputs.
//
// Source: Keras' Dot.
var Dot = define(Def{
	Kind: spec.Kind{Name: "dot", Doc: "The products of the rows of two inputs: y[i,j] = Σ x[i,k]·z[j,k].",
		Attrs: []spec.Attr{
			{Name: "axes", Type: spec.Ints, Len: 2, Repeat: true, Default: []int{-1, -1},
				Min: spec.Bound(-1), Max: spec.Bound(2),
				Doc: "Which axis of each input is summed over, from 1 on; -1 for the last."},
			{Name: "normalize", Type: spec.Bool, Default: false,
				Doc: "Whether both are scaled to length 1 first: the cosine of their angle."},
		}},
	Inputs: 2,
	Shape: func(l *Layer) (ir.Shape, error) {
		x, z := l.InShape(0), l.InShape(1)
		if len(x) != len(z) || len(x) < 1 || len(x) > 2 {
			return nil, &shapeError{at: "from",
				msg: fmt.Sprintf("dot needs two inputs n×k, or n×t×k and n×s×k, but %q gives n×%s and %q n×%s", l.In[0].Name, x,
					l.In[1].Name, z)}
		}
		for _, a := range l.Node.Ints("axes") {
			if a == 0 || a > len(x) {
				return nil, &shapeError{at: "axes", msg: fmt.Sprintf("there is no axis %d of n×%s and n×%s", a, x, z),
					hint: "axes count from 1; -1 is the last"}
			}
		}
		if i, j := dotAxis(l, 0), dotAxis(l, 1); x[i] != z[j] {
			return nil, &shapeError{at: "from", msg: fmt.Sprintf("axis %d of %q, n×%s, and axis %d of %q, n×%s, differ", i+1,
				l.In[0].Name, x, j+1, l.In[1].Name, z)}
		}
		if len(x) == 1 {
			return ir.Shape{1}, nil
		}
		return ir.Shape{x[1-dotAxis(l, 0)], z[1-dotAxis(l, 1)]}, nil
	},
	Forward: func(c *Call) {
		x, z := c.side(0), c.side(1)
		for e := range c.N {
			for i := range x.rows {
				for j := range z.rows {
					sum := 0.0
					for k := range x.k {
						sum += x.value(e, i, k) * z.value(e, j, k)
					}
					c.Y.Data[(e*x.rows+i)*z.rows+j] = sum
				}
			}
		}
	},
	Backward: func(c *Call) {
		x, z := c.side(0), c.side(1)
		for e := range c.N {
			for i := range x.rows {
				for j := range z.rows {
					dy := c.DY.Data[(e*x.rows+i)*z.rows+j]
					x.backward(e, i, func(k int) float64 { return dy * z.value(e, j, k) })
					z.backward(e, j, func(k int) float64 { return dy * x.value(e, i, k) })
				}
			}
		}
	},
	Lower: func(b *ir.Builder, l *Layer, in []*ir.Value) *ir.Value {
		var sides [2]*ir.Value
		for s, v := range in {
			if len(l.InShape(s)) == 1 {
				v = b.Reshape(v, ir.Shape{1, l.InShape(s)[0]})
			} else if dotAxis(l, s) == 0 {
				v = b.Transpose(v, []int{1, 0})
			}
			if l.Node.Bool("normalize") {
				v = b.UnitNorm(v, dotEpsilon)
			}
			sides[s] = v
		}
		return b.Reshape(b.BatchGemm("nt", sides[0], sides[1]), l.Shape)
	},
	Exact: func(c *Call) bool { return !c.Layer.Node.Bool("normalize") && exactSums(c) },
	Bound: func(c *Call) []float64 {
		a := absolute(c)
		c.Layer.Def.Forward(a)
		return times(gamma(3*c.side(0).k+20), a.Y.Data)
	},
	GradBound: func(c *Call) (dx, dp [][]float64) {
		a := absolute(c)
		x, z := a.side(0), a.side(1)
		for _, s := range []*dotSide{x, z} {
			s.turn = 1 // of the two terms of a gradient along the unit sphere, the magnitudes are added
		}
		for e := range a.N {
			for i := range x.rows {
				for j := range z.rows {
					dy := a.DY.Data[(e*x.rows+i)*z.rows+j]
					x.backward(e, i, func(k int) float64 { return dy * z.value(e, j, k) })
					z.backward(e, j, func(k int) float64 { return dy * x.value(e, i, k) })
				}
			}
		}
		k := gamma(x.rows + z.rows + 6*x.k + 40)
		return [][]float64{times(k, a.DX[0].Data), times(k, a.DX[1].Data)}, nil
	},
	MACs: func(l *Layer) int64 {
		return int64(l.Shape.Size()) * int64(l.InShape(0)[dotAxis(l, 0)])
	},
	Cases: []Case{
		{In: []ir.Shape{{5}, {5}}},
		{In: []ir.Shape{{3, 4}, {2, 4}}},
		{In: []ir.Shape{{3, 4}, {4, 2}}, Attrs: "axes: [2, 1]"},
		{In: []ir.Shape{{4, 3}, {4, 17}}, Attrs: "axes: 1, normalize: true"},
		{In: []ir.Shape{{9}, {9}}, Attrs: "normalize: true"},
	},
})

// dotEpsilon is what rows that are shorter are divided by.
const dotEpsilon = 1e-12

// dotAxis returns the axis of an input that is summed over, from 0 on.
func dotAxis(l *Layer, input int) int {
	if a := l.Node.Ints("axes")[input]; a > 0 {
		return a - 1
	}
	return len(l.InShape(input)) - 1
}

// dotSide is one input of a dot as rows of k numbers, scaled where that is asked for.
type dotSide struct {
	x, dx   []float64
	rows, k int
	far     int       // from one row to the next
	step    int       // from one number of a row to the next
	lengths []float64 // of the rows; nil where they are not scaled
	turn    float64   // the sign of the part of a gradient along the row that scaling takes out
}

// side returns input s.
func (c *Call) side(s int) *dotSide {
	shape := c.X[s].Shape[1:]
	axis := dotAxis(c.Layer, s)
	d := &dotSide{x: c.X[s].Data, rows: 1, k: shape[axis], far: shape[axis], step: 1, turn: -1}
	if c.DX != nil {
		d.dx = c.DX[s].Data
	}
	if len(shape) == 2 {
		d.rows = shape[1-axis]
		if axis == 0 {
			d.far, d.step = 1, shape[1]
		}
	}
	if c.Layer.Node.Bool("normalize") {
		d.lengths = make([]float64, c.N*d.rows)
		for i := range d.lengths {
			sum := 0.0
			for k := range d.k {
				v := d.x[d.at(i/d.rows, i%d.rows, k)]
				sum += v * v
			}
			d.lengths[i] = math.Max(math.Sqrt(sum), dotEpsilon)
		}
	}
	return d
}

func (d *dotSide) at(e, row, k int) int { return e*d.rows*d.k + row*d.far + k*d.step }

// value returns a number of a row of example e, scaled.
func (d *dotSide) value(e, row, k int) float64 {
	v := d.x[d.at(e, row, k)]
	if d.lengths != nil {
		v /= d.lengths[e*d.rows+row]
	}
	return v
}

// backward adds the gradient of a row, given that of its scaled numbers.
func (d *dotSide) backward(e, row int, grad func(k int) float64) {
	if d.lengths == nil {
		for k := range d.k {
			d.dx[d.at(e, row, k)] += grad(k)
		}
		return
	}
	length, along := d.lengths[e*d.rows+row], 0.0
	for k := range d.k {
		along += grad(k) * d.value(e, row, k)
	}
	for k := range d.k {
		d.dx[d.at(e, row, k)] += (grad(k) + d.turn*along*d.value(e, row, k)) / length
	}
}
