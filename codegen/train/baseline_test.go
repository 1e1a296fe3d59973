package train

import (
	"runtime"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestEarlierValuesAreABaselineOfSeries foretells two rows of one of two columns, of period 3, whose windows have 4
// steps.
func TestEarlierValuesAreABaselineOfSeries(t *testing.T) {
	v := views{tokens: []int{0}, lags: &lags{steps: 4, columns: 2, ahead: 1, at: []int{1}}}
	value := func(row int) float32 { return []float32{5, 7, 1}[row%3] }
	var s sample
	for first := range 6 {
		for step := range 4 {
			s.s.X = [][]float32{append(append(slices.Concat(s.s.X...), -1), value(first+step))}
		}
		s.t = append(s.t, value(first+4), value(first+5))
		s.s.N++
	}
	models := v.lagged(s, s)
	if len(models) != 2 || models[0].name != "the last value" || models[1].name != "the value 3 rows before" {
		t.Fatalf("%+v", models)
	}
	if !slices.Equal(models[1].y, s.t) {
		t.Errorf("3 rows before: %v, want %v", models[1].y, s.t)
	}
	if y := models[0].y; y[0] != value(3) || y[1] != value(3) || y[2] != value(4) {
		t.Errorf("the last value: %v", y)
	}
	if y := v.lags.predict(s, 6); y != nil {
		t.Errorf("beyond the window: %v", y)
	}
}

// TestTokensAreCountedForLinearModels has an input of tokens beside one of numbers.
func TestTokensAreCountedForLinearModels(t *testing.T) {
	v := views{tokens: []int{3, 0}}
	s := v.bagged(sample{s: fit.Set{N: 2, X: [][]float32{{2, 0, 2, 1, 1, 1}, {9, 8}}}})
	if x, columns := joined(s.s); columns != 4 || !slices.Equal(x, []float32{1, 0, 2, 9, 0, 3, 0, 8}) {
		t.Errorf("%v of %d columns", x, columns)
	}
	large := views{tokens: []int{mostCounted + 2}}
	s = large.bagged(sample{s: fit.Set{N: 1, X: [][]float32{{mostCounted + 1, 1}}}})
	if x := s.s.X[0]; len(x) != mostCounted || x[1] != 2 {
		t.Errorf("%d columns, %v", len(x), x[1])
	}
}

// TestLinearModelsThatTakeLongTakeNoMemory has so many texts that the counts of their tokens would be 100 MB.
func TestLinearModelsThatTakeLongTakeNoMemory(t *testing.T) {
	const n = 50_000
	v := views{tokens: []int{mostCounted}}
	s := sample{s: fit.Set{N: n, X: [][]float32{make([]float32, n)}}, t: make([]float32, n)}
	o := &net.Output{Layer: &op.Layer{Shape: ir.Shape{1}}, Task: "regression"}
	if columns := v.columns(s); columns != mostCounted {
		t.Errorf("%d columns", columns)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	y := v.linear(o, s, s)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; y != nil || bytes > 1<<20 {
		t.Errorf("it predicts %d numbers, and allocates %d bytes", len(y), bytes)
	}
}

// TestASpecWithoutDataHasNoSeries: what imports write has no section of data, and predicts all the same.
func TestASpecWithoutDataHasNoSeries(t *testing.T) {
	g := &program{}
	if g.setSeries(&spec.Spec{}); g.series != nil {
		t.Errorf("series %v", g.series)
	}
}
