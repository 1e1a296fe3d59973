package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nngen/nngen/runtime/fit"
)

// made returns predictions of an output for n rows, some of them the same, and targets that they tell something of.
func made(o fit.Output, n int, r *rand.Rand) sample {
	s := sample{s: fit.Set{N: n}, y: make([]float32, n*o.Width), t: make([]float32, n*o.Width)}
	for i := range s.y {
		s.y[i] = float32(r.IntN(50)) / 50
		switch o.Task {
		case fit.Regression:
			s.t[i] = 1000 + s.y[i] + r.Float32()
			s.y[i] += 1000
		case fit.Binary:
			if s.y[i]+r.Float32() > 1 {
				s.t[i] = 1
			}
		}
	}
	if o.Task == fit.Multiclass {
		for i := range n {
			truth := largest(s.y[i*o.Width:][:o.Width])
			if r.IntN(3) == 0 {
				truth = r.IntN(o.Width)
			}
			s.t[i*o.Width+truth] = 1
		}
	}
	return s
}

// TestResampledIsWhatSamplesMeasure compares what is counted of samples with the metrics of their rows.
func TestResampledIsWhatSamplesMeasure(t *testing.T) {
	for _, o := range []fit.Output{
		{Task: fit.Regression, Width: 1},
		{Task: fit.Regression, Width: 3},
		{Task: fit.Regression, Width: 6, Quantiles: []float32{0.1, 0.4, 0.9}},
		{Task: fit.Binary, Width: 1},
		{Task: fit.Binary, Width: 1, Threshold: 0.3},
		{Task: fit.Binary, Width: 4},
		{Task: fit.Multiclass, Width: 7},
	} {
		const n = 40
		r := rand.New(rand.NewPCG(7, uint64(o.Width)))
		test := made(o, n, r)
		measure := resampled(o, test)
		for round := range 50 {
			times := make([]int32, n)
			var y, targets []float32
			for range n {
				times[r.IntN(1+round*n/50)]++ // the first samples have few rows, and so classes
			}
			for i, k := range times {
				for range k {
					y = append(y, test.y[i*o.Width:][:o.Width]...)
					targets = append(targets, test.t[i*o.Width:][:o.Width]...)
				}
			}
			want := fit.Measure(o, fit.Set{N: n}, y, targets)
			got := measure(times)
			for _, m := range fit.AllOf(o.Task) {
				v, ok := got[m.Name]
				switch {
				case !ok && !m.Counted:
					t.Fatalf("%s is not measured", m.Name)
				case m.Name == "r2" && (want["r2"] == 0 || want["r2"] == 1):
					if v == v {
						t.Fatalf("%+v: r2 of targets that are all the same is %g", o, v)
					}
				case ok && math.Abs(v-want[m.Name]) > 1e-9*(1+math.Abs(want[m.Name])):
					t.Fatalf("%+v, sample %d: %s is %.12g, want %.12g", o, round, m.Name, v, want[m.Name])
				}
			}
		}
	}
}

// BenchmarkIntervals is what the intervals of an evaluation take.
func BenchmarkIntervals(b *testing.B) {
	for _, o := range []fit.Output{{Task: fit.Binary, Width: 1}, {Task: fit.Multiclass, Width: 10},
		{Task: fit.Regression, Width: 1}} {
		for _, n := range []int{1000, 20_000, 80_000} {
			b.Run(fmt.Sprintf("task=%s,n=%d", o.Task, n), func(b *testing.B) {
				test := made(o, n, rand.New(rand.NewPCG(1, 2)))
				for b.Loop() {
					e := &OutputEvaluation{}
					for _, m := range fit.AllOf(o.Task) {
						e.Metrics = append(e.Metrics, metric{Name: m.Name, Value: 0.5, counted: m.Counted})
					}
					e.intervals(o, test)
				}
			})
		}
	}
}
