package op_test

import (
	"testing"

	"github.com/nngen/nngen/codegen/op"
)

// TestMACsOfEveryKind compares the multiply-adds of the first case of each kind that multiplies by matrices or filters,
// or values by each other, with their number written out. Those of other kinds count as none: lookups, sums, maxima,
// functions and scales of single elements.
func TestMACsOfEveryKind(t *testing.T) {
	want := map[string]int64{
		"conv1d":               5 * 3 * (3 * 2),         // outputs times taps
		"conv2d":               3 * 4 * 3 * (3 * 3 * 2), // the same
		"conv2d_transpose":     3 * 4 * 2 * (3 * 3 * 3), // inputs times what each is spread to
		"depthwise_conv2d":     3 * 4 * 3 * (3 * 3),     // outputs times taps of a channel
		"separable_conv2d":     3 * 4 * (3*3*3 + 3*4),   // depthwise, then pointwise
		"depthwise_conv1d":     5 * 3 * 3,               // the same for sequences
		"separable_conv1d":     5 * (3*3 + 3*4),         //
		"dot":                  5,                       // numbers of a row
		"dense":                1,                       // one weight
		"tied_dense":           1,                       //
		"simple_rnn":           5 * (3*4 + 4*4),         // steps times the matrices of inputs and of the state
		"gru":                  5 * 3 * (3*4 + 4*4),     // three gates
		"lstm":                 5 * 4 * (3*4 + 4*4),     // four
		"multi_head_attention": 4*5*6*6 + 2*2*5*5*(6/2), // four projections; scores and sums, of two heads
		"time_distributed":     3 * (4 * 5),             // steps times the layer
	}
	for _, d := range op.All() {
		w, known := want[d.Kind.Name]
		for i, c := range d.Cases {
			got := layer(t, d, c).MACs()
			if known && i == 0 && got != w {
				t.Errorf("%s %s of %v: %d multiply-adds, want %d", d.Kind.Name, c.Attrs, c.In, got, w)
			}
			if !known && got != 0 {
				t.Errorf("%s counts %d multiply-adds and is not in the table", d.Kind.Name, got)
			}
		}
		delete(want, d.Kind.Name)
	}
	for name := range want {
		t.Errorf("no kind %s", name)
	}
}
