package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// pool is a pool of windows.
func pool(what string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		geo, err := geometryOf(n, x, n.ints("kernel_shape"))
		if err != nil {
			return nil, err
		}
		if len(n.Out) > 1 && n.Out[1] != "" {
			return nil, errors.New("it gives the places of the largest elements, which no layer does")
		}
		if slices.Max(geo.dilations) > 1 || len(geo.size) > 2 {
			return one(im.pooledByAxis(n, x, what, geo))
		}
		positive := x.positive
		if x, err = im.imaged(n, x); err != nil {
			return nil, err
		}
		dims, channels := x.axes.extents()[2:], x.axes.extents()[1]
		included := what == "average" && n.int("count_include_pad", 0) != 0
		from, ends := x.layer, slices.Clone(dims)
		for i := range ends { // where the input ends, counted from the first window on
			ends[i] += geo.before[i]
		}
		if included && geo.padded() {
			from = im.zeros(n, from, geo.before, geo.after)
			for i := range dims {
				dims[i] += geo.before[i] + geo.after[i]
				geo.before[i], geo.after[i] = 0, 0
			}
		}
		if n.int("ceil_mode", 0) != 0 {
			for i, d := range dims {
				reach := d + geo.before[i] + geo.after[i] - geo.size[i]
				over := (geo.strides[i] - reach%geo.strides[i]) % geo.strides[i]
				// A window that would begin behind the input is left out.
				if reach > 0 && over > 0 && reach+over < ends[i] {
					geo.after[i] += over
				}
			}
		}
		out, err := geo.out(dims)
		if err != nil {
			return nil, err
		}
		l := im.add(n, fmt.Sprintf("%s_pool%dd", what, len(dims)), from)
		l.set("pool_size", short(geo.size))
		if !slices.Equal(geo.strides, geo.size) {
			l.set("strides", short(geo.strides))
		}
		switch {
		case !geo.padded():
		case geo.same(dims):
			l.set("padding", "same")
		case len(dims) == 1:
			l.set("padding", []int{geo.before[0], geo.after[0]})
		default:
			l.set("padding", [][]int{{geo.before[0], geo.after[0]}, {geo.before[1], geo.after[1]}})
		}
		y := image(l, x.axes[0], channels, out)
		y.positive = positive
		return one(y, nil)
	}
}

// pooledByAxis pools windows one axis after another: those with gaps, and those of more than two axes. A mean is a
// matrix along an axis; a maximum is that of what each place of the windows reads, where one outside of x reads the
// element of another place that is inside.
func (im *importer) pooledByAxis(n *Node, x *value, what string, geo window) (*value, error) {
	included, ceil := n.int("count_include_pad", 0) != 0, n.int("ceil_mode", 0) != 0
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	for i, size := range x.axes.extents()[2:] {
		if geo.size[i] == 1 && geo.strides[i] == 1 && geo.before[i] == 0 && geo.after[i] == 0 {
			continue
		}
		windows, err := geo.places(i, size, ceil)
		if err != nil {
			return nil, err
		}
		if what == "average" {
			m := &array{dims: []int{size, len(windows)}, data: make([]float64, size*len(windows))}
			for to, places := range windows {
				inside := 0
				for _, at := range places {
					if at >= 0 && at < size || included && at >= -geo.before[i] && at < size+geo.after[i] {
						inside++
					}
				}
				for _, at := range places {
					if at >= 0 && at < size {
						m.data[at*len(windows)+to] += 1 / float64(inside)
					}
				}
			}
			if x, err = im.alongAxis(n, x, i+2, m, nil); err != nil {
				return nil, err
			}
			continue
		}
		var parts []*value
		for place := range geo.size[i] {
			var read []int
			for _, places := range windows {
				at := places[place]
				if at < 0 || at >= size {
					at = places[slices.IndexFunc(places, func(at int) bool { return at >= 0 && at < size })]
				}
				read = append(read, at)
			}
			part, err := im.read(n, x, i+2, read)
			if err != nil {
				return nil, err
			}
			parts = append(parts, part)
		}
		positive := x.positive
		if x, err = im.join(n, "maximum", parts); err != nil {
			return nil, err
		}
		x.positive = positive
	}
	return x, nil
}

// read returns the elements of an axis at some places: a range as such, others by a matrix.
func (im *importer) read(n *Node, x *value, k int, places []int) (*value, error) {
	for i, at := range places {
		if at != places[0]+i {
			return im.alongAxis(n, x, k, picking(x.axes.extents()[k], places), nil)
		}
	}
	return im.ranged(n, x, cut{axis: k, from: places[0], to: places[0] + len(places), step: 1})
}

// places returns what each window of an axis reads: places outside of its size elements are padding. It is an error if
// a window reads nothing else.
func (w window) places(i, size int, ceil bool) ([][]int, error) {
	reach := size + w.before[i] + w.after[i] - w.span(i)
	if reach < 0 {
		return nil, fmt.Errorf("a window of %d does not fit %d elements", w.span(i), size)
	}
	count := reach/w.strides[i] + 1
	if ceil && reach%w.strides[i] > 0 && count*w.strides[i] < size+w.before[i] {
		count++ // a window that would begin behind the input is left out
	}
	if most := max(count, w.size[i], size); most > maxMixed {
		return nil, fmt.Errorf("%d windows of %d among %d elements: at most %d are imported", count, w.size[i], size,
			maxMixed)
	}
	windows := make([][]int, count)
	for o := range windows {
		for k := range w.size[i] {
			windows[o] = append(windows[o], o*w.strides[i]-w.before[i]+k*w.dilations[i])
		}
		if !slices.ContainsFunc(windows[o], func(at int) bool { return at >= 0 && at < size }) {
			return nil, fmt.Errorf("window %d reads padding alone", o)
		}
	}
	return windows, nil
}

// lpPool is the p-th root of the sum over a window of the p-th powers of magnitudes.
func lpPool(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	p, size := n.int("p", 2), n.ints("kernel_shape")
	if n.int("ceil_mode", 0) != 0 {
		return nil, blame("ceil_mode", "windows that end behind the input")
	}
	if p < 1 || len(size) == 0 || slices.Min(size) < 1 {
		return nil, fmt.Errorf("p is %d, its windows are %v", p, size)
	}
	if p%2 != 0 {
		if x, err = im.element(n, x, "abs"); err != nil {
			return nil, err
		}
	}
	if x, err = im.power(n, x, float64(p)); err != nil {
		return nil, err
	}
	mean := *n
	mean.Op, mean.Attrs = "AveragePool", append(slices.Clone(n.Attrs), intAttr("count_include_pad", 1))
	y, err := pool("average")(im, &mean, []*value{x})
	if err != nil {
		return nil, err
	}
	sum, err := im.stretch(n, y[0], &array{data: []float64{float64(product(size))}}, fresh)
	if err != nil {
		return nil, err
	}
	if sum, err = im.plain(n, sum); err != nil {
		return nil, err
	}
	return one(im.power(n, sum, 1/float64(p)))
}

// lrn is x / (bias + α/size · Σ x²)^β, where the sum goes over size channels around each: AlexNet's local response
// norm. The sum is a matrix over the channels that no training changes.
func lrn(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	size, alpha, beta, bias := n.int("size", 0), n.float("alpha", 0.0001), n.float("beta", 0.75), n.float("bias", 1)
	if len(x.axes) < 2 || size < 1 || bias <= 0 || alpha < 0 {
		return nil, fmt.Errorf("size is %d, bias %g, alpha %g, and its input %s", size, bias, alpha, x.axes)
	}
	if len(x.axes) == 3 || len(x.axes) == 4 {
		if x, err = im.imaged(n, x); err != nil {
			return nil, err
		}
	}
	channels := x.axes.extents()[1]
	if err := mixed(1, channels); err != nil {
		return nil, err
	}
	m := &array{dims: []int{channels, channels}, data: make([]float64, channels*channels)}
	for c := range channels {
		for at := max(0, c-(size-1)/2); at <= min(channels-1, c+size/2); at++ {
			m.data[at*channels+c] = alpha / float64(size)
		}
	}
	squares, err := im.element(n, x, "square")
	if err != nil {
		return nil, err
	}
	sums, err := im.alongAxis(n, squares, 1, m, &array{dims: []int{1}, data: []float64{bias}})
	if err != nil {
		return nil, err
	}
	below, err := im.power(n, sums, -rounded(beta))
	if err != nil {
		return nil, err
	}
	return one(im.join(n, "multiply", []*value{x, below}))
}

// zeros adds a layer that puts zeros around.
func (im *importer) zeros(n *Node, from *layer, before, after []int) *layer {
	l := im.add(n, fmt.Sprintf("zero_padding%dd", len(before)), from)
	if len(before) == 1 {
		l.set("padding", []int{before[0], after[0]})
	} else {
		l.set("padding", [][]int{{before[0], after[0]}, {before[1], after[1]}})
	}
	return l
}

// pad puts zeros around images.
func pad(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	pads := n.ints("pads")
	if p, err := constantIn(in, 1, "pads"); err != nil {
		return nil, err
	} else if p != nil {
		pads = p.ints()
	}
	fill := n.float("value", 0)
	if v, err := constantIn(in, 2, "values"); err != nil {
		return nil, err
	} else if s, ok := v.scalar(); ok {
		fill = s
	}
	rank := len(x.axes)
	if which, err := constantIn(in, 3, "axes"); err != nil {
		return nil, err
	} else if which != nil {
		full := make([]int, 2*rank)
		for i, a := range which.ints() {
			k, err := axis(a, rank)
			if err != nil || len(pads) != 2*len(which.data) {
				return nil, fmt.Errorf("pads %v over axes %v", pads, which.ints())
			}
			full[k], full[rank+k] = pads[i], pads[len(which.data)+i]
		}
		pads = full
	}
	if len(pads) != 2*rank || rank == 0 {
		return nil, fmt.Errorf("pads %v for %d axes", pads, rank)
	}
	if mode := n.word("mode", "constant"); mode != "constant" {
		return one(im.continued(n, x, mode, pads))
	}
	if slices.Max(pads) == 0 && slices.Min(pads) == 0 {
		return one(x, nil)
	}
	for i := range rank { // negative pads cut off
		cutting := cut{axis: i, from: max(0, -pads[i]), to: x.axes.extents()[i] - max(0, -pads[rank+i]), step: 1}
		if cutting.from == 0 && cutting.to == x.axes.extents()[i] {
			continue
		}
		if cutting.to <= cutting.from {
			return nil, fmt.Errorf("pads %v leave nothing of %s", pads, x.axes)
		}
		if x, err = im.ranged(n, x, cutting); err != nil {
			return nil, err
		}
	}
	pads = mappedInts(pads, func(p int) int { return max(0, p) })
	if slices.Max(pads) == 0 {
		return one(x, nil)
	}
	if fill != 0 { // x − fill with zeros around, + fill
		if err := finite(&array{data: []float64{fill}}); err != nil {
			return nil, err
		}
		if x, err = im.rescaled(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, x, 1, -fill); err != nil {
			return nil, err
		}
	}
	y, err := im.zeroPadded(n, x, pads)
	if err == nil && fill != 0 {
		y, err = im.rescaled(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, y, 1, fill)
	}
	return one(y, err)
}

// zeroPadded puts zeros around: by the layer for that where x is an image or a sequence.
func (im *importer) zeroPadded(n *Node, x *value, pads []int) (*value, error) {
	v, rank := x, len(x.axes)
	if im.channelAt(x) == 1 && rank > 2 {
		var err error
		if v, err = im.imaged(n, x); err != nil {
			return nil, err
		}
	} else {
		v = im.aligned(n, x, x.axes.features())
	}
	spatial := len(v.store) - 1
	if spatial < 1 || spatial > 2 {
		return im.padded(n, v, pads)
	}
	before, after := make([]int, spatial), make([]int, spatial)
	y := &value{axes: slices.Clone(v.axes), store: slices.Clone(v.store), scale: 1, positive: x.positive}
	for i, a := range v.axes {
		b, e := pads[i], pads[rank+i]
		if b == 0 && e == 0 {
			continue
		}
		k := slices.IndexFunc(v.store, func(s []*atom) bool { return slices.Equal(s, a) })
		if k < 0 || k == spatial {
			return im.padded(n, v, pads)
		}
		before[k], after[k] = b, e
		y.axes[i] = []*atom{{size: axes{a}.extents()[0] + b + e}}
		y.store[k] = y.axes[i]
	}
	y.layer = im.zeros(n, v.layer, before, after)
	return y, nil
}

func mappedInts(list []int, f func(int) int) []int {
	out := make([]int, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}

// channelAt returns the axis of the model's array that holds the channels: those that the spec has last.
func (im *importer) channelAt(x *value) int {
	if len(x.store) == 0 {
		return -1
	}
	return slices.IndexFunc(x.axes, func(a []*atom) bool { return slices.Equal(a, x.store[len(x.store)-1]) })
}

// blocks is depth_to_space or space_to_depth.
func blocks(kind string) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		x, err := im.activated(n, in, 0)
		if err != nil {
			return nil, err
		}
		if x, err = im.imaged(n, x); err != nil || len(x.axes) != 4 {
			return nil, errors.Join(err, errors.New("its input is no image"))
		}
		b, d := n.int("blocksize", 0), x.axes.extents()
		if b < 1 || b > 1024 || kind == "depth_to_space" && d[1]%(b*b) != 0 || kind != "depth_to_space" &&
			(d[2]%b != 0 || d[3]%b != 0) {
			return nil, fmt.Errorf("blocks of %d for %s", b, x.axes)
		}
		if n.word("mode", "DCR") == "CRD" { // the channels of a block come one after another: DCR has them block by block
			if x, err = x.regrouped([]int{d[0], d[1] / (b * b), b * b, d[2], d[3]}); err != nil {
				return nil, err
			}
			x = im.aligned(n, x, axes{x.axes[3], x.axes[4], slices.Concat(x.axes[2], x.axes[1])})
		}
		l := im.add(n, kind, x.layer)
		l.set("block_size", b)
		if kind == "depth_to_space" {
			return one(image(l, x.axes[0], d[1]/(b*b), []int{d[2] * b, d[3] * b}), nil)
		}
		return one(image(l, x.axes[0], d[1]*b*b, []int{d[2] / b, d[3] / b}), nil)
	}
}
