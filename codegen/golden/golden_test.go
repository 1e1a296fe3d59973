package golden

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// build settles a network.
func build(t *testing.T, layers string) *net.Net {
	t.Helper()
	src := "version: 1\nname: m\ninput: {name: x, shape: [9, 9, 3]}\ntask: multiclass\nclasses: 4\nlayers:\n" + layers
	s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return network
}

const small = `  - conv2d: {name: c, filters: 8, kernel_size: 3, padding: [[1, 1], [1, 1]], activation: relu}
  - batch_norm: {name: b, epsilon: 1.0e-3}
  - flatten
  - dense: {name: h, units: 32, activation: tanh}
  - output: {name: o}
`

// compute returns the vectors of a network.
func compute(t *testing.T, network *net.Net, old func(string) []byte) (infer,
	train *safetensors.File, files map[string][]byte) {
	t.Helper()
	files, remarks, err := Files(Request{Net: network, Old: old})
	if err != nil || len(remarks) > 0 {
		t.Fatal(remarks, err)
	}
	open := func(path string) *safetensors.File {
		f, err := safetensors.Open(files[path])
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	return open(File), open("mtrain/" + File), files
}

func read(t *testing.T, f *safetensors.File, name string) []float32 {
	t.Helper()
	shape, ok := f.ShapeOf(name)
	if !ok {
		t.Fatalf("no vector %s", name)
	}
	x := make([]float32, ir.Shape(shape).Size())
	if err := f.Copy(safetensors.Tensor{Name: name, Shape: shape, Data: x}); err != nil {
		t.Fatal(err)
	}
	return x
}

// predict returns the largest difference of a network's predictions from the vectors, relative to their bounds, for the
// weights that a generated self-test would draw after change has been at them.
func predict(t *testing.T, network *net.Net, f *safetensors.File, change func(w map[string][]float64)) float64 {
	t.Helper()
	n := &ref.Network{Net: network, Seed: network.Spec.Training.Seed, Params: map[*ir.Param][]float64{}}
	byName := map[string][]float64{}
	for _, p := range network.Params {
		n.Params[p] = drawn(nil, p, n.Seed, read(t, f, "draw."+p.Name))
		byName[p.Name] = n.Params[p]
	}
	change(byName)
	x := widen(nil, read(t, f, "x.x"))
	got := Predictions(n, ref.Batch{N: len(x) / network.Inputs[0].Shape.Size(), Inputs: [][]float64{x}})[0]
	want, tol := read(t, f, "y.o"), read(t, f, "tol.y.o")
	worst := 0.0
	for i, g := range got {
		worst = math.Max(worst, math.Abs(g-float64(want[i]))/float64(tol[i]))
	}
	return worst
}

// TestVectorsCatchFaults makes one fault at a time in the weights, or in the layers, that a generated package may have.
func TestVectorsCatchFaults(t *testing.T) {
	network := build(t, small)
	f, _, _ := compute(t, network, nil)
	if worst := predict(t, network, f, func(map[string][]float64) {}); !(worst < 0.1) {
		t.Fatalf("the reference itself is off by %v of the bounds", worst)
	}
	for name, change := range map[string]func(w map[string][]float64){
		"one weight of the convolution off by 1 %": func(w map[string][]float64) { w["c.kernel"][100] *= 1.01 },
		"one weight of the dense layer off by 1 %": func(w map[string][]float64) { w["h.kernel"][1234] *= 1.01 },
		"two rows swapped": func(w map[string][]float64) {
			for j := range 32 {
				k := w["h.kernel"]
				k[5*32+j], k[6*32+j] = k[6*32+j], k[5*32+j]
			}
		},
		"a missing bias of the convolution": func(w map[string][]float64) { clear(w["c.bias"]) },
		"a missing bias of the output":      func(w map[string][]float64) { clear(w["o.bias"]) },
		"a factor of the norm left out": func(w map[string][]float64) {
			for i := range w["b.gamma"] {
				w["b.gamma"][i] = 1
			}
		},
	} {
		if worst := predict(t, network, f, change); !(worst > 2) {
			t.Errorf("%s is %v times the bounds away", name, worst)
		}
	}
	for name, layers := range map[string]string{
		"padding that is off by one": strings.Replace(small, "[[1, 1], [1, 1]]", "[[0, 2], [1, 1]]", 1),
		"a wrong epsilon":            strings.Replace(small, "1.0e-3", "1.0e-5", 1),
		"another activation":         strings.Replace(small, "tanh", "sigmoid", 1),
	} {
		if worst := predict(t, build(t, layers), f, func(map[string][]float64) {}); !(worst > 2) {
			t.Errorf("%s is %v times the bounds away", name, worst)
		}
	}
}

// TestVectorsAreComputedWhenSomethingChanged reads files back, as they are and with a number or the network changed.
func TestVectorsAreComputedWhenSomethingChanged(t *testing.T) {
	network := build(t, small)
	_, _, files := compute(t, network, nil)
	marked := map[string][]byte{} // files that claim to be these vectors, with another number in them
	for path, b := range files {
		marked[path] = append([]byte(nil), b...)
		marked[path][len(b)-1] ^= 1
	}
	_, _, again := compute(t, network, func(path string) []byte { return files[path] })
	_, _, mended := compute(t, network, func(path string) []byte { return marked[path] })
	for path, b := range files {
		if &again[path][0] != &b[0] {
			t.Errorf("%s was computed again", path)
		}
		if string(mended[path]) != string(b) {
			t.Errorf("%s with a wrong number was kept", path)
		}
	}
	for what, layers := range map[string]string{
		"a loss": strings.Replace(small, "{name: o}", "{name: o, loss: {categorical_crossentropy: {label_smoothing: 0.1}}}",
			1),
		"a rate": strings.Replace(small, "  - flatten", "  - dropout: {rate: 0.3}\n  - flatten", 1),
	} {
		_, _, other := compute(t, build(t, layers), func(path string) []byte { return files[path] })
		if path := "mtrain/" + File; string(other[path]) == string(files[path]) {
			t.Errorf("%s changed, but %s did not", what, path)
		}
	}
}

// TestEffortIsBounded goes through networks of growing work.
func TestEffortIsBounded(t *testing.T) {
	for _, units := range []float64{1, trainingUnits} {
		for work := 1e3; work < 1e12; work *= 1.7 {
			network := &net.Net{Layers: []*op.Layer{{Def: &op.Def{MACs: func(*op.Layer) int64 { return int64(work) }},
				Shape: ir.Shape{1}}}}
			e, ok := Plan(network, units, mostInference)
			if cost := units * Work(network) * float64(e.Rows*(e.Disturbances+1)); ok && cost > mostInference {
				t.Errorf("vectors of a network of %.3g multiply-adds take %.3g", work, cost)
			}
			if units*work < 2e5 && e != (Effort{mostRows, mostDisturbances}) {
				t.Errorf("vectors of a network of %.3g multiply-adds are %+v", work, e)
			}
			if ok != (units*Work(network)*(leastDisturbances+1) <= mostInference) {
				t.Errorf("a network of %.3g multiply-adds has vectors: %t", work, ok)
			}
		}
	}
}

// TestDrawnWeightsAreUniform looks at the mean and the range of the numbers that a rule gives.
func TestDrawnWeightsAreUniform(t *testing.T) {
	key, rule := golden.Key(42, "h.kernel"), []float32{0.5, 0.25}
	sum, low, high := 0.0, math.Inf(1), math.Inf(-1)
	const n = 1 << 16
	for i := range n {
		x := float64(golden.Uniform(key, rule, i))
		sum, low, high = sum+x, math.Min(low, x), math.Max(high, x)
	}
	if math.Abs(sum/n-0.5) > 0.003 || low < 0.25 || low > 0.2501 || high > 0.75 || high < 0.7499 {
		t.Errorf("mean %v, range %v to %v, want 0.5, 0.25 to 0.75", sum/n, low, high)
	}
}

// TestVectorsOfTrainingThatRoundsHoldGradients computes them for a batch whose roundings float32 does not change, and
// leaves them out where there is no time to find one.
func TestVectorsOfTrainingThatRoundsHoldGradients(t *testing.T) {
	network := build(t, small+"quantize: {aware: true}\n")
	_, train, _ := compute(t, network, nil)
	if want := read(t, train, "d.c.kernel"); slices.Max(want) == 0 {
		t.Error("the gradient of c.kernel is 0")
	}
	most, tol := slices.Max(read(t, train, "d.h.kernel")), slices.Max(read(t, train, "tol.d.h.kernel"))
	if tol > most/1000 {
		t.Errorf("gradients of h.kernel are up to %v, with tolerances up to %v: a rounding is not decided", most, tol)
	}
	defer func(w float64) { decidedWork = w }(decidedWork)
	decidedWork = 0
	files, remarks, err := Files(Request{Net: network})
	if err != nil || len(remarks) != 1 || !strings.Contains(remarks[0], "training rounds") {
		t.Fatal(remarks, err)
	}
	f, err := safetensors.Open(files["mtrain/"+File])
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := f.ShapeOf("loss"); ok || f.Meta["outputs"] != "none" {
		t.Error("there are gradients whose roundings are not decided")
	}
}
