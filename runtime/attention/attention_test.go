package attention

import (
	"fmt"
	"math"
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
		for _, s := range []Shape{{1, 1, 1, 1, false}, {5, 5, 2, 3, true}, {9, 4, 3, 8, false}, {20, 20, 4, 16, true}, {300, 300, 1, 5, true}, {7, 2100, 2, 4, false}} {
			const n = 3
			one := s.TQ * s.width()
			other := s.TK * s.width()
			q, k, v, dy := draw(r, n*one), draw(r, n*other), draw(r, n*other), draw(r, n*one)
			y, dq, dk, dv := draw(r, n*one), draw(r, n*one), draw(r, n*other), draw(r, n*other)
			mask := draw(r, n*s.TK)
			Forward(n, s, y, q, k, v, mask)
			Backward(n, s, dq, dk, dv, dy, q, k, v, mask)
			for i := range n {
				a, b := i*one, i*other
				gotY, gotQ, gotK, gotV := draw(r, one), draw(r, one), draw(r, other), draw(r, other)
				Forward(1, s, gotY, q[a:], k[b:], v[b:], mask[i*s.TK:])
				Backward(1, s, gotQ, gotK, gotV, dy[a:], q[a:], k[b:], v[b:], mask[i*s.TK:])
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
	for _, s := range []Shape{{6, 6, 2, 4, true}, {200, 200, 1, 4, true}} {
		noStepReadsWhatComesAfter(t, r, s)
	}
}

func noStepReadsWhatComesAfter(t *testing.T, r *rand.Rand, s Shape) {
	size := s.TQ * s.width()
	q, k, v, before, after := draw(r, size), draw(r, size), draw(r, size), make([]float32, size), make([]float32, size)
	Forward(1, s, before, q, k, v, nil)
	for i := size - s.width(); i < size; i++ {
		q[i], k[i], v[i] = 5, -7, 9
	}
	Forward(1, s, after, q, k, v, nil)
	if at := kerneltest.Diff(before[:size-s.width()], after[:size-s.width()]); at >= 0 {
		t.Errorf("y[%d] changed with a later step", at)
	}
}

// TestAMaskTakesKeysOut compares sequences, short ones and some in several blocks, with those that lack the keys that a
// mask takes out: outputs and gradients agree but for the rounding of sums, and the gradients of keys taken out are 0.
func TestAMaskTakesKeysOut(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for _, s := range []Shape{{5, 7, 2, 3, false}, {90, 400, 1, 4, false}} {
		w := s.width()
		q, k, v, dy, mask := draw(r, s.TQ*w), draw(r, s.TK*w), draw(r, s.TK*w), draw(r, s.TQ*w), draw(r, s.TK)
		mask[0] = 1
		var fewK, fewV []float32
		var kept []int
		for j, m := range mask {
			if m > 0.5 {
				fewK, fewV, kept = append(fewK, k[j*w:][:w]...), append(fewV, v[j*w:][:w]...), append(kept, j)
			}
		}
		few := s
		few.TK = len(kept)
		y, dq, dk, dv := draw(r, s.TQ*w), draw(r, s.TQ*w), draw(r, s.TK*w), draw(r, s.TK*w)
		wantY, wantQ, wantK, wantV := draw(r, s.TQ*w), draw(r, s.TQ*w), draw(r, len(fewK)), draw(r, len(fewV))
		Forward(1, s, y, q, k, v, mask)
		Backward(1, s, dq, dk, dv, dy, q, k, v, mask)
		Forward(1, few, wantY, q, fewK, fewV, nil)
		Backward(1, few, wantQ, wantK, wantV, dy, q, fewK, fewV, nil)
		close := func(what string, got, want []float32) {
			for i := range want {
				if d := math.Abs(float64(got[i] - want[i])); d > 1e-5*(1+math.Abs(float64(want[i]))) {
					t.Fatalf("%+v: %s[%d] is %v, want %v", s, what, i, got[i], want[i])
				}
			}
		}
		close("y", y, wantY)
		close("dq", dq, wantQ)
		for at, j := range kept {
			close("dk", dk[j*w:][:w], wantK[at*w:][:w])
			close("dv", dv[j*w:][:w], wantV[at*w:][:w])
		}
		for j, m := range mask {
			for i := range w {
				if m <= 0.5 && (dk[j*w+i] != 0 || dv[j*w+i] != 0) {
					t.Fatalf("%+v: key %d is taken out, but has gradients", s, j)
				}
			}
		}
	}
}

// TestAQueryWithoutKeysGivesZero takes all keys out.
func TestAQueryWithoutKeysGivesZero(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	s := Shape{3, 4, 2, 3, false}
	w := s.width()
	y, x, z := draw(r, 3*w), draw(r, 3*w), draw(r, 4*w)
	dq, dk, dv := draw(r, 3*w), draw(r, 4*w), draw(r, 4*w)
	Forward(1, s, y, x, z, z, make([]float32, 4))
	Backward(1, s, dq, dk, dv, x, x, z, z, make([]float32, 4))
	for _, x := range [][]float32{y, dq, dk, dv} {
		for i, v := range x {
			if v != 0 {
				t.Fatalf("element %d is %v, want 0", i, v)
			}
		}
	}
}

// TestBlocksHaveTheSumsOfTheWhole compares a causal sequence of several blocks with sums in float64.
func TestBlocksHaveTheSumsOfTheWhole(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	for _, s := range []Shape{{200, 200, 2, 4, true}, {50, 700, 1, 6, false}, {9, 4, 1, 2, true}, {4, 9, 1, 2, true}} {
		w := s.width()
		q, k, v := draw(r, s.TQ*w), draw(r, s.TK*w), draw(r, s.TK*w)
		y := draw(r, s.TQ*w)
		Forward(1, s, y, q, k, v, nil)
		for i := range s.TQ {
			for h := range s.Heads {
				keys := s.keys(i + 1)
				p, sum := make([]float64, keys), 0.0
				for j := range p {
					for c := range s.Dim {
						p[j] += float64(q[i*w+h*s.Dim+c]) * float64(k[j*w+h*s.Dim+c])
					}
					p[j] = math.Exp(p[j] / math.Sqrt(float64(s.Dim)))
					sum += p[j]
				}
				for c := range s.Dim {
					want := 0.0
					for j := range p {
						want += p[j] / sum * float64(v[j*w+h*s.Dim+c])
					}
					if got := float64(y[i*w+h*s.Dim+c]); math.Abs(got-want) > 1e-5 {
						t.Fatalf("%+v: query %d, head %d, column %d: %v, want %v", s, i, h, c, got, want)
					}
				}
			}
		}
	}
}

func TestNothingAllocatesAndShortSlicesPanic(t *testing.T) {
	s := Shape{4, 4, 2, 3, true}
	x := make([]float32, 2*s.TQ*s.width())
	y, dq, dk, dv := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	if n := testing.AllocsPerRun(10, func() { Forward(2, s, y, x, x, x, x); Backward(2, s, dq, dk, dv, y, x, x, x, x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	func() {
		defer func() {
			if recover() != badShape {
				t.Error("a short mask does not panic as it should")
			}
		}()
		Forward(2, s, y, x, x, x, x[:7])
	}()
	defer func() {
		if recover() != badShape {
			t.Error("short queries do not panic as they should")
		}
	}()
	Forward(2, s, y, x[1:], x, x, nil)
}

func BenchmarkAttention(b *testing.B) {
	r := rand.New(rand.NewSource(3))
	for _, s := range []Shape{{64, 64, 4, 16, true}, {64, 64, 4, 16, false}, {1024, 1024, 4, 16, true}} {
		x := draw(r, s.TQ*s.width())
		y, dq, dk, dv := draw(r, len(x)), draw(r, len(x)), draw(r, len(x)), draw(r, len(x))
		for name, f := range map[string]func(){"forward": func() { Forward(1, s, y, x, x, x, nil) }, "backward": func() { Backward(1, s, dq, dk, dv, y, x, x, x, nil) }} {
			b.Run(fmt.Sprintf("%s/t=%d,heads=4,dim=16,causal=%t", name, s.TQ, s.Causal), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(hw.Median(0, f)*1e6, "median-µs")
			})
		}
	}
}

// TestStepsHaveTheBitsOfForward feeds sequences of one and of several blocks step by step, with and without a mask. Later
// rows of the state are what an earlier sequence left there.
func TestStepsHaveTheBitsOfForward(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(7))
		for _, s := range []Shape{{1, 1, 1, 1, true}, {16, 16, 4, 8, true}, {40, 40, 2, 3, true}, {150, 150, 2, 20, true},
			{300, 300, 1, 5, true}} {
			size, w := s.TQ*s.width(), s.width()
			q, k, v, want, y := draw(r, size), draw(r, size), draw(r, size), draw(r, size), draw(r, w)
			keys, values, some := draw(r, size), draw(r, size), draw(r, s.TK)
			for _, mask := range [][]float32{nil, some} {
				Forward(1, s, want, q, k, v, mask)
				var kept, one []float32
				if mask != nil {
					kept = make([]float32, s.TK)
				}
				for at := range s.TQ {
					if mask != nil {
						one = mask[at:][:1]
					}
					Step(at, s, y, keys, values, q[at*w:][:w], k[at*w:][:w], v[at*w:][:w], kept, one)
					if i := kerneltest.Diff(y, want[at*w:][:w]); i >= 0 {
						t.Fatalf("%+v, mask %t, step %d: y[%d] is %v, want %v", s, mask != nil, at, i, y[i], want[at*w+i])
					}
				}
			}
		}
	})
}

func TestAStepAllocatesNothingAndPanicsBesideTheSequence(t *testing.T) {
	s := Shape{4, 4, 2, 3, true}
	w := s.width()
	state, x, y := make([]float32, 4*w), make([]float32, w), make([]float32, w)
	if n := testing.AllocsPerRun(10, func() { Step(3, s, y, state, state, x, x, x, nil, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for what, step := range map[string]func(){
		"behind the last":  func() { Step(4, s, y, state, state, x, x, x, nil, nil) },
		"before the first": func() { Step(-1, s, y, state, state, x, x, x, nil, nil) },
		"short query":      func() { Step(0, s, y, state, state, x[1:], x, x, nil, nil) },
		"mask alone":       func() { Step(0, s, y, state, state, x, x, x, nil, x) },
		"not causal":       func() { Step(0, Shape{4, 4, 2, 3, false}, y, state, state, x, x, x, nil, nil) },
	} {
		func() {
			defer func() {
				if recover() != badStep {
					t.Errorf("%s: no panic as it should be", what)
				}
			}()
			step()
		}()
	}
}

// TestBlocksHaveTheBitsOfSteps takes steps in blocks, with and without a mask, with values that are not finite, and with
// sums whose signs of zero depend on what comes behind.
func TestBlocksHaveTheBitsOfSteps(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(9))
		for _, s := range []Shape{{1, 1, 1, 1, true}, {20, 20, 4, 16, true}, {300, 300, 1, 5, true}, {16, 16, 4, 8, true}} {
			for i := range 5 {
				w := s.width()
				size := s.TQ * w
				q, k, v := draw(r, size), draw(r, size), draw(r, size)
				var mask, kept, gotKept []float32
				switch i {
				case 1:
					mask, kept, gotKept = draw(r, s.TQ), make([]float32, s.TQ), make([]float32, s.TQ)
				case 2: // products that vanish, below 0
					for j := range v {
						v[j] = -1e-45 * float32(1+r.Intn(3))
					}
				case 3:
					v[r.Intn(size)], v[r.Intn(size)] = float32(math.Inf(1)), float32(math.NaN())
				case 4:
					k[r.Intn(size)], q[r.Intn(size)] = float32(math.Inf(1)), float32(math.NaN())
				}
				keys, values, want := make([]float32, size), make([]float32, size), make([]float32, size)
				gotKeys, gotValues, got := make([]float32, size), make([]float32, size), make([]float32, size)
				part := func(x []float32, from, n int) []float32 {
					if x == nil {
						return nil
					}
					return x[from : from+n]
				}
				for at := range s.TQ {
					Step(at, s, want[at*w:][:w], keys, values, q[at*w:], k[at*w:], v[at*w:], kept, part(mask, at, 1))
				}
				for at := 0; at < s.TQ; {
					n := min(s.TQ-at, r.Intn(40))
					Steps(at, n, s, got[at*w:][:n*w], gotKeys, gotValues, q[at*w:], k[at*w:], v[at*w:], gotKept, part(mask, at, n))
					at += n
				}
				if at := kerneltest.Diff(got, want); at >= 0 {
					t.Fatalf("%+v, %d: y[%d] = %v, want %v", s, i, at, got[at], want[at])
				}
				if kerneltest.Diff(gotKeys, keys) >= 0 || kerneltest.Diff(gotValues, values) >= 0 || kerneltest.Diff(gotKept, kept) >= 0 {
					t.Fatalf("%+v, %d: keys, values or the mask differ", s, i)
				}
			}
		}
	})
}

// TestStepsAllocateNothingAndMisusePanics counts allocations of a block of steps, and hands over what is none.
func TestStepsAllocateNothingAndMisusePanics(t *testing.T) {
	s := Shape{8, 8, 2, 3, true}
	r := rand.New(rand.NewSource(3))
	y, keys, values, x := make([]float32, 48), make([]float32, 48), make([]float32, 48), draw(r, 48)
	if n := testing.AllocsPerRun(20, func() { Steps(2, 6, s, y, keys, values, x, x, x, nil, nil) }); n != 0 {
		t.Errorf("Steps allocates %v times", n)
	}
	apart := s
	apart.Causal = false
	for i, f := range []func(){
		func() { Steps(3, 6, s, y, keys, values, x, x, x, nil, nil) },
		func() { Steps(-1, 2, s, y, keys, values, x, x, x, nil, nil) },
		func() { Steps(0, 8, s, y[1:], keys, values, x, x, x, nil, nil) },
		func() { Steps(0, 8, s, y, keys, values, x, x, x[1:], nil, nil) },
		func() { Steps(0, 8, s, y, keys, values, x, x, x, y, nil) },
		func() { Steps(0, 8, s, y, keys, values, x, x, x, y, y[:7]) },
		func() { Steps(0, 8, apart, y, keys, values, x, x, x, nil, nil) },
	} {
		func() {
			defer func() {
				if got := recover(); got != badSteps {
					t.Errorf("%d: panics with %v, want %q", i, got, badSteps)
				}
			}()
			f()
		}()
	}
}
