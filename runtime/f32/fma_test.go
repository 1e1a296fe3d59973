package f32

import (
	"math"
	"math/big"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// exact returns a·b+c by way of math/big: all terms exact, then one rounding.
func exact(a, b, c float32) float32 {
	x, y, z := float64(a), float64(b), float64(c)
	if p := x * y; math.IsNaN(p) || math.IsInf(p, 0) || math.IsNaN(z) || math.IsInf(z, 0) {
		return float32(p + z)
	}
	const prec = 1200 // spans 2^-298 to 2^256 and the carry
	p := new(big.Float).SetPrec(prec).Mul(big.NewFloat(x), big.NewFloat(y))
	s := new(big.Float).SetPrec(prec).Add(p, big.NewFloat(z))
	if s.Sign() == 0 {
		return float32(x*y + z) // the sign of an exact zero
	}
	f, _ := s.Float32()
	return f
}

func sameBits(x, y float32) bool {
	return math.Float32bits(x) == math.Float32bits(y) || x != x && y != y
}

func check(t *testing.T, a, b, c float32) {
	t.Helper()
	if got, want := FMA(a, b, c), exact(a, b, c); !sameBits(got, want) {
		t.Fatalf("FMA(%x, %x, %x) = %x, want %x", a, b, c, got, want)
	}
}

// rounds is how many random triples each test draws.
func rounds() int {
	if testing.Short() {
		return 20_000
	}
	return 300_000
}

func TestFMARandomBits(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range rounds() {
		check(t, math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()), math.Float32frombits(r.Uint32()))
	}
}

func TestFMANearExponents(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range rounds() {
		a := float32(r.NormFloat64())
		b := float32(r.NormFloat64())
		c := float32(math.Ldexp(r.NormFloat64(), r.Intn(60)-30))
		check(t, a, b, c)
	}
}

// TestFMATies draws sums that lie within a hair of halfway between two float32: c has 24
// bits, the product half a unit of c's last place, plus or minus a far smaller term.
func TestFMATies(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range rounds() {
		e := r.Intn(253) - 149 // exponent of c's last place, from subnormals up to overflow
		c := float32(math.Ldexp(float64(1<<23+r.Intn(1<<23)), e))
		if r.Intn(4) == 0 { // few bits: c may lie in the subnormals
			c = float32(math.Ldexp(float64(r.Intn(1<<10)), e))
		}
		// (1+i·2^-23)(1-i·2^-23) = 1 - i²·2^-46, and (1+2^-23·i)² = 1 + 2i·2^-23 + i²·2^-46.
		i := float64(1 + r.Intn(3))
		u, v := 1+math.Ldexp(i, -23), 1-math.Ldexp(i, -23)
		if r.Intn(3) == 0 {
			u, v = 1+math.Ldexp(1, -12), 1-math.Ldexp(1, -12)
		}
		if r.Intn(5) == 0 {
			u, v = 1, 1 // an exact tie
		}
		half := e - 1 + r.Intn(3) - 1
		ea := max(-149+24, min(126, half/2))
		a := float32(math.Ldexp(u, ea))
		b := float32(math.Ldexp(v, half-ea))
		if r.Intn(2) == 0 {
			a = -a
		}
		if r.Intn(2) == 0 {
			c = -c
		}
		check(t, a, b, c)
	}
}

func TestFMASpecials(t *testing.T) {
	inf := float32(math.Inf(1))
	vals := []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, inf, -inf, float32(math.NaN()),
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, math.MaxFloat32, -math.MaxFloat32,
		0x1p-126, -0x1p-126, 0x1.fffffcp-127, 0x1p-75, 0x1p-74, 0x1.000002p-75, 1 + 0x1p-23, 1 - 0x1p-24, 0x1p-24, 0x1p-25, 0x1p24,
	}
	for _, a := range vals {
		for _, b := range vals {
			for _, c := range vals {
				check(t, a, b, c)
			}
		}
	}
}

// TestFMASubnormalTie is a case that repairs only at bit 28 would get wrong: the halfway
// point of two subnormals has more zero bits than that.
func TestFMASubnormalTie(t *testing.T) {
	a, b := float32(0x1p-75*(1+0x1p-23)), float32(0x1p-75*(1+0x1p-23))
	check(t, a, b, 0x1p-130)
	if got := FMA(a, b, 0x1p-130); got != 0x1p-130+0x1p-149 {
		t.Errorf("got %x", got)
	}
}

func TestAxpyIsFMA(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for n := range 20 {
		x, y, want := make([]float32, n), make([]float32, n+1), make([]float32, n+1)
		a := float32(r.Intn(5))
		for i := range x {
			x[i], y[i] = float32(r.Intn(100)), float32(r.NormFloat64())
			want[i] = FMA(a, x[i], y[i])
		}
		Axpy(a, x, y)
		for i := range y {
			if !sameBits(y[i], want[i]) {
				t.Fatalf("n=%d: y[%d] = %x, want %x", n, i, y[i], want[i])
			}
		}
	}
}

func FuzzFMA(f *testing.F) {
	f.Add(uint32(0x3f800001), uint32(0x33800001), uint32(0x3f800000))
	fuzzing.Fuzz(f, func(t *testing.T, a, b, c uint32) {
		check(t, math.Float32frombits(a), math.Float32frombits(b), math.Float32frombits(c))
	})
}

func BenchmarkFMA(b *testing.B) {
	x := float32(1)
	for b.Loop() {
		x = FMA(x, 0.999, 0.001)
	}
	if x == 0 {
		b.Log(x)
	}
}
