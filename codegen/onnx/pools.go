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
		geo, err := windowOf(n, x, n.ints("kernel_shape"))
		if err != nil {
			return nil, err
		}
		if len(n.Out) > 1 && n.Out[1] != "" {
			return nil, errors.New("it gives the places of the largest elements, which no layer does")
		}
		if slices.Max(geo.dilations) > 1 {
			return nil, fmt.Errorf("dilations of %v", geo.dilations)
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
	if len(pads) != 2*rank {
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
	if fill != 0 { // x − fill with zeros around, + fill
		if err := finite(&array{data: []float64{fill}}); err != nil {
			return nil, err
		}
		if x, err = im.rescaled(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, x, 1, -fill); err != nil {
			return nil, err
		}
	}
	if slices.Max(pads) == 0 {
		return one(x, nil)
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
	if im.channelAt(x) == 1 {
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
