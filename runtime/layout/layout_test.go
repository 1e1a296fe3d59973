package layout

import (
	"math/rand/v2"
	"testing"
)

// TestTransposeMovesEveryElement compares with an index of each axis, for random extents and orders.
func TestTransposeMovesEveryElement(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		axes, n := 1+r.IntN(5), r.IntN(4)
		in, size := make([]int, axes), 1
		for k := range in {
			in[k] = 1 + r.IntN(4)
			size *= in[k]
		}
		perm := r.Perm(axes)
		extents, strides := make([]int, axes), make([]int, axes)
		for k, p := range perm {
			extents[k], strides[k] = in[p], 1
			for _, e := range in[p+1:] {
				strides[k] *= e
			}
		}
		x, y := make([]float32, n*size), make([]float32, n*size+3)
		for i := range x {
			x[i] = float32(i)
		}
		Transpose(n, extents, strides, y, x)
		for i := range x {
			at, rest, from := i/size*size, i%size, 0
			for k := axes - 1; k >= 0; k-- {
				from += rest % extents[k] * strides[k]
				rest /= extents[k]
			}
			if y[i] != float32(at+from) {
				t.Fatalf("%v by %v: element %d is %v, want %d", in, perm, i, y[i], at+from)
			}
		}
		for _, v := range y[n*size:] {
			if v != 0 {
				t.Fatalf("%v by %v writes behind the end", in, perm)
			}
		}
	}
}

func TestTransposeDoesNotAllocate(t *testing.T) {
	x, y := make([]float32, 3*4*5), make([]float32, 3*4*5)
	if n := testing.AllocsPerRun(10, func() { Transpose(3, []int{5, 4}, []int{1, 5}, y, x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTranspose(b *testing.B) {
	x, y := make([]float32, 64*64*32), make([]float32, 64*64*32)
	b.SetBytes(int64(4 * len(x)))
	for range b.N {
		Transpose(1, []int{32, 64 * 64}, []int{1, 32}, y, x)
	}
}
