package verify

import (
	"fmt"
	"strings"
	"testing"
)

// TestFoldedNormsAgreeWithTheReference predicts with each kind of layer that takes in a batch norm, with and without a
// bias: no norm is computed in predictions, and what they are, and what steps of a stream are, is what the reference
// has for layer and norm one after the other.
func TestFoldedNormsAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, layer := range []string{
		"conv2d: {filters: 5, kernel_size: 3, padding: same, use_bias: %t}",
		"conv2d: {filters: 6, kernel_size: [2, 1], groups: 2, use_bias: %t}",
		"depthwise_conv2d: {kernel_size: 3, depth_multiplier: 2, use_bias: %t}",
		"separable_conv2d: {filters: 17, kernel_size: 3, use_bias: %t}",
		"conv2d_transpose: {filters: 6, kernel_size: 3, strides: 2, groups: 2, use_bias: %t}",
		"conv2d_transpose: {filters: 9, kernel_size: [2, 3], padding: same, use_bias: %t}",
		"dense: {units: 9, use_bias: %t}",
		"conv1d: {filters: 4, kernel_size: 3, padding: causal, dilation_rate: 2, use_bias: %t}",
	} {
		shape := "[5, 4, 4]"
		switch {
		case strings.HasPrefix(layer, "conv1d"):
			shape = "[7, 3]"
		case strings.HasPrefix(layer, "dense"):
			shape = "[11]"
		}
		for _, bias := range []bool{false, true} {
			s := &Subject{Spec: load(t, fmt.Sprintf("fold_%d_%t.yaml", i, bias), fmt.Appendf(nil,
				"version: 1\nname: m\ntask: regression\ninput: {shape: %s}\nlayers:\n  - %s\n  - batch_norm\n  - relu\n"+
					"  - flatten\n  - output: {units: 3}\ntraining: {batch_size: 4}\n",
				shape, fmt.Sprintf(layer, bias)))}
			c, err := newCase(s, "verify/m", Options{Seed: 1, Steps: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range []string{"forward.go", "stream.go"} {
				if src := string(c.fast.Files[file]); strings.Contains(src, "norm.") || strings.Contains(src, "vec.ReLU") {
					t.Errorf("%s of %s computes a norm, or an activation by itself:\n%s", file, layer, src)
				}
			}
			subjects = append(subjects, s)
		}
	}
	check(t, subjects, Options{Seed: 6, Steps: 2})
}
