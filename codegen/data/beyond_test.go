package data

import (
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// TestTargetsThatNoOutputGivesAreRemarked has activations that are bounded, and targets beyond.
func TestTargetsThatNoOutputGivesAreRemarked(t *testing.T) {
	for _, c := range []struct {
		kind, task string
		y          []float32
		want       string
	}{
		{"sigmoid", "regression", []float32{0, 0.5, 1, 2},
			"the targets of 1 of 4 training examples are outside of what sigmoid gives, numbers from 0 to 1"},
		{"sigmoid", "regression", []float32{0, 0.5, 1}, ""},
		{"sigmoid", "binary", []float32{0, 2}, ""},
		{"tanh", "regression", []float32{-1, -1.5}, "numbers from -1 to 1"},
		{"relu", "regression", []float32{5, -1}, "numbers from 0 on"},
		{"dense", "regression", []float32{5, -1e6}, ""},
	} {
		o := &net.Output{Name: "y", Task: c.task, Layer: &op.Layer{Def: op.ByName(c.kind)}}
		if got := beyond(o, len(c.y), c.y); (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s, %v: %q, want %q", c.kind, c.y, got, c.want)
		}
	}
}
