package codegen_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// differ returns where the bits of numbers differ, −1 for nowhere. What a NaN holds does not count.
func differ(a, b []float32) int {
	if len(a) != len(b) {
		return 0
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) && (a[i] == a[i] || b[i] == b[i]) {
			return i
		}
	}
	return -1
}

// sameBits compares what package tiny of the runtime predicts for made-up weights and examples with what its other
// packages do, whole and step by step.
func sameBits(t *testing.T, out *codegen.Output) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	weights := plantest.Draw(out, r)
	for range 3 {
		x := plantest.Example(out, r)
		want, unknown := plantest.Run(out, weights, x)
		got, more := plantest.Tiny(out, weights, x)
		if len(unknown)+len(more) > 0 {
			t.Fatalf("functions of the runtime that this test does not know: %v, %v", unknown, more)
		}
		for i, y := range want {
			if j := differ(y, got[i]); j >= 0 {
				t.Fatalf("%s: output %d: element %d is %v, want %v", out.Net.Spec.Name, i, j, got[i][j], y[j])
			}
		}
		if out.Stream == nil {
			continue
		}
		for k, step := range plantest.TinySteps(out, weights, x) {
			for i, y := range want {
				if len(y) > len(step[i]) {
					y = y[k*len(step[i]):][:len(step[i])]
				} else if k < out.Stream.Stream-1 {
					continue
				}
				if j := differ(y, step[i]); j >= 0 {
					t.Fatalf("%s: output %d after step %d: element %d is %v, want %v", out.Net.Spec.Name, i, k, j, step[i][j], y[j])
				}
			}
		}
	}
}

// TestEveryKindHasItsBitsInTheTinyProfile runs all cases of all kinds of layers by package tiny of the runtime.
func TestEveryKindHasItsBitsInTheTinyProfile(t *testing.T) {
	for _, d := range op.All() {
		t.Run(d.Kind.Name, func(t *testing.T) {
			for i, c := range d.Cases {
				sameBits(t, plantest.Compile(t, "m.yaml", []byte(plantest.CaseSpec(fmt.Sprint("m", i), d, c)), nil))
			}
		})
	}
}

// TestNetworksOfIntegersHaveTheirBitsInTheTinyProfile does the same for networks of 8-bit integers.
func TestNetworksOfIntegersHaveTheirBitsInTheTinyProfile(t *testing.T) {
	for i, text := range plantest.Int8Specs {
		out, r := plantest.Int8(t, i, text), rand.New(rand.NewPCG(5, 6))
		numbers := plantest.Calibrate(t, out, plantest.Draw(out, r), r)
		for range 5 {
			x := plantest.Example(out, r)
			want, unknown := plantest.RunInt8(out, numbers, x)
			got, more := plantest.TinyInt8(out, numbers, x)
			if len(unknown)+len(more) > 0 {
				t.Fatalf("functions of the runtime that this test does not know: %v, %v", unknown, more)
			}
			for k, y := range want {
				if j := differ(y, got[k]); j >= 0 {
					t.Fatalf("%s\noutput %d: element %d is %v, want %v", text, k, j, got[k][j], y[j])
				}
			}
		}
	}
}

// TestExamplesHaveTheirBitsInTheTinyProfile does the same for the networks of the examples, and for some that remember.
func TestExamplesHaveTheirBitsInTheTinyProfile(t *testing.T) {
	for _, out := range slices.Concat(slices.Concat(plantest.ExamplesOf(t), plantest.Streams(t)), plantest.Streams(t),
		plantest.LongAttention(t)) {
		sameBits(t, out)
	}
}
