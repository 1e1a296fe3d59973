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
	case n.int("training_mode", 0) != 0 || im.opset(n) < 14 && len(n.Out) > 1 && im.reads[n.Out[1]] > 0:
		return nil, errors.New("training_mode is set, so that it normalises by the batch at hand: export the model for inference")
	case im.opset(n) < 9 && n.int("spatial", 1) == 0:
		return nil, errors.New("spatial is 0: statistics for each pixel, which batch_norm has not")
	}
	if len(x.axes) < 2 {
		return nil, errors.New("its input has no channels")
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
	k, err := axis(n.int("axis", -1), len(x.axes))
	if list := n.ints("axes"); list != nil { // of a pattern
		all, problem := axesOf(list, len(x.axes))
		k, err = len(x.axes)-len(all), problem
		if err == nil && (len(all) == 0 || all[0] != k) {
			err = fmt.Errorf("it goes over axes %v of %s: a norm here goes over the last ones", list, x.axes)
		}
	}
	if err != nil {
		return nil, err
	}
	over := axes(x.axes[k:]).atoms()
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
	for i, role := range roles {
		a, err := constantIn(in, i+1, role)
		if err != nil {
			return nil, err
		}
		if a == nil {
			a = &array{data: make([]float64, width)}
			if role == "gamma" {
				a.data = slices.Repeat([]float64{1}, width)
			}
		}
		if len(a.data) != width {
			return nil, fmt.Errorf("%d numbers of %s for %d features", len(a.data), role, width)
		}
		l.params = append(l.params, param{role, []int{width}, a.data})
	}
	return one(x.like(l), nil)
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
