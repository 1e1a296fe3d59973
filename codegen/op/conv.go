package op

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// convolution holds the extents of a convolution of an image x, h×w×c, to an image y; a sequence has height 1.
// The kinds share it, and with it where a tap of the filter lies; lowering knows no more of it than
// the shape rule does.
type convolution struct {
	x, y                           ir.Shape // h×w×c each
	size, stride, dilation, before [2]int   // of the filter and of the padding above and to the left
	groups                         int
	m                              int // filters for each channel, where each has its own
}

// Attributes of the kinds, named as in Keras.
var (
	filtersAttr = spec.Attr{Name: "filters", Type: spec.Int, Required: true, Min: spec.Bound(1),
		Doc: "Number of channels of the output."}

	groupsAttr = spec.Attr{Name: "groups", Type: spec.Int, Default: 1, Min: spec.Bound(1),
		Doc: "Parts that the channels are cut into, convolved one by one."}

	multiplierAttr = spec.Attr{Name: "depth_multiplier", Type: spec.Int, Default: 1, Min: spec.Bound(1),
		Doc: "Filters for each channel of the input."}
)

// planeAttrs returns the attributes of a filter that moves over images.
func planeAttrs(attrs ...spec.Attr) []spec.Attr {
	return append(attrs,
		spec.Attr{Name: "kernel_size", Type: spec.Ints, Len: 2, Repeat: true, Required: true, Min: spec.Bound(1),
			Doc: "Height and width of the filters."},
		spec.Attr{Name: "strides", Type: spec.Ints, Len: 2, Repeat: true, Default: []int{1, 1}, Min: spec.Bound(1),
			Doc: "Rows and columns from one place of the filter to the next."},
		spec.Attr{Name: "padding", Type: spec.Pairs, Len: 2, Enum: []string{"same", "valid"},
			Default: "valid", Min: spec.Bound(0),
			Doc: "Zeros around the image: valid for none, same for as many as keep the extents (those of the input over the " +
				"strides, rounded up), or [[top, bottom], [left, right]]."},
		spec.Attr{Name: "dilation_rate", Type: spec.Ints, Len: 2, Repeat: true, Default: []int{1, 1}, Min: spec.Bound(1),
			Doc: "Rows and columns from one tap of the filter to the next."})
}

// stepAttrs returns the attributes of a filter that moves over sequences.
func stepAttrs(attrs ...spec.Attr) []spec.Attr {
	return append(attrs,
		spec.Attr{Name: "kernel_size", Type: spec.Int, Required: true, Min: spec.Bound(1), Doc: "Steps that a filter reads."},
		spec.Attr{Name: "strides", Type: spec.Int, Default: 1, Min: spec.Bound(1),
			Doc: "Steps from one place of the filter to the next."},
		spec.Attr{Name: "padding", Type: spec.Ints, Len: 2, Enum: []string{"same", "valid", "causal"},
			Default: "valid", Min: spec.Bound(0),
			Doc: "Zeros around the sequence: valid for none, same for as many as keep the length (that of the input over the " +
				"strides, rounded up), causal for all before it, or [before, after]."},
		spec.Attr{Name: "dilation_rate", Type: spec.Int, Default: 1, Min: spec.Bound(1),
			Doc: "Steps from one tap of the filter to the next."})
}

// planeInts returns an attribute that is an Int, or Ints of height and width; the height of an Int is 1.
func planeInts(n spec.Node, name string) [2]int {
	if v, ok := n.Lookup(name).V.([]int); ok {
		return [2]int{v[0], v[1]}
	}
	return [2]int{1, n.Int(name)}
}

// imageOf returns the shape of the input as h×w×c; rank is the number of its axes.
func imageOf(l *Layer, rank int) (ir.Shape, error) {
	in := l.InShape(0)
	if len(in) != rank {
		want, hint := "n×h×w×c", "channels come last; put a reshape layer before it"
		if rank == 2 {
			want = "n×t×c"
		}
		return nil, &shapeError{msg: fmt.Sprintf("%s needs %s input, but %q gives n×%s", l.Def.Kind.Name, want,
			l.In[0].Name, in), hint: hint}
	}
	if rank == 2 {
		return ir.Shape{1, in[0], in[1]}, nil
	}
	return in, nil
}

// outer returns the shape of an example of rank axes from h×w×c.
func outer(s ir.Shape, rank int) ir.Shape { return slices.Clone(s[3-rank:]) }

// axisNames names the axes in messages.
func axisNames(rank int) []string {
	if rank == 2 {
		return []string{"", "steps"}
	}
	return []string{"rows", "columns"}
}

// convWindow settles size, strides, dilation and padding of a filter over x, and the extents of y.
func convWindow(l *Layer, rank int) (*convolution, error) {
	x, err := imageOf(l, rank)
	if err != nil {
		return nil, err
	}
	v := &convolution{
		x: x, y: ir.Shape{1, 1, 0}, groups: 1, m: 1,
		size: planeInts(l.Node, "kernel_size"), stride: planeInts(l.Node, "strides"),
		dilation: planeInts(l.Node, "dilation_rate"),
	}
	for a := 3 - rank; a < 2; a++ {
		span := (v.size[a]-1)*v.dilation[a] + 1
		if span > MaxElements {
			return nil, &shapeError{at: "kernel_size", msg: fmt.Sprintf("the kernel spans %d %s, more than %d",
				span, axisNames(rank)[a], MaxElements)}
		}
		pads := [2]int{}
		switch l.Node.Word("padding") {
		case "same":
			total := max(0, ((x[a]-1)/v.stride[a])*v.stride[a]+span-x[a])
			pads = [2]int{total / 2, total - total/2}
		case "causal":
			pads[0] = span - 1
		case "":
			pads = paddingOf(l.Node, rank, a)
		}
		v.before[a] = pads[0]
		padded := x[a] + pads[0] + pads[1]
		if span > padded {
			return nil, kernelTooLarge(l, rank, a, span, padded)
		}
		if v.stride[a] > padded && x[a] > 1 {
			return nil, &shapeError{at: "strides",
				msg: fmt.Sprintf("strides of %d leave one of the %d %s of the input, n×%s from %q", v.stride[a], padded,
					axisNames(rank)[a], l.InShape(0), l.In[0].Name)}
		}
		v.y[a] = (padded-span)/v.stride[a] + 1
	}
	return v, nil
}

func kernelTooLarge(l *Layer, rank, a, span, padded int) error {
	dilated, with := "", ""
	if size := planeInts(l.Node, "kernel_size")[a]; span != size {
		dilated = fmt.Sprintf(", %d dilated,", span)
		span = size
	}
	if in, _ := imageOf(l, rank); padded != in[a] {
		with = fmt.Sprintf(", %d with padding", padded)
	}
	return &shapeError{
		at: "kernel_size", msg: fmt.Sprintf("the kernel has %d %s%s but the input n×%s of %q has %d%s", span,
			axisNames(rank)[a], dilated, l.InShape(0), l.In[0].Name, l.InShape(0)[a-3+rank], with),
		hint: "padding: same keeps the extents",
	}
}

// paddingOf returns the padding before and after along an axis that a spec writes as numbers.
func paddingOf(n spec.Node, rank, a int) [2]int {
	if rank == 2 {
		v := n.Ints("padding")
		return [2]int{v[0], v[1]}
	}
	return n.Pairs("padding")[a]
}

// checkGroups checks that the groups divide the channels.
func checkGroups(l *Layer, in int, filters int) error {
	g := l.Node.Int("groups")
	switch {
	case in%g != 0:
		return &shapeError{at: "groups", msg: fmt.Sprintf("%d groups do not divide the %d channels of %q, n×%s", g, in,
			l.In[0].Name, l.InShape(0))}
	case filters%g != 0:
		return &shapeError{at: "groups", msg: fmt.Sprintf("%d groups do not divide the %d filters", g, filters)}
	}
	return nil
}

// plainConv settles a convolution with filters over the channels of each group.
func plainConv(l *Layer, rank int) (*convolution, error) {
	v, err := convWindow(l, rank)
	if err != nil {
		return nil, err
	}
	v.y[2], v.groups = l.Node.Int("filters"), l.Node.Int("groups")
	return v, checkGroups(l, v.x[2], v.y[2])
}

// channelConv settles a convolution with filters for each channel.
func channelConv(l *Layer, rank int) (*convolution, error) {
	v, err := convWindow(l, rank)
	if err != nil {
		return nil, err
	}
	v.m, v.groups = l.Node.Int("depth_multiplier"), v.x[2]
	v.y[2] = v.x[2] * v.m
	return v, nil
}

// mustConv returns what the shape rule found to be right.
func mustConv(v *convolution, err error) *convolution {
	if err != nil {
		panic("BUG: " + err.Error())
	}
	return v
}

// taps returns the number of products in an element of y, and in one of dx at most.
func (v *convolution) taps() (y, dx int) {
	n := v.size[0] * v.size[1]
	return n * v.x[2] / v.groups, n * v.y[2] / v.groups
}

// convForward writes y = x ∗ w + b, b if there is one.
func convForward(c *Call, v *convolution) {
	fillBias(c)
	v.multiply(c.N, c.X[0].Data, c.P[0].Data, c.Y.Data)
}

func convBackward(c *Call, v *convolution) {
	biasBackward(c)
	v.multiplyBack(c.N, c.DY.Data, c.P[0].Data, c.DX[0].Data)
	v.multiplyFilter(c.N, c.X[0].Data, c.DY.Data, c.DP[0].Data)
}

// fillBias sets every row of y to the last parameter if it is a bias, else to 0.
func fillBias(c *Call) {
	clear(c.Y.Data)
	if p := c.P[len(c.P)-1]; len(p.Shape) == 1 {
		fillRows(c.Y.Data, p.Data)
	}
}

// biasBackward adds the gradient of the bias, if there is one.
func biasBackward(c *Call) {
	if p := c.DP[len(c.DP)-1]; len(p.Shape) == 1 {
		addRows(p.Data, c.DY.Data)
	}
}

// convBound and convGradBound are those of sums of products: see rounding.go.
func convBound(c *Call, v *convolution) []float64 {
	a := absolute(c)
	convForward(a, v)
	k, _ := v.taps()
	return times(gamma(k+2), a.Y.Data)
}

func convGradBound(c *Call, v *convolution) (dx, dp [][]float64) {
	a := absolute(c)
	convBackward(a, v)
	_, k := v.taps()
	dx = [][]float64{times(gamma(k+1), a.DX[0].Data)}
	for _, t := range a.DP {
		dp = append(dp, times(gamma(len(c.Y.Data)/lastOf(c.Y.Shape)+1), t.Data))
	}
	return dx, dp
}

// lowerConv lowers to a primitive with the extents of v and adds the bias, if there is one.
func lowerConv(b *ir.Builder, l *Layer, x *ir.Value, prim *ir.Prim, v *convolution, size ir.Shape) *ir.Value {
	groups := v.groups
	if prim == ir.DepthwisePrim {
		groups = 1
	}
	return b.Conv(prim, x, b.Param(l.Params[0]), [2]int{size[0], size[1]}, v.before, v.stride, v.dilation, groups)
}

// biased adds the last parameter to y if it is a bias.
func biased(b *ir.Builder, l *Layer, y *ir.Value) *ir.Value {
	if p := l.Params[len(l.Params)-1]; len(p.Shape) == 1 {
		return b.Bias(y, b.Param(p))
	}
	return y
}

// filterParam returns a filter with the attributes that begin with its name: kernel_initializer,
// kernel_regularizer. Of its shape the last axes are outputs, whose product is out.
func filterParam(l *Layer, role, attrs string, shape ir.Shape, in, out, fanIn, fanOut int) *ir.Param {
	w := &ir.Param{Name: role, Shape: shape, FanIn: fanIn, FanOut: fanOut, In: in, Out: out,
		MaxNorm: l.Node.Float("max_norm")}
	w.Attrs = ir.ParamAttrs{Initializer: attrs + "_initializer", Regularizer: attrs + "_regularizer",
		Inherits: true, DType: true}
	return w
}

// withBias appends the bias if the layer has one.
func withBias(l *Layer, out int, params ...*ir.Param) []*ir.Param {
	if !l.Node.Bool("use_bias") {
		return params
	}
	b := &ir.Param{Name: "bias", Shape: ir.Shape{out}, FanIn: params[len(params)-1].FanIn, FanOut: out}
	b.Attrs = ir.ParamAttrs{Initializer: "bias_initializer", Regularizer: "bias_regularizer"}
	return append(params, b)
}

// plainParams returns filters of size×(c/groups)×oc and the bias. A filter reads fan_in numbers, and, strides
// aside, fan_out outputs read a number.
func plainParams(l *Layer, v *convolution, rank int) []*ir.Param {
	in, out := v.taps()
	shape := ir.Shape{v.size[0], v.size[1], v.x[2] / v.groups, v.y[2]}
	return withBias(l, v.y[2], filterParam(l, "kernel", "kernel", shape[3-rank:], in, v.y[2], in, out))
}

// defineConv adds a kind whose settled extents are those that settle gives.
func defineConv(d Def, rank int, settle func(l *Layer) (*convolution, error),
	params func(l *Layer, v *convolution) []*ir.Param, prim *ir.Prim) *Def {
	d.Params = func(l *Layer) []*ir.Param { return params(l, mustConv(settle(l))) }
	d.Shape = func(l *Layer) (ir.Shape, error) {
		v, err := settle(l)
		if err != nil {
			return nil, err
		}
		return outer(v.y, rank), nil
	}
	d.Forward = func(c *Call) { convForward(c, mustConv(settle(c.Layer))) }
	d.Backward = func(c *Call) { convBackward(c, mustConv(settle(c.Layer))) }
	d.Lower = func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		v := mustConv(settle(l))
		return biased(b, l, lowerConv(b, l, x[0], prim, v, v.y))
	}
	d.Exact = func(c *Call) bool {
		k, _ := mustConv(settle(c.Layer)).taps()
		return exactTerms(c, k)
	}
	d.ExactGrad = func(c *Call) (dx, dp []bool) {
		_, k := mustConv(settle(c.Layer)).taps()
		return exactGradTerms(c, k, c.Y.rows())
	}
	d.Bound = func(c *Call) []float64 { return convBound(c, mustConv(settle(c.Layer))) }
	d.GradBound = func(c *Call) (dx, dp [][]float64) { return convGradBound(c, mustConv(settle(c.Layer))) }
	d.Likely = func(c *Call) []float64 { return convLikely(c, mustConv(settle(c.Layer))) }
	d.LikelyGrad = func(c *Call) (dx, dp [][]float64) { return convLikelyGrad(c, mustConv(settle(c.Layer))) }
	d.PerStep = true
	return define(d)
}
