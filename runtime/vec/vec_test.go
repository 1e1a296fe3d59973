package vec

import (
	"math"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nngen/nngen/runtime/vec/scalar"
)

// A truth is a function with its exact values.
type truth struct {
	name  string
	f     func(float32) float32
	vec   func(y, x []float32) // its kernel, nil if it has none
	exact func(float64) float64
	ulp   float64 // bound that its doc states
	lo    float64 // arguments outside lo and hi are not measured
	hi    float64
}

var unbounded = math.Inf(1)

func phi64(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }

func sigmoid64(x float64) float64 {
	if x < 0 {
		e := math.Exp(x)
		return e / (1 + e)
	}
	return 1 / (1 + math.Exp(-x))
}

func softplus64(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }

func mish64(x float64) float64 { return x * math.Tanh(softplus64(x)) }

func geluTanh64(x float64) float64 {
	return x * sigmoid64(2*math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))
}

var truths = []truth{
	{"Exp", scalar.Exp, Exp, math.Exp, 1.05, -unbounded, unbounded},
	{"Expm1Neg", scalar.Expm1Neg, nil, math.Expm1, 0.99, -unbounded, 0},
	{"Tanh", scalar.Tanh, Tanh, math.Tanh, 1.91, -unbounded, unbounded},
	{"Sigmoid", scalar.Sigmoid, Sigmoid, sigmoid64, 1.67, -unbounded, unbounded},
	{"Log", scalar.Log, Log, math.Log, 0.95, 0, unbounded},
	{"Softplus", scalar.Softplus, Softplus, softplus64, 1.78, -unbounded, unbounded},
	{"SiLU", scalar.SiLU, SiLU, func(x float64) float64 { return x * sigmoid64(x) }, 2.68, -87, unbounded},
	{"QuickGELU", scalar.QuickGELU, QuickGELU, func(x float64) float64 { return x * sigmoid64(float64(float32(1.702))*x) }, 70, -51, unbounded},
	{"GELU", scalar.GELU, GELU, func(x float64) float64 { return x * phi64(x) }, 5.99, -13, unbounded},
	{"GELUTanh", scalar.GELUTanh, GELUTanh, geluTanh64, 202, -9.9, unbounded},
	{"Mish", scalar.Mish, Mish, mish64, 3.93, -87, unbounded},
	{"LogCosh", scalar.LogCosh, LogCosh, func(x float64) float64 {
		if a := math.Abs(x); a < 0.1 {
			return 0.5 * math.Log1p(math.Sinh(a)*math.Sinh(a))
		} else {
			return a + math.Log1p(math.Exp(-2*a)) - math.Ln2
		}
	}, 5.52, -unbounded, unbounded},
	{"Sin", scalar.Sin, Sin, math.Sin, 2.9, -unbounded, unbounded},
	{"Cos", scalar.Cos, Cos, math.Cos, 2.9, -unbounded, unbounded},
	{"Erf", scalar.Erf, Erf, math.Erf, 1.03, -unbounded, unbounded},
	{"Floor", scalar.Floor, Floor, math.Floor, 0, -unbounded, unbounded},
	{"Ceil", scalar.Ceil, Ceil, math.Ceil, 0, -unbounded, unbounded},
	{"Round", scalar.Round, Round, math.RoundToEven, 0, -unbounded, unbounded},
}

// ulps returns the distance of got from want in units of the last place of want, 0 if both
// are NaN or the same infinity.
func ulps(got float32, want float64) float64 {
	switch {
	case math.IsNaN(want) || got != got:
		if math.IsNaN(want) && got != got {
			return 0
		}
		return math.Inf(1)
	case math.IsInf(float64(got), 0) && float32(want) == got:
		return 0
	case math.IsInf(float64(got), 0):
		// Overflow counts from the largest float32 plus one unit.
		return math.Abs(0x1p128-math.Abs(want)) / 0x1p104
	}
	return math.Abs(float64(got)-want) / unit(want)
}

// unit is the distance of the float32 around want.
func unit(want float64) float64 {
	_, e := math.Frexp(want)
	return math.Ldexp(1, max(e-24, -149))
}

// TestAllFloats measures the errors over all 2³² arguments, with the kernels where there are
// any, and compares kernels with their twins on a part of them. It takes minutes, and runs
// only with NNGEN_LONG=1.
func TestAllFloats(t *testing.T) {
	if os.Getenv("NNGEN_LONG") != "1" {
		t.Skip("takes minutes: set NNGEN_LONG=1 to run it")
	}
	for _, f := range truths {
		t.Run(f.name, func(t *testing.T) {
			const block = 1 << 16
			type result struct {
				worst float64
				at    float32
			}
			results := make([]result, runtime.GOMAXPROCS(0))
			var next atomic.Int64
			var wg sync.WaitGroup
			for w := range results {
				wg.Add(1)
				go func() {
					defer wg.Done()
					x, y := make([]float32, block), make([]float32, block)
					r := &results[w]
					for b := next.Add(1) - 1; b < 1<<32/block; b = next.Add(1) - 1 {
						for i := range x {
							x[i] = floatOf(uint32(b*block) + uint32(i))
						}
						if f.vec != nil {
							f.vec(y, x)
						}
						for i, v := range x {
							if f.vec == nil {
								y[i] = f.f(v)
							} else if i%64 == int(b%64) {
								if want := f.f(v); math.Float32bits(want) != math.Float32bits(y[i]) && (want == want || y[i] == y[i]) {
									t.Errorf("kernel(%x) = %x, twin has %x", v, y[i], want)
									return
								}
							}
							if !(float64(v) < f.lo || float64(v) > f.hi) {
								if u := ulps(y[i], f.exact(float64(v))); !(u <= r.worst) {
									r.worst, r.at = u, v
								}
							}
						}
					}
				}()
			}
			wg.Wait()
			worst := result{}
			for _, r := range results {
				if r.worst > worst.worst {
					worst = r
				}
			}
			t.Logf("at most %.3f ulp, at %x (%g)", worst.worst, worst.at, worst.at)
			if worst.worst > f.ulp {
				t.Errorf("want at most %g", f.ulp)
			}
		})
	}
}

func TestErrorsOfScalars(t *testing.T) {
	step := uint32(9973)
	if testing.Short() {
		step = 99991
	}
	for _, f := range truths {
		t.Run(f.name, func(t *testing.T) {
			worst, at := measure(f, 0, 1<<32, uint64(step))
			t.Logf("%.3f ulp at %x (%g): got %g, want %g", worst, at, at, f.f(at), f.exact(float64(at)))
			if worst > f.ulp {
				t.Errorf("%.3f ulp at %x (%g), want at most %g", worst, at, at, f.ulp)
			}
		})
	}
}

// measure returns the largest error for the floats whose bits lie in [from, to), by step.
func measure(f truth, from, to, step uint64) (worst float64, at float32) {
	for b := from; b < to; b += step {
		x := math.Float32frombits(uint32(b))
		if float64(x) < f.lo || float64(x) > f.hi {
			continue
		}
		if u := ulps(f.f(x), f.exact(float64(x))); u > worst {
			worst, at = u, x
		}
	}
	return
}

func floatOf(bits uint32) float32 { return math.Float32frombits(bits) }
