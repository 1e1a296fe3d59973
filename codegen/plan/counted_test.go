package plan_test

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestStepsAreCountedWhereNoneSeesThoseBehindIt compiles networks of tokens and asks of which the training leaves out
// steps behind the last with a weight: those whose steps see none behind them, whose numbers parameters bound, and
// whose work is shared out.
func TestStepsAreCountedWhereNoneSeesThoseBehindIt(t *testing.T) {
	const memory = "gru: {units: 64, return_sequences: true}"
	for _, c := range []struct {
		layers string
		want   int
	}{
		{memory, 16},
		{memory + ", dropout: {rate: 0.1}", 16},
		{memory + ", " + memory, 16},
		{memory + ", dense: {units: 32}", 16},
		{"dropout: {rate: 0.1}, dense: {units: 32}, " + memory, 16},
		{memory + ", dense: {units: 32}, dense: {units: 32}", 0},
		{memory + ", dense: {units: 32, activation: relu}", 0},
		{memory + ", layer_norm: {}", 0},
		{"lstm: {units: 64, return_sequences: true}", 0},
		{"gru: {units: 64, return_sequences: true, reset_after: false}", 0},
		{"gru: {units: 64, return_sequences: true, go_backwards: true}", 0},
		{memory + ", multi_head_attention: {num_heads: 2, key_dim: 16, causal: true}", 0},
		{"dense: {units: 64}", 0},
		{"gru: {units: 2, return_sequences: true}", 0}, // of too little work
	} {
		var list strings.Builder
		for _, l := range strings.SplitAfter(c.layers, "}, ") {
			list.WriteString("  - " + strings.TrimSuffix(l, ", ") + "\n")
		}
		src := "version: 1\nname: m\ninput: {name: x, shape: [16], tokens: {characters: abcdefghijklmnopqrstuvwxyz}}\n" +
			"task: multiclass\nlayers:\n  - embedding: {output_dim: 16}\n" + list.String() + "  - output\n" +
			"training: {batch_size: 64}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() != nil {
			t.Fatalf("%s: %v", c.layers, problems.Err())
		}
		out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/m"})
		if problems.Err() != nil {
			t.Fatalf("%s: %v", c.layers, problems.Err())
		}
		if got := out.Plan.Gradient.Counted; got != c.want {
			t.Errorf("%s: of %d steps of an example those that count are found, want %d", c.layers, got, c.want)
		}
		comparesCountedBytes(t, out)
	}
}

// comparesCountedBytes compares what a Trainer keeps of the steps that count with what the footprint of a network says.
func comparesCountedBytes(t *testing.T, out *codegen.Output) {
	t.Helper()
	const batch = 64
	f := out.Plan.Gradient
	if f.Counted == 0 {
		if got := out.Footprint().Counted; got != 0 {
			t.Errorf("%d bytes are foretold for steps that count, where all do", got)
		}
		return
	}
	rows := batch * f.Counted
	x, y := make([]float32, rows*f.StepWidth(plan.Input)), make([]float32, rows*f.StepWidth(plan.Target))
	w := make([]float32, rows) // no step counts
	s := new(fit.CountedSteps)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.Take(batch, f.Counted, x, y, w, nil, 1)
	runtime.ReadMemStats(&after)
	kept := int64(after.TotalAlloc - before.TotalAlloc)
	if got := out.Footprint().Counted; math.Abs(float64(got-kept)) > 0.15*float64(kept) { // in places of certain sizes
		t.Errorf("%d bytes are foretold for the steps that count, of which %d are kept", got, kept)
	}
}
