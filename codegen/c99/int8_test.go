package c99_test

import (
	"math/rand/v2"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// int8Networks returns networks in 8-bit integers with what the runtime predicts.
func int8Networks(t *testing.T) (all []network) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	for i, text := range plantest.Int8Specs {
		out := plantest.Int8(t, i, text)
		weights := plantest.Draw(out, r)
		numbers := plantest.Calibrate(t, out, weights, r)
		arrays := c99.Floats(nil)
		for q, a := range numbers {
			arrays[q.Name] = a
		}
		n := network{out: out, int8: true}
		var err error
		n.files, err = c99.Write(c99.Network{Net: out.Net, Name: n.name(), Infer: out.Int8Infer, Weights: arrays}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		for range examples {
			x := plantest.Example(out, r)
			y, unknown := plantest.RunInt8(out, numbers, x)
			if len(unknown) > 0 {
				t.Fatalf("functions of the runtime that this test does not know: %v", unknown)
			}
			n.x, n.want = append(n.x, x), append(n.want, y)
		}
		all = append(all, n)
	}
	return all
}

// name is that of the files and of all that others see.
func (n *network) name() string {
	if n.int8 {
		return codegen.Int8Package(n.out.Net.Spec.Name)
	}
	return n.out.Net.Spec.Name
}

// TestNetworksOfIntegersHaveTheBitsOfTheRuntime compares networks of 8-bit integers, under sanitizers.
func TestNetworksOfIntegersHaveTheBitsOfTheRuntime(t *testing.T) {
	compare(t, int8Networks(t), compiler(t), append(sanitized, "-std=c99"))
}
