package onnx

import (
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// pair returns an attribute with an element for each axis of an image, or one for a sequence.
func pair(n spec.Node, name string, rank int) []int {
	if list, ok := n.Lookup(name).V.([]int); ok {
		return list
	}
	return slices.Repeat([]int{n.Int(name)}, rank)
}

// geometryOf returns the attributes of a window of a layer over its input.
func (e *exporter) geometryOf(l *op.Layer, size, strides, dilations []int) []*Attr {
	rank := len(size)
	w := window{size: size, strides: strides, dilations: dilations, before: make([]int, rank), after: make([]int, rank)}
	x := l.InShape(0)
	for i := range rank {
		switch l.Node.Word("padding") {
		case "same":
			total := max(0, (ceilDiv(x[i], strides[i])-1)*strides[i]+w.span(i)-x[i])
			w.before[i], w.after[i] = total/2, total-total/2
		case "causal":
			w.before[i] = w.span(i) - 1
		case "":
			w.before[i], w.after[i] = border(l.Node, "padding", rank, i)
		}
	}
	return []*Attr{intsAttr("kernel_shape", size...), intsAttr("strides", strides...), intsAttr("dilations", dilations...),
		intsAttr("pads", slices.Concat(w.before, w.after)...)}
}

// border returns what lies before and behind along an axis.
func border(n spec.Node, name string, rank, axis int) (before, after int) {
	if rank == 1 {
		p := n.Ints(name)
		return p[0], p[len(p)-1]
	}
	p := n.Pairs(name)[axis]
	return p[0], p[1]
}

// spatialRank returns 1 for layers over sequences, 2 for those over images.
func spatialRank(l *op.Layer) int { return len(l.InShape(0)) - 1 }

func exportConv(e *exporter, l *op.Layer) (exported, error) {
	y, err := e.convolved(l)
	return y, err
}

// convolved writes a convolution with the first parameter of a layer.
func (e *exporter) convolved(l *op.Layer) (exported, error) {
	rank := spatialRank(l)
	v := e.channelsFirst(e.values[l.In[0]])
	w := l.Params[0]
	groups := 1
	perm := append([]int{rank + 1, rank}, upTo(rank)...) // filters, channels of a group, taps
	filters := w.Shape
	name := ""
	if strings.HasPrefix(l.Def.Kind.Name, "depthwise") || strings.HasPrefix(l.Def.Kind.Name, "separable") {
		// taps×c×m becomes c·m×1×taps
		groups = w.Shape[rank]
		moved, err := transposed(&array{dims: w.Shape, data: e.params[w]}, append([]int{rank, rank + 1}, upTo(rank)...))
		if err != nil {
			return exported{}, err
		}
		name = e.array(w.Name, append([]int{w.Shape[rank] * w.Shape[rank+1], 1}, filters[:rank]...), moved.data)
	} else {
		groups = max(1, l.Node.Int("groups"))
		name = e.param(w, perm...)
	}
	in := []string{v.name, name}
	if len(l.Params) == 2 && !strings.HasPrefix(l.Def.Kind.Name, "separable") {
		in = append(in, e.param(l.Params[1]))
	}
	attrs := append(e.geometryOf(l, pair(l.Node, "kernel_size", rank), pair(l.Node, "strides", rank),
		pair(l.Node, "dilation_rate", rank)), intAttr("group", groups))
	return exported{name: e.node("Conv", in, attrs...), shape: l.Shape, first: true}, nil
}

func upTo(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// exportSeparable writes a depthwise convolution and one of single pixels.
func exportSeparable(e *exporter, l *op.Layer) (exported, error) {
	v, err := e.convolved(l)
	if err != nil {
		return v, err
	}
	rank := spatialRank(l)
	p := l.Params[1]
	w := &array{dims: append([]int{p.Shape[1], p.Shape[0]}, slices.Repeat([]int{1}, rank)...)}
	for o := range p.Shape[1] {
		for i := range p.Shape[0] {
			w.data = append(w.data, e.params[p][i*p.Shape[1]+o])
		}
	}
	in := []string{v.name, e.array(p.Name, w.dims, w.data)}
	if len(l.Params) > 2 {
		in = append(in, e.param(l.Params[2]))
	}
	return exported{name: e.node("Conv", in), shape: l.Shape, first: true}, nil
}

func exportTransposed(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	x := l.InShape(0)
	size, strides, dilations, extra := l.Node.Ints("kernel_size"), l.Node.Ints("strides"),
		l.Node.Ints("dilation_rate"), make([]int, 2)
	before, after := make([]int, 2), make([]int, 2)
	for i := range 2 {
		span := (size[i]-1)*dilations[i] + 1
		if l.Node.Word("padding") == "" {
			before[i], after[i] = border(l.Node, "padding", 2, i)
		}
		whole := (x[i]-1)*strides[i] + span
		if l.Node.Word("padding") == "same" {
			before[i] = max(0, span-strides[i]) / 2
		}
		// What the extent of the output wants beyond the strides is cut off behind, or added there.
		rest := whole - before[i] - l.Shape[i]
		after[i], extra[i] = max(rest, 0), max(-rest, 0)
	}
	in := []string{v.name, e.param(l.Params[0], 3, 2, 0, 1)}
	if len(l.Params) > 1 {
		in = append(in, e.param(l.Params[1]))
	}
	attrs := []*Attr{intsAttr("kernel_shape", size...), intsAttr("strides", strides...),
		intsAttr("dilations", dilations...), intsAttr("pads", slices.Concat(before, after)...)}
	if slices.Max(extra) > 0 {
		attrs = append(attrs, intsAttr("output_padding", extra...))
	}
	return exported{name: e.node("ConvTranspose", in, append(attrs, intAttr("group", l.Node.Int("groups")))...),
		shape: l.Shape, first: true}, nil
}

func exportPool(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.channelsFirst(e.values[l.In[0]])
		rank := spatialRank(l)
		size := pair(l.Node, "pool_size", rank)
		strides := size
		if l.Node.Has("strides") {
			strides = pair(l.Node, "strides", rank)
		}
		attrs := e.geometryOf(l, size, strides, slices.Repeat([]int{1}, rank))
		attrs = slices.DeleteFunc(attrs, func(a *Attr) bool { return a.Name == "dilations" })
		return exported{name: e.node(operator, []string{v.name}, attrs...), shape: l.Shape, first: true}, nil
	}
}

// reduced returns the inputs of a reduction over the last axis, which from opset 18 on is an input.
func (e *exporter) reduced(x string, axes ...int) []string {
	if len(axes) == 0 {
		axes = []int{-1}
	}
	if e.Opset >= 18 {
		return []string{x, e.whole(axes...)}
	}
	return []string{x}
}

func (e *exporter) reduceAttrs(axis, keep int, more ...int) []*Attr {
	attrs := []*Attr{intAttr("keepdims", keep)}
	if e.Opset < 18 {
		attrs = append(attrs, intsAttr("axes", append([]int{axis}, more...)...))
	}
	return attrs
}

func exportReduce(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		if len(l.In) > 1 {
			return exportMaskedPool(e, l, operator)
		}
		axes := []int{1, 2}[:spatialRank(l)]
		return exported{name: e.node(operator, e.reduced(e.in(l, 0).name, axes...),
			e.reduceAttrs(axes[0], 0, axes[1:]...)...)}, nil
	}
}

func exportPad(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	before, after := []int{0, 0}, []int{0, 0}
	for i := range spatialRank(l) {
		b, a := border(l.Node, "padding", spatialRank(l), i)
		before, after = append(before, b), append(after, a)
	}
	return v.named(e.node("Pad", []string{v.name, e.whole(slices.Concat(before, after)...)})), nil
}

func exportCrop(e *exporter, l *op.Layer) (exported, error) {
	rank := spatialRank(l)
	var starts, ends []int
	for i := range rank {
		before, after := border(l.Node, "cropping", rank, i)
		starts, ends = append(starts, before), append(ends, l.InShape(0)[i]-after)
	}
	return exported{name: e.node("Slice", []string{e.in(l, 0).name, e.whole(starts...), e.whole(ends...),
		e.whole([]int{1, 2}[:rank]...)})}, nil
}

func exportResize(e *exporter, l *op.Layer) (exported, error) {
	v := e.channelsFirst(e.values[l.In[0]])
	rank := spatialRank(l)
	scales := []float64{1, 1}
	for _, s := range pair(l.Node, "size", rank) {
		scales = append(scales, float64(s))
	}
	attrs := []*Attr{wordAttr("mode", "nearest"), wordAttr("coordinate_transformation_mode", "asymmetric"),
		wordAttr("nearest_mode", "floor")}
	if l.Node.Word("interpolation") == "bilinear" {
		attrs = []*Attr{wordAttr("mode", "linear"), wordAttr("coordinate_transformation_mode", "half_pixel")}
	}
	name := e.array(l.Name+".scales", []int{len(scales)}, scales)
	return exported{name: e.node("Resize", []string{v.name, "", name}, attrs...), shape: l.Shape, first: true}, nil
}

func exportBlocks(operator string) writer {
	return func(e *exporter, l *op.Layer) (exported, error) {
		v := e.channelsFirst(e.values[l.In[0]])
		return exported{name: e.node(operator, []string{v.name}, intAttr("blocksize", l.Node.Int("block_size"))),
			shape: l.Shape, first: true}, nil
	}
}
