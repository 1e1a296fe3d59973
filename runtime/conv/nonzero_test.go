package conv

import (
	"math"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// few returns n numbers of which a share are other than 0, as a pool of maxima leaves them.
func few(r *rand.Rand, n int, share float64) []float32 {
	x := draw(r, n)
	for i := range x {
		if r.Float64() >= share {
			x[i] = []float32{0, 0, float32(math.Copysign(0, -1))}[r.Intn(3)]
		}
	}
	return x
}

// fewGeometry draws a convolution of images that are large enough for the kernels of few elements.
func fewGeometry(r *rand.Rand) *Geometry {
	g := geometry(r)
	g.Groups, g.DW, g.C, g.OC = 1, 1, 1+r.Intn(9), 8+r.Intn(14)
	g.OH, g.OW = 3+r.Intn(8), 3+r.Intn(8)
	if r.Intn(3) == 0 { // nothing outside of the image
		g.PT, g.PL = 0, 0
		g.H, g.W = (g.OH-1)*g.SH+(g.FH-1)*g.DH+1, (g.OW-1)*g.SW+g.FW
	}
	return g
}

// TestGradientsOfFewElements compares the gradients with their twins where most of dy is 0: in all images or in some,
// with infinities and NaN in each operand, and with slices that end, or begin, where memory may not be touched.
func TestGradientsOfFewElements(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(11))
		odd := []float32{float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), math.MaxFloat32}
		listed := 0
		for i := range 100 {
			g, n := fewGeometry(r), 1+r.Intn(30)
			nx, ny, nw := g.sizes(n)
			x, w, dy := draw(r, nx), draw(r, nw), few(r, ny, []float64{0, 0.02, 0.1, 0.25}[r.Intn(4)])
			size := ny / n
			for k := range n {
				if i%3 == 0 && r.Intn(5) == 0 { // an image of many elements
					copy(dy[k*size:], draw(r, size))
				}
			}
			if i%4 == 0 {
				for _, s := range [][]float32{x, w, dy} {
					if r.Intn(2) == 0 {
						s[r.Intn(len(s))] = odd[r.Intn(len(odd))]
					}
				}
			}
			rows := g.FH * g.FW * g.C
			if _, _, most := new(room).nonzeroPlan(g, 0, rows); most > size/8 {
				listed++
			}
			fence := kerneltest.Fence(kerneltest.Edge(i%2 == 1))
			fx, fw, fdy := fence(x), fence(w), fence(dy)
			dw, wantDW := fence(draw(r, nw)), make([]float32, nw)
			dwGeneric(n, g, 0, rows, wantDW, x, dy)
			DW(n, g, dw, fx, fdy)
			same(t, g, "dw", dw, wantDW)
			cut := 1 + r.Intn(rows)
			DWRows(n, g, cut, rows, dw, fx, fdy)
			DWRows(n, g, 0, cut, dw, fx, fdy)
			same(t, g, "dw in parts", dw, wantDW)
			dx, wantDX := fence(draw(r, nx)), make([]float32, nx)
			dxGeneric(n, g, wantDX, dy, w)
			DX(n, g, dx, fdy, fw)
			same(t, g, "dx", dx, wantDX)
		}
		if cpu.HasAVX2FMA && listed < 20 {
			t.Errorf("%d of 100 geometries had lists", listed)
		}
	})
}

// TestFewElementsKeepTheSignsOfZeros has sums that are 0 because their terms vanish: a product with 0 behind these decides
// whether they are −0.
func TestFewElementsKeepTheSignsOfZeros(t *testing.T) {
	kerneltest.Modes(t, func(t *testing.T) {
		r := rand.New(rand.NewSource(12))
		negative, positive := 0, 0
		for range 200 {
			g, n := fewGeometry(r), 1+r.Intn(3)
			nx, ny, nw := g.sizes(n)
			x, w, dy := draw(r, nx), draw(r, nw), few(r, ny, 0.05)
			tiny := func(s []float32) {
				for i := range s {
					s[i] *= 1e-30
				}
			}
			tiny(dy)
			tiny(x)
			tiny(w)
			dw, wantDW := draw(r, nw), make([]float32, nw)
			dwGeneric(n, g, 0, g.FH*g.FW*g.C, wantDW, x, dy)
			DW(n, g, dw, x, dy)
			same(t, g, "dw", dw, wantDW)
			dx, wantDX := draw(r, nx), make([]float32, nx)
			dxGeneric(n, g, wantDX, dy, w)
			DX(n, g, dx, dy, w)
			same(t, g, "dx", dx, wantDX)
			for _, v := range wantDW {
				if math.Signbit(float64(v)) {
					negative++
				} else {
					positive++
				}
			}
		}
		if negative == 0 || positive == 0 {
			t.Errorf("%d sums are −0 and %d are +0: nothing is tried", negative, positive)
		}
	})
}

// TestThereAreNoListsOfImagesBeyondPlaces asks for lists of images whose elements have places beyond those of package gemm,
// with which calls of it panic.
func TestThereAreNoListsOfImagesBeyondPlaces(t *testing.T) {
	fits := Geometry{H: 10, W: 10, C: 4, OH: 8, OW: 8, OC: 16, FH: 3, FW: 3, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1}
	x, dy := fits, fits
	x.SH, x.H, x.W = 1<<12, 7<<12+3, 1<<13
	dy.H, dy.W, dy.OH, dy.OW, dy.OC = 66, 66, 64, 64, 1<<18
	for i, g := range []Geometry{fits, x, dy} {
		if _, _, most := new(room).nonzeroPlan(&g, 0, g.FH*g.FW*g.C); most > 0 != (i == 0 && cpu.HasAVX2FMA) {
			t.Errorf("%+v: lists of %d elements", g, most)
		}
	}
}

// TestFewElementsAllocateNothing takes the gradients of images of few elements, of many, and of both in turn.
func TestFewElementsAllocateNothing(t *testing.T) {
	r := rand.New(rand.NewSource(13))
	g := &Geometry{H: 14, W: 14, C: 6, OH: 10, OW: 10, OC: 16, FH: 5, FW: 5, SH: 1, SW: 1, DH: 1, DW: 1, Groups: 1}
	nx, ny, nw := g.sizes(24)
	x, w, dy, dw, dx := draw(r, nx), draw(r, nw), few(r, ny, 0.2), make([]float32, nw), make([]float32, nx)
	copy(dy[8*ny/24:], draw(r, ny/24))
	work := func() {
		DW(24, g, dw, x, dy)
		DX(24, g, dx, dy, w)
	}
	work()
	if n := testing.AllocsPerRun(10, work); n > 0 {
		t.Errorf("%g allocations, want 0", n)
	}
}
