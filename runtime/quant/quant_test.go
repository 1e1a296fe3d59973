package quant

import (
	"math"
	"math/big"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/pool"
)

// exact returns ⌊s·multiplier/2^shift + ½⌋ by arithmetic of unlimited precision.
func exact(s, multiplier, shift int32) int64 {
	v := new(big.Int).Mul(big.NewInt(int64(s)), big.NewInt(int64(multiplier)))
	v.Add(v, new(big.Int).Lsh(big.NewInt(1), uint(shift-1)))
	return v.Rsh(v, uint(shift)).Int64() // of package big: rounds downwards
}

// TestMultiplyIsExact compares with arithmetic of unlimited precision at the ends of the ranges, around halves, and at random.
func TestMultiplyIsExact(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	check := func(s, m, shift int32) {
		if got, want := multiplyShift(s, m, shift), exact(s, m, shift); int64(got) != want {
			t.Fatalf("%d·%d/2^%d is %d, want %d", s, m, shift, got, want)
		}
	}
	for shift := int32(31); shift <= 62; shift++ {
		for _, m := range []int32{0, 1 << 30, 1<<30 + 1, math.MaxInt32, 3 << 29} {
			for _, s := range []int32{0, 1, -1, 2, -2, 1<<30 - 1, -1 << 30, 1 << 29, -1 << 29} {
				check(s, m, shift)
			}
			for range 200 {
				check(int32(r.Uint32())>>(1+r.Intn(24)), m, shift)
				half := (int64(2*r.Intn(1<<16)+1) << (shift - 1)) / int64(max(m, 1)) // so that the result is about a half
				for d := int64(-1); d <= 1; d++ {
					if s := half + d; s == int64(int32(s)) {
						check(int32(s), m, shift)
						check(int32(-s), m, shift)
					}
				}
			}
		}
	}
}

func FuzzMultiply(f *testing.F) {
	f.Add(int32(5), int32(1<<30), int32(31))
	fuzzing.Fuzz(f, func(t *testing.T, s, m, shift int32) {
		_ = multiplyShift(s, m, shift) // whatever a damaged file holds: no panic
		s, m, shift = s>>1, m|1<<30, 31+(shift&31)
		if m < 0 {
			m = ^m | 1<<30
		}
		if got, want := multiplyShift(s, m, shift), exact(s, m, shift); int64(got) != want {
			t.Fatalf("%d·%d/2^%d is %d, want %d", s, m, shift, got, want)
		}
	})
}

// scales draws what a Rescale needs for n channels.
func scales(r *rand.Rand, n int) Rescale {
	s := Rescale{Range: []int32{int32(r.Intn(256) - 128), int32(r.Intn(256) - 128), -128, 127}}
	if r.Intn(2) == 0 {
		s.Range[low] = s.Range[zeroY]
	}
	for range n {
		s.Bias = append(s.Bias, int32(r.Intn(1<<20)-1<<19))
		s.Multiplier = append(s.Multiplier, 1<<30+int32(r.Intn(1<<30)))
		s.Shift = append(s.Shift, 36+int32(r.Intn(12)))
	}
	return s
}

func int8s(r *rand.Rand, n int) []int8 {
	x := make([]int8, n)
	for i := range x {
		x[i] = int8(r.Intn(256) - 128)
		if r.Intn(8) == 0 {
			x[i] = int8(255*r.Intn(2) - 128) // an end of the range
		}
	}
	return x
}

// guarded returns room for n numbers with guards behind it, and what checks these.
func guarded(t *testing.T, n int) ([]int8, func()) {
	all := make([]int8, n+64)
	for i := range all {
		all[i] = 77
	}
	return all[:n:n], func() {
		t.Helper()
		for i, v := range all[n:] {
			if v != 77 {
				t.Fatalf("the number %d behind the result was changed", i)
			}
		}
	}
}

// convolve computes a convolution the plain way, in whole numbers: the sums of y, for depthwise filters or others.
func convolve(g *conv.Geometry, n int, x, w []int8, bias []int32, zero int32, depthwise bool) []int64 {
	var sums []int64
	for at := range n * g.OH * g.OW * g.OC {
		oc, ox, oy, i := at%g.OC, at/g.OC%g.OW, at/g.OC/g.OW%g.OH, at/g.OC/g.OW/g.OH
		s := int64(bias[oc])
		for fy := range g.FH {
			for fx := range g.FW {
				for c := range g.C {
					k := ((fy*g.FW+fx)*g.C+c)*g.OC + oc
					if depthwise {
						if oc/(g.OC/g.C) != c {
							continue
						}
						k = (fy*g.FW+fx)*g.OC + oc
					}
					v := int64(zero)
					if row, col := oy*g.SH+fy*g.DH-g.PT, ox*g.SW+fx*g.DW-g.PL; row >= 0 && row < g.H && col >= 0 && col < g.W {
						v = int64(x[((i*g.H+row)*g.W+col)*g.C+c])
					}
					s += v * int64(w[k])
				}
			}
		}
		sums = append(sums, s)
	}
	return sums
}

// clamped returns what a Rescale makes of sums.
func clamped(r Rescale, sums []int64) []int8 {
	n := len(r.Bias)
	y := make([]int8, len(sums))
	for i, s := range sums {
		v := int64(r.Range[zeroY]) + exact(int32(s), r.Multiplier[i%n], r.Shift[i%n])
		y[i] = int8(max(int64(r.Range[low]), min(v, int64(r.Range[high]))))
	}
	return y
}

func same(t *testing.T, what any, got, want []int8) {
	t.Helper()
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("%v: number %d is %d, want %d", what, i, got[i], want[i])
		}
	}
}

// TestDenseIsExact compares products of all sizes around those of panels, blocks and chunks with whole numbers.
func TestDenseIsExact(t *testing.T) {
	modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(1))
		for _, k := range []int{1, 2, 3, 15, 16, 17, 31, 33, 64, 255, 256, 257, 2047, 2048, 2049, 4095, 4096, 4097, 9001} {
			for _, n := range []int{1, 7, 8, 9, 31, 32, 33, 40, 63, 65, 100} {
				if k > 300 && n > 40 || k > 2049 && n > 9 {
					continue
				}
				rows := r.Intn(20)
				if r.Intn(2) == 0 { // few enough for kernels of a row
					rows = r.Intn(4)
				}
				x, w, s := int8s(r, rows*k), int8s(r, k*n), scales(r, n)
				packed := make([]int8, PackedLen(1, k, n))
				Pack(1, k, n, w, packed)
				g := flat(rows, n, k)
				sums := convolve(&g, 1, x, w, s.Bias, 0, false)
				y, check := guarded(t, rows*n)
				Dense(rows, n, k, y, x, packed, s)
				check()
				same(t, [3]int{rows, k, n}, y, clamped(s, sums))

				scale, f := make([]float32, n), make([]float32, rows*n)
				for j := range scale {
					scale[j] = r.Float32() / 1000
				}
				DenseFloat(rows, n, k, f, x, packed, s.Bias, scale)
				for i, v := range f {
					if want := float32(sums[i]) * scale[i%n]; v != want {
						t.Fatalf("%d×%d×%d: number %d is %v, want %v", rows, k, n, i, v, want)
					}
				}
			}
		}
	})
}

// geometry draws a convolution.
func geometry(r *rand.Rand, depthwise bool) conv.Geometry {
	g := conv.Geometry{H: 1 + r.Intn(7), W: 1 + r.Intn(9), C: 1 + r.Intn(20), FH: 1 + r.Intn(3), FW: 1 + r.Intn(4), SH: 1 + r.Intn(2), SW: 1 + r.Intn(3),
		PT: r.Intn(3), PL: r.Intn(3), DH: 1 + r.Intn(2), DW: 1 + r.Intn(2), Groups: 1}
	g.OC = 1 + r.Intn(40)
	if r.Intn(3) == 0 {
		g.C = 33 * (1 + r.Intn(5))
	}
	if depthwise {
		g.OC, g.Groups = g.C*(1+r.Intn(3)), g.C
	}
	if r.Intn(4) == 0 { // a column of pixels
		g.W, g.FW, g.PL, g.H = 1, 1, r.Intn(2), 1+r.Intn(40)
	}
	g.OH = max(1, (g.H+g.PT+r.Intn(3)-(g.FH-1)*g.DH-1)/g.SH+1)
	g.OW = max(1, (g.W+g.PL+r.Intn(3)-(g.FW-1)*g.DW-1)/g.SW+1)
	return g
}

// TestConvolutionsAreExact compares convolutions of random geometries with whole numbers.
func TestConvolutionsAreExact(t *testing.T) {
	modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(2))
		for i := range 240 {
			depthwise := i%3 == 0
			g, n := geometry(r, depthwise), r.Intn(3)
			if i%120 == 0 { // a strip at an edge reads more than there is memory for
				g = conv.Geometry{H: 5, W: 12, C: 300, FH: 3, FW: 3, SH: 1, SW: 1 + i/120, PT: 1, PL: 1, DH: 1, DW: 1}
				g.OH, g.OW, g.OC, g.Groups, n = g.H, (g.W-1)/g.SW+1, g.C, g.C, 1
			}
			k := g.FH * g.FW * g.C
			if depthwise {
				k = g.FH * g.FW
			}
			x, w, s := int8s(r, n*g.H*g.W*g.C), int8s(r, k*g.OC), scales(r, g.OC)
			sums := convolve(&g, n, x, w, s.Bias, s.Range[zeroX], depthwise)
			y, check := guarded(t, n*g.OH*g.OW*g.OC)
			scale, f := make([]float32, g.OC), make([]float32, len(y))
			for j := range scale {
				scale[j] = r.Float32() / 1000
			}
			if depthwise {
				Depthwise(n, &g, y, x, w, s)
				DepthwiseFloat(n, &g, f, x, w, s.Bias, scale, s.Range[:1])
			} else {
				runs, run := runsOf(&g)
				packed := make([]int8, PackedLen(runs, run, g.OC))
				Pack(runs, run, g.OC, w, packed)
				Conv(n, &g, y, x, packed, s)
				ConvFloat(n, &g, f, x, packed, s.Bias, scale, s.Range[:1])
			}
			check()
			same(t, g, y, clamped(s, sums))
			for i, v := range f {
				if want := float32(sums[i]) * scale[i%g.OC]; v != want {
					t.Fatalf("%v: number %d is %v, want %v", g, i, v, want)
				}
			}
		}
	})
}

// TestPools compares maxima and means with those over all elements of a window.
func TestPools(t *testing.T) {
	modes(t, testPools)
}

func testPools(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for i := range 60 {
		w := pool.Window{H: 2 + r.Intn(5), W: 2 + r.Intn(5), C: 1 + r.Intn(20), FH: 1 + r.Intn(2), FW: 1 + r.Intn(2), SH: 1 + r.Intn(2), SW: 1 + r.Intn(2)}
		w.PT, w.PL = r.Intn(w.FH), r.Intn(w.FW)
		if w.C += i % 3 * 20; i == 0 { // of more pixels than a call of a kernel reads
			w.H, w.W, w.C, w.FH, w.FW, w.PT, w.PL = 70, 130, 9, 69, 129, 0, 0
		}
		w.OH, w.OW = (w.H+w.PT-w.FH)/w.SH+1, (w.W+w.PL-w.FW)/w.SW+1
		n := 1 + r.Intn(2)
		x := int8s(r, n*w.H*w.W*w.C)
		largest, mean := make([]int8, n*w.OH*w.OW*w.C), make([]int8, n*w.OH*w.OW*w.C)
		Max(n, w, largest, x)
		Average(n, w, mean, x)
		for at := range largest {
			c, ox, oy, i := at%w.C, at/w.C%w.OW, at/w.C/w.OW%w.OH, at/w.C/w.OW/w.OH
			most, sum, count := math.Inf(-1), 0.0, 0.0
			for fy := range w.FH {
				for fx := range w.FW {
					if row, col := oy*w.SH+fy-w.PT, ox*w.SW+fx-w.PL; row >= 0 && row < w.H && col >= 0 && col < w.W {
						v := float64(x[((i*w.H+row)*w.W+col)*w.C+c])
						most, sum, count = max(most, v), sum+v, count+1
					}
				}
			}
			if float64(largest[at]) != most || float64(mean[at]) != math.Round(sum/count) {
				t.Fatalf("%+v: number %d is %d and %d, want %v and %v", w, at, largest[at], mean[at], most, math.Round(sum/count))
			}
		}
	}
}

// TestQuantize compares with the definition of QuantizeLinear in float64, at halves and beyond the range too, and NaN.
func TestQuantize(t *testing.T) {
	modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(4))
		for _, n := range []int{0, 1, 7, 8, 9, 31, 32, 33, 100} {
			for range 20 {
				scale, zero := []float32{float32(math.Exp(8*r.Float64() - 6))}, []int32{int32(r.Intn(256) - 128)}
				x, y := make([]float32, n), make([]int8, n)
				for i := range x {
					x[i] = float32(600*r.Float64()-300) * scale[0]
					switch r.Intn(12) {
					case 0:
						x[i] = (float32(r.Intn(300)-150) + 0.5) * scale[0]
					case 1:
						x[i] = float32(math.Inf(1 - 2*r.Intn(2)))
					case 2:
						x[i] = float32(math.NaN())
					case 3:
						x[i] *= 1e30
					}
				}
				Quantize(y, x, scale, zero)
				back := make([]float32, n)
				Dequantize(back, y, scale, zero)
				for i, v := range x {
					want := math.Max(-128, math.Min(math.RoundToEven(float64(v/scale[0]))+float64(zero[0]), 127))
					if v != v {
						want = -128
					}
					if float64(y[i]) != want {
						t.Fatalf("%v at scale %v, zero %d is %d, want %v", v, scale[0], zero[0], y[i], want)
					}
					if w := float32(float64(y[i])-float64(zero[0])) * scale[0]; back[i] != w {
						t.Fatalf("%d comes back as %v, want %v", y[i], back[i], w)
					}
				}
			}
		}
	})
}

// TestAddIsExact compares sums with arithmetic of unlimited precision.
func TestAddIsExact(t *testing.T) {
	modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(5))
		for n := range 100 {
			a, b, y := int8s(r, n), int8s(r, n), make([]int8, n)
			m := func() int32 { return 1<<30 + int32(r.Intn(1<<30)) }
			zero := func() int32 { return int32(r.Intn(256) - 128) }
			p := []int32{zero(), m(), 31 + int32(r.Intn(4)), zero(), m(), 31 + int32(r.Intn(4)),
				m(), 50 + int32(r.Intn(6)), zero(), -128 + int32(r.Intn(9)), 127 - int32(r.Intn(9))}
			Add(y, a, b, p)
			for i := range y {
				s := exact((int32(a[i])-p[0])<<20, p[1], p[2]) + exact((int32(b[i])-p[3])<<20, p[4], p[5])
				want := max(int64(p[9]), min(int64(p[8])+exact(int32(s), p[6], p[7]), int64(p[10])))
				if int64(y[i]) != want {
					t.Fatalf("%d + %d by %v is %d, want %d", a[i], b[i], p, y[i], want)
				}
			}
		}
	})
}

// TestDamagedNumbersNeverPanic gives all that a file of weights may hold: kernels and twins agree, and nothing panics.
func TestDamagedNumbersNeverPanic(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	random := func(n int) []int32 {
		x := make([]int32, n)
		for i := range x {
			x[i] = int32(r.Uint32()) >> r.Intn(32)
		}
		return x
	}
	const k, n = 37, 43
	for i := range 100 {
		rows := 3 + i%2
		s := Rescale{Bias: random(n), Multiplier: random(n), Shift: random(n), Range: random(4)}
		x, w, y := int8s(r, rows*k), int8s(r, k*n), make([]int8, rows*n)
		packed := make([]int8, PackedLen(1, k, n))
		Pack(1, k, n, w, packed)
		Dense(rows, n, k, y, x, packed, s)
		sums, want := make([]int32, n), make([]int8, n)
		for i := range rows {
			for j := range n {
				sums[j] = s.Bias[j]
				for c, v := range x[i*k:][:k] {
					sums[j] += int32(v) * int32(w[c*n+j])
				}
			}
			s.rescaleGeneric(want, sums, 0, n, 1, n, n)
			same(t, s, y[i*n:], want)
		}
		add := addArgs{}
		for j, v := range random(SumLen) {
			*[...]*int32{&add.zeroA, &add.multiplierA, &add.shiftA, &add.zeroB, &add.multiplierB, &add.shiftB, &add.multiplier,
				&add.shift, &add.zero, &add.lo, &add.hi}[j] = v
		}
		add.lo, add.hi = max(-128, min(add.lo, 127)), max(-128, min(add.hi, 127))
		add.addGeneric(want, y[n:2*n], y[:n])
		add.add(y[:n], y[n:2*n], y[:n])
		if !slices.Equal(y[:n], want) {
			t.Fatalf("%+v: sums are %v, want %v", add, y[:n], want)
		}
		Quantize(y, make([]float32, rows), []float32{math.Float32frombits(r.Uint32())}, random(1))
		Dequantize(make([]float32, rows), y[:rows], []float32{math.Float32frombits(r.Uint32())}, random(1))
	}
}

// TestShortSlicesPanicAndNothingAllocates calls each function with a slice that is too short, and counts allocations.
func TestShortSlicesPanicAndNothingAllocates(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	g := conv.Geometry{H: 5, W: 5, C: 8, OH: 5, OW: 5, OC: 8, FH: 3, FW: 3, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1}
	x, y, w, s := int8s(r, 200), make([]int8, 200), make([]int8, PackedLen(3, 24, 8)), scales(r, 8)
	f, one, table := make([]float32, 200), []float32{1}, make([]int8, 256)
	win := pool.Window{H: 5, W: 5, C: 8, OH: 5, OW: 5, FH: 1, FW: 1, SH: 1, SW: 1}
	scale := make([]float32, 8)
	calls := map[string]func(cut int){
		"Dense":          func(c int) { Dense(25, 8, 8, y[:200-c], x, w, s) },
		"DenseFloat":     func(c int) { DenseFloat(25, 8, 8, f, x, w, s.Bias, scale[:8-c]) },
		"Conv":           func(c int) { Conv(1, &g, y, x[:200-c], w, s) },
		"ConvFloat":      func(c int) { ConvFloat(1, &g, f, x, w[:len(w)-c], s.Bias, scale, s.Range) },
		"Depthwise":      func(c int) { Depthwise(1, &g, y, x, w[:72-c], s) },
		"DepthwiseFloat": func(c int) { DepthwiseFloat(1, &g, f, x, w, s.Bias, scale[:8-c], s.Range) },
		"Max":            func(c int) { Max(1, win, y[:200-c], x) },
		"Average":        func(c int) { Average(1, win, y, x[:200-c]) },
		"Add":            func(c int) { Add(y, x, x[:200-c], make([]int32, SumLen)) },
		"Columns":        func(c int) { Columns(10, 20, 5, y[:200-c], 5, x, table) },
		"Lookup":         func(c int) { Lookup(y, x, table[:256-c]) },
		"Quantize":       func(c int) { Quantize(y[:200-c], f, one, s.Range) },
		"Dequantize":     func(c int) { Dequantize(f[:200-c], x, one, s.Range) },
		"Pack":           func(c int) { Pack(3, 24, 8, make([]int8, 576), w[:len(w)-c]) },
		"multipliers":    func(c int) { Dense(25, 8, 8, y, x, w, Rescale{s.Bias, s.Multiplier[:8-c], s.Shift, s.Range}) },
		"groups":         func(c int) { g := g; g.Groups += c; Conv(1, &g, y, x, w, s) },
	}
	for name, call := range calls {
		if a := testing.AllocsPerRun(10, func() { call(0) }); a != 0 && name != "Pack" && name != "Add" {
			t.Errorf("%s allocates %v times", name, a)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s does not panic", name)
				}
			}()
			call(1)
		}()
	}
}
