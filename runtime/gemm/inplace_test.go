package gemm

import (
	"math/rand"
	"slices"
	"sync"
	"testing"
	"unsafe"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestInPlace holds a Layer whose weights stay in place, at addresses of any alignment, against packed ones, and what
// Pack writes against Pack of the package.
func TestInPlace(t *testing.T) {
	r := rand.New(rand.NewSource(31))
	kerneltest.Modes(t, func(t *testing.T) {
		stayed := 0
		for i := range 300 {
			n, k := 1+r.Intn(140), 1+r.Intn(80)
			e := epilogues[i%len(epilogues)]
			ep := e.make(draw(r, n), n)
			x, packed, want := draw(r, k), make([]float32, PackedLen(k, n)), draw(r, n)
			bytes := make([]byte, 4*k*n+8)
			b := unsafe.Slice((*float32)(unsafe.Pointer(&bytes[i%7])), k*n)
			copy(b, draw(r, k*n))
			Pack(k, n, b, n, packed)
			got, broken := kerneltest.Guarded(n, i%8)
			copy(got, want)
			NNPacked(1, n, k, x, k, packed, want, n, ep)
			var w InPlace
			p := make([]float32, PackedLen(k, n))
			w.Set(k, n, b, p, true)
			if kept := w.rows != nil; kept != (cpu.HasSplitAVX512 && StaysInPlace(k, n)) {
				t.Fatalf("n=%d k=%d: in place: %v", n, k, kept)
			} else if kept {
				stayed++
				if slices.ContainsFunc(p, func(v float32) bool { return v != 0 }) {
					t.Fatalf("n=%d k=%d: panels were touched", n, k)
				}
			}
			l := w.Layer(n, k, p, ep)
			l.Apply(x, got)
			if at := kerneltest.Diff(got, want); at >= 0 || broken() != 0 {
				t.Fatalf("n=%d k=%d %s: differs at %d, stray write at %d", n, k, e.name, at, broken())
			}
			var all sync.WaitGroup
			for range 3 {
				all.Add(1)
				go func() {
					defer all.Done()
					y := slices.Clone(got)
					w.Pack(k, n, p)
					l.Apply(x, y)
				}()
			}
			all.Wait()
			if kerneltest.Diff(p, packed) >= 0 {
				t.Fatalf("n=%d k=%d: other panels", n, k)
			}
		}
		if cpu.HasSplitAVX512 && stayed == 0 {
			t.Error("no weights stayed in place")
		}
	})
}

// TestOthersAreCopied changes weights that may not stay in place behind Set.
func TestOthersAreCopied(t *testing.T) {
	const k, n = 300, 128
	b, p, y := make([]float32, k*n), make([]float32, PackedLen(k, n)), make([]float32, n)
	x := slices.Repeat([]float32{1}, k)
	var w InPlace
	w.Set(k, n, b, p, false)
	l := w.Layer(n, k, p, None())
	b[0] = 1
	l.Apply(x, y)
	if w.Pack(k, n, p); y[0] != 0 || p[0] != 0 {
		t.Error("the Layer or its panels saw a change")
	}
}

// TestInPlacePanics gives Set too little.
func TestInPlacePanics(t *testing.T) {
	const k, n = 300, 128
	var w InPlace
	b, p := make([]float32, k*n), make([]float32, PackedLen(k, n))
	for _, stay := range []bool{false, true} {
		if got := panicOf(func() { w.Set(k, n, b[1:], p, stay) }); got != badB {
			t.Errorf("panic %v, want %s", got, badB)
		}
		if got := panicOf(func() { w.Set(k, n, b, p[1:], stay) }); got != badPacked {
			t.Errorf("panic %v, want %s", got, badPacked)
		}
	}
}

// TestLargeWeightsOfSingleRowsStayInPlace says which shapes do.
func TestLargeWeightsOfSingleRowsStayInPlace(t *testing.T) {
	defer func(work int) { wideRowWork = work }(wideRowWork)
	wideRowWork = 1 << 15
	for _, c := range []struct {
		k, n int
		want bool
	}{{784, 128, true}, {400, 120, true}, {784, 512, false}, {128, 10, false}, {784, 32, false}, {128, 128, false},
		{256, 128, true}, {4096, 128, false}, {784, 64, false}, {784, 65, true}, {784, 129, false}} {
		if got := StaysInPlace(c.k, c.n); got != c.want {
			t.Errorf("%d×%d: %v, want %v", c.k, c.n, got, c.want)
		}
	}
}
