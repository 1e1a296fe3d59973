package onnx

import (
	"errors"
	"fmt"
	"slices"
)

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
