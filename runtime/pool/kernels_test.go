package pool

import (
	"fmt"
	"math"
	"math/rand"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/hw"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
	"github.com/nngen/nngen/runtime/vec"
)

// shapes is the number of shapes of windows.
const shapes = 11

// window returns the windows for some sizes: channels, images, and which of several shapes.
func window(s []int) (w Window, n int) {
	all := [shapes]Window{
		{H: 4, W: 6, OH: 2, OW: 3, FH: 2, FW: 2, SH: 2, SW: 2},
		{H: 5, W: 5, OH: 2, OW: 2, FH: 2, FW: 2, SH: 2, SW: 2}, // a row and a column left over
		{H: 4, W: 5, OH: 2, OW: 3, FH: 3, FW: 3, SH: 1, SW: 1}, // windows overlap
		{H: 3, W: 3, OH: 1, OW: 1, FH: 3, FW: 3, SH: 1, SW: 1},
		{H: 3, W: 5, OH: 2, OW: 3, FH: 2, FW: 2, SH: 2, SW: 2, PT: 1, PL: 0},
		{H: 6, W: 18, OH: 2, OW: 9, FH: 3, FW: 2, SH: 3, SW: 2}, // not 4 elements; a row of many windows
		{H: 1, W: 10, OH: 1, OW: 10, FH: 1, FW: 1, SH: 1, SW: 1},
		{H: 2, W: 12, OH: 2, OW: 3, FH: 1, FW: 4, SH: 1, SW: 4},  // 4 elements side by side
		{H: 8, W: 5, OH: 2, OW: 5, FH: 4, FW: 1, SH: 4, SW: 1},   // and below one another
		{H: 5, W: 39, OH: 2, OW: 19, FH: 2, FW: 2, SH: 2, SW: 2}, // squares of several registers
		{H: 5, W: 32, OH: 4, OW: 16, FH: 2, FW: 2, SH: 1, SW: 2}, // whose rows overlap
	}
	w = all[s[2]]
	w.C = s[0]
	return w, s[1]
}

var kernels = []kerneltest.Kernel{
	{
		Name: "Max", Sizes: kerneltest.Grid(append(kerneltest.Upto(18)[1:], 32), []int{0, 1, 2}, kerneltest.Upto(shapes-1)),
		Args: func(s []int) []kerneltest.Arg {
			w, n := window(s)
			return []kerneltest.Arg{{Dir: kerneltest.Out, Len: n * w.out()}, {Dir: kerneltest.In, Len: n * w.in()}}
		},
		Got: func(s []int, b [][]float32) { w, n := window(s); Max(n, w, b[0], b[1]) },
		Want: func(s []int, b [][]float32) {
			w, n := window(s)
			for i := range n {
				maxGeneric(&w, b[0][i*w.out():][:w.out()], b[1][i*w.in():][:w.in()], 0, 0)
			}
		},
	},
	{
		Name: "MaxGrad", Sizes: kerneltest.Grid(append(kerneltest.Upto(18)[1:], 32), []int{0, 1, 2}, kerneltest.Upto(shapes-1)),
		Args: func(s []int) []kerneltest.Arg {
			w, n := window(s)
			return []kerneltest.Arg{{Dir: kerneltest.Out, Len: n * w.in()}, {Dir: kerneltest.In, Len: n * w.out()}, {Dir: kerneltest.In, Len: n * w.in()}, {Dir: kerneltest.In, Len: n * w.out()}}
		},
		Got: func(s []int, b [][]float32) {
			w, n := window(s)
			maxima(w, n, b, func(y []float32) { MaxGrad(n, w, b[0], b[1], b[2], y) })
		},
		Want: func(s []int, b [][]float32) {
			w, n := window(s)
			maxima(w, n, b, func(y []float32) {
				clear(b[0])
				for i := range n {
					in, out := i*w.in(), i*w.out()
					maxGradGeneric(&w, b[0][in:][:w.in()], b[1][out:][:w.out()], b[2][in:][:w.in()], y[out:][:w.out()], 0, 0)
				}
			})
		},
		MayAlloc: true, // the maxima; TestShortSlicesPanicAndNothingAllocates counts
	},
}

// maxima calls f with the maxima of buffer 2 for half of the sizes, and with buffer 3, any numbers, for the others.
func maxima(w Window, n int, b [][]float32, f func(y []float32)) {
	y := append([]float32{}, b[3]...)
	if w.C%2 == 0 {
		Max(n, w, y, b[2])
	}
	f(y)
}

func TestKernelsHaveTheBitsOfTheirTwins(t *testing.T) { kerneltest.Run(t, kernels) }

// TestLargeImagesHaveTheBitsOfTheTwin compares images that take several calls: of some rows, of parts of a row, and with
// pixels left that the kernel does not take; with a NaN or without.
func TestLargeImagesHaveTheBitsOfTheTwin(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, w := range []Window{
		{H: 80, W: 84, C: 24, OH: 40, OW: 42, FH: 2, FW: 2, SH: 2, SW: 2},
		{H: 90, W: 91, C: 13, OH: 45, OW: 45, FH: 2, FW: 2, SH: 2, SW: 2},
		{H: 4, W: 12000, C: 3, OH: 2, OW: 6000, FH: 2, FW: 2, SH: 2, SW: 2},
		{H: 62, W: 61, C: 6, OH: 60, OW: 59, FH: 3, FW: 3, SH: 1, SW: 1},
	} {
		for _, rare := range []int{0, 1} {
			const n = 2
			x, dy := make([]float32, n*w.in()), make([]float32, n*w.out())
			for i := range x {
				x[i] = float32(r.Intn(9) - 4)
			}
			for i := range dy {
				dy[i] = float32(r.NormFloat64())
			}
			for range rare {
				x[r.Intn(len(x))] = nan
			}
			y, want := make([]float32, len(dy)), make([]float32, len(dy))
			dx, wantDX := make([]float32, len(x)), make([]float32, len(x))
			Max(n, w, y, x)
			MaxGrad(n, w, dx, dy, x, y)
			for i := range n {
				in, out := i*w.in(), i*w.out()
				maxGeneric(&w, want[out:][:w.out()], x[in:][:w.in()], 0, 0)
				maxGradGeneric(&w, wantDX[in:][:w.in()], dy[out:][:w.out()], x[in:][:w.in()], y[out:][:w.out()], 0, 0)
			}
			if at := kerneltest.Diff(y, want); at >= 0 {
				t.Errorf("%+v, %d NaN: y[%d] is %v, want %v", w, rare, at, y[at], want[at])
			}
			if at := kerneltest.Diff(dx, wantDX); at >= 0 {
				t.Errorf("%+v, %d NaN: dx[%d] is %v, want %v", w, rare, at, dx[at], wantDX[at])
			}
		}
	}
}

// TestAMaskMayBeTakenBeforeTheGradient holds what the compiler's pass mask-pooled does: the derivative of ReLU on the
// gradient of the maxima gives the bits of that on the gradient of what the maxima are of.
func TestAMaskMayBeTakenBeforeTheGradient(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	some := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 2, float32(math.Inf(1)), float32(math.Inf(-1)), nan, 0.5, -0.5}
	draw := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = some[r.Intn(len(some))]
		}
		return x
	}
	for range 500 {
		w, n := window([]int{1 + r.Intn(20), 1 + r.Intn(3), r.Intn(shapes)})
		x, y, dy := draw(n*w.in()), make([]float32, n*w.out()), draw(n*w.out())
		vec.ReLU(x, x)
		Max(n, w, y, x)
		want, got := make([]float32, len(x)), make([]float32, len(x))
		MaxGrad(n, w, want, dy, x, y)
		vec.ReLUGrad(want, want, x)
		vec.ReLUGrad(dy, dy, y)
		MaxGrad(n, w, got, dy, x, y)
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) && (got[i] == got[i] || want[i] == want[i]) {
				t.Fatalf("%+v: dx[%d] of %v is %v, want %v", w, i, x[i], got[i], want[i])
			}
		}
	}
}

func FuzzMax(f *testing.F) {
	f.Add(uint8(0), uint8(6), uint8(2), uint8(0), int64(1))
	fuzzing.Fuzz(f, func(t *testing.T, k, c, n, shape uint8, seed int64) {
		kernels[k%2].Compare(t, []int{1 + int(c%40), int(n % 4), int(shape % shapes)}, func(r *rand.Rand) float32 { return float32(r.Intn(4)) }, seed)
	})
}

func BenchmarkMax(b *testing.B) {
	for _, w := range []Window{{H: 28, W: 28, C: 6, OH: 14, OW: 14, FH: 2, FW: 2, SH: 2, SW: 2}, {H: 10, W: 10, C: 16, OH: 5, OW: 5, FH: 2, FW: 2, SH: 2, SW: 2}} {
		x, y, dx := make([]float32, 64*w.in()), make([]float32, 64*w.out()), make([]float32, 64*w.in())
		for name, f := range map[string]func(){"Max": func() { Max(64, w, y, x) }, "MaxGrad": func() { MaxGrad(64, w, dx, y, x, y) }} {
			b.Run(fmt.Sprintf("%s/%d×%d×%d", name, w.H, w.W, w.C), func(b *testing.B) {
				for b.Loop() {
					f()
				}
				b.ReportMetric(hw.Median(0, f)*1e9/64, "median-ns/image")
			})
		}
	}
}
