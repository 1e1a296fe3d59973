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
