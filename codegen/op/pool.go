package op

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// pooling holds the extents of windows over an image x, h×w×c, with a result y; a sequence has height 1.
type pooling struct {
	x, y                 ir.Shape
	size, stride, before [2]int
}

// poolAttrs returns the attributes of windows over images, or over sequences.
func poolAttrs(rank int) []spec.Attr {
	padding := spec.Attr{Name: "padding", Type: spec.Pairs, Len: 2, Enum: []string{"valid", "same"},
		Default: "valid", Min: spec.Bound(0),
		Doc: "How far windows reach beyond the image: valid for not at all, same for as many windows as the strides give, " +
			"or [[top, bottom], [left, right]]; what lies outside does not count."}
	if rank == 2 {
		padding.Type = spec.Ints
		padding.Doc = "How far windows reach beyond the sequence: valid for not at all, same for as many windows as the " +
			"strides give, or [before, after]; what lies outside does not count."
		return []spec.Attr{
			{Name: "pool_size", Type: spec.Int, Default: 2, Min: spec.Bound(1), Doc: "Steps of a window."},
			{Name: "strides", Type: spec.Int, Min: spec.Bound(1),
				Doc: "Steps from one window to the next; pool_size if left out."},
			padding,
		}
	}
	return []spec.Attr{
		{Name: "pool_size", Type: spec.Ints, Len: 2, Repeat: true, Default: []int{2, 2}, Min: spec.Bound(1),
			Doc: "Height and width of a window."},
		{Name: "strides", Type: spec.Ints, Len: 2, Repeat: true, Min: spec.Bound(1),
			Doc: "Rows and columns from one window to the next; pool_size if left out."},
		padding,
	}
}

// windows settles the windows of a layer.
func windows(l *Layer, rank int) (*pooling, error) {
	x, err := imageOf(l, rank)
	if err != nil {
		return nil, err
	}
	p := &pooling{x: x, y: ir.Shape{1, 1, x[2]}, size: planeInts(l.Node, "pool_size")}
	p.stride = p.size
	if l.Node.Has("strides") {
		p.stride = planeInts(l.Node, "strides")
	}
	for a := 3 - rank; a < 2; a++ {
		if l.Node.Word("padding") == "same" {
			p.y[a] = (x[a] + p.stride[a] - 1) / p.stride[a]
			p.before[a] = max(0, (p.y[a]-1)*p.stride[a]+p.size[a]-x[a]) / 2
			continue
		}
		if l.Node.Word("padding") == "" {
			pads := paddingOf(l.Node, rank, a)
			if most := max(pads[0], pads[1]); most >= p.size[a] {
				return nil, &shapeError{at: "padding",
					msg: fmt.Sprintf("padding of %d: a window of %d %s would lie outside of the input", most,
						p.size[a], axisNames(rank)[a])}
			}
			padded := pads[0] + x[a] + pads[1]
			if p.size[a] > padded {
				return nil, &shapeError{at: "pool_size",
					msg: fmt.Sprintf("the window has %d %s, but the input n×%s of %q has %d with padding",
						p.size[a], axisNames(rank)[a], l.InShape(0), l.In[0].Name, padded)}
			}
			p.before[a], p.y[a] = pads[0], (padded-p.size[a])/p.stride[a]+1
			continue
		}
		if p.size[a] > x[a] {
			return nil, &shapeError{at: "pool_size", msg: fmt.Sprintf("the window has %d %s, but the input n×%s of %q has %d",
				p.size[a], axisNames(rank)[a], l.InShape(0), l.In[0].Name, x[a]),
				hint: "padding: same takes windows that reach beyond the input"}
		}
		p.y[a] = (x[a]-p.size[a])/p.stride[a] + 1
	}
	return p, nil
}

// whole settles one window over all of the input.
func whole(l *Layer, rank int) (*pooling, error) {
	x, err := imageOf(l, rank)
	if err != nil {
		return nil, err
	}
	return &pooling{x: x, y: ir.Shape{1, 1, x[2]}, size: [2]int{x[0], x[1]}, stride: [2]int{1, 1}}, nil
}

// each calls f for every window and channel of n images, with the places in x of its elements, by rows,
// and that in y.
func (p *pooling) each(n int, f func(in []int, out int)) {
	in := []int{}
	for b := range n {
		for oy := range p.y[0] {
			for ox := range p.y[1] {
				for c := range p.x[2] {
					in = in[:0]
					for y := max(0, oy*p.stride[0]-p.before[0]); y < min(p.x[0], oy*p.stride[0]-p.before[0]+p.size[0]); y++ {
						for x := max(0, ox*p.stride[1]-p.before[1]); x < min(p.x[1], ox*p.stride[1]-p.before[1]+p.size[1]); x++ {
							in = append(in, ((b*p.x[0]+y)*p.x[1]+x)*p.x[2]+c)
						}
					}
					f(in, ((b*p.y[0]+oy)*p.y[1]+ox)*p.x[2]+c)
				}
			}
		}
	}
}

// overlap returns the number of windows that an element of x may be in.
func (p *pooling) overlap() int {
	n := 1
	for a := range 2 {
		n *= (p.size[a] + p.stride[a] - 1) / p.stride[a]
	}
	return n
}

// inside tells whether all windows are whole.
func (p *pooling) inside() bool {
	for a := range 2 {
		if p.before[a] > 0 || (p.y[a]-1)*p.stride[a]+p.size[a] > p.x[a] {
			return false
		}
	}
	return true
}

// reduction is what a kind of pooling does in its windows.
type reduction struct {
	prim     *ir.Prim
	masked   *ir.Prim // over the steps that a mask keeps
	forward  func(x []float64, in []int) float64
	backward func(dx, x []float64, in []int, dy float64)
	terms    func(p *pooling) int // roundings in an element of y
}

var maximum = reduction{
	prim: ir.MaxPool, masked: ir.MaskedMax,
	forward: func(x []float64, in []int) float64 {
		m := math.Inf(-1)
		for _, i := range in {
			m = math.Max(m, x[i])
		}
		return m
	},
	backward: func(dx, x []float64, in []int, dy float64) {
		best := in[0]
		for _, i := range in {
			if x[i] > x[best] {
				best = i
			}
		}
		dx[best] += dy
	},
	terms: func(*pooling) int { return 0 },
}

var average = reduction{
	prim: ir.AveragePool, masked: ir.MaskedAverage,
	forward: func(x []float64, in []int) float64 {
		sum := 0.0
		for _, i := range in {
			sum += x[i]
		}
		return sum / float64(len(in))
	},
	backward: func(dx, _ []float64, in []int, dy float64) {
		for _, i := range in {
			dx[i] += dy / float64(len(in))
		}
	},
	terms: func(p *pooling) int { return p.size[0]*p.size[1] + 1 },
}

// definePool adds a kind that reduces the windows that settle gives. With drop, what is left of an
// example is its channels alone.
func definePool(d Def, rank int, drop bool, r reduction, settle func(l *Layer, rank int) (*pooling, error)) *Def {
	must := func(l *Layer) *pooling {
		p, err := settle(l, rank)
		if err != nil {
			panic("BUG: " + err.Error())
		}
		return p
	}
	d.Shape = func(l *Layer) (ir.Shape, error) {
		p, err := settle(l, rank)
		switch {
		case err != nil:
			return nil, err
		case drop:
			return p.y[2:], nil
		}
		return outer(p.y, rank), nil
	}
	d.Forward = func(c *Call) {
		must(c.Layer).each(c.N, func(in []int, out int) { c.Y.Data[out] = r.forward(c.X[0].Data, in) })
	}
	d.Backward = func(c *Call) {
		must(c.Layer).each(c.N, func(in []int, out int) { r.backward(c.DX[0].Data, c.X[0].Data, in, c.DY.Data[out]) })
	}
	d.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		p := must(l)
		y := b.Pool(r.prim, x[0], rank, [2]int{p.y[0], p.y[1]}, p.size, p.before, p.stride)
		if drop {
			y = b.Reshape(y, slices.Concat(y.Shape.Row()[:len(y.Shape.Row())-rank], p.y[2:]))
		}
		return y
	}
	d.Exact = func(c *Call) bool {
		p := must(c.Layer)
		even := r.terms(p) == 0 || isPower(p.size[0]*p.size[1]) && p.inside()
		return even && exactSums(c)
	}
	d.Bound = func(c *Call) []float64 {
		p := must(c.Layer)
		a := absolute(c)
		p.each(c.N, func(in []int, out int) { a.Y.Data[out] = r.forward(a.X[0].Data, in) })
		if k := r.terms(p); k > 0 {
			return times(gamma(k), a.Y.Data)
		}
		return exact(c)
	}
	d.GradBound = func(c *Call) (dx, dp [][]float64) {
		p := must(c.Layer)
		a := absolute(c)
		p.each(c.N, func(in []int, out int) { r.backward(a.DX[0].Data, c.X[0].Data, in, a.DY.Data[out]) })
		return [][]float64{times(gamma(p.overlap()+2), a.DX[0].Data)}, nil
	}
	d.PerStep = true
	return define(d)
}
