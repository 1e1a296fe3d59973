package half

import (
	"math"
	"math/big"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

var formats = []struct {
	name            string
	f               Format
	precision, tiny int     // bits of a significand, and the exponent of the smallest number
	most            float64 // the largest number
}{
	{"float16", Float16, 11, -24, 65504},
	{"bfloat16", BFloat16, 8, -133, math.Ldexp(255, 120)},
}

func TestWidenedAndRoundedIsTheSame(t *testing.T) {
	for _, row := range formats {
		for h := range 1 << 16 {
			x := row.f.Widen(uint16(h))
			back := row.f.Round(x)
			if x != x {
				if y := row.f.Widen(back); y == y {
					t.Errorf("%s: NaN of bits %#x becomes %v", row.name, h, y)
				}
				continue
			}
			if back != uint16(h) {
				t.Errorf("%s: %#x is %v, which is rounded to %#x", row.name, h, x, back)
			}
		}
	}
}

// TestRoundIsToNearestEven compares with the nearest number by exact arithmetic: for every number of a format, what lies
// at it, halfway to the next, and one float32 beside these.
func TestRoundIsToNearestEven(t *testing.T) {
	for _, row := range formats {
		check := func(x float32) {
			want := float64(0)
			if x != 0 && !math.IsInf(float64(x), 0) {
				_, e := math.Frexp(float64(x))
				unit := max(e-row.precision, row.tiny)
				want = math.Ldexp(math.RoundToEven(math.Ldexp(float64(x), -unit)), unit)
			} else {
				want = float64(x)
			}
			if math.Abs(want) > row.most {
				want = math.Inf(int(math.Copysign(1, want)))
			}
			if math.Signbit(float64(x)) {
				want = math.Copysign(want, -1)
			}
			if got := row.f.Widen(row.f.Round(x)); math.Float64bits(float64(got)) != math.Float64bits(want) {
				t.Fatalf("%s: %v is rounded to %v, want %v", row.name, x, got, want)
			}
		}
		for h := range 1 << 15 {
			x := row.f.Widen(uint16(h))
			if x != x {
				continue
			}
			next := row.f.Widen(uint16(h) + 1)
			half := float32((float64(x) + float64(next)) / 2) // exact but at the ends of float32
			for _, v := range []float32{x, half} {
				u := math.Float32bits(v)
				for _, w := range []uint32{u, u + 1, max(u, 1) - 1} {
					y := math.Float32frombits(w)
					if y == y {
						check(y)
						check(-y)
					}
				}
			}
		}
		check(math.MaxFloat32)
		check(math.SmallestNonzeroFloat32)
	}
}

// TestFormats checks numbers that the standards and big.Float give.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		f    Format
		bits uint16
		want float32
	}{
		{Float16, 0x3c00, 1}, {Float16, 0xc000, -2}, {Float16, 0x7bff, 65504}, {Float16, 0x0400, 0x1p-14}, {Float16, 0x0001, 0x1p-24},
		{Float16, 0x3555, 0.333251953125}, {BFloat16, 0x3f80, 1}, {BFloat16, 0xc000, -2}, {BFloat16, 0x7f7f, 0x1.fep127}, {BFloat16, 0x4049, 3.140625},
	} {
		if got := c.f.Widen(c.bits); got != c.want {
			t.Errorf("format %d: %#x is %v, want %v", c.f, c.bits, got, c.want)
		}
	}
	third, _ := new(big.Float).SetPrec(11).SetMode(big.ToNearestEven).SetRat(big.NewRat(1, 3)).Float32()
	if got := Float16.Widen(Float16.Round(1.0 / 3)); got != third {
		t.Errorf("⅓ is %v, want %v", got, third)
	}
}

// TestKernelsHaveTheBitsOfTheirTwins widens all numbers, in slices of every length up to 100 too.
func TestKernelsHaveTheBitsOfTheirTwins(t *testing.T) {
	all := make([]uint16, 1<<16)
	for i := range all {
		all[i] = uint16(i)
	}
	for _, row := range formats {
		want, got := make([]float32, len(all)+1), make([]float32, len(all)+1)
		widenGeneric(row.f, want, all)
		compare := func(n, from int) {
			t.Helper()
			got[n] = 77
			Widen(row.f, got[:n], all[from:from+n])
			for i := range n {
				if math.Float32bits(got[i]) != math.Float32bits(want[from+i]) {
					t.Fatalf("%s: %#x is %v (%#x), want %v (%#x)", row.name, all[from+i], got[i], math.Float32bits(got[i]), want[from+i], math.Float32bits(want[from+i]))
				}
			}
			if got[n] != 77 {
				t.Fatalf("%s: of %d numbers, one behind them is written", row.name, n)
			}
		}
		compare(len(all), 0)
		for n := range 100 {
			compare(n, 1000+n)
		}
		if allocs := testing.AllocsPerRun(10, func() { Widen(row.f, got, all) }); allocs > 0 && !kerneltest.Emulated {
			t.Errorf("%s: Widen allocates %v times", row.name, allocs)
		}
	}
}
