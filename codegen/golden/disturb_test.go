package golden

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// parsed settles the network of a spec.
func parsed(t *testing.T, src string) *net.Net {
	t.Helper()
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

// TestLongRecurrencesHaveBounds looks at the vectors of networks with each recurrent kind over a hundred steps: bounds
// of predictions, and of gradients beside the largest of them, show a wrong number.
func TestLongRecurrencesHaveBounds(t *testing.T) {
	for _, cell := range []string{
		"gru: {units: 16, return_sequences: true}",
		"gru: {units: 16, reset_after: false, return_sequences: true}",
		"lstm: {units: 16, return_sequences: true}",
		"simple_rnn: {units: 16, return_sequences: true}",
	} {
		network := parsed(t, fmt.Sprintf(`version: 1
name: m
input: {name: x, shape: [100, 3]}
task: regression
layers:
  - conv1d: {filters: 16, kernel_size: 3, padding: causal, activation: relu}
  - conv1d: {filters: 16, kernel_size: 3, padding: causal, activation: relu}
  - %s
  - output: {name: o, units: 1}
`, cell))
		infer, train, _ := compute(t, network, nil)
		for _, v := range read(t, infer, "tol.y.o") {
			if !(v < 0.01) {
				t.Errorf("%s: the bound of a prediction is %v", cell, v)
				break
			}
		}
		for _, name := range train.Names() {
			if !strings.HasPrefix(name, "tol.d.") {
				continue
			}
			worst, size := float32(0), 0.0
			for _, v := range read(t, train, name) {
				worst = max(worst, v)
			}
			for _, v := range read(t, train, strings.TrimPrefix(name, "tol.")) {
				size = max(size, math.Abs(float64(v)))
			}
			if !(float64(worst) < size/50) {
				t.Errorf("%s: a bound of %s is %v, the largest number %v", cell, name, worst, size)
			}
		}
	}
}

// TestToleranceIsNeverNaN gives it numbers of which disturbed evaluations say nothing.
func TestToleranceIsNeverNaN(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	got := Tolerance([]float64{1, 1, nan, inf, 1}, [][]float64{{nan, inf, 1, inf, 1.5}, {1, 1, 1, 1, 1}})
	for i, v := range got {
		if (i < 4) != math.IsInf(v, 1) || math.IsNaN(v) {
			t.Errorf("element %d may be off by %v", i, v)
		}
	}
}

// TestNumbersWithoutABoundAreCounted takes a recurrence in which each error is the larger the more steps follow, and
// looks at what the vectors say of it.
func TestNumbersWithoutABoundAreCounted(t *testing.T) {
	network := parsed(t, `version: 1
name: m
input: {name: x, shape: [300, 3]}
task: regression
layers:
  - simple_rnn: {units: 16, recurrent_initializer: {uniform: {low: -3, high: 3}}}
  - output: {name: o, units: 1}
`)
	files, remarks, err := Files(Request{Net: network})
	if err != nil || len(remarks) != 1 || !strings.HasPrefix(remarks[0], "mtrain/"+File+": of ") {
		t.Fatal(remarks, err)
	}
	f, err := safetensors.Open(files["mtrain/"+File])
	if err != nil {
		t.Fatal(err)
	}
	unbounded := 0
	for _, name := range f.Names() {
		for _, v := range read(t, f, name) {
			if math.IsNaN(float64(v)) {
				t.Fatalf("%s holds NaN", name)
			}
			if math.IsInf(float64(v), 1) {
				unbounded++
			}
		}
	}
	if want := fmt.Sprintf(": of %d of ", unbounded); unbounded == 0 || !strings.Contains(remarks[0], want) {
		t.Errorf("%d numbers have no bound, but it says %q", unbounded, remarks[0])
	}
}
