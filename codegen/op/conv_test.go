package op_test

import (
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// TestMACsOfConvolutions checks against numbers worked out by hand.
func TestMACsOfConvolutions(t *testing.T) {
	for _, c := range []struct {
		kind, attrs string
		in          ir.Shape
		want        int64
	}{
		{"conv2d", "filters: 6, kernel_size: 5, padding: same", ir.Shape{28, 28, 1}, 28 * 28 * 6 * 25},
		{"conv2d", "filters: 16, kernel_size: 5", ir.Shape{14, 14, 6}, 10 * 10 * 16 * 25 * 6},
		{"conv2d", "filters: 8, kernel_size: [3, 2], strides: 2, groups: 4", ir.Shape{9, 8, 12}, 4 * 4 * 8 * 6 * 3},
		{"conv1d", "filters: 5, kernel_size: 3, padding: causal", ir.Shape{20, 2}, 20 * 5 * 3 * 2},
		{"depthwise_conv2d", "kernel_size: 3, padding: same, depth_multiplier: 2", ir.Shape{8, 8, 10}, 64 * 20 * 9},
		{"separable_conv2d", "filters: 32, kernel_size: 3, padding: same, depth_multiplier: 2",
			ir.Shape{8, 8, 10}, 64 * (20*9 + 20*32)},
		{"conv2d_transpose", "filters: 3, kernel_size: 4, strides: 2, padding: same", ir.Shape{7, 7, 8}, 49 * 8 * 16 * 3},
	} {
		def := op.All()[slices.IndexFunc(op.All(), func(d *op.Def) bool { return d.Kind.Name == c.kind })]
		if got := layer(t, def, op.Case{In: []ir.Shape{c.in}, Attrs: c.attrs}).MACs(); got != c.want {
			t.Errorf("%s: {%s} of %s: %d multiply-adds, want %d", c.kind, c.attrs, c.in, got, c.want)
		}
	}
}
