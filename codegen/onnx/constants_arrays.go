package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/runtime/half"
)

func reduceArray(n *Node, in []*array, r folding) (*array, error) {
	x := in[0]
	list := listed(n, in)
	if len(list) == 0 {
		if n.int("noop_with_empty_axes", 0) != 0 {
			return x, nil
		}
		for i := range x.dims {
			list = append(list, i)
		}
	}
	over, err := axesOf(list, len(x.dims))
	if err != nil {
		return nil, err
	}
	kept := slices.Clone(x.dims)
	for _, k := range over {
		kept[k] = 1
	}
	out := &array{dims: kept, data: slices.Repeat([]float64{r.start}, product(kept)), whole: x.whole}
	at := spread(out, x.dims)
	for i, v := range x.data {
		if r.term != nil {
			v = r.term(v)
		}
		out.data[at(i)] = r.fold(out.data[at(i)], v)
	}
	if r.last != nil && len(out.data) > 0 {
		out = mapped(out, func(total float64) float64 {
			y := r.last(total, len(x.data)/len(out.data))
			if x.whole { // of a type that has no fractions
				y = math.Trunc(y)
			}
			return y
		})
	}
	if n.int("keepdims", 1) == 0 {
		out.dims = nil
		for i, d := range kept {
			if !slices.Contains(over, i) {
				out.dims = append(out.dims, d)
			}
		}
	}
	return out, nil
}

// splitArray cuts an array into parts along an axis.
func splitArray(n *Node, in []*array) ([]*array, error) {
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.dims))
	if err != nil {
		return nil, err
	}
	sizes := n.ints("split")
	if len(in) > 1 && in[1] != nil {
		sizes = in[1].ints()
	}
	sizes, err = partsOf(n, sizes, x.dims[k])
	if err != nil {
		return nil, err
	}
	var out []*array
	from := 0
	for _, s := range sizes {
		index := &array{dims: []int{s}}
		for i := range s {
			index.data = append(index.data, float64(from+i))
		}
		part, err := gatherArray(&Node{Attrs: []*Attr{{Name: "axis", I: int64(k)}}}, []*array{x, index})
		if err != nil {
			return nil, err
		}
		out, from = append(out, part), from+s
	}
	return out, nil
}

// partsOf returns the sizes of the parts that a Split makes of total elements.
func partsOf(n *Node, sizes []int, total int) ([]int, error) {
	if sizes == nil {
		part := max(1, ceilDiv(total, min(max(1, n.int("num_outputs", len(n.Out))), len(n.Out)+1)))
		for left := total; left > 0; left -= part {
			sizes = append(sizes, min(part, left))
		}
	}
	sum := 0
	for _, s := range sizes {
		if sum += s; s < 0 || sum > total {
			return nil, fmt.Errorf("parts of %v of %d elements", sizes, total)
		}
	}
	if sum != total || len(sizes) > max(1, len(n.Out)) {
		return nil, fmt.Errorf("parts of %v of %d elements for %d results", sizes, total, len(n.Out))
	}
	return sizes, nil
}

func mapped(x *array, f func(float64) float64) *array {
	y := &array{dims: x.dims, data: make([]float64, len(x.data)), words: x.words, whole: x.whole}
	for i, v := range x.data {
		y.data[i] = f(v)
	}
	return y
}

// broadcast combines two arrays as NumPy does.
func broadcast(x, y *array, f func(a, b float64) float64) (*array, error) {
	dims, err := broadcastDims(x.dims, y.dims)
	if err != nil {
		return nil, err
	}
	if product(dims) > maxConstant {
		return nil, errLarge
	}
	out := &array{dims: dims, data: make([]float64, product(dims))}
	xs, ys := spread(x, dims), spread(y, dims)
	for i := range out.data {
		out.data[i] = f(x.data[xs(i)], y.data[ys(i)])
	}
	return out, nil
}

// broadcastDims returns the shape that two shapes broadcast to. That of a value counts examples by the number that
// stands for the batch, so it may be larger than an array that is computed here.
func broadcastDims(a, b []int) ([]int, error) {
	n := max(len(a), len(b))
	dims := make([]int, n)
	size := 1 // without axes of 0: parts of the array may be counted without them
	for i := range n {
		p, q := 1, 1
		if k := i - (n - len(a)); k >= 0 {
			p = a[k]
		}
		if k := i - (n - len(b)); k >= 0 {
			q = b[k]
		}
		if p != q && p != 1 && q != 1 {
			return nil, fmt.Errorf("shapes %v and %v do not go together", a, b)
		}
		dims[i] = max(p, q)
		if p == 0 || q == 0 {
			dims[i] = 0
		}
		if dims[i] < 0 || dims[i] > maxValue/size {
			return nil, fmt.Errorf("shapes %v and %v give more than %d elements, or a negative number", a, b, maxValue)
		}
		size *= max(1, dims[i])
	}
	return dims, nil
}

// spread returns the index in x of element i of an array of the shape dims, which x is broadcast to.
func spread(x *array, dims []int) func(i int) int {
	if len(x.data) == 1 {
		return func(int) int { return 0 }
	}
	if slices.Equal(x.dims, dims) {
		return func(i int) int { return i }
	}
	strides := make([]int, len(dims))
	step := 1
	for i := len(x.dims) - 1; i >= 0; i-- {
		if x.dims[i] > 1 {
			strides[len(dims)-len(x.dims)+i] = step
		}
		step *= x.dims[i]
	}
	return func(i int) int {
		k := 0
		for d := len(dims) - 1; d >= 0; d-- {
			k += i % dims[d] * strides[d]
			i /= dims[d]
		}
		return k
	}
}

// tileArray repeats an array along its axes.
func tileArray(n *Node, in []*array) (*array, error) {
	x := in[0]
	if len(in) < 2 || in[1] == nil || len(in[1].data) != len(x.dims) {
		return nil, errors.New("without a repeat for each axis")
	}
	out := &array{whole: x.whole}
	for i, t := range in[1].ints() {
		if t < 0 || t > maxConstant {
			return nil, errLarge
		}
		out.dims = append(out.dims, t*x.dims[i])
	}
	if err := room(out.dims...); err != nil {
		return nil, err
	}
	size := product(out.dims)
	strides := make([]int, len(x.dims))
	step := 1
	for i := len(x.dims) - 1; i >= 0; i-- {
		strides[i] = step
		step *= x.dims[i]
	}
	for i := range size {
		k := 0
		for d := len(out.dims) - 1; d >= 0; d-- {
			k += i % out.dims[d] % x.dims[d] * strides[d]
			i /= out.dims[d]
		}
		out.data = append(out.data, x.data[k])
	}
	return out, nil
}

// cast gives whole numbers where the type asks for them, and rounds to floating-point numbers of 16 bits.
func cast(n *Node, x *array) *array {
	e := elementTypes[int32(n.int("to", 1))]
	y := mapped(x, func(v float64) float64 {
		switch {
		case e.name == "bool":
			return truth(v != 0)
		case e.whole:
			return math.Trunc(v)
		case e.name == "float16":
			return float16(half.Float16.Round(float32(v)))
		case e.name == "bfloat16":
			return bfloat16(half.BFloat16.Round(float32(v)))
		}
		return v
	})
	y.whole, y.truth = e.whole, e.name == "bool"
	return y
}

// shapeOf returns what Shape gives.
func shapeOf(n *Node, dims []int) *array {
	from, to := n.int("start", 0), n.int("end", len(dims))
	if from < 0 {
		from += len(dims)
	}
	if to < 0 {
		to += len(dims)
	}
	from, to = min(max(from, 0), len(dims)), min(max(to, 0), len(dims))
	out := &array{whole: true}
	for _, d := range dims[min(from, to):to] {
		out.data = append(out.data, float64(d))
	}
	out.dims = []int{len(out.data)}
	return out
}

func constantOfShape(n *Node, in []*array) (*array, error) {
	out := &array{dims: in[0].ints()}
	if slices.ContainsFunc(out.dims, func(d int) bool { return d < 0 }) {
		return nil, fmt.Errorf("a shape of %v", out.dims)
	}
	if err := room(out.dims...); err != nil {
		return nil, err
	}
	size := product(out.dims)
	fill := 0.0
	if a := n.attr("value"); a != nil && a.T != nil {
		v, err := a.T.load(nil)
		if err != nil {
			return nil, err
		}
		if len(v.data) == 1 {
			fill, out.whole = v.data[0], v.whole
		}
	}
	out.data = slices.Repeat([]float64{fill}, size)
	return out, nil
}

func concatArrays(n *Node, in []*array) (*array, error) {
	k, err := axis(n.int("axis", 0), max(1, len(in[0].dims)))
	if err != nil {
		return nil, err
	}
	out := &array{whole: true}
	total := 0
	for _, a := range in {
		if a == nil || len(a.dims) != len(in[0].dims) || len(a.dims) == 0 {
			return nil, errors.New("arrays of different ranks side by side")
		}
		out.whole = out.whole && a.whole
		total += a.dims[k]
	}
	out.dims = slices.Clone(in[0].dims)
	out.dims[k] = total
	outer := product(out.dims[:k])
	for i := range outer {
		for _, a := range in {
			if product(a.dims[:k]) != outer {
				return nil, errors.New("arrays of different shapes side by side")
			}
			w := product(a.dims[k:])
			out.data = append(out.data, a.data[i*w:(i+1)*w]...)
		}
	}
	if len(out.data) != product(out.dims) {
		return nil, errors.New("arrays of different shapes side by side")
	}
	return out, nil
}

func gatherArray(n *Node, in []*array) (*array, error) {
	if len(in) < 2 || in[1] == nil {
		return nil, errors.New("without indices")
	}
	x := in[0]
	k, err := axis(n.int("axis", 0), len(x.dims))
	if err != nil {
		return nil, err
	}
	out := &array{dims: slices.Concat(x.dims[:k], in[1].dims, x.dims[k+1:]), whole: x.whole}
	if err := room(out.dims...); err != nil {
		return nil, err
	}
	inner := product(x.dims[k+1:])
	for i := range product(x.dims[:k]) {
		for _, v := range in[1].data {
			j := int(v)
			if j < 0 {
				j += x.dims[k]
			}
			if j < 0 || j >= x.dims[k] {
				return nil, fmt.Errorf("index %v of %d elements", v, x.dims[k])
			}
			from := (i*x.dims[k] + j) * inner
			out.data = append(out.data, x.data[from:from+inner]...)
		}
	}
	return out, nil
}

// cut is a range of one axis.
type cut struct{ axis, from, to, step int }

// cuts reads the ranges of a Slice, from inputs or, before opset 10, attributes.
func cuts(n *Node, dims []int, in []*array) ([]cut, error) {
	starts, ends, which, steps := n.ints("starts"), n.ints("ends"), n.ints("axes"), []int(nil)
	list := func(i int, dst *[]int) {
		if i < len(in) && in[i] != nil {
			*dst = in[i].ints()
		}
	}
	list(1, &starts)
	list(2, &ends)
	list(3, &which)
	list(4, &steps)
	if len(starts) != len(ends) {
		return nil, errors.New("the ranges are not known at import")
	}
	var out []cut
	for i := range starts {
		k := i
		if which != nil {
			if i >= len(which) {
				return nil, errors.New("ranges without axes")
			}
			k = which[i]
		}
		k, err := axis(k, len(dims))
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(c cut) bool { return c.axis == k }) {
			return nil, fmt.Errorf("two ranges of axis %d", k)
		}
		c := cut{axis: k, from: starts[i], to: ends[i], step: 1}
		if i < len(steps) {
			c.step = steps[i]
		}
		lo, hi := 0, dims[k]
		switch {
		case c.step == 0:
			return nil, errors.New("a step of 0")
		case c.step < 0:
			lo, hi = -1, dims[k]-1
		}
		clamp := func(v int) int {
			if v < 0 {
				v += dims[k]
			}
			return min(max(v, lo), hi)
		}
		c.from, c.to = clamp(c.from), clamp(c.to)
		out = append(out, c)
	}
	return out, nil
}

// places returns the indices of a range.
func (c cut) places() []int {
	var at []int
	for i := c.from; c.step > 0 && i < c.to || c.step < 0 && i > c.to; i += c.step {
		at = append(at, i)
	}
	return at
}

func sliceArray(n *Node, in []*array) (*array, error) {
	list, err := cuts(n, in[0].dims, in)
	if err != nil {
		return nil, err
	}
	x := in[0]
	for _, c := range list {
		var index []float64
		for _, i := range c.places() {
			index = append(index, float64(i))
		}
		g := &Node{Attrs: []*Attr{{Name: "axis", I: int64(c.axis)}}}
		if x, err = gatherArray(g, []*array{x, {dims: []int{len(index)}, data: index}}); err != nil {
			return nil, err
		}
	}
	return x, nil
}

// listed returns axes from an input or, in older opsets, an attribute.
func listed(n *Node, in []*array) []int {
	if len(in) > 1 && in[1] != nil {
		return in[1].ints()
	}
	return n.ints("axes")
}

// squeezed returns the shape without axes of extent 1.
func squeezed(n *Node, dims []int, in []*array) ([]int, error) {
	drop, err := axesOf(listed(n, in), len(dims))
	if err != nil {
		return nil, err
	}
	var out []int
	for i, d := range dims {
		if slices.Contains(drop, i) || len(drop) == 0 && d == 1 {
			if d != 1 {
				return nil, fmt.Errorf("axis %d has %d elements, not 1", i, d)
			}
			continue
		}
		out = append(out, d)
	}
	return out, nil
}

// unsqueezed returns the shape with axes of extent 1 put in.
func unsqueezed(n *Node, dims []int, in []*array) ([]int, error) {
	list := listed(n, in)
	put, err := axesOf(list, len(dims)+len(list))
	if err != nil {
		return nil, err
	}
	if len(put) != len(list) {
		return nil, fmt.Errorf("axes %v: one is there twice", list)
	}
	out := slices.Clone(dims)
	for _, i := range put {
		out = slices.Insert(out, i, 1)
	}
	return out, nil
}

// targetShape resolves 0 and −1 of a reshape.
func targetShape(n *Node, dims, target []int) ([]int, error) {
	out := slices.Clone(target)
	open, known := -1, 1
	for i, d := range out {
		switch {
		case d == 0 && n.int("allowzero", 0) == 0 && i < len(dims):
			out[i] = dims[i]
		case d == -1 && open < 0:
			open = i
			continue
		}
		if out[i] < 0 || out[i] > maxValue/max(1, known) {
			return nil, fmt.Errorf("a shape of %v", target)
		}
		known *= out[i]
	}
	if open >= 0 {
		if known == 0 || product(dims)%known != 0 {
			return nil, fmt.Errorf("%v does not become %v", dims, target)
		}
		out[open] = product(dims) / known
	}
	if product(out) != product(dims) {
		return nil, fmt.Errorf("%v does not become %v", dims, out)
	}
	return out, nil
}

func (a *array) reshaped(dims []int, err error) (*array, error) {
	if err != nil {
		return nil, err
	}
	out := *a
	out.dims = dims
	return &out, nil
}

// transposed returns the array with its axes in another order; the reverse one if perm is nil.
func transposed(x *array, perm []int) (*array, error) {
	if perm == nil {
		for i := len(x.dims) - 1; i >= 0; i-- {
			perm = append(perm, i)
		}
	}
	if sorted := slices.Sorted(slices.Values(perm)); len(sorted) != len(x.dims) || len(sorted) > 0 &&
		(sorted[0] != 0 || sorted[len(sorted)-1] != len(sorted)-1) ||
		len(slices.Compact(sorted)) != len(perm) {
		return nil, fmt.Errorf("axes in the order %v of %d", perm, len(x.dims))
	}
	from := make([]*atom, len(x.dims))
	for i, d := range x.dims {
		from[i] = &atom{size: d}
	}
	out := &array{whole: x.whole}
	to := make([]*atom, len(perm))
	for i, p := range perm {
		to[i] = from[p]
		out.dims = append(out.dims, x.dims[p])
	}
	if product(x.dims) > 0 {
		for _, i := range order(from, to) {
			out.data = append(out.data, x.data[i])
		}
	}
	return out, nil
}

// mostProducts bounds the multiplications of a product of constants, such as those of a spectral norm.
const mostProducts = 1 << 28

// matMulArrays is the product of constants: of matrices, of vectors, which get an axis of 1, and of stacks of matrices,
// whose other axes are broadcast.
func matMulArrays(_ *Node, in []*array) (*array, error) {
	if len(in) != 2 || in[1] == nil {
		return nil, errors.New("a product needs two inputs")
	}
	fail := fmt.Errorf("constants of %v times %v", in[0].dims, in[1].dims)
	a, b := *in[0], *in[1]
	if len(a.dims) < 1 || len(b.dims) < 1 {
		return nil, fail
	}
	vectorA, vectorB := len(a.dims) == 1, len(b.dims) == 1
	if vectorA {
		a.dims = []int{1, a.dims[0]}
	}
	if vectorB {
		b.dims = []int{b.dims[0], 1}
	}
	atA, atB := len(a.dims)-2, len(b.dims)-2
	m, k, n := a.dims[atA], a.dims[atA+1], b.dims[atB+1]
	stack, err := broadcastDims(a.dims[:atA], b.dims[:atB])
	switch {
	case err != nil || b.dims[atB] != k:
		return nil, fail
	case product(stack) > maxConstant/max(1, m*n):
		return nil, errLarge
	case product(stack)*m*n > mostProducts/max(1, k):
		return nil, fmt.Errorf("a product of constants that takes more than %d multiplications", mostProducts)
	}
	dims := slices.Clone(stack)
	if !vectorA {
		dims = append(dims, m)
	}
	if !vectorB {
		dims = append(dims, n)
	}
	out := &array{dims: dims, data: make([]float64, product(stack)*m*n), whole: a.whole && b.whole}
	ofA, ofB := spread(&array{dims: a.dims[:atA]}, stack), spread(&array{dims: b.dims[:atB]}, stack)
	for s := range product(stack) {
		left, right, y := a.data[ofA(s)*m*k:], b.data[ofB(s)*k*n:], out.data[s*m*n:]
		for i := range m {
			for p := range k {
				v, row := left[i*k+p], right[p*n:][:n]
				for j, w := range row {
					y[i*n+j] += v * w
				}
			}
		}
	}
	return out, nil
}

// scatterArray puts updates in the place of elements, or of arrays along the last axes, whose indices are given.
func scatterArray(n *Node, in []*array) (*array, error) {
	if len(in) != 3 || in[1] == nil || in[2] == nil || len(in[1].dims) == 0 || len(in[0].dims) == 0 {
		return nil, errors.New("elements, indices and updates are wanted")
	}
	if r := n.word("reduction", "none"); r != "none" {
		return nil, blame("reduction", "reduction %q: elements are replaced", r)
	}
	x, index, updates := in[0], in[1].ints(), in[2]
	last := len(in[1].dims) - 1
	depth := in[1].dims[last]
	if depth < 1 || depth > len(x.dims) ||
		!slices.Equal(updates.dims, slices.Concat(in[1].dims[:last], x.dims[depth:])) {
		return nil, fmt.Errorf("updates of %v by indices of %v in %v", updates.dims, in[1].dims, x.dims)
	}
	y, inner := mapped(x, func(v float64) float64 { return v }), product(x.dims[depth:])
	for i := range len(index) / depth {
		at := 0
		for axis, v := range index[i*depth:][:depth] {
			size := x.dims[axis]
			if v < 0 {
				v += size
			}
			if v < 0 || v >= size {
				return nil, fmt.Errorf("index %d of %d elements", index[i*depth+axis], size)
			}
			at = at*size + v
		}
		copy(y.data[at*inner:][:inner], updates.data[i*inner:])
	}
	return y, nil
}

// gemmArrays is alpha·A′·B′ + beta·C of constants.
func gemmArrays(n *Node, in []*array) (*array, error) {
	if len(in) < 2 || in[1] == nil || len(in[0].dims) != 2 || len(in[1].dims) != 2 {
		return nil, errors.New("a product needs two matrices")
	}
	sides := []*array{in[0], in[1]}
	for i, name := range []string{"transA", "transB"} {
		if n.int(name, 0) != 0 {
			turned, err := transposed(sides[i], nil)
			if err != nil {
				return nil, err
			}
			sides[i] = turned
		}
	}
	y, err := matMulArrays(n, sides)
	if err != nil {
		return nil, err
	}
	y = mapped(y, func(v float64) float64 { return v * n.float("alpha", 1) })
	if len(in) < 3 || in[2] == nil {
		return y, nil
	}
	beta := n.float("beta", 1)
	sum, err := broadcast(y, in[2], func(a, c float64) float64 { return a + beta*c })
	if err == nil && !slices.Equal(sum.dims, y.dims) {
		err = fmt.Errorf("a sum of %v and %v", y.dims, in[2].dims)
	}
	return sum, err
}

// firstAlong returns the first place of an axis, if all other places hold the same; else nil.
func (a *array) firstAlong(axis int) *array {
	inner, extent := product(a.dims[axis+1:]), a.dims[axis]
	if len(a.data) == 0 {
		return nil
	}
	out := *a
	out.dims = slices.Clone(a.dims)
	out.dims[axis], out.data = 1, nil
	for outer := range slices.Chunk(a.data, extent*inner) {
		for i, v := range outer {
			if w := outer[i%inner]; v != w && (v == v || w == w) {
				return nil
			}
		}
		out.data = append(out.data, outer[:inner]...)
	}
	return &out
}

// at returns one place of an axis, which keeps an extent of 1.
func (a *array) at(axis, place int) *array {
	inner, extent := product(a.dims[axis+1:]), a.dims[axis]
	out := *a
	out.dims = slices.Clone(a.dims)
	out.dims[axis], out.data = 1, nil
	for outer := range slices.Chunk(a.data, extent*inner) {
		out.data = append(out.data, outer[place*inner:(place+1)*inner]...)
	}
	return &out
}
