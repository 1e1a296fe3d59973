package verify

import (
	"bytes"
	"fmt"
	"testing"
)

// TestTrainingsByWorkersAreCompared lets the shipped code of a network train with another rate where there are more
// than three workers: those trainings differ, and they alone.
func TestTrainingsByWorkersAreCompared(t *testing.T) {
	const src = `version: 1
name: m
input: {shape: [4]}
layers:
  - dense: {units: 5, activation: tanh}
  - output: {task: regression}
training: {batch_size: 4}
`
	const line = "t.Apply,\n"
	const wrong = "func() { t.LR *= float64(max(3, t.Workers) - 2); t.Apply() },\n"
	edited := false
	reports, err := Run(t.Context(), []*Subject{{Spec: load(t, "fits.yaml", []byte(src))}}, Options{
		Seed: 1, Steps: 3, fits: true, Edit: func(_ int, files map[string][]byte) {
			const file = "mtrain/fit.go"
			edited = bytes.Contains(files[file], []byte(line))
			files[file] = bytes.Replace(files[file], []byte(line), []byte(wrong), 1)
		}})
	if err != nil {
		t.Fatal(err)
	}
	if !edited {
		t.Fatalf("Fit has no line %q", line)
	}
	for _, n := range fitWorkers {
		if x := reports[0].tensor(Fits, fmt.Sprintf("%d workers", n)); (x.Failure != "") != (n > 3) || x.Elements == 0 {
			t.Errorf("%d workers: %d bytes, %s", n, x.Elements, x.Failure)
		}
	}
	for _, x := range reports[0].Tensors {
		if x.Kind != Fits && x.Failure != "" {
			t.Errorf("%s %s: %s", x.Kind, x.Name, x.Failure)
		}
	}
}
