package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// batchNorm is batch_norm as in inference.
func batchNorm(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	switch {
	case n.int("training_mode", 0) != 0:
		return nil,
			errors.New("training_mode is set, so that it normalises by the batch at hand: export the model for inference")
	case im.opset(n) < 14 && slices.ContainsFunc(n.Out[1:], func(o string) bool { return o != "" }):
		return nil, errors.New("before opset 14 outputs behind the first mean that it normalises by the batch at hand, " +
			"as in training, whether they are read or not: export the model for inference")
	case im.opset(n) < 9 && n.int("spatial", 1) == 0:
		return nil, errors.New("spatial is 0: statistics for each pixel, which batch_norm has not")
	}
	if len(x.axes) < 2 {
		return nil, errors.New("its input has no channels")
	}
	if c := x.axes[1]; len(c) > 0 && c[0].batch && len(x.axes[0]) == 0 {
		return im.batchNormOfAll(n, x, in)
	}
	switch rank := len(x.axes); {
	case rank > 2 && (rank > 4 || crowdedAxis(x) >= 0):
		x = im.aligned(n, x, im.lastly(x, x.axes[1]))
	case rank > 2:
		if x, err = im.imaged(n, x); err != nil {
			return nil, err
		}
	}
	width := x.axes.extents()[1]
	var params []param
	for i, role := range []string{"gamma", "beta", "mean", "var"} {
		a, err := needed(in, i+1, role, 1)
		if err != nil {
			return nil, err
		}
		if len(a.data) != width {
			return nil, fmt.Errorf("%d numbers of %s for %d channels", len(a.data), role, width)
		}
		params = append(params, param{role, a.dims, a.data})
	}
	if len(x.store) == 0 || !slices.Equal(x.axes[1], x.store[len(x.store)-1]) {
		x = im.aligned(n, x, axes{x.axes[1]})
	}
	l := im.add(n, "batch_norm", x.layer)
	if e := rounded(n.float("epsilon", 1e-5)); e != 1e-5 {
		l.set("epsilon", e)
	}
	// ONNX keeps the old statistics by momentum, a spec takes the new ones by it.
	if m := rounded(n.float("momentum", 0.9)); math.Abs(m-0.9) > 1e-6 {
		l.set("momentum", rounded(1-m))
	}
	l.params = params
	return one(x.like(l), nil)
}

// batchNormOfAll is a batch norm whose channels are those of all examples, the same statistics for each: so PyTorch
// writes an instance norm that has statistics.
func (im *importer) batchNormOfAll(n *Node, x *value, in []*value) ([]*value, error) {
	y := *x
	y.axes = slices.Clone(x.axes)
	y.axes[0], y.axes[1] = x.axes[1][:1], x.axes[1][1:]
	each := []*value{&y}
	for i, role := range []string{"gamma", "beta", "mean", "var"} {
		a, err := needed(in, i+1, role, 1)
		if err != nil {
			return nil, err
		}
		one := equalParts(a, 0, im.batch)
		if one == nil {
			return nil, fmt.Errorf("%d numbers of %s that differ from example to example", len(a.data), role)
		}
		each = append(each, &value{konst: one})
	}
	out, err := batchNorm(im, n, each)
	if err != nil {
		return nil, err
	}
	z := *out[0]
	z.axes = slices.Clone(z.axes)
	z.axes[0], z.axes[1] = nil, slices.Concat(y.axes[0], z.axes[1])
	return one(&z, nil)
}

// equalParts returns the first of count equal parts that an axis of a constant is made of, nil if they are not equal.
func equalParts(c *array, axis, count int) *array {
	if c.dims[axis]%count != 0 {
		return nil
	}
	dims := slices.Clone(c.dims)
	dims[axis] /= count
	size, inner := product(c.dims[axis:]), product(dims[axis:])
	out := &array{dims: dims, whole: c.whole, truth: c.truth, data: make([]float64, 0, product(dims))}
	for i := 0; i < len(c.data); i += size {
		for j := inner; j < size; j++ {
			if c.data[i+j] != c.data[i+j%inner] {
				return nil
			}
		}
		out.data = append(out.data, c.data[i:i+inner]...)
	}
	return out
}

// layerNormalization goes over the last axes. Mean and deviation are layers of their own where they are read.
func layerNormalization(im *importer, n *Node, in []*value) ([]*value, error) {
	out, err := im.lastNorm(n, in, "layer_norm", 1e-5, "gamma", "beta")
	if err != nil {
		return nil, err
	}
	read := func(i int) bool { return i < len(n.Out) && n.Out[i] != "" && im.reads[n.Out[i]] > 0 }
	if !read(1) && !read(2) {
		return out, nil
	}
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	k, _ := axis(n.int("axis", -1), len(x.axes))
	var over []int
	for i := k; i < len(x.axes); i++ {
		over = append(over, i)
	}
	mean, err := im.pooled(n, x, "average", over)
	if err != nil {
		return nil, err
	}
	y := x
	for _, step := range []func(v *value) (*value, error){
		func(v *value) (*value, error) { return im.join(n, "subtract", []*value{v, mean}) },
		func(v *value) (*value, error) { return im.element(n, v, "square") },
		func(v *value) (*value, error) { return im.pooled(n, v, "average", over) },
		func(v *value) (*value, error) { return im.rescaled(n, v, 1, n.float("epsilon", 1e-5)) },
		func(v *value) (*value, error) { return im.element(n, v, "sqrt") },
		func(v *value) (*value, error) { return im.element(n, v, "reciprocal") },
	} {
		if y, err = step(y); err != nil {
			return nil, err
		}
	}
	return append(out, mean, y), nil
}

// rmsNormalization goes over the last axis, without a mean.
func rmsNormalization(im *importer, n *Node, in []*value) ([]*value, error) {
	return im.lastNorm(n, in, "rms_norm", 1e-6, "gamma")
}

// lastNorm makes a norm over the axes from the one that the node names on, with parameters of their width.
func (im *importer) lastNorm(n *Node, in []*value, kind string, epsilon float64, roles ...string) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	list, err := normAxes(n, len(x.axes))
	if err != nil {
		return nil, err
	}
	var of axes
	for _, k := range list {
		of = append(of, x.axes[k])
	}
	over := of.atoms()
	if slices.ContainsFunc(over, func(a *atom) bool { return a.batch }) {
		return nil, errors.New("it goes over the batch, whose examples a network keeps apart")
	}
	if len(x.store) == 0 || !slices.Equal(over, x.store[len(x.store)-1]) {
		x = im.aligned(n, x, im.lastly(x, over))
	}
	l := im.add(n, kind, x.layer)
	if e := rounded(n.float("epsilon", 1e-5)); e != epsilon {
		l.set("epsilon", e)
	}
	width := product(axes{over}.extents())
	if err := room(width); err != nil {
		return nil, err
	}
	inside := true // whether the layer holds the factors and summands so far
	y := x.like(l)
	for i, role := range roles {
		neutral := make([]float64, width)
		if role == "gamma" {
			neutral = slices.Repeat([]float64{1}, width)
		}
		p := param{role, []int{width}, neutral}
		held := false
		if i+1 < len(in) && in[i+1] != nil {
			given := in[i+1]
			numbers, ok := []float64(nil), false
			if given.konst != nil && inside {
				numbers, ok = overAxes(given.konst, x.axes.extents(), list)
			}
			if inside, held = ok, ok; ok {
				p.data = numbers
			} else if y, err = im.behindNorm(n, role, y, given); err != nil {
				return nil, err
			}
		}
		if l.params = append(l.params, p); !held {
			l.made = append(l.made, role)
		}
	}
	return one(y, nil)
}

// normAxes returns the axes that a norm goes over: those of a pattern, or the last ones from axis on.
func normAxes(n *Node, rank int) ([]int, error) {
	if list := n.ints("axes"); list != nil {
		return axesOf(list, rank)
	}
	k, err := axis(n.int("axis", -1), rank)
	if err != nil {
		return nil, err
	}
	var list []int
	for ; k < rank; k++ {
		list = append(list, k)
	}
	return list, nil
}

// overAxes returns a constant as a number for each element of some axes of an array of those extents; ok is false if
// it varies along others.
func overAxes(c *array, dims, list []int) (numbers []float64, ok bool) {
	var of, own []int
	for _, k := range list {
		of = append(of, dims[k])
		own = append(own, 1)
	}
	for i, d := range c.dims {
		k := i + len(dims) - len(c.dims)
		at := slices.Index(list, k)
		switch {
		case d != 1 && (at < 0 || d != dims[k]):
			return nil, false
		case at >= 0:
			own[at] = d
		}
	}
	if room(of...) != nil {
		return nil, false
	}
	full, err := broadcast(&array{dims: of, data: make([]float64, product(of))}, &array{dims: own, data: c.data},
		func(_, v float64) float64 { return v })
	return full.data, err == nil && len(full.data) == product(of)
}

// behindNorm multiplies what a norm gives by factors that its layer can't hold, or adds such summands.
func (im *importer) behindNorm(n *Node, role string, y, by *value) (*value, error) {
	made := &Node{Op: n.Op, Name: n.Name, Out: n.Out}
	switch {
	case by.konst != nil && role == "gamma":
		return im.stretch(made, y, by.konst, fresh)
	case by.konst != nil:
		return im.shift(made, y, by.konst, fresh)
	case role == "gamma":
		return im.join(made, "multiply", []*value{y, by})
	}
	return im.join(made, "add", []*value{y, by})
}

// instanceNorm is group_norm with a group for each channel; between two reshapes, with the groups of the first.
func instanceNorm(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	gamma, err := needed(in, 1, "scales", 1)
	if err != nil {
		return nil, err
	}
	beta, err := needed(in, 2, "biases", 1)
	if err != nil {
		return nil, err
	}
	if len(x.axes) < 2 || len(x.store) == 0 {
		return nil, errors.New("its input has no channels")
	}
	groups := x.axes.extents()[1]
	if len(gamma.data) != groups || len(beta.data) != groups {
		return nil, fmt.Errorf("%d scales and %d biases for %d channels", len(gamma.data), len(beta.data), groups)
	}
	channels := x.store[len(x.store)-1]
	width := axes{channels}.extents()[0]
	atoms := x.axes[1]
	if len(atoms) > len(channels) || !slices.Equal(atoms, channels[:len(atoms)]) {
		if x, err = im.imaged(n, x); err != nil {
			return nil, err
		}
		channels = x.store[len(x.store)-1]
		width = axes{channels}.extents()[0]
	}
	return one(im.groupNorm(n, x, groups, width, gamma, beta))
}

// repeated gives each channel of a group the number of the group.
func repeated(of []float64, width int) []float64 {
	out := make([]float64, width)
	for i := range out {
		out[i] = of[i*len(of)/width]
	}
	return out
}

// groupNorm reads scales for each channel, or, before opset 21, for each group.
func groupNorm(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	gamma, err := needed(in, 1, "scales", 1)
	if err != nil {
		return nil, err
	}
	beta, err := needed(in, 2, "biases", 1)
	if err != nil {
		return nil, err
	}
	if x, err = im.imaged(n, x); err != nil {
		return nil, err
	}
	width, groups := x.axes.extents()[1], n.int("num_groups", 0)
	if groups < 1 || width%groups != 0 || len(gamma.data) == 0 || width%len(gamma.data) != 0 ||
		len(beta.data) != len(gamma.data) {
		return nil, fmt.Errorf("%d groups, %d scales and %d biases for %d channels",
			groups, len(gamma.data), len(beta.data), width)
	}
	return one(im.groupNorm(n, x, groups, width, gamma, beta))
}

func (im *importer) groupNorm(n *Node, x *value, groups, width int, gamma, beta *array) (*value, error) {
	l := im.add(n, "group_norm", x.layer)
	if groups != 32 {
		l.set("groups", groups)
	}
	if e := rounded(n.float("epsilon", 1e-5)); e != 1e-5 {
		l.set("epsilon", e)
	}
	if len(gamma.data) < width {
		l.tied = eachOfMany
	}
	l.params = []param{{"gamma", []int{width}, repeated(gamma.data, width)},
		{"beta", []int{width}, repeated(beta.data, width)}}
	return x.like(l), nil
}
