package attention

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// TestASequenceHasTheSameBitsAloneAsInABatch runs each sequence of a batch alone, with and without assembly.
func TestASequenceHasTheSameBitsAloneAsInABatch(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(1))
		for _, s := range []Shape{{1, 1, 1, 1, false}, {5, 5, 2, 3, true}, {9, 4, 3, 8, false}, {20, 20, 4, 16, true}} {
			const n = 3
			one := s.TQ * s.width()
			other := s.TK * s.width()
			q, k, v, dy := draw(r, n*one), draw(r, n*other), draw(r, n*other), draw(r, n*one)
			y, dq, dk, dv := draw(r, n*one), draw(r, n*one), draw(r, n*other), draw(r, n*other)
			Forward(n, s, y, q, k, v)
			Backward(n, s, dq, dk, dv, dy, q, k, v)
			for i := range n {
				a, b := i*one, i*other
				gotY, gotQ, gotK, gotV := draw(r, one), draw(r, one), draw(r, other), draw(r, other)
				Forward(1, s, gotY, q[a:], k[b:], v[b:])
				Backward(1, s, gotQ, gotK, gotV, dy[a:], q[a:], k[b:], v[b:])
				for what, pair := range map[string][2][]float32{"y": {gotY, y[a:][:one]}, "dq": {gotQ, dq[a:][:one]}, "dk": {gotK, dk[b:][:other]}, "dv": {gotV, dv[b:][:other]}} {
					if at := kerneltest.Diff(pair[0], pair[1]); at >= 0 {
						t.Fatalf("%+v, sequence %d: %s[%d] differs", s, i, what, at)
					}
				}
			}
		}
	})
}

// TestNoStepReadsWhatComesAfter changes the last step, and looks at the others.
func TestNoStepReadsWhatComesAfter(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	s := Shape{6, 6, 2, 4, true}
	size := s.TQ * s.width()
	q, k, v, before, after := draw(r, size), draw(r, size), draw(r, size), make([]float32, size), make([]float32, size)
	Forward(1, s, before, q, k, v)
	for i := size - s.width(); i < size; i++ {
		q[i], k[i], v[i] = 5, -7, 9
	}
	Forward(1, s, after, q, k, v)
	if at := kerneltest.Diff(before[:size-s.width()], after[:size-s.width()]); at >= 0 {
		t.Errorf("y[%d] changed with a later step", at)
	}
}

func TestNothingAllocatesAndShortSlicesPanic(t *testing.T) {
	s := Shape{4, 4, 2, 3, true}
	x := make([]float32, 2*s.TQ*s.width())
	y, dq, dk, dv := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	if n := testing.AllocsPerRun(10, func() { Forward(2, s, y, x, x, x); Backward(2, s, dq, dk, dv, y, x, x, x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	defer func() {
		if recover() != badShape {
			t.Error("short queries do not panic as they should")
		}
	}()
	Forward(2, s, y, x[1:], x, x)
}

func BenchmarkAttention(b *testing.B) {
	r := rand.New(rand.NewSource(3))
	s := Shape{64, 64, 4, 16, true}
	x := draw(r, s.TQ*s.width())
	y, dq, dk, dv := draw(r, len(x)), draw(r, len(x)), draw(r, len(x)), draw(r, len(x))
	for name, f := range map[string]func(){"forward": func() { Forward(1, s, y, x, x, x) }, "backward": func() { Backward(1, s, dq, dk, dv, y, x, x, x) }} {
		b.Run(fmt.Sprintf("%s/t=64,heads=4,dim=16", name), func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(hw.Median(0, f)*1e6, "median-µs")
		})
	}
}
