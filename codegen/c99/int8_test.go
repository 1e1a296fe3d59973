package c99_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// int8Specs have among them every kind of unit of package quant, products with int8 and with float32 results, and
// layers that stay in float32.
var int8Specs = []string{
	"input: {shape: [13]}\npreprocess: [{rescale: {scale: 0.5, offset: 0.25}}]\nlayers:\n" +
		"  - dense: {units: 33, activation: relu}\n  - dense: {units: 7, activation: tanh}\n" +
		"  - dense: {units: 40, use_bias: false}\n  - relu6\n  - output: {task: multiclass, units: 3}\n",
	"input: {shape: [9, 7, 3]}\nlayers:\n" +
		"  - conv2d: {filters: 5, kernel_size: 3, padding: same, activation: relu}\n" +
		"  - conv2d: {filters: 9, kernel_size: [2, 3], strides: [2, 1], use_bias: false}\n  - batch_norm\n  - relu6\n" +
		"  - depthwise_conv2d: {kernel_size: 3, padding: same, depth_multiplier: 2, dilation_rate: [2, 1]}\n" +
		"  - max_pool2d: {pool_size: 2, strides: 1}\n  - average_pool2d: {pool_size: 2, padding: same}\n" +
		"  - conv2d: {filters: 40, kernel_size: 1, activation: silu}\n  - global_average_pool2d\n" +
		"  - output: {task: multiclass, units: 11}\n",
	"input: {shape: [6, 5, 2]}\nlayers:\n  - depthwise_conv2d: {kernel_size: 2}\n" +
		"  - conv2d: {filters: 3, kernel_size: 3, padding: same}\n  - output: {dense: false, task: multiclass}\n",
	"input: {shape: [6, 5, 2]}\nlayers:\n  - conv2d: {filters: 4, kernel_size: 1}\n" +
		"  - depthwise_conv2d: {kernel_size: 2, padding: same}\n  - output: {dense: false, task: multiclass}\n",
	"input: {shape: [12]}\nlayers:\n  - dense: {name: a, units: 12, activation: relu}\n  - dense: {name: b, units: 12}\n" +
		"  - add: {from: [a, b]}\n  - relu: {name: c}\n  - concatenate: {from: [a, c, b]}\n" +
		"  - dense: {units: 5, activation: elu}\n  - output: {task: regression}\n",
	"input: {shape: [10, 4]}\nlayers:\n" +
		"  - conv1d: {filters: 6, kernel_size: 3, padding: causal, dilation_rate: 2, activation: relu}\n" +
		"  - max_pool1d: 2\n  - lstm: {name: remember, units: 5}\n  - dense: {units: 9, activation: hard_swish}\n" +
		"  - output: {task: binary}\n",
}

// int8Networks returns networks in 8-bit integers with what the runtime predicts.
func int8Networks(t *testing.T) (all []network) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 4))
	for i, text := range int8Specs {
		skip := ""
		if strings.Contains(text, "remember") {
			skip = "skip: [remember]"
		}
		src := fmt.Sprintf("version: 1\nname: q%d\n%squantize: {%s}\n", i, text, skip)
		out := plantest.Compile(t, "m.yaml", []byte(src), nil)
		weights := plantest.Draw(out, r)
		var calibration [][][]float32
		for range 32 {
			calibration = append(calibration, plantest.Example(out, r))
		}
		numbers := plantest.Quantize(t, out, weights, calibration)
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
