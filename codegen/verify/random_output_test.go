package verify

import (
	"fmt"
	"testing"
)

// TestImageOutputsAgreeWithTheReference trains networks whose outputs have a row for each pixel.
func TestImageOutputsAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, o := range []string{
		"output: {task: binary}", "output: {task: multiclass, units: 3}",
		"output: {task: regression, units: 2, dense: false}",
	} {
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("pixels_%d.yaml", i), fmt.Appendf(nil,
			"version: 1\nname: m\ninput: {shape: [4, 5, 1]}\nlayers:\n"+
				"  - conv2d: {filters: 2, kernel_size: 3, padding: same, activation: tanh}\n  - %s\ntraining: {batch_size: 3}\n",
			o))})
	}
	check(t, subjects, Options{Seed: 14, Steps: 3})
}
