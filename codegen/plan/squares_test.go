package plan_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// TestPoolsOfSquaresAreComputedWithTheirConvolutions says which are: those of 2×2 windows side by side, of few channels, that
// alone read the pixels, whose memory nothing else needs meanwhile. A training has both by themselves.
func TestPoolsOfSquaresAreComputedWithTheirConvolutions(t *testing.T) {
	const conv = "conv2d: {name: c, filters: 6, kernel_size: 5, padding: same, activation: relu}"
	for _, c := range []struct {
		name, layers string
		want         bool
	}{
		{"relu", conv + ", max_pool2d", true},
		{"no activation", strings.Replace(conv, ", activation: relu", "", 1) + ", max_pool2d", true},
		{"norm", strings.Replace(conv, ", activation: relu", "", 1) + ", batch_norm, relu, max_pool2d", true},
		{"preprocess", "rescaling: {scale: 0.5}, " + conv + ", max_pool2d", true},
		{"several layers", "conv2d: {filters: 4, kernel_size: 3, padding: same}, relu, " + conv + ", max_pool2d", true},
		{"tanh", strings.Replace(conv, "relu", "tanh", 1) + ", max_pool2d", false},
		{"no bias", strings.Replace(conv, "name: c", "use_bias: false", 1) + ", max_pool2d", false},
		{"more channels", strings.Replace(conv, "6", "8", 1) + ", max_pool2d", false},
		{"strides", conv + ", max_pool2d: {strides: 1}", false},
		{"windows", conv + ", max_pool2d: {pool_size: 3, strides: 2}", false},
		{"padding", conv + ", max_pool2d: {padding: [[1, 1], [1, 1]]}", false},
		{"means", conv + ", average_pool2d", false},
		{"two readers", conv + ", max_pool2d: {name: p}, max_pool2d: {name: q, from: c}, add: {from: [p, q]}", false},
	} {
		src := "version: 1\nname: m\ntask: regression\ninput: {shape: [28, 28, 1]}\ngenerate: {runtime: import}\nlayers: [" +
			c.layers + ", flatten, output]\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(c.name, err)
		}
		out, problems := codegen.Compile(s, fstest.MapFS{}, codegen.Options{ImportPath: "example.com/m"})
		if err := problems.Err(); err != nil {
			t.Fatal(c.name, err)
		}
		for _, f := range []*plan.Func{out.Plan.One, out.Plan.Batch, out.Plan.Gradient, out.Plan.Evaluate} {
			fused, pools := 0, 0
			f.Visit(func(s plan.Stmt) {
				plan.Visit(s, func(a plan.Arg) {
					if call, ok := a.(plan.Call); ok && call.Name == "ForwardMaxPacked" {
						fused++
					} else if ok && call.Callee == (plan.Callee{Pkg: "pool", Name: "Max"}) {
						pools++
					}
				})
			})
			if want := c.want && !f.Training; (fused == 1) != want || want && pools > 0 {
				t.Errorf("%s: %s: %d convolutions with a pool, %d pools, want them together: %t", c.name, f.Name, fused, pools, want)
			}
		}
	}
}
