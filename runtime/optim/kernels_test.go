package optim

import (
	"math"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

var kernels = []kerneltest.Kernel{
	kernel("adam", 2,
		func(b [][]float32) { Adam{0.9, 0.999, 1e-8, 0.01}.Step(b[0], b[1], b[2], b[3], 3, 0.01, 0.5) },
		func(b [][]float32) {
			s := newAdam(0.9, 0.999, 1e-8, 0.01, 1, 3, 0.01, 0.5)
			adamGeneric(b[0], b[1], b[2], b[3], &s)
		}),
	kernel("adamw", 2,
		func(b [][]float32) { AdamW{0.9, 0.999, 1e-8, 0.01}.Step(b[0], b[1], b[2], b[3], 3, 0.01, 0.5) },
		func(b [][]float32) {
			s := newAdam(0.9, 0.999, 1e-8, 0, 1-0.01*0.01, 3, 0.01, 0.5)
			adamGeneric(b[0], b[1], b[2], b[3], &s)
		}),
	kernel("sgd", 0,
		func(b [][]float32) { SGD{0.1}.Step(b[0], b[1], 1, 0.01, 0.5) },
		func(b [][]float32) { sgdGeneric(b[0], b[1], &sgdScalars{0.5, 0.1, 0.01}) }),
	kernel("momentum", 1,
		func(b [][]float32) { Momentum{0.9, 0.25, false, 0.1}.Step(b[0], b[1], b[2], 2, 0.01, 0.5) },
		func(b [][]float32) { momentumGeneric(b[0], b[1], b[2], &momentumScalars{0.5, 0.1, 0.9, 0.75, 0.01}) }),
	kernel("nesterov", 1,
		func(b [][]float32) { Nesterov{0.9, 0.1}.Step(b[0], b[1], b[2], 2, 0.01, 0.5) },
		func(b [][]float32) { nesterovGeneric(b[0], b[1], b[2], &nesterovScalars{0.5, 0.1, 0.9, 0.01}) }),
	kernel("rmsprop", 1,
		func(b [][]float32) {
			RMSProp{Alpha: 0.75, Eps: 1e-8, WeightDecay: 0.1}.Step(b[0], b[1], b[2], nil, nil, 2, 0.01, 0.5)
		},
		func(b [][]float32) {
			rmspropGeneric(b[0], b[1], b[2], &rmspropScalars{0.5, 0.1, 0.75, 0.25, 0.01, 1e-8, 0})
		}),
	kernel("rmsprop-centered", 2,
		func(b [][]float32) {
			RMSProp{Alpha: 0.75, Eps: 1e-8, WeightDecay: 0.1, Centered: true}.Step(b[0], b[1], b[2], b[3], nil, 2, 0.01, 0.5)
		},
		func(b [][]float32) {
			rmspropFullGeneric(b[0], b[1], b[2], b[3], nil, true, false, &rmspropScalars{0.5, 0.1, 0.75, 0.25, 0.01, 1e-8, 0})
		}),
	kernel("rmsprop-momentum", 2,
		func(b [][]float32) {
			RMSProp{Alpha: 0.75, Eps: 1e-8, WeightDecay: 0.1, Momentum: 0.5}.Step(b[0], b[1], b[2], nil, b[3], 2, 0.01, 0.5)
		},
		func(b [][]float32) {
			rmspropFullGeneric(b[0], b[1], b[2], nil, b[3], false, true, &rmspropScalars{0.5, 0.1, 0.75, 0.25, 0.01, 1e-8, 0.5})
		}),
	kernel("rmsprop-centered-momentum", 3,
		func(b [][]float32) {
			RMSProp{Alpha: 0.75, Eps: 1e-8, WeightDecay: 0.1, Momentum: 0.5, Centered: true}.Step(b[0], b[1], b[2], b[3], b[4], 2, 0.01, 0.5)
		},
		func(b [][]float32) {
			rmspropFullGeneric(b[0], b[1], b[2], b[3], b[4], true, true, &rmspropScalars{0.5, 0.1, 0.75, 0.25, 0.01, 1e-8, 0.5})
		}),
	kernel("adagrad", 1,
		func(b [][]float32) {
			Adagrad{InitialAccumulator: 0.5, Eps: 1e-8, WeightDecay: 0.1}.Step(b[0], b[1], b[2], 1, 0.01, 0.5)
		},
		func(b [][]float32) { adagradGeneric(b[0], b[1], b[2], &adagradScalars{0.5, 0.1, 0.5, 0.01, 1e-8}) }),
	kernel("adadelta", 2,
		func(b [][]float32) { Adadelta{0.75, 1e-6, 0.1}.Step(b[0], b[1], b[2], b[3], 2, 0.01, 0.5) },
		func(b [][]float32) {
			adadeltaGeneric(b[0], b[1], b[2], b[3], &adadeltaScalars{0.5, 0.1, 0.75, 0.25, 0.01, 1e-6})
		}),
	kernel("amsgrad", 3,
		func(b [][]float32) { AMSGrad{0.9, 0.999, 1e-8, 0.01}.Step(b[0], b[1], b[2], b[3], b[4], 3, 0.01, 0.5) },
		func(b [][]float32) {
			s := newAdam(0.9, 0.999, 1e-8, 0.01, 1, 3, 0.01, 0.5)
			amsgradGeneric(b[0], b[1], b[2], b[3], b[4], &amsgradScalars{s.clip, s.decay, s.keep1, s.take1, s.keep2, s.take2, s.rate, s.root, s.eps})
		}),
	kernel("nadam", 2,
		func(b [][]float32) { NAdam{0.9, 0.999, 1e-8, 0.01, 0}.Step(b[0], b[1], b[2], b[3], 1, 0.01, 0.5) },
		func(b [][]float32) {
			s := newAdam(0.9, 0.999, 1e-8, 0.01, 1, 1, 0.01, 0.5)
			// Without decay of the momentum μ is Beta1/2 in each step.
			const mu = 0.45
			nadamGeneric(b[0], b[1], b[2], b[3], &nadamScalars{s.clip, s.decay, s.keep1, s.take1, s.keep2, s.take2, s.root, s.eps, 0.01, 0.01 * mu / (1 - mu*mu)})
		}),
	kernel("adamax", 2,
		func(b [][]float32) { Adamax{0.9, 0.999, 1e-8, 0.01}.Step(b[0], b[1], b[2], b[3], 3, 0.01, 0.5) },
		func(b [][]float32) {
			s := newAdam(0.9, 0.999, 1e-8, 0.01, 1, 3, 0.01, 0.5)
			adamaxGeneric(b[0], b[1], b[2], b[3], &adamaxScalars{s.clip, s.decay, s.keep1, s.take1, s.keep2, s.rate, s.eps})
		}),
	kernel("lion", 1,
		func(b [][]float32) { Lion{0.9, 0.99, 0.1}.Step(b[0], b[1], b[2], 3, 0.01, 0.5) },
		func(b [][]float32) {
			lionGeneric(b[0], b[1], b[2], &lionScalars{0.5, 0, 1 - 0.01*0.1, 0.9, 1 - 0.9, 0.99, 1 - 0.99, 0.01})
		}),
}

// kernel makes a row for an optimizer with a number of states.
func kernel(name string, states int, got, want func(b [][]float32)) kerneltest.Kernel {
	return kerneltest.Kernel{
		Name: name, Sizes: kerneltest.Range(lanes),
		Args: func(s []int) []kerneltest.Arg {
			args := []kerneltest.Arg{{Dir: kerneltest.InOut, Len: s[0]}, {Dir: kerneltest.In, Len: s[0]}}
			for range states {
				args = append(args, kerneltest.Arg{Dir: kerneltest.InOut, Len: s[0]})
			}
			return args
		},
		Got:  func(_ []int, b [][]float32) { got(b) },
		Want: func(_ []int, b [][]float32) { want(b) },
	}
}

func TestKernelsHaveTheBitsOfTheirTwins(t *testing.T) { kerneltest.Run(t, kernels) }

func TestSumSquaresHasTheBitsOfItsTwin(t *testing.T) {
	kerneltest.Run(t, []kerneltest.Kernel{{
		Name: "sumSquares", Sizes: kerneltest.Range(lanes),
		Args: func(s []int) []kerneltest.Arg {
			return []kerneltest.Arg{{Dir: kerneltest.Out, Len: 3}, {Dir: kerneltest.In, Len: s[0]}}
		},
		Got: func(_ []int, b [][]float32) { parts(b[0], SumSquares(b[1])) },
		Want: func(_ []int, b [][]float32) {
			var s [lanes]float64
			sumSquaresGeneric(b[1], &s)
			sum := 0.0
			for _, v := range s {
				sum += v
			}
			parts(b[0], sum)
		},
	}})
}

// parts writes the bits of x as three exact float32; a NaN has only to be NaN.
func parts(b []float32, x float64) {
	if x != x {
		x = math.NaN()
	}
	bits := math.Float64bits(x)
	b[0], b[1], b[2] = float32(bits>>40), float32(bits<<24>>40), float32(bits&0xffff)
}

func BenchmarkSumSquares(b *testing.B) {
	g := make([]float32, 100<<10)
	for b.Loop() {
		SumSquares(g)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(g)), "ns/element")
}

func BenchmarkStep(b *testing.B) {
	const n = 100 << 10
	var x [5][]float32
	for i := range x {
		x[i] = make([]float32, n)
		for j := range x[i] {
			x[i][j] = float32(j%17) / 16
		}
	}
	for i, k := range kernels {
		b.Run(k.Name, func(b *testing.B) {
			for range b.N {
				kernels[i].Got(nil, x[:])
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/parameter")
		})
	}
}

// TestUnusedStatesReachZero lets a first moment shrink without gradient.
func TestUnusedStatesReachZero(t *testing.T) {
	w, g, m, v := make([]float32, 9), make([]float32, 9), make([]float32, 9), make([]float32, 9)
	for i := range m {
		m[i] = 1
	}
	for k := uint64(1); k <= 1000; k++ {
		Adam{0.9, 0.999, 1e-8, 0}.Step(w, g, m, v, k, 0.001, 1)
	}
	for i, x := range m {
		if x != 0 {
			t.Fatalf("m[%d] = %g after 1000 steps without gradient", i, x)
		}
	}
}

// TestLongVectorsHaveTheBitsOfTheirParts compares vectors that kernels get in several slices with the generic functions.
func TestLongVectorsHaveTheBitsOfTheirParts(t *testing.T) {
	for i := range kernels {
		for _, n := range []int{slice, 2*slice + 13} {
			kernels[i].Compare(t, []int{n}, func(r *rand.Rand) float32 { return float32(r.NormFloat64()) }, int64(n))
		}
	}
}

func FuzzStep(f *testing.F) {
	f.Add(uint8(0), uint8(33), int64(1), uint32(0x3f800000))
	f.Add(uint8(12), uint8(19), int64(2), uint32(4)) // a denormal
	fuzzing.Fuzz(f, func(t *testing.T, k, n uint8, seed int64, bits uint32) {
		kernels[int(k)%len(kernels)].Compare(t, []int{int(n)}, func(r *rand.Rand) float32 {
			if r.Intn(4) == 0 {
				return math.Float32frombits(r.Uint32())
			}
			return math.Float32frombits(bits + uint32(r.Intn(4096)))
		}, seed)
	})
}
