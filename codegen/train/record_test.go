package train

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/report"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestRecordsHoldPredictionsThatAreNotFinite keeps and draws those of a regression, whose rows are the most wrong ones.
func TestRecordsHoldPredictionsThatAreNotFinite(t *testing.T) {
	s, problems := spec.Parse("m.yaml",
		[]byte("version: 1\nname: m\ninput: {shape: [1]}\ntask: regression\nlayers: [output]\n"),
		op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	set := fit.Set{N: 4, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 1, 2, 2}}}
	y := []float32{1.5, inf, 2.5, nan}
	d := detailOf(network, network.Outputs[0], decided{}, &OutputEvaluation{}, set, y, set.Y[0],
		func(int) []string { return nil })
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var read runs.Output
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Points) != 4 || read.Points[1].Prediction.Finite() || read.Points[2].Prediction != 2.5 ||
		read.Points[3].Prediction.Finite() {
		t.Errorf("the points are read as %v", read.Points)
	}
	if len(read.Worst) != 4 || read.Worst[0].Number != 1 || read.Worst[1].Number != 3 || read.Worst[0].Loss.Finite() {
		t.Errorf("the worst examples are read as %v, want those of Inf and NaN before the others", read.Worst)
	}
	run := &runs.Run{Name: "m", Detail: &runs.Detail{On: "test", Outputs: []runs.Output{read}}}
	if _, err := report.HTML([]*runs.Run{run}); err != nil {
		t.Error(err)
	}
}
