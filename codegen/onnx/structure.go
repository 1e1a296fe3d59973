package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// regrouped returns x under other extents: the layer stays, the atoms are grouped anew.
func (x *value) regrouped(dims []int) (*value, error) {
	out, splits, err := regroup(x.axes, dims)
	if err != nil {
		return nil, err
	}
	y := *x
	y.axes, y.store = out, x.store.replaced(splits)
	if x.heads != nil {
		y.heads = x.heads.replaced(splits)
	}
	return &y, nil
}

func reshape(im *importer, n *Node, in []*value) ([]*value, error) {
	shape, err := constantIn(in, 1, "shape")
	if err != nil {
		return nil, err
	}
	target := n.ints("shape")
	if shape != nil {
		target = shape.ints()
	}
	dims, err := targetShape(n, in[0].axes.extents(), target)
	if err != nil {
		return nil, im.openly(err, in[0], target)
	}
	y, err := in[0].regrouped(dims)
	err = im.openly(err, in[0], target)
	if err == nil || in[0].heads != nil || len(dims) < 2 || !in[0].batchFirst() || dims[0] != im.batch {
		return one(y, err)
	}
	// Axes are cut where no axis was before: their order in memory is asked for.
	x, err := im.plain(n, in[0])
	if err != nil {
		return nil, err
	}
	x = im.aligned(n, x, x.axes.features())
	l := im.add(n, "reshape", x.layer)
	l.set("target_shape", dims[1:])
	made := &value{layer: l, axes: axes{x.axes[0]}, scale: 1, positive: x.positive}
	for _, d := range dims[1:] {
		a := []*atom{{size: d}}
		made.axes, made.store = append(made.axes, a), append(made.store, a)
	}
	return one(made, nil)
}

// openly returns the error of a reshape in terms of the file where one number stands for any batch.
func (im *importer) openly(err error, x *value, target []int) error {
	if err == nil || !im.open() {
		return err
	}
	return fmt.Errorf("a reshape from %s to %v does not keep axes or parts of them together", x.axes, target)
}

func flatten(im *importer, n *Node, in []*value) ([]*value, error) {
	dims := in[0].axes.extents()
	k := n.int("axis", 1)
	if k < 0 {
		k += len(dims)
	}
	if k < 0 || k > len(dims) {
		return nil, fmt.Errorf("axis %d of %d axes", k, len(dims))
	}
	return one(in[0].regrouped([]int{product(dims[:k]), product(dims[k:])}))
}

// arrays returns the constants among inputs.
func arrays(in []*value) []*array {
	out := make([]*array, len(in))
	for i, v := range in {
		if v != nil {
			out[i] = v.konst
		}
	}
	return out
}

func squeeze(im *importer, n *Node, in []*value) ([]*value, error) {
	if _, err := constantIn(in, 1, "axes"); err != nil {
		return nil, err
	}
	dims, err := squeezed(n, in[0].axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	return one(in[0].regrouped(dims))
}

func unsqueeze(im *importer, n *Node, in []*value) ([]*value, error) {
	if _, err := constantIn(in, 1, "axes"); err != nil {
		return nil, err
	}
	dims, err := unsqueezed(n, in[0].axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	return one(in[0].regrouped(dims))
}

func transpose(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	perm := n.ints("perm")
	if perm == nil {
		for i := len(x.axes) - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	if len(perm) != len(x.axes) {
		return nil, fmt.Errorf("%d axes in the order %v", len(x.axes), perm)
	}
	y := *x
	y.axes = make(axes, len(perm))
	for i, p := range perm {
		if p < 0 || p >= len(perm) || slices.Contains(perm[:i], p) {
			return nil, fmt.Errorf("%d axes in the order %v", len(x.axes), perm)
		}
		y.axes[i] = x.axes[p]
	}
	return one(&y, nil)
}

// gather is an embedding, a choice of one step, or one of the parts of a product.
func gather(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[0] == nil || in[1] == nil {
		return nil, errors.New("a choice needs two inputs")
	}
	k := n.int("axis", 0)
	if in[0].konst != nil {
		return one(im.embedding(n, in[0].konst, in[1], k))
	}
	index, err := needed(in, 1, "indices", -1)
	if err != nil {
		return nil, err
	}
	x := in[0]
	if k, err = axis(k, len(x.axes)); err != nil {
		return nil, err
	}
	size := axes{x.axes[k]}.extents()[0]
	at := index.ints()
	if err := inside(at, size); err != nil {
		return nil, err
	}
	if len(at) != 1 {
		y, err := im.picked(n, x, k, at)
		if err != nil {
			return nil, err
		}
		dims := y.axes.extents()
		return one(y.regrouped(slices.Concat(dims[:k], index.dims, dims[k+1:])))
	}
	y, err := im.chosen(n, x, k, at[0])
	if err != nil {
		return nil, err
	}
	if len(index.dims) == 0 {
		y.axes = slices.Delete(slices.Clone(y.axes), k, k+1)
	}
	return one(y, nil)
}

// gatherElements chooses along an axis by an array of indices, which is as the value along all others. Where they are
// the same there, it is a choice along one axis; else one of the elements of each example.
func gatherElements(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if len(in) > 1 && in[1] != nil && in[1].konst == nil {
		return nil, errors.New("its indices depend on the input: export all that it chooses from, and choose behind the " +
			"network; for the last step of sequences of different lengths, export the recurrent layer's state with packed " +
			"sequences, or let tokens of padding be 0")
	}
	index, err := needed(in, 1, "indices", len(x.axes))
	if err != nil {
		return nil, err
	}
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	dims := x.axes.extents()
	for i, d := range index.dims {
		if i != k && d != dims[i] {
			if slices.ContainsFunc(x.axes[i], func(a *atom) bool { return a.batch }) {
				return nil, errOwnIndices
			}
			return nil, fmt.Errorf("indices of %v for %s: those as long as it along all axes but %d are imported",
				index.dims, x.axes, k)
		}
	}
	at, ok := alongAxis(index, k)
	if ok {
		if err := inside(at, dims[k]); err != nil {
			return nil, err
		}
		return one(im.picked(n, x, k, at))
	}
	first := 1 // axis of an example
	if !slices.ContainsFunc(x.axes.atoms(), func(a *atom) bool { return a.batch }) {
		first = 0
	}
	if k < first || first == 1 && !x.batchFirst() {
		return nil, fmt.Errorf("indices that differ along other axes than %d of %s", k, x.axes)
	}
	// The place of each element within an example.
	per := product(index.dims[first:])
	at = index.ints()
	if !periodic(at, per) {
		return nil, errOwnIndices
	}
	at = at[:per]
	if err := inside(at, dims[k]); err != nil {
		return nil, err
	}
	behind := product(dims[k+1:])
	for i := range at {
		at[i] = (i/(behind*index.dims[k])*dims[k]+at[i])*behind + i%behind
	}
	flat, err := x.regrouped(slices.Concat(dims[:first], []int{product(dims[first:])}))
	if err != nil {
		return nil, err
	}
	y, err := im.picked(n, flat, first, at)
	if err != nil {
		return nil, err
	}
	return one(y.regrouped(index.dims))
}

// errOwnIndices is the reason of a choice that is another for each example.
var errOwnIndices = errors.New("its indices are those of the examples of the export, but a spec's are the same " +
	"for all: " +
	"make them one row, which is expanded over the batch")

// alongAxis returns the numbers of an array along an axis, if they are the same everywhere along all others.
func alongAxis(a *array, k int) ([]int, bool) {
	all, behind, length := a.ints(), product(a.dims[k+1:]), a.dims[k]
	out := make([]int, length)
	for i, v := range all {
		j := i / behind % length
		if i < length*behind && i%behind == 0 {
			out[j] = v
		}
		if out[j] != v {
			return nil, false
		}
	}
	return out, len(all) > 0
}

// periodic tells whether a list is its first elements again and again.
func periodic(list []int, period int) bool {
	for i := period; i < len(list); i++ {
		if list[i] != list[i-period] {
			return false
		}
	}
	return period > 0 && len(list) >= period
}

// inside counts negative indices from the end, and wants all to be of an axis.
func inside(at []int, size int) error {
	for i, v := range at {
		if v < 0 {
			at[i] += size
		}
		if at[i] < 0 || at[i] >= size {
			return fmt.Errorf("index %d of %d elements", v, size)
		}
	}
	return nil
}

// oneHot is a table whose rows differ at the place of their token alone, which training leaves as it is.
func oneHot(im *importer, n *Node, in []*value) ([]*value, error) {
	depth, err := needed(in, 1, "depth", -1)
	if err != nil {
		return nil, err
	}
	values, err := needed(in, 2, "values", 1)
	if err != nil {
		return nil, err
	}
	size, ok := depth.scalar()
	width := int(size)
	switch k := n.int("axis", -1); {
	case !ok || width < 1 || size != float64(width) || len(values.data) != 2:
		return nil, fmt.Errorf("a depth of %v and values of %v", depth.data, values.dims)
	case k != -1 && k != len(in[0].axes):
		return nil, blame("axis", "%d of %s: the new axis is the last one of an embedding", k, in[0].axes)
	}
	if err := room(width, width); err != nil {
		return nil, err
	}
	table := &array{dims: []int{width, width}, data: slices.Repeat(values.data[:1], width*width)}
	for i := range width {
		table.data[i*width+i] = values.data[1]
	}
	y, err := im.embedding(n, table, in[0], 0)
	if err != nil {
		return nil, err
	}
	y.layer.set("trainable", false)
	return one(y, nil)
}

// embedding makes a table that tokens choose rows of.
func (im *importer) embedding(n *Node, table *array, x *value, k int) (*value, error) {
	if len(table.dims) != 2 || k != 0 {
		return nil, fmt.Errorf("a table of %v along axis %d: an embedding has rows of numbers", table.dims, k)
	}
	if x.layer == nil || x.layer.kind != "input" || len(x.axes) == 0 || !equalAxes(x.store, x.axes.features()) &&
		!equalAxes(x.store, x.axes[1:]) && (len(x.axes) != 1 || len(x.store) != 1) {
		return nil, fmt.Errorf("its indices are %s: an embedding reads tokens that are an input, n×steps", x.axes)
	}
	l := im.add(n, "embedding", x.layer)
	l.set("input_dim", table.dims[0])
	l.set("output_dim", table.dims[1])
	l.params = []param{{"embeddings", table.dims, table.data}}
	width := []*atom{{size: table.dims[1]}}
	return &value{layer: l, axes: append(slices.Clone(x.axes), width),
		store: append(slices.Clone(x.store), width), scale: 1}, nil
}

// chosen returns the elements of x at one place of an axis, which becomes empty.
func (im *importer) chosen(n *Node, x *value, k, at int) (*value, error) {
	size := axes{x.axes[k]}.extents()[0]
	if size == 1 {
		if x.layer != nil && slices.Contains(recurrentKinds, x.layer.kind) && len(x.axes[k]) == 1 && len(x.store) == 2 &&
			slices.Equal(x.store[0], x.axes[k]) { // the only step is the last
			return &value{layer: im.state(n, x.layer, "h"), axes: x.axes.without(k), store: axes{x.store[1]},
				scale: x.scale}, nil
		}
		return x, nil
	}
	if x.heads == nil && len(x.axes[k]) == 1 && !x.axes[k][0].batch {
		if part, err := im.ownColumns(n, x, k, at, 1); err == nil {
			gone := map[*atom][]*atom{part.axes[k][0]: nil}
			return &value{layer: part.layer, axes: x.axes.without(k), store: part.store.replaced(gone), scale: x.scale}, nil
		}
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	step := x.axes[k]
	if len(step) == 0 || len(x.store) != 2 || !slices.Equal(x.store[0], step) {
		y, err := im.sliced(n, x, cut{axis: k, from: at, to: at + 1, step: 1})
		if err != nil {
			return nil, err
		}
		gone := map[*atom][]*atom{y.axes[k][0]: nil}
		y.store = y.store.replaced(gone)
		y.axes = y.axes.without(k)
		if last := len(y.store) - 1; last > 0 && len(y.store[last]) == 0 {
			rest := slices.Clone(y.store[:last])
			y.layer, y.store = im.reshaped(n, y.layer, y.store, rest), rest
		}
		return y, nil
	}
	rest := axes{x.store[1]}
	if slices.Contains(recurrentKinds, x.layer.kind) && at == lastPlace(x.layer, size) {
		return &value{layer: im.state(n, x.layer, "h"), axes: x.axes.without(k), store: rest, scale: 1}, nil
	}
	l := x.layer
	l = im.add(n, "cropping1d", l)
	l.set("cropping", []int{at, size - 1 - at})
	l = im.add(n, "flatten", l)
	return &value{layer: l, axes: x.axes.without(k), store: rest, scale: 1, positive: x.positive}, nil
}

// lastPlace returns the place of the step that a recurrent layer takes last.
func lastPlace(l *layer, steps int) int {
	if l.attr("go_backwards") == true {
		return 0
	}
	return steps - 1
}

// parting are the operators that take parts of what they read.
var parting = []string{"Slice", "Split", "Gather", "Chunk"}

// ownColumns is columns where nothing reads the features whole: beside that, layers of their own would be trained
// apart.
func (im *importer) ownColumns(n *Node, x *value, k, from, width int) (*value, error) {
	name := n.in(0)
	if slices.Contains(parting, n.Op) && (slices.ContainsFunc(im.model.Graph.Outputs,
		func(o *Port) bool { return o.Name == name }) || slices.ContainsFunc(im.readersOf(name), func(r *Node) bool {
		return !slices.Contains(parting, r.Op) && r.Op != "Shape" && r.Op != "Size"
	})) {
		return nil, fmt.Errorf("the features of %q are read whole too", name)
	}
	return im.columns(n, x, k, from, width)
}

// columns returns some of the features of a linear layer: a layer with those columns of the weights alone.
func (im *importer) columns(n *Node, x *value, k, from, width int) (*value, error) {
	// The axis may be the first part of the features, such as queries, keys and values of one product.
	var inner []*atom
	named := len(x.axes[k]) > 0 && len(x.store) > 0
	if named {
		features := x.store[len(x.store)-1]
		named = len(features) >= len(x.axes[k]) && slices.Equal(features[:len(x.axes[k])], x.axes[k])
		inner = features[min(len(x.axes[k]), len(features)):]
	}
	if im.own || x.heads != nil || !named || !slices.Contains([]string{"dense", "conv1d", "conv2d"}, x.layer.kind) ||
		x.layer.attr("groups") != nil {
		return nil, fmt.Errorf("elements %d to %d of axis %d of %s: parts of the features of a linear layer are imported",
			from, from+width-1, k, x.axes)
	}
	l := x.layer.clone()
	l.origin = append(l.origin, n.String())
	places := width
	from, width = from*product(axes{inner}.extents()), width*product(axes{inner}.extents())
	for i, p := range l.params {
		cols := p.dims[len(p.dims)-1]
		dims := slices.Clone(p.dims)
		dims[len(dims)-1] = width
		data := make([]float64, 0, product(dims))
		for r := 0; r < len(p.data); r += cols {
			data = append(data, p.data[r+from:r+from+width]...)
		}
		l.params[i] = param{p.role, dims, data}
	}
	if l.kind == "dense" {
		l.set("units", width)
	} else {
		l.set("filters", width)
	}
	im.layers = append(im.layers, l)
	y := x.like(l)
	y.scale = x.scale
	y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
	y.axes[k] = []*atom{{size: places}}
	y.store[len(y.store)-1] = slices.Concat(y.axes[k], inner)
	return y, nil
}

func slice(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	for i, what := range []string{"starts", "ends", "axes", "steps"} {
		if _, err := constantIn(in, i+1, what); err != nil {
			return nil, err
		}
	}
	list, err := cuts(n, x.axes.extents(), arrays(in))
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		size := x.axes.extents()[c.axis]
		at := c.places()
		switch {
		case c.from == 0 && c.to == size && c.step == 1:
			continue
		case len(at) == 0:
			return nil, errors.New("an empty range")
		}
		if x, err = im.picked(n, x, c.axis, at); err != nil {
			return nil, err
		}
	}
	return one(x, nil)
}

// ranged returns a range of an axis: some features of a linear layer, or some steps of a sequence.
func (im *importer) ranged(n *Node, x *value, c cut) (*value, error) {
	size := x.axes.extents()[c.axis]
	if y, err := im.ownColumns(n, x, c.axis, c.from, c.to-c.from); err == nil {
		return y, nil
	}
	if c.to-c.from == 1 && len(x.store) != 3 { // of an image the axis stays
		return im.chosen(n, x, c.axis, c.from)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	step := x.axes[c.axis]
	at := slices.IndexFunc(x.store, func(s []*atom) bool { return slices.Equal(s, step) })
	spatial := len(x.store) - 1
	if len(step) != 1 || spatial < 1 || spatial > 2 || at < 0 || at == spatial || im.channelAt(x) < 0 {
		return im.sliced(n, x, c)
	}
	kind, from := fmt.Sprintf("cropping%dd", spatial), x.layer
	border := make([][]int, spatial)
	for i := range border {
		border[i] = []int{0, 0}
	}
	if from.kind == kind && spatial == 2 { // one layer cuts off at all sides
		border = from.attr("cropping").([][]int)
		border, from = slices.Clone(border), from.in[0]
	}
	border[at] = []int{border[at][0] + c.from, border[at][1] + size - c.to}
	l := im.add(n, kind, from)
	if spatial == 1 {
		l.set("cropping", border[0])
	} else {
		l.set("cropping", border)
	}
	y := x.like(l)
	y.axes, y.store = slices.Clone(x.axes), slices.Clone(x.store)
	y.axes[c.axis] = []*atom{{size: c.to - c.from}}
	y.store[at] = y.axes[c.axis]
	y.positive = x.positive
	return y, nil
}

func split(im *importer, n *Node, in []*value) ([]*value, error) {
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	sizes := n.ints("split")
	if a, err := constantIn(in, 1, "sizes"); err != nil {
		return nil, err
	} else if a != nil {
		sizes = a.ints()
	}
	sizes, err = partsOf(n, sizes, x.axes.extents()[k])
	if err != nil {
		return nil, err
	}
	var out []*value
	from := 0
	for _, s := range sizes {
		if s == 0 {
			return nil, fmt.Errorf("parts of %v: one is empty", sizes)
		}
		y, err := im.ranged(n, x, cut{axis: k, from: from, to: from + s, step: 1})
		if err != nil {
			return nil, err
		}
		out, from = append(out, y), from+s
	}
	return out, nil
}

// concat lays values side by side along an axis.
func concat(im *importer, n *Node, in []*value) ([]*value, error) {
	if y := bothClasses(in); y != nil {
		return one(y, nil)
	}
	if len(in) == 1 {
		return same(im, n, in)
	}
	var rank int
	var parts []*value
	for i, v := range in {
		if v == nil {
			return nil, errors.New("an input is absent")
		}
		if v.konst != nil {
			return im.besideConstants(n, in)
		}
		v, err := im.activated(n, in, i)
		if err != nil {
			return nil, err
		}
		rank, parts = len(v.axes), append(parts, v)
	}
	k, err := axis(n.int("axis", 0), rank)
	if err != nil {
		return nil, err
	}
	return one(im.beside(n, parts, k))
}

// beside lays values side by side along an axis of the model's arrays: as the features of the spec's, or, where they
// are other axes, as its last axis once that is moved there.
func (im *importer) beside(n *Node, in []*value, k int) (*value, error) {
	l := &layer{kind: "concatenate", hint: hintOf(n), origin: []string{n.String()}}
	total := 0
	var y *value
	positive := true
	for i, v := range in {
		v, err := im.plain(n, v)
		if err != nil {
			return nil, err
		}
		if len(v.axes) != len(in[0].axes) || k >= len(v.axes) { // a file may hold arrays that do not fit
			return nil, fmt.Errorf("%s beside %s along axis %d", v.axes, in[len(in)-1].axes, k)
		}
		along := v.axes[k]
		if slices.ContainsFunc(along, func(a *atom) bool { return a.batch }) {
			return nil, errors.New("it joins batches: examples are kept apart")
		}
		if len(along) == 0 { // an extent of 1 needs an atom of its own to be joined along
			u := *v
			u.axes = slices.Clone(v.axes)
			along = []*atom{{size: 1}}
			u.axes[k] = along
			u.store = append(slices.Clone(v.store), along)
			u.layer = im.reshaped(n, v.layer, v.store, u.store)
			v = &u
		}
		want := axes{}
		for _, a := range v.axes.features() {
			if !slices.Equal(a, along) {
				want = append(want, a)
			}
		}
		want = append(want, along)
		if i > 0 && !slices.Equal(want[:len(want)-1].extents(), y.store[:len(y.store)-1].extents()) {
			return nil, fmt.Errorf("%s beside %s", v.axes, in[0].axes)
		}
		v = im.aligned(n, v, want)
		l.in = append(l.in, v.layer)
		total += v.axes.extents()[k]
		if i == 0 {
			y = &value{layer: l, axes: slices.Clone(v.axes), store: slices.Clone(want), scale: 1}
		}
		positive = positive && v.positive
	}
	joined := []*atom{{size: total}}
	y.axes[k], y.store[len(y.store)-1] = joined, joined
	y.positive = positive
	im.layers = append(im.layers, l)
	return y, nil
}

// besideConstants lays a sequence beside constant steps, such as a class token: zeros are put around it, and the steps
// are added to them.
func (im *importer) besideConstants(n *Node, in []*value) ([]*value, error) {
	var x *value
	var before, after []*array
	several := false // activations
	for i, v := range in {
		switch {
		case v.konst == nil && x == nil:
			var err error
			if x, err = im.activated(n, in, i); err != nil {
				return nil, err
			}
			in = slices.Clone(in)
			in[i] = x
		case v.konst == nil:
			several = true
		case x == nil:
			before = append(before, v.konst)
		default:
			after = append(after, v.konst)
		}
	}
	k, err := axis(n.int("axis", 0), len(x.axes))
	if err != nil {
		return nil, err
	}
	if at := slices.IndexFunc(x.axes, func(a []*atom) bool { return len(a) == 1 && a[0].batch }); at > 0 && at != k {
		return im.besideMoved(n, in, k, at)
	}
	if several || len(x.axes) != 3 || k != 1 || !x.batchFirst() || len(x.axes[1]) == 0 {
		return im.withConstants(n, in, x, k)
	}
	x = im.aligned(n, x, x.axes[1:])
	dims := x.axes.extents()
	var numbers [2][]float64
	for side, list := range [][]*array{before, after} {
		for _, c := range list {
			if len(c.dims) != 3 || c.dims[2] != dims[2] || c.dims[0] < 1 {
				return nil, fmt.Errorf("a constant of %v beside %s", c.dims, x.axes)
			}
			one := len(c.data) / c.dims[0]
			for i, v := range c.data {
				if v != c.data[i%one] {
					return nil, fmt.Errorf("a constant of %v that differs from example to example", c.dims)
				}
			}
			numbers[side] = append(numbers[side], c.data[:one]...)
		}
	}
	b, a := len(numbers[0])/dims[2], len(numbers[1])/dims[2]
	y := &value{axes: axes{x.axes[0], {{size: b + dims[1] + a}}, x.axes[2]}, scale: 1}
	y.store = y.axes[1:]
	y.layer = im.zeros(n, x.layer, []int{b}, []int{a})
	if err := room(dims[1], dims[2]); err != nil {
		return nil, err
	}
	steps := slices.Concat(numbers[0], make([]float64, dims[1]*dims[2]), numbers[1])
	return one(im.places(&Node{Op: n.Op, Name: n.Name, Out: n.Out}, y, steps), nil)
}

// besideMoved is besideConstants of values whose examples lie along another axis than the first, as those of sequences
// that have their steps first: it is done with that axis in front.
func (im *importer) besideMoved(n *Node, in []*value, k, at int) ([]*value, error) {
	moved := make([]*value, len(in))
	for i, v := range in {
		y := *v
		if v.konst == nil {
			y.axes = slices.Concat(axes{v.axes[at]}, v.axes[:at], v.axes[at+1:])
		} else {
			perm := make([]int, len(v.konst.dims))
			for j := range perm {
				perm[j] = j
			}
			if at >= len(perm) {
				return nil, fmt.Errorf("a constant of %v beside examples along axis %d", v.konst.dims, at)
			}
			c, err := transposed(v.konst, slices.Concat([]int{at}, perm[:at], perm[at+1:]))
			if err != nil {
				return nil, err
			}
			y.konst = c
		}
		moved[i] = &y
	}
	if k < at {
		k++
	}
	out, err := im.besideConstants(&Node{Op: n.Op, Name: n.Name, Domain: n.Domain, In: n.In, Out: n.Out,
		Attrs: []*Attr{{Name: "axis", I: int64(k)}}}, moved)
	if err != nil {
		return nil, err
	}
	y := *out[0]
	y.axes = slices.Concat(y.axes[1:at+1], y.axes[:1], y.axes[at+1:])
	return one(&y, nil)
}

// withConstants lays values side by side of which some are constants, the same for each example.
func (im *importer) withConstants(n *Node, in []*value, x *value, k int) ([]*value, error) {
	parts := slices.Clone(in)
	for i, v := range in {
		if v.konst == nil {
			continue
		}
		c := im.forAll(x, v.konst)
		if c == nil {
			return nil, fmt.Errorf("a constant of %v beside %s: one that is the same for each example is imported",
				v.konst.dims, x.axes)
		}
		var err error
		if parts[i], err = im.parameter(n, x, c); err != nil {
			return nil, err
		}
	}
	return one(im.beside(n, parts, k))
}

// parameter makes layers that give numbers of the model, whatever x is: zeros, cut from those that are laid beside what
// x gives, and the numbers added to them. The value has the batch of x before those axes.
func (im *importer) parameter(n *Node, x *value, c *array) (*value, error) {
	if err := finite(c); err != nil {
		return nil, err
	}
	made := &Node{Op: n.Op, Name: n.Name, Out: n.Out}
	x, err := im.plain(made, x)
	if err != nil {
		return nil, err
	}
	batch := slices.IndexFunc(x.axes, func(a []*atom) bool { return len(a) == 1 && a[0].batch })
	if batch < 0 {
		return nil, fmt.Errorf("constants of %v beside %s, whose batch lies with others", c.dims, x.axes)
	}
	y := &value{axes: axes{x.axes[batch]}, scale: 1}
	for _, d := range c.dims {
		y.axes = append(y.axes, []*atom{{size: d}})
	}
	last := len(y.axes) - 1
	y.store = axes{y.axes[1:last].atoms(), y.axes[last]}
	from, store := x.layer, x.store
	for from.kind == "dense" && len(from.in) == 1 { // nothing that it gives is read
		store = append(slices.Clone(store[:len(store)-1]), []*atom{{size: from.param("kernel").dims[0]}})
		from = from.in[0]
	}
	size, all := product(c.dims), product(store.extents())
	column := func(size int) axes { return axes{{{size: size}}, {{size: 1}}} }
	l := im.zeros(made, im.reshaped(made, from, store, column(all)), []int{size}, []int{0})
	l = im.add(made, "cropping1d", l)
	l.set("cropping", []int{0, all})
	y.layer = im.reshaped(made, l, column(size), y.store)
	return im.places(made, y, c.data), nil
}

// forAll returns a constant without its axis of examples, along the first axis of x, if it is the same for each; nil
// if it has none or differs.
func (im *importer) forAll(x *value, c *array) *array {
	if len(c.dims) != len(x.axes) || len(c.dims) < 2 || !x.batchFirst() || c.dims[0] != im.batch && c.dims[0] != 1 {
		return nil
	}
	same := equalParts(c, 0, c.dims[0])
	if same == nil {
		return nil
	}
	return &array{dims: same.dims[1:], data: same.data, whole: same.whole}
}

// batchFirst tells whether the first axis is the batch alone.
func (x *value) batchFirst() bool {
	return len(x.axes) > 0 && len(x.axes[0]) == 1 && x.axes[0][0].batch
}
