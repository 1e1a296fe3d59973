package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// window is the geometry of a convolution or pool, each list with an element for each axis of the image.
type window struct {
	size, strides, dilations []int
	before, after            []int // padding
}

// windowOf reads the geometry of a node over x, whose axes are n×c×spatial….
func windowOf(n *Node, x *value, size []int) (w window, err error) {
	if rank := len(x.axes) - 2; rank != 1 && rank != 2 {
		return w, fmt.Errorf("its input is %s, but images have two axes beside the channels, and sequences one", x.axes)
	}
	return geometryOf(n, x, size)
}

// geometryOf is windowOf for any number of axes.
func geometryOf(n *Node, x *value, size []int) (w window, err error) {
	rank := len(x.axes) - 2
	if rank < 1 {
		return w, fmt.Errorf("its input is %s: it has no axes behind the channels", x.axes)
	}
	ones := slices.Repeat([]int{1}, rank)
	w = window{size: size, strides: n.ints("strides", ones...), dilations: n.ints("dilations", ones...)}
	pads := n.ints("pads", slices.Repeat([]int{0}, 2*rank)...)
	if len(w.size) != rank || len(w.strides) != rank || len(w.dilations) != rank || len(pads) != 2*rank {
		return w, fmt.Errorf("its geometry does not have %d axes", rank)
	}
	w.before, w.after = pads[:rank:rank], pads[rank:]
	for i := range rank {
		if w.size[i] < 1 || w.strides[i] < 1 || w.dilations[i] < 1 || w.before[i] < 0 || w.after[i] < 0 {
			return w, errors.New("its geometry has numbers below 1")
		}
		if w.span(i) > maxElements {
			return w, fmt.Errorf("its windows are of %d elements, %d apart", w.size[i], w.dilations[i])
		}
	}
	dims := x.axes.extents()[2:]
	switch auto := n.word("auto_pad", "NOTSET"); auto {
	case "NOTSET", "":
	case "VALID":
		w.before, w.after = slices.Repeat([]int{0}, rank), slices.Repeat([]int{0}, rank)
	case "SAME_UPPER", "SAME_LOWER":
		for i := range rank {
			total := max(0, (ceilDiv(dims[i], w.strides[i])-1)*w.strides[i]+w.span(i)-dims[i])
			w.before[i], w.after[i] = total/2, total-total/2
			if auto == "SAME_LOWER" {
				w.before[i], w.after[i] = w.after[i], w.before[i]
			}
		}
	default:
		return w, fmt.Errorf("auto_pad %q is not known", auto)
	}
	return w, nil
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// span returns the extent that a window covers.
func (w window) span(i int) int { return (w.size[i]-1)*w.dilations[i] + 1 }

// padded tells whether there is padding.
func (w window) padded() bool { return slices.Max(slices.Concat(w.before, w.after)) > 0 }

// out returns the extents of a result.
func (w window) out(dims []int) ([]int, error) {
	var out []int
	for i, d := range dims {
		o := (d+w.before[i]+w.after[i]-w.span(i))/w.strides[i] + 1
		if d+w.before[i]+w.after[i] < w.span(i) {
			return nil, fmt.Errorf("a window of %d does not fit %d elements", w.span(i), d)
		}
		out = append(out, o)
	}
	return out, nil
}

// same tells whether padding is what «same» means in a spec: half of it before, the rest behind.
func (w window) same(dims []int) bool {
	for i, d := range dims {
		total := max(0, (ceilDiv(d, w.strides[i])-1)*w.strides[i]+w.span(i)-d)
		if w.before[i] != total/2 || w.after[i] != total-total/2 {
			return false
		}
	}
	return true
}

// geometry sets kernel_size (or pool_size), strides, dilation and padding; words are shortened where all are alike.
func (w window) geometry(l *layer, dims []int) {
	l.set("kernel_size", short(w.size))
	if slices.Max(w.strides) > 1 {
		l.set("strides", short(w.strides))
	}
	switch {
	case !w.padded():
	case w.same(dims):
		l.set("padding", "same")
	case len(dims) == 1:
		l.set("padding", []int{w.before[0], w.after[0]})
	default:
		l.set("padding", [][]int{{w.before[0], w.after[0]}, {w.before[1], w.after[1]}})
	}
	if slices.Max(w.dilations) > 1 {
		l.set("dilation_rate", short(w.dilations))
	}
}

// short returns one number for a list of equal ones.
func short(list []int) any {
	if slices.Min(list) == slices.Max(list) {
		return list[0]
	}
	return list
}

// imaged returns x with its spec array in the order spatial axes, then channels.
func (im *importer) imaged(n *Node, x *value) (*value, error) {
	if len(x.axes) != 3 && len(x.axes) != 4 || len(x.axes[0]) != 1 || !x.axes[0][0].batch {
		return nil, fmt.Errorf("its input is %s, want n×channels×steps or n×channels×height×width", x.axes)
	}
	im.images = true
	if k := slices.IndexFunc(x.axes, func(a []*atom) bool { return len(a) == 0 }); k >= 0 {
		return im.imaged(n, im.withUnit(n, x, k)) // an extent of 1 needs an atom of its own to keep its axis
	}
	return im.aligned(n, x, append(slices.Clone(x.axes[2:]), x.axes[1])), nil
}

// withUnit gives axis k of x, which is empty, an atom of extent 1, the last of the spec's array.
func (im *importer) withUnit(n *Node, x *value, k int) *value {
	v, unit := *x, []*atom{{size: 1}}
	v.axes, v.store = slices.Clone(x.axes), append(slices.Clone(x.store), unit)
	v.axes[k] = unit
	v.layer = im.reshaped(n, x.layer, x.store, v.store)
	return &v
}

// image returns the value of a layer over images, whose axes are channels and then dims.
func image(l *layer, batch []*atom, channels int, dims []int) *value {
	c := []*atom{{size: channels}}
	x, store := axes{batch, c}, axes{}
	for _, d := range dims {
		a := []*atom{{size: d}}
		x, store = append(x, a), append(store, a)
	}
	return &value{layer: l, axes: x, store: append(store, c), scale: 1}
}

// convolved returns what a convolution reads: an activation, filters of as many axes, and biases or nil.
func (im *importer) convolved(n *Node, in []*value) (x *value, w, bias *array, err error) {
	if x, err = im.activated(n, in, 0); err != nil {
		return nil, nil, nil, err
	}
	if w, err = needed(in, 1, "filters", -1); err != nil {
		return nil, nil, nil, err
	}
	if bias, err = constantIn(in, 2, "biases"); err != nil {
		return nil, nil, nil, err
	}
	if len(w.dims) != len(x.axes) || len(w.dims) < 3 {
		return nil, nil, nil, fmt.Errorf("filters of %v for an input of %s", w.dims, x.axes)
	}
	return x, w, bias, nil
}

// conv is a convolution: conv1d, conv2d, or their depthwise forms.
func conv(im *importer, n *Node, in []*value) ([]*value, error) {
	x, w, bias, err := im.convolved(n, in)
	if err != nil {
		return nil, err
	}
	geo, err := windowOf(n, x, w.dims[2:])
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	dims, channels, groups := x.axes.extents()[2:], x.axes.extents()[1], n.int("group", 1)
	out, err := geo.out(dims)
	if err != nil {
		return nil, err
	}
	filters := w.dims[0]
	if groups < 1 || channels != groups*w.dims[1] || filters%groups != 0 {
		return nil, fmt.Errorf("filters of %v in %d groups for %d channels", w.dims, groups, channels)
	}
	rank := len(dims)
	kind, role := fmt.Sprintf("conv%dd", rank), "kernel"
	perm := append(spatial(rank), 1, 0) // taps, channels of a group, filters
	depthwise := groups == channels && groups > 1
	if depthwise {
		kind, role = "depthwise_"+kind, "depthwise_kernel"
	}
	data, err := transposed(w, perm)
	if err != nil {
		return nil, err
	}
	l := im.add(n, kind, x.layer)
	shape := data.dims
	if depthwise {
		m := filters / groups
		shape = append(slices.Clone(w.dims[2:]), channels, m)
		if m > 1 {
			l.set("depth_multiplier", m)
		}
	} else {
		l.set("filters", filters)
		if groups > 1 {
			l.set("groups", groups)
		}
	}
	geo.geometry(l, dims)
	l.params = append(l.params, param{role, shape, data.data})
	if bias != nil && len(bias.data) != filters {
		return nil, fmt.Errorf("%d biases for %d filters", len(bias.data), filters)
	}
	l.setBias(bias, filters)
	return one(image(l, x.axes[0], filters, out), nil)
}

// spatial returns the axes behind batch and channels.
func spatial(rank int) []int {
	var out []int
	for i := range rank {
		out = append(out, 2+i)
	}
	return out
}

// convTranspose is conv2d_transpose.
func convTranspose(im *importer, n *Node, in []*value) ([]*value, error) {
	x, w, bias, err := im.convolved(n, in)
	if err != nil {
		return nil, err
	}
	if len(w.dims) == 3 { // a sequence is an image of one column
		return im.transposedSequence(n, in, x, w)
	}
	plain := *n
	plain.Attrs = slices.DeleteFunc(slices.Clone(n.Attrs), func(a *Attr) bool { return a.Name == "auto_pad" })
	geo, err := windowOf(&plain, x, w.dims[2:])
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	dims, groups := x.axes.extents()[2:], n.int("group", 1)
	if w.dims[0] != x.axes.extents()[1] || groups < 1 || w.dims[0]%groups != 0 {
		return nil, fmt.Errorf("filters of %v in %d groups for an input of %s", w.dims, groups, x.axes)
	}
	filters := w.dims[1] * groups
	extra := n.ints("output_padding", 0, 0)
	if len(extra) != 2 {
		return nil, fmt.Errorf("output_padding of %v", extra)
	}
	extra = slices.Clone(extra)
	if err := geo.enlarged(n, dims, extra); err != nil {
		return nil, err
	}
	im.remarkReach(n, &geo, dims)
	var out []int
	for i, d := range dims {
		out = append(out, (d-1)*geo.strides[i]+geo.span(i)-geo.before[i]-geo.after[i]+extra[i])
		if out[i] < 1 {
			return nil, fmt.Errorf("its geometry leaves nothing of axis %d", i)
		}
	}
	data, err := transposed(w, []int{2, 3, 1, 0})
	if err != nil {
		return nil, err
	}
	l := im.add(n, "conv2d_transpose", x.layer)
	l.set("filters", filters)
	l.set("kernel_size", short(geo.size))
	if slices.Max(geo.strides) > 1 {
		l.set("strides", short(geo.strides))
	}
	l.set("padding", [][]int{{geo.before[0], geo.after[0]}, {geo.before[1], geo.after[1]}})
	if slices.Max(geo.dilations) > 1 {
		l.set("dilation_rate", short(geo.dilations))
	}
	if slices.Max(extra) > 0 {
		l.set("output_padding", short(extra))
	}
	if groups > 1 {
		l.set("groups", groups)
	}
	l.params = append(l.params, param{"kernel", data.dims, data.data})
	l.setBias(bias, filters)
	return one(image(l, x.axes[0], filters, out), nil)
}

// enlarged settles the padding of a transposed convolution from output_shape or auto_pad: total = stride·(d − 1) +
// output_padding + span − shape, the larger half of it behind the image unless auto_pad is SAME_LOWER. What would be
// negative is put on behind, as output_padding is.
func (w *window) enlarged(n *Node, dims, extra []int) error {
	auto, shape := n.word("auto_pad", "NOTSET"), n.ints("output_shape")
	if len(shape) > len(dims) {
		shape = shape[len(shape)-len(dims):]
	}
	switch {
	case auto == "VALID":
		for i := range dims {
			w.before[i], w.after[i] = 0, 0
		}
		return nil
	case shape != nil && len(shape) != len(dims):
		return fmt.Errorf("output_shape of %v", shape)
	case shape == nil && (auto == "NOTSET" || auto == ""):
		return nil
	case shape == nil && auto != "SAME_UPPER" && auto != "SAME_LOWER":
		return fmt.Errorf("auto_pad %q is not known", auto)
	}
	for i, d := range dims {
		want := d * w.strides[i]
		if shape != nil {
			want = shape[i]
		}
		total := (d-1)*w.strides[i] + extra[i] + w.span(i) - want
		if total < 0 {
			extra[i] -= total
			total = 0
		}
		w.before[i], w.after[i] = total/2, total-total/2
		if shape != nil && auto != "SAME_UPPER" || auto == "SAME_LOWER" {
			w.before[i], w.after[i] = total-total/2, total/2
		}
		if extra[i] >= max(w.strides[i], w.dilations[i]) && extra[i] > 0 {
			return fmt.Errorf("output_shape %v is larger than the filter reaches by %d", shape, extra[i])
		}
	}
	return nil
}

// remarkReach tells of a transposed convolution whose filters reach less far than its strides, so that auto_pad asks for
// more than there is. The operator has stride·d elements of an axis then, those behind the last filter being biases alone;
// ONNX Runtime has as many as the filters reach.
func (im *importer) remarkReach(n *Node, w *window, dims []int) {
	if auto := n.word("auto_pad", "NOTSET"); n.ints("output_shape") != nil || auto != "SAME_UPPER" && auto != "SAME_LOWER" {
		return
	}
	given := n.ints("output_padding", slices.Repeat([]int{0}, len(dims))...)
	var by, reach []int
	for i, d := range dims {
		by = append(by, d*w.strides[i])
		reach = append(reach, min(d*w.strides[i], (d-1)*w.strides[i]+w.span(i)+given[i]))
	}
	if !slices.Equal(by, reach) {
		im.remark(fmt.Sprintf("%s has auto_pad %s, and filters that reach less far than its strides of %v: by the operator it "+
			"gives %v elements, as the network does, of which ONNX Runtime leaves out what no filter reaches, and gives %v; "+
			"export it with pads and output_padding in place of auto_pad", n, n.word("auto_pad", ""), w.strides, by, reach))
	}
}

// transposedSequence is a transposed convolution over the steps of a sequence, which becomes an image of one column.
func (im *importer) transposedSequence(n *Node, in []*value, x *value, w *array) ([]*value, error) {
	image := *x
	image.axes = append(slices.Clone(x.axes), nil)
	flat := *n
	flat.Attrs = nil
	for _, a := range n.Attrs {
		b := *a
		switch {
		case len(a.Ints) == 0:
		case a.Name == "pads" && len(a.Ints) == 2:
			b.Ints = []int64{a.Ints[0], 0, a.Ints[1], 0}
		case (a.Name == "output_padding") && len(a.Ints) == 1:
			b.Ints = []int64{a.Ints[0], 0}
		case len(a.Ints) == 1:
			b.Ints = []int64{a.Ints[0], 1}
		}
		flat.Attrs = append(flat.Attrs, &b)
	}
	filters := &value{konst: &array{dims: append(slices.Clone(w.dims), 1), data: w.data}}
	rest := []*value{&image, filters}
	if len(in) > 2 {
		rest = append(rest, in[2])
	}
	y, err := convTranspose(im, &flat, rest)
	if err != nil {
		return nil, err
	}
	y[0].axes = y[0].axes[:3]
	return y, nil
}
