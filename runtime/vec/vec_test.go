package vec

import (
	"math"
	"testing"

	"github.com/nngen/nngen/runtime/vec/scalar"
)

// A truth is a function with its exact values.
type truth struct {
	name  string
	f     func(float32) float32
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
	{"Exp", scalar.Exp, math.Exp, 2, -unbounded, unbounded},
	{"Expm1Neg", scalar.Expm1Neg, math.Expm1, 2, -unbounded, 0},
	{"Tanh", scalar.Tanh, math.Tanh, 2, -unbounded, unbounded},
	{"Sigmoid", scalar.Sigmoid, sigmoid64, 2, -unbounded, unbounded},
	{"Log", scalar.Log, math.Log, 2, 0, unbounded},
	{"Softplus", scalar.Softplus, softplus64, 3, -unbounded, unbounded},
	{"SiLU", scalar.SiLU, func(x float64) float64 { return x * sigmoid64(x) }, 3, -87, unbounded},
	{"GELU", scalar.GELU, func(x float64) float64 { return x * phi64(x) }, 6, -13, unbounded},
	{"GELUTanh", scalar.GELUTanh, geluTanh64, 150, -9.9, unbounded},
	{"Mish", scalar.Mish, mish64, 4, -87, unbounded},
	{"LogCosh", scalar.LogCosh, func(x float64) float64 {
		if a := math.Abs(x); a < 0.1 {
			return 0.5 * math.Log1p(math.Sinh(a)*math.Sinh(a))
		} else {
			return a + math.Log1p(math.Exp(-2*a)) - math.Ln2
		}
	}, 6, -unbounded, unbounded},
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
