package gemm

import (
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/abi"
)

// TestPartsFollowFromSizes asks which parts of the package copies need for products of some sizes.
func TestPartsFollowFromSizes(t *testing.T) {
	for _, c := range []struct {
		name string
		add  func(v *Variants)
		want []string
	}{
		{"a neuron", func(v *Variants) { v.NN([]int{1, 256}, 1, 4, 1, Bias(nil)) }, nil},
		{"its gradient", func(v *Variants) { v.TN(4, 1, []int{1, 256}, 4, 1, 1, None()) }, nil},
		{"a short chain", func(v *Variants) { v.NNPacked([]int{1, 32}, 5, 8, None()) }, []string{"broad"}},
		{"several chains", func(v *Variants) { v.NN([]int{1}, 2, 64, 2, None()) }, []string{"broad"}},
		{"long sums", func(v *Variants) { v.NNPacked([]int{20}, 64, 600, None()) }, []string{"broad", "blocked"}},
		{"a small transpose", func(v *Variants) { v.NT([]int{32}, 64, 32, 32, None()) }, []string{"broad"}},
		{"a turned one", func(v *Variants) { v.NT([]int{32}, 64, 256, 256, None()) }, []string{"broad", "turning"}},
		{"a gradient of few columns", func(v *Variants) { v.TN(16, 4, []int{256}, 16, 4, 4, None()) }, []string{"turning"}},
		{"many columns", func(v *Variants) { v.TN(64, 512, []int{64}, 64, 512, 512, None()) }, []string{"broad", "blocked", "copying"}},
		{"work for several calls", func(v *Variants) { v.NNPacked([]int{512}, 512, 256, None()) },
			[]string{"several", "broad", "blocked", "copying"}},
		{"few columns", func(v *Variants) { v.NN([]int{256}, 4, 16, 4, Bias(nil)) }, []string{"broad", "slim"}},
		{"no sizes", func(v *Variants) { v.Any() }, []string{"several", "broad", "blocked", "copying", "turning", "slim"}},
	} {
		var v Variants
		c.add(&v)
		var got []string
		for _, part := range []string{"several", "broad", "blocked", "copying", "turning", "slim"} {
			if v.Has("", "gemm", part) {
				got = append(got, part)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: parts %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCopiesOfNeuronsHaveTheirKernel asks for products of one column, of several chains.
func TestCopiesOfNeuronsHaveTheirKernel(t *testing.T) {
	for _, c := range []struct {
		n, k int
		ep   Epilogue
		want bool
	}{
		{1, 16, Bias(nil), true}, {1, 64, None(), true}, {2, 16, None(), false}, {1, 15, Bias(nil), false},
		{1, 16, BiasAct(nil, ReLU), false},
	} {
		var v Variants
		v.NNPacked([]int{1}, c.n, c.k, c.ep)
		if got := v.Has("amd64", abi.RowKernel4, abi.Single); got != c.want {
			t.Errorf("%d columns of %d terms: %v, want %v", c.n, c.k, got, c.want)
		}
	}
}
