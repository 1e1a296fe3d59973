package generated

import (
	"math"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/nngen/nngen/generated/breast_cancer"
	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/iris"
	"github.com/nngen/nngen/generated/lenet_digits"
	"github.com/nngen/nngen/generated/lenet_digits/lenet_digitsint8"
	"github.com/nngen/nngen/generated/names"
	"github.com/nngen/nngen/generated/names_transformer"
	"github.com/nngen/nngen/generated/perceptron"
	"github.com/nngen/nngen/generated/sparse"
	"github.com/nngen/nngen/generated/sunspots_lstm"
)

// fenced returns memory for n numbers at the end, or at the start, of pages between two that may not be touched.
func fenced(t *testing.T, n int) func(n int, atStart bool) []float32 {
	t.Helper()
	page := os.Getpagesize()
	pages := (4*n + page) / page
	b, err := syscall.Mmap(-1, 0, (pages+2)*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("CANNOT MAP MEMORY HERE: reads beyond what callers give are not checked")
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	for _, fence := range [][]byte{b[:page], b[(pages+1)*page:]} {
		if err := syscall.Mprotect(fence, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	all := unsafe.Slice((*float32)(unsafe.Pointer(&b[page])), pages*page/4)
	return func(n int, atStart bool) []float32 {
		if atStart {
			return all[:n:n]
		}
		return all[len(all)-n:]
	}
}

// TestNothingBeyondASliceIsTouched predicts batches of each size up to some more than two blocks of samples in lanes,
// whose inputs and outputs end, or begin, where memory may not be touched: of usual numbers; of numbers that none is
// meant to be, of which tokens are refused; and of outputs that overlap inputs, which are then wrong.
func TestNothingBeyondASliceIsTouched(t *testing.T) {
	inf := float32(math.Inf(1))
	poison := []float32{nan, inf, -inf, math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 1 << 31, -1, 0.5}
	refused := func(name string, call func()) {
		if p := recovered(call); p != nil {
			if text, ok := p.(string); !ok || !strings.Contains(text, "a token ") {
				t.Errorf("%s: %v", name, p)
			}
		}
	}
	for _, m := range []struct {
		name    string
		in, out int
		batch   func(x, y []float32)
	}{
		{"breast_cancer", breast_cancer.InputSize, breast_cancer.OutputSize, breast_cancer.Default().PredictBatch},
		{"digits", digits.InputSize, digits.OutputSize, digits.Default().PredictBatch},
		{"iris", iris.InputSize, iris.OutputSize, iris.Default().PredictBatch},
		{"lenet_digits", lenet_digits.InputSize, lenet_digits.OutputSize, lenet_digits.Default().PredictBatch},
		{"lenet_digitsint8", lenet_digits.InputSize, lenet_digits.OutputSize, lenet_digitsint8.Default().PredictBatch},
		{"names", names.InputSize, names.OutputSize, names.Default().PredictBatch},
		{"names_transformer", names_transformer.InputSize, names_transformer.OutputSize, names_transformer.Default().PredictBatch},
		{"perceptron", perceptron.InputSize, perceptron.OutputSize, perceptron.Default().PredictBatch},
		{"sparse", sparse.InputSize, sparse.OutputSize, sparse.Default().PredictBatch},
		{"sunspots_lstm", sunspots_lstm.InputSize, sunspots_lstm.OutputSize, sunspots_lstm.Default().PredictBatch},
	} {
		const most = 37
		given := draw(most * m.in)
		want := make([]float32, most*m.out)
		m.batch(given, want)
		xs, ys, shared := fenced(t, most*m.in), fenced(t, most*m.out), fenced(t, most*max(m.in, m.out))
		for n := range most + 1 {
			x, y := xs(n*m.in, n%2 == 1), ys(n*m.out, n%2 == 1)
			copy(x, given)
			clear(y)
			m.batch(x, y)
			if !slices.Equal(y, want[:n*m.out]) {
				t.Errorf("%s: %d examples between fences have other bits", m.name, n)
			}
			if n != 1 && n != most && n != 17 { // which twins would take long for
				continue
			}
			for _, v := range poison {
				for i := range x {
					x[i] = v
				}
				refused(m.name, func() { m.batch(x, y) })
			}
			both := shared(n*max(m.in, m.out), n%2 == 1)
			copy(both, given)
			refused(m.name, func() { m.batch(both[:n*m.in], both[:n*m.out]) })
		}
	}
}
