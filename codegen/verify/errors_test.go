package verify

import (
	"fmt"
	"testing"

	"github.com/nngen/nngen/codegen/net"
)

// TestErrorsAreSearchedWhereTheyHaveABound has a network whose errors are bounded, and one in which they grow with each
// step.
func TestErrorsAreSearchedWhereTheyHaveABound(t *testing.T) {
	for layer, bounded := range map[string]bool{"dense: {units: 3, activation: relu}": true, "gru: {units: 3}": false} {
		s := load(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: m\ninput: {shape: [9, 2]}\ntask: regression\nlayers:\n"+
			"  - %s\n  - flatten\n  - output\n", layer))
		network, problems := net.Build(s, nil)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		weights := map[string][]float32{}
		for _, p := range network.Params {
			x := make([]float32, p.Size())
			for i := range x {
				x[i] = float32(1 + i%3)
			}
			weights[p.Name] = x
		}
		c, err := newCase(&Subject{Spec: s, Weights: weights}, "example.com/m", Options{Seed: 1, Steps: 1})
		if err != nil {
			t.Fatal(err)
		}
		r := &Report{}
		if c.remarkLimits(r); (c.search != nil) != bounded || (len(r.Remarks) == 0) != bounded {
			t.Errorf("%s: searched: %t, want %t; remarks %q", layer, c.search != nil, bounded, r.Remarks)
		}
	}
}
