package gemm

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

var (
	inf          = float32(math.Inf(1))
	negativeZero = float32(math.Copysign(0, -1))
	oddNumbers   = []float32{float32(math.NaN()), inf, -inf, 0, negativeZero, 1e-42, -1e-42, math.MaxFloat32}
)

// drawFew draws n numbers of which a share are other than 0, some of them odd.
func drawFew(r *rand.Rand, n int, share float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		switch {
		case r.Float64() >= share:
			x[i] = []float32{0, 0, 0, negativeZero}[r.Intn(4)]
		case r.Intn(60) == 0:
			x[i] = oddNumbers[r.Intn(len(oddNumbers))]
		default:
			x[i] = float32(r.NormFloat64())
		}
	}
	return x
}

// TestNonzeroHasTheBitsOfItsTwin compares the kernel with its twin for rows of all numbers of registers, of more than 64
// elements too, and several calls, with slices that end, or begin, where memory may not be touched.
func TestNonzeroHasTheBitsOfItsTwin(t *testing.T) {
	if !cpu.HasAVX2FMA {
		t.Skip("no kernel here")
	}
	defer func(w int) { work = w }(work)
	r := rand.New(rand.NewSource(1))
	for n := 1; n < 260; n += 1 + r.Intn(3) {
		m, k := 1+r.Intn(9), 1+r.Intn([]int{9, 70, 140}[n%3])
		width := NonzeroWidth(n)
		if width < n || width%8 != 0 {
			t.Fatalf("NonzeroWidth(%d) = %d", n, width)
		}
		lda, ldb, ldc := k+r.Intn(3), width+r.Intn(3), width+r.Intn(3)
		fence := kerneltest.Fence(kerneltest.Edge(n%2 == 1))
		a, b := fence(drawFew(r, (m-1)*lda+k, r.Float64())), fence(drawFew(r, (k-1)*ldb+width, 1))
		got, want := fence(make([]float32, (m-1)*ldc+width)), make([]float32, (m-1)*ldc+width)
		if work = 1 << 22; n%2 == 0 {
			work = 3 * width * k
		}
		nonzeroGeneric(m, n, k, a, lda, b, ldb, want, ldc)
		Nonzero(m, n, k, a, lda, b, ldb, got, ldc)
		for i := range m {
			if at := kerneltest.Diff(got[i*ldc:][:n], want[i*ldc:][:n]); at >= 0 {
				t.Fatalf("m=%d, n=%d, k=%d: c[%d, %d] = %x, want %x", m, n, k, i, at, got[i*ldc+at], want[i*ldc+at])
			}
		}
	}
}

// TestNonzeroIsTheProduct compares it with sums of all products, for B of finite elements: the numbers are the same, and so
// are the bits of those that are not 0.
func TestNonzeroIsTheProduct(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 50 {
		m, n, k := 1+r.Intn(5), 1+r.Intn(40), r.Intn(30)
		width := NonzeroWidth(n)
		a, b := drawFew(r, m*k, 0.3), make([]float32, k*width)
		for i := range b {
			b[i] = float32(r.NormFloat64()) * []float32{1, 1e-40}[r.Intn(2)]
		}
		got, want := make([]float32, m*width), make([]float32, m*width)
		Nonzero(m, n, k, a, k, b, width, got, width)
		for at := range want {
			for p := range k {
				want[at] = f32.FMA(a[at/width*k+p], b[p*width+at%width], want[at])
			}
		}
		for i := range m {
			for j, v := range want[i*width:][:n] {
				if g := got[i*width+j]; !kerneltest.Same(g, v) && (g != 0 || v != 0) {
					t.Fatalf("m=%d, n=%d, k=%d: c[%d, %d] = %x, want %x", m, n, k, i, j, g, v)
				}
			}
		}
	}
}

// TestListsHaveTheBitsOfTheirTwins compares the kernels with their twins for columns and rows of all numbers, and several
// calls, with slices that end, or begin, where memory may not be touched.
func TestListsHaveTheBitsOfTheirTwins(t *testing.T) {
	if !cpu.HasAVX2FMA {
		t.Skip("no kernel here")
	}
	defer func(w int) { work = w }(work)
	r := rand.New(rand.NewSource(3))
	var got, want Lists
	for i := range 300 {
		m, n, eights := 8*(1+r.Intn(5))+r.Intn(8), 1+r.Intn(20), 1+r.Intn(25)
		ldx := n + r.Intn(3)
		fence := kerneltest.Fence(kerneltest.Edge(i%2 == 1))
		x := fence(drawFew(r, (m-1)*ldx+n, r.Float64()))
		var p Places
		p.Reset(1, 1)
		for range m {
			p.Run(r.Intn(90))
		}
		width := ListWidth(eights)
		offsets := make([]int, width/8)
		for j := range offsets {
			if offsets[j] = r.Intn(70); i%2 == 0 && j%2 == 1 { // the halves of registers of AVX-512
				offsets[j] = offsets[j-1] + 8
			}
		}
		if work = 1 << 22; i%3 == 0 {
			work = 64 * m
		}
		got.Set(m, n, x, ldx, &p)
		want.Set(m, n, x, ldx, &p)
		want.setGeneric(m, x, ldx, p.terms)
		for j := range n {
			c := want.counts[j]
			if got.counts[j] != c || !slices.Equal(got.places[j*got.step:][:c], want.places[j*want.step:][:c]) ||
				kerneltest.Diff(got.values[j*got.step:][:c], want.values[j*want.step:][:c]) >= 0 {
				t.Fatalf("m=%d, n=%d: list %d differs", m, n, j)
			}
		}
		ldc := width + r.Intn(3)
		a, c := fence(drawFew(r, ListReach(&p, slices.Max(offsets)), 1)), drawFew(r, (n-1)*ldc+width, 1)
		gotC, wantC := fence(c), slices.Clone(c)
		got.Add(eights, a, offsets, gotC, ldc)
		want.addGeneric(eights, a, offsets, wantC, ldc)
		for j := range n {
			if at := kerneltest.Diff(gotC[j*ldc:][:8*eights], wantC[j*ldc:][:8*eights]); at >= 0 {
				t.Fatalf("m=%d, n=%d, eights=%d: c[%d, %d] = %x, want %x",
					m, n, eights, j, at, gotC[j*ldc+at], wantC[j*ldc+at])
			}
		}
	}
}

// TestLooksAtElements holds what counts and looks for elements to loops.
func TestLooksAtElements(t *testing.T) {
	defer func(w int) { work = w }(work)
	work = 64
	r := rand.New(rand.NewSource(4))
	for n := range 100 {
		x := kerneltest.Fence(kerneltest.Edge(n%2 == 1))(drawFew(r, n, []float64{0, 0.1, 1}[n%3]))
		nonzeros, finite, negative := 0, true, false
		for _, v := range x {
			if v != 0 {
				nonzeros++
			}
			finite = finite && v-v == 0
			negative = negative || v == 0 && math.Signbit(float64(v))
		}
		if a, b, c := Nonzeros(x), Finite(x), HasNegativeZero(x); a != nonzeros || b != finite || c != negative {
			t.Fatalf("%v: %d, %v, %v, want %d, %v, %v", x, a, b, c, nonzeros, finite, negative)
		}
	}
	for _, odd := range []float32{inf, -inf, float32(math.NaN())} { // one of them in each place
		for i := range 19 {
			x := make([]float32, 19)
			if x[i] = odd; Finite(x) {
				t.Errorf("%v is finite", x)
			}
			if x[i] = math.MaxFloat32; !Finite(x) {
				t.Errorf("%v is not finite", x)
			}
		}
	}
}

// TestNonzeroAllocatesNothingAndMisusePanics hands over what lies beyond slices.
func TestNonzeroAllocatesNothingAndMisusePanics(t *testing.T) {
	a, b, c := make([]float32, 3*5), make([]float32, 5*NonzeroWidth(20)), make([]float32, 3*NonzeroWidth(20))
	w := NonzeroWidth(20)
	var l Lists
	x, offsets := make([]float32, 9*5), make([]int, ListWidth(3)/8)
	var places, fewer Places
	places.Reset(9, 3)
	places.Run(2)
	fewer.Reset(8, 3)
	fewer.Run(2)
	offsets[1] = 11
	set := func() { l.Set(9, 5, x, 5, &places) }
	sums := make([]float32, 5*ListWidth(3))
	set()
	before := slices.Clone(c)
	Nonzero(3, 0, 5, a, 5, b, w, c, w)
	Nonzero(0, 20, 5, a, 5, b, w, c, w)
	l.Add(0, x, offsets, c, w)
	if !slices.Equal(before, c) {
		t.Error("no columns, but C has changed")
	}
	for i := range c {
		c[i] = 1
	}
	Nonzero(2, 20, 0, nil, 5, nil, w, c, w) // of no terms, from nowhere
	for i, v := range c {
		if i/w < 2 && i%w < 20 && v != 0 || i/w == 2 && v != 1 {
			t.Errorf("no terms, but c[%d, %d] = %v", i/w, i%w, v)
		}
	}
	if n := testing.AllocsPerRun(5, func() {
		Nonzero(3, 20, 5, a, 5, b, w, c, w)
		set()
		l.Add(3, x, offsets, sums, ListWidth(3))
	}); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
	for _, x := range []struct {
		want string
		call func()
	}{
		{badSize, func() { Nonzero(-1, 20, 5, a, 5, b, w, c, w) }},
		{badA, func() { Nonzero(3, 20, 5, a[:14], 5, b, w, c, w) }},
		{badB, func() { Nonzero(3, 20, 5, a, 5, b[:len(b)-1], w, c, w) }},
		{badB, func() { Nonzero(3, 20, 5, a, 5, b, w-1, c, w) }},
		{badC, func() { Nonzero(3, 20, 5, a, 5, b, w, c[:len(c)-1], w) }},
		{badSize, func() { l.Set(-1, 5, x, 5, &places) }},
		{badA, func() { l.Set(9, 5, x[:44], 5, &places) }},
		{badLists, func() { l.Set(9, 5, x, 5, &fewer) }},
		{badSize, func() { l.Add(-1, x, offsets, sums, ListWidth(3)) }},
		{badA, func() { l.Add(3, x[:44], offsets, sums, ListWidth(3)) }},
		{badC, func() { l.Add(3, x, offsets, sums[:len(sums)-1], ListWidth(3)) }},
		{badLists, func() { l.Add(3, x, offsets[:len(offsets)-1], sums, ListWidth(3)) }},
		{badLists, func() { l.Add(3, x, []int{0, 0, 0, -1}, sums, ListWidth(3)) }},
	} {
		func() {
			defer func() {
				if got := fmt.Sprint(recover()); got != x.want {
					t.Errorf("panic %q, want %q", got, x.want)
				}
			}()
			x.call()
		}()
	}
}
