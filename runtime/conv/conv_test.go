package conv

import (
	"fmt"
	"math"
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/f32"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// geometry draws extents; the filter may reach far out of the image, and pixels may be left over.
func geometry(r *rand.Rand) *Geometry {
	g := &Geometry{
		H: 1 + r.Intn(7), W: 1 + r.Intn(7), FH: 1 + r.Intn(4), FW: 1 + r.Intn(4), SH: 1 + r.Intn(3), SW: 1 + r.Intn(3),
		DH: 1, DW: 1, Groups: 1, OH: 1 + r.Intn(6), OW: 1 + r.Intn(6), PT: r.Intn(4), PL: r.Intn(4),
	}
	if r.Intn(3) == 0 {
		g.DH, g.DW = 1+r.Intn(3), 1+r.Intn(3)
	}
	if r.Intn(3) == 0 {
		g.Groups = 1 + r.Intn(3)
	}
	g.C, g.OC = g.Groups*(1+r.Intn(4)), g.Groups*(1+r.Intn(20))
	return g
}

func depthwise(r *rand.Rand) *Geometry {
	g := geometry(r)
	g.C = 1 + r.Intn(20)
	g.Groups, g.OC = g.C, g.C*(1+r.Intn(3))
	return g
}

func (g *Geometry) sizes(n int) (x, y, w int) {
	return n * g.H * g.W * g.C, n * g.OH * g.OW * g.OC, g.FH * g.FW * (g.C / g.Groups) * g.OC
}

func draw(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// square returns a convolution that keeps the extents of square images.
func square(size, c, oc, filter int) *Geometry {
	return &Geometry{H: size, W: size, C: c, OH: size, OW: size, OC: oc, FH: filter, FW: filter, SH: 1, SW: 1, PT: filter / 2, PL: filter / 2, DH: 1, DW: 1, Groups: 1}
}

// TestChains holds the functions to the package doc, written out once more as one chain for each
// element, found by coordinates.
func TestChains(t *testing.T) { kerneltest.Modes(t, testChains) }

// TestLargeConvolutions compares with the twins what takes several blocks of rows, and of filters.
func TestLargeConvolutions(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for _, g := range []*Geometry{
		square(40, 8, 3, 3), square(50, 1, 18, 5), square(9, 64, 64, 3), square(3, 6, 300, 3),
		{H: 40, W: 31, C: 6, OH: 20, OW: 16, OC: 8, FH: 3, FW: 5, SH: 2, SW: 2, PT: 1, PL: 2, DH: 1, DW: 1, Groups: 2},
		{H: 50, W: 50, C: 3, OH: 16, OW: 23, OC: 5, FH: 4, FW: 3, SH: 3, SW: 2, PT: 0, PL: 1, DH: 1, DW: 2, Groups: 1},
	} {
		n := 2
		nx, ny, nw := g.sizes(n)
		x, w, dy, p := draw(r, nx), draw(r, nw), draw(r, ny), make([]float32, PackedLen(g))
		Pack(g, w, p)
		saved := draw(r, ny)
		got, want := draw(r, ny), make([]float32, ny)
		for name, ep := range map[string]gemm.Epilogue{"bias": gemm.BiasAct(draw(r, g.OC), gemm.ReLU), "gradient": gemm.GradAct(gemm.Tanh, saved)} {
			forwardGeneric(n, g, want, x, plain(g, w), ep)
			Forward(n, g, got, x, w, ep)
			same(t, g, "y, "+name, got, want)
			ForwardPacked(n, g, got, x, p, ep)
			same(t, g, "y, packed, "+name, got, want)
		}
		dx, wantDX := draw(r, nx), make([]float32, nx)
		dxGeneric(n, g, wantDX, dy, w)
		DX(n, g, dx, dy, w)
		same(t, g, "dx", dx, wantDX)
		for _, act := range []gemm.Act{gemm.Linear, gemm.ReLU, gemm.LeakyReLU} {
			ep := gemm.BiasAct(draw(r, g.C), act).Alpha(0.2)
			transposedGeneric(n, g, wantDX, dy, w, ep)
			Transposed(n, g, dx, dy, w, ep)
			same(t, g, "transposed, with bias", dx, wantDX)
		}
		dw, wantDW := draw(r, nw), make([]float32, nw)
		rows := g.FH * g.FW * (g.C / g.Groups)
		dwGeneric(n, g, 0, rows, wantDW, x, dy)
		cut := rows / 3 // in two parts
		DWRows(n, g, cut, rows, dw, x, dy)
		DWRows(n, g, 0, cut, dw, x, dy)
		same(t, g, "dw", dw, wantDW)
	}
}

func testChains(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for i := range 300 {
		g, n := geometry(r), r.Intn(3)
		forward, dxOf, dwOf := Forward, DX, DW
		if i%3 == 0 {
			g = depthwise(r)
			forward, dxOf, dwOf = Depthwise, DepthwiseDX, DepthwiseDW
		}
		nx, ny, nw := g.sizes(n)
		x, w, dy, b := draw(r, nx), draw(r, nw), draw(r, ny), draw(r, g.OC)
		per, cols := g.C/g.Groups, g.OC/g.Groups
		atX := func(i, y, x, c int) int { return ((i*g.H+y)*g.W+x)*g.C + c }
		atY := func(i, y, x, c int) int { return ((i*g.OH+y)*g.OW+x)*g.OC + c }
		atW := func(fy, fx, ci, oc int) int { return ((fy*g.FW+fx)*per+ci)*g.OC + oc }
		get := func(s []float32, at int, inside bool) float32 {
			if inside {
				return s[at]
			}
			return 0
		}
		insideX := func(y, x int) bool { return y >= 0 && y < g.H && x >= 0 && x < g.W }
		insideY := func(y, x int) bool { return y >= 0 && y < g.OH && x >= 0 && x < g.OW }

		y := draw(r, ny)
		acc := append([]float32(nil), y...)
		wantY, wantAcc := make([]float32, ny), make([]float32, ny)
		for at := range wantY {
			i, oy, ox, oc := at/g.OC/g.OW/g.OH, at/g.OC/g.OW%g.OH, at/g.OC%g.OW, at%g.OC
			sum, more := float32(0), acc[at]
			for k := range g.FH * g.FW * per {
				fy, fx, ci := k/per/g.FW, k/per%g.FW, k%per
				sy, sx := oy*g.SH+fy*g.DH-g.PT, ox*g.SW+fx*g.DW-g.PL
				v := get(x, atX(i, sy, sx, oc/cols*per+ci), insideX(sy, sx))
				sum = f32.FMA(v, w[atW(fy, fx, ci, oc)], sum)
				more = f32.FMA(v, w[atW(fy, fx, ci, oc)], more)
			}
			wantY[at], wantAcc[at] = max(sum+b[oc], 0), more
		}
		forward(n, g, y, x, w, gemm.BiasAct(b, gemm.ReLU))
		same(t, g, "y", y, wantY)
		forward(n, g, acc, x, w, gemm.Accumulate())
		same(t, g, "y, continued", acc, wantAcc)
		p := draw(r, PackedLen(g))
		Pack(g, w, p)
		ForwardPacked(n, g, y, x, p, gemm.BiasAct(b, gemm.ReLU))
		same(t, g, "y, packed", y, wantY)

		spread := g.narrow() && i%3 != 0 // the kinds with a group for each channel have chains
		dx, wantDX := draw(r, nx), make([]float32, nx)
		for at := range wantDX {
			i, py, px, c := at/g.C/g.W/g.H, at/g.C/g.W%g.H, at/g.C%g.W, at%g.C
			sum := float32(0)
			for oy := -100; oy < 100; oy++ {
				for ox := -100; ox < 100; ox++ {
					fy, fx := py+g.PT-oy*g.SH, px+g.PL-ox*g.SW
					if fy < 0 || fx < 0 || fy%g.DH != 0 || fx%g.DW != 0 || fy/g.DH >= g.FH || fx/g.DW >= g.FW {
						continue
					}
					if spread && !insideY(oy, ox) {
						continue
					}
					all := sum
					if spread {
						sum = 0
					}
					for k := range cols {
						oc := c/per*cols + k
						sum = f32.FMA(get(dy, atY(i, oy, ox, oc), insideY(oy, ox)), w[atW(fy/g.DH, fx/g.DW, c%per, oc)], sum)
					}
					if spread {
						sum = all + sum
					}
				}
			}
			wantDX[at] = sum
		}
		dxOf(n, g, dx, dy, w)
		same(t, g, "dx", dx, wantDX)

		dw, wantDW := draw(r, nw), make([]float32, nw)
		for at := range wantDW {
			fy, fx, ci, oc := at/g.OC/per/g.FW, at/g.OC/per%g.FW, at/g.OC%per, at%g.OC
			sum := float32(0)
			for k := range n * g.OH * g.OW {
				i, oy, ox := k/g.OW/g.OH, k/g.OW%g.OH, k%g.OW
				sy, sx := oy*g.SH+fy*g.DH-g.PT, ox*g.SW+fx*g.DW-g.PL
				sum = f32.FMA(get(x, atX(i, sy, sx, oc/cols*per+ci), insideX(sy, sx)), dy[atY(i, oy, ox, oc)], sum)
			}
			wantDW[at] = sum
		}
		dwOf(n, g, dw, x, dy)
		same(t, g, "dw", dw, wantDW)
	}
}

func same(t *testing.T, g *Geometry, what string, got, want []float32) {
	t.Helper()
	if at := kerneltest.Diff(got, want); at >= 0 {
		t.Fatalf("%+v: %s[%d] = %x, want %x", *g, what, at, got[at], want[at])
	}
}

// TestNothingBeyondASliceIsTouched computes with slices that end, or begin, where memory may not be touched.
func TestNothingBeyondASliceIsTouched(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	for i := range 200 {
		g, n := geometry(r), 1+r.Intn(2)
		forward, dxOf, dwOf := Forward, DX, DW
		if i%3 == 0 {
			g = depthwise(r)
			forward, dxOf, dwOf = Depthwise, DepthwiseDX, DepthwiseDW
		}
		nx, ny, nw := g.sizes(n)
		x, w, dy, b, p := draw(r, nx), draw(r, nw), draw(r, ny), draw(r, g.OC), draw(r, PackedLen(g))
		y, dx, dw := draw(r, ny), draw(r, nx), draw(r, nw)
		fence := kerneltest.Fence(kerneltest.Edge(i%2 == 1))
		fx, fw, fdy, fb, fp, fy, fdx, fdw := fence(x), fence(w), fence(dy), fence(b), fence(p), fence(y), fence(dx), fence(dw)
		forward(n, g, y, x, w, gemm.BiasAct(b, gemm.ReLU))
		forward(n, g, fy, fx, fw, gemm.BiasAct(fb, gemm.ReLU))
		same(t, g, "y", fy, y)
		Pack(g, fw, fp)
		ForwardPacked(n, g, fy, fx, fp, gemm.BiasAct(fb, gemm.ReLU))
		same(t, g, "y, packed", fy, y)
		dxOf(n, g, dx, dy, w)
		dxOf(n, g, fdx, fdy, fw)
		same(t, g, "dx", fdx, dx)
		dwOf(n, g, dw, x, dy)
		dwOf(n, g, fdw, fx, fdy)
		same(t, g, "dw", fdw, dw)
	}
}

// TestFewFilters compares with the twin where lanes are pixels of wide images, of one channel and of several, with borders,
// strides from row to row and dilation, and with slices that end, or begin, where memory may not be touched.
func TestFewFilters(t *testing.T) {
	r := rand.New(rand.NewSource(8))
	slid := 0
	for i := range 300 {
		g, n := geometry(r), 1+r.Intn(3)
		g.Groups, g.SW, g.OC, g.C = 1, 1, 1+r.Intn(7), []int{1, 4, 8}[r.Intn(3)]
		g.W, g.OW = 1+r.Intn(70), 8+r.Intn(60)
		nx, ny, nw := g.sizes(n)
		fence := kerneltest.Fence(kerneltest.Edge(i%2 == 1))
		x, w, b, got, want := fence(draw(r, nx)), fence(draw(r, nw)), fence(draw(r, g.OC)), fence(draw(r, ny)), make([]float32, ny)
		for name, ep := range map[string]gemm.Epilogue{"none": gemm.None(), "relu": gemm.BiasAct(b, gemm.ReLU),
			"leaky": gemm.BiasAct(b, gemm.LeakyReLU).Alpha(0.2)} {
			forwardGeneric(n, g, want, x, plain(g, w), ep)
			Forward(n, g, got, x, w, ep)
			same(t, g, "y, "+name, got, want)
			if g.slides(ep) {
				slid++
			}
		}
		copy(got, want)
		forwardGeneric(n, g, want, x, plain(g, w), gemm.Accumulate())
		Forward(n, g, got, x, w, gemm.Accumulate())
		same(t, g, "y, continued", got, want)
	}
	if cpu.HasAVX2FMA && slid < 300 {
		t.Errorf("pixels were the lanes in %d cases alone", slid)
	}
}

// TestGradientsAreAdjoint checks that ⟨dy, x∗w⟩ = ⟨dx, x⟩ = ⟨dw, w⟩, which holds for a map that is linear in
// x and in w, and its gradients.
func TestGradientsAreAdjoint(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	for range 100 {
		g, n := geometry(r), 2
		nx, ny, nw := g.sizes(n)
		x, w, dy := draw(r, nx), draw(r, nw), draw(r, ny)
		y, dx, dw := make([]float32, ny), make([]float32, nx), make([]float32, nw)
		Forward(n, g, y, x, w, gemm.None())
		DX(n, g, dx, dy, w)
		DW(n, g, dw, x, dy)
		a, size := dot(dy, y)
		for i, p := range [][2][]float32{{dx, x}, {dw, w}} {
			if b, s := dot(p[0], p[1]); math.Abs(a-b) > 1e-5*(size+s) {
				t.Fatalf("%+v: ⟨dy, y⟩ = %g, but pair %d gives %g", *g, a, i, b)
			}
		}
	}
}

func dot(a, b []float32) (sum, size float64) {
	for i := range a {
		p := float64(a[i]) * float64(b[i])
		sum += p
		size += math.Abs(p)
	}
	return sum, size
}

// TestImagesDoNotMatter checks that an image gives the same bits alone as among others.
func TestImagesDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewSource(3))
	for range 100 {
		g, n := geometry(r), 3
		nx, ny, nw := g.sizes(n)
		x, w := draw(r, nx), draw(r, nw)
		y, dx := make([]float32, ny), make([]float32, nx)
		Forward(n, g, y, x, w, gemm.None())
		DX(n, g, dx, y, w)
		one, oneDX := make([]float32, ny), make([]float32, nx)
		for i := range n {
			Forward(1, g, one[i*ny/n:], x[i*nx/n:], w, gemm.None())
			DX(1, g, oneDX[i*nx/n:], y[i*ny/n:], w)
		}
		same(t, g, "y of images one by one", one, y)
		same(t, g, "dx of images one by one", oneDX, dx)
	}
}

func TestNothingIsAllocated(t *testing.T) {
	g := &Geometry{H: 6, W: 5, C: 3, OH: 6, OW: 5, OC: 20, FH: 3, FW: 3, SH: 1, SW: 1, PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1}
	nx, ny, nw := g.sizes(2)
	x, y, w, p := make([]float32, nx), make([]float32, ny), make([]float32, nw), make([]float32, PackedLen(g))
	call := func() {
		Pack(g, w, p)
		Forward(2, g, y, x, w, gemm.None())
		ForwardPacked(2, g, y, x, p, gemm.None())
		DX(2, g, x, y, w)
		Transposed(2, g, x, y, w, gemm.Bias(w))
		DW(2, g, w, x, y)
	}
	call()
	if n := testing.AllocsPerRun(5, call); n != 0 {
		t.Errorf("%g allocations, want 0", n)
	}
}

func TestMisusePanics(t *testing.T) {
	good := Geometry{H: 4, W: 5, C: 2, OH: 2, OW: 3, OC: 4, FH: 3, FW: 3, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1}
	x, y, w, p := make([]float32, 40), make([]float32, 24), make([]float32, 72), make([]float32, PackedLen(&good))
	with := func(change func(g *Geometry)) *Geometry {
		g := good
		change(&g)
		return &g
	}
	huge := math.MaxInt32
	huge++
	for _, c := range []struct {
		want string
		call func()
	}{
		{badRows, func() { Forward(-1, &good, y, x, w, gemm.None()) }},
		{badGeometry, func() { Forward(1, with(func(g *Geometry) { g.SH = 0 }), y, x, w, gemm.None()) }},
		{badGeometry, func() { DX(1, with(func(g *Geometry) { g.PL = -1 }), x, y, w) }},
		{badGeometry, func() { DW(1, with(func(g *Geometry) { g.H = huge }), w, x, y) }},
		{badGroups, func() { Forward(1, with(func(g *Geometry) { g.Groups = 3 }), y, x, w, gemm.None()) }},
		{badDepthwise, func() { Depthwise(1, &good, y, x, w, gemm.None()) }},
		{badDepthwise, func() { DepthwiseDX(1, &good, x, y, w) }},
		{badDepthwise, func() { DepthwiseDW(1, &good, w, x, y) }},
		{badX, func() { Forward(2, &good, y, x, w, gemm.None()) }},
		{badX, func() {
			Forward(1, with(func(g *Geometry) { g.H, g.W, g.C = 1<<31-1, 1<<31-1, 1<<31-1 }), y, x, w, gemm.None())
		}},
		{badX, func() { DX(1, &good, x[:39], y, w) }},
		{badEpilogue, func() { Transposed(1, &good, x, y, w, gemm.Accumulate()) }},
		{badEpilogue, func() { Transposed(1, &good, x, y, w, gemm.GradAct(gemm.ReLU, x)) }},
		{badX, func() { DW(1, &good, w, x[:39], y) }},
		{badY, func() { Forward(1, &good, y[:23], x, w, gemm.None()) }},
		{badY, func() { DX(1, &good, x, y[:23], w) }},
		{badW, func() { Forward(1, &good, y, x, w[:71], gemm.None()) }},
		{badW, func() { DW(1, &good, w[:71], x, y) }},
		{badW, func() { Pack(&good, w[:71], p) }},
		{badPacked, func() { Pack(&good, w, p[1:]) }},
		{badPacked, func() { ForwardPacked(1, &good, y, x, p[1:], gemm.None()) }},
		{"gemm: the bias is shorter than n", func() { Forward(1, &good, y, x, w, gemm.Bias(x[:3])) }},
		{"gemm: the saved output is shorter than C", func() { ForwardPacked(1, &good, y, x, p, gemm.GradAct(gemm.Tanh, x[:23])) }},
	} {
		if got := fmt.Sprint(panicOf(c.call)); got != c.want {
			t.Errorf("panic %q, want %q", got, c.want)
		}
	}
}

func panicOf(f func()) (p any) {
	defer func() { p = recover() }()
	f()
	return nil
}

// TestSpreadRowsHaveTheBitsOfTheirTwin compares the kernel with its twin, for all counts past two rows and pixels, and
// of taps past those that have a loop of their own.
func TestSpreadRowsHaveTheBitsOfTheirTwin(t *testing.T) {
	if !cpu.HasSIMD() {
		t.Skip("no kernel here")
	}
	r := rand.New(rand.NewSource(6))
	check := func(rows, n, taps, step int) {
		t.Helper()
		row, dstRow, srcRow := 1+r.Intn(50), (n+taps-1)*lane+r.Intn(9), r.Intn(60)
		src := draw(r, (rows-1)*srcRow+(n-1)*row+(taps-1)*step+lane)
		dst := draw(r, (rows-1)*dstRow+(n+taps-1)*lane+3)
		want := slices.Clone(dst)
		spreadRowsGeneric(rows, n, taps, want, src, row, step, dstRow, srcRow)
		spreadRows(rows, n, taps, dst, src, row, step, dstRow, srcRow)
		for i := range want {
			if math.Float32bits(dst[i]) != math.Float32bits(want[i]) {
				t.Fatalf("rows=%d, n=%d, taps=%d, row=%d, step=%d: element %d is %v, want %v",
					rows, n, taps, row, step, i, dst[i], want[i])
			}
		}
	}
	for rows := 1; rows < 4; rows++ {
		for n := 1; n < 7; n++ {
			for taps := 1; taps < 10; taps++ {
				for _, step := range []int{1, 5, 33} {
					check(rows, n, taps, step)
				}
			}
		}
	}
	check(5, spreadWork/8, 5, 3) // more work than a call may have
}

// TestNarrowPixels compares pixels of fewer floats with copies, with room behind the last one and without: none of it
// but what a pixel of lane floats has is written.
func TestNarrowPixels(t *testing.T) {
	r := rand.New(rand.NewSource(8))
	for n := range 7 {
		for c := 1; c < lane; c++ {
			for room := range 2 * lane {
				dst, src := draw(r, n*c+room), draw(r, n*lane)
				before := slices.Clone(dst)
				narrow(n, c, dst, src)
				for i, v := range dst {
					want := before[i]
					switch {
					case i < n*c:
						want = src[i/c*lane+i%c]
					case i < (n-1)*c+lane:
						continue
					}
					if math.Float32bits(v) != math.Float32bits(want) {
						t.Fatalf("%d pixels of %d, room for %d: element %d is %v, want %v", n, c, room, i, v, want)
					}
				}
				if cpu.HasSIMD() && n > 0 && room >= lane {
					narrowGeneric(n, before, src, c)
					if !slices.Equal(dst[:n*c+lane-c], before[:n*c+lane-c]) {
						t.Fatalf("%d pixels of %d: %v, the twin has %v", n, c, dst, before)
					}
				}
			}
		}
	}
}

// TestReachedRowsOfTheFilter compares the rows of the filter that reach x with a search.
func TestReachedRowsOfTheFilter(t *testing.T) {
	for _, g := range []Geometry{
		{H: 5, FH: 3, SH: 1, DH: 1, PT: 1}, {H: 4, FH: 5, SH: 2, DH: 3, PT: 7}, {H: 1, FH: 4, SH: 3, DH: 2},
	} {
		for oy := range 9 {
			from, to := g.reached(oy)
			for fy := range g.FH {
				y := source(oy, g.SH, fy, g.DH, g.PT)
				if inside := y >= 0 && y < g.H; inside != (from <= fy && fy < to) {
					t.Errorf("%+v, row %d: rows %d to %d of the filter, but row %d reads %d", g, oy, from, to, fy, y)
				}
			}
		}
	}
}

// TestTapsHaveTheBitsOfTheirTwin compares the kernel with its twin: all counts of pixels and of channels past what it
// takes at a time, weights forwards and backwards, and more work than a call may have.
func TestTapsHaveTheBitsOfTheirTwin(t *testing.T) {
	if !cpu.HasSIMD() {
		t.Skip("no kernel here")
	}
	r := rand.New(rand.NewSource(7))
	check := func(a taps, n, f, yPixel, xPixel, at int) {
		t.Helper()
		last := max(at, at+(a.rows-1)*a.wRow+(a.cols-1)*a.wCol)
		x, w := draw(r, (n-1)*xPixel+(a.rows-1)*a.xRow+(a.cols-1)*a.xCol+f), draw(r, last+f)
		got := draw(r, (n-1)*yPixel+f)
		want := slices.Clone(got)
		a.tapsRowGeneric(n, f, want, yPixel, x, xPixel, w, at)
		a.addWhole(n, f, got, yPixel, x, xPixel, w, at)
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%+v, %d pixels of %d: element %d is %v, want %v", a, n, f, i, got[i], want[i])
			}
		}
	}
	for n := 1; n < 20; n++ {
		for _, f := range []int{8, 16, 24, 40} {
			a := taps{rows: 1 + r.Intn(3), cols: 1 + r.Intn(4), xRow: f * (3 + r.Intn(9)), xCol: f * (1 + r.Intn(2)), wCol: f}
			a.wRow = a.cols * f
			check(a, n, f, f*(1+r.Intn(3)), f*(1+r.Intn(2)), 0)
			at := (a.rows*a.cols - 1) * f
			a.wRow, a.wCol = -a.wRow, -a.wCol
			check(a, n, f, f*(1+r.Intn(3)), f, at)
		}
	}
	check(taps{rows: 9, cols: 9, xRow: 2000, xCol: 500, wRow: 9 * 1000, wCol: 1000}, 30, 1000, 1000, 1000, 0)
	check(taps{rows: 40, cols: 41, xRow: 90, xCol: 8, wRow: 41 * 1024, wCol: 1024}, 2, 1024, 1024, 1024, 0)
}

// TestStepsHaveTheBitsOfForward feeds a sequence in blocks of steps, and compares them with the whole, which has a border
// of zeros in front.
func TestStepsHaveTheBitsOfForward(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(12))
		for i := range 120 {
			groups := 1 + r.Intn(2)
			one := Geometry{H: 1, OH: 1, OW: 1, C: groups * (1 + r.Intn(9)), OC: groups * (1 + r.Intn(40)), FH: 1,
				FW: 1 + r.Intn(4), SH: 1, SW: 1, DH: 1, DW: 1 + r.Intn(3), Groups: groups}
			one.W = (one.FW-1)*one.DW + 1
			const steps = 23
			whole := one
			whole.W, whole.OW, whole.PL = steps, steps, one.W-1
			nx, ny, nw := whole.sizes(1)
			x, w, bias, want := draw(r, nx), draw(r, nw), draw(r, one.OC), make([]float32, ny)
			ep := gemm.BiasAct(bias, gemm.ReLU)
			Forward(1, &whole, want, x, w, ep)
			packed := make([]float32, PackedLen(&one))
			Pack(&one, w, packed)
			fence := kerneltest.Fence(kerneltest.Edge(i%2 == 1))
			last, got := make([]float32, one.W*one.C), make([]float32, ny)
			for k := 0; k < steps; {
				n := min(steps-k, r.Intn(9))
				in, out := fence(x[k*one.C:][:n*one.C]), fence(make([]float32, n*one.OC))
				if one.W == 1 {
					last = nil
				}
				if i%3 == 0 {
					Steps(n, &one, out, last, in, w, ep)
				} else {
					StepsPacked(n, &one, out, last, in, packed, ep)
				}
				copy(got[k*one.OC:], out)
				if k += n; k >= one.W && one.W > 1 {
					same(t, &one, "last", last, x[(k-one.W)*one.C:][:one.W*one.C])
				}
			}
			same(t, &one, "y", got, want)
		}
	})
}

// TestStepsAllocateNothingAndMisusePanics counts allocations of a block of steps, and hands over what is no step.
func TestStepsAllocateNothingAndMisusePanics(t *testing.T) {
	g := Geometry{H: 1, W: 5, C: 2, OH: 1, OW: 1, OC: 3, FH: 1, FW: 3, SH: 1, SW: 1, DH: 1, DW: 2, Groups: 1}
	last, y, x, w := make([]float32, 10), make([]float32, 12), make([]float32, 8), make([]float32, 18)
	if n := testing.AllocsPerRun(20, func() { Steps(4, &g, y, last, x, w, gemm.None()) }); n != 0 {
		t.Errorf("Steps allocates %v times", n)
	}
	padded := g
	padded.PL = 1
	for _, c := range []struct {
		want string
		f    func()
	}{
		{badSteps, func() { Steps(4, &g, y, last[1:], x, w, gemm.None()) }},
		{badSteps, func() { Steps(4, &g, y, last, x[1:], w, gemm.None()) }},
		{badSteps, func() { StepsPacked(4, &padded, y, last, x, w, gemm.None()) }},
		{badY, func() { Steps(4, &g, y[1:], last, x, w, gemm.None()) }},
		{badRows, func() { Steps(-1, &g, y, last, x, w, gemm.None()) }},
	} {
		if got := panicOf(c.f); got != c.want {
			t.Errorf("panics with %v, want %q", got, c.want)
		}
	}
}
