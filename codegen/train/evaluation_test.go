package train

import (
	"testing"

	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// TestFormatsFollowNamesOfFiles tells what a file is taken for that the spec does not name.
func TestFormatsFollowNamesOfFiles(t *testing.T) {
	for file, want := range map[string]string{
		"new": "csv", "new.CSV.gz": "csv", "new.npy": "npy", "new.idx.gz": "idx", "t10k-images-idx3-ubyte": "idx",
	} {
		if got := source(&project.Project{Spec: &spec.Spec{}}, file).Format; got != want {
			t.Errorf("%s is read as %s, want %s", file, got, want)
		}
	}
}

// TestIntervalsHoldTheirMetric measures few rows of many targets, whose variance falls when rows are drawn again.
func TestIntervalsHoldTheirMetric(t *testing.T) {
	const rows, width = 5, 40
	y, targets := make([]float32, rows*width), make([]float32, rows*width)
	for i := range targets {
		targets[i] = float32(i * i % 17)
		y[i] = 8
	}
	o := fit.Output{Name: "y", Task: "regression", Width: width, Steps: 1}
	measured := fit.Measure(o, fit.Set{N: rows}, y, targets)
	var r OutputEvaluation
	for _, name := range []string{"rmse", "r2"} {
		r.Metrics = append(r.Metrics, metric{Name: name, Value: number(measured[name])})
	}
	r.intervals(o, sample{s: fit.Set{N: rows}, y: y, t: targets})
	for _, m := range r.Metrics {
		if m.Low == nil || *m.Low > m.Value || *m.High < m.Value || *m.Low == *m.High {
			t.Errorf("%s", m)
		}
	}
}
