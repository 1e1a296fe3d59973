package audit

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestMemoryAgreesWithAPlainArray writes rows at random.
func TestMemoryAgreesWithAPlainArray(t *testing.T) {
	const size = 60
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		m, plain := memory{}, [size]*value{}
		for i := range 8 {
			row, stride, rows := 1+r.IntN(6), 0, 1+r.IntN(5)
			stride = row + r.IntN(4)
			from := r.IntN(size - (rows-1)*stride - row + 1)
			v := &value{para: fmt.Sprint(i)}
			m.write("a", from, rows, row, stride, v)
			for k := range rows {
				for j := range row {
					plain[from+k*stride+j] = v
				}
			}
		}
		got := [size]*value{}
		for _, s := range m["a"] {
			for i := s.from; i < s.to; i++ {
				if got[i] != nil {
					t.Fatalf("seed %d: %d is there twice", seed, i)
				}
				got[i] = s.v
			}
		}
		if got != plain {
			t.Fatalf("seed %d: %v", seed, m["a"])
		}
		from := r.IntN(size)
		to := from + r.IntN(size-from)
		whole := true
		for _, v := range plain[from:to] {
			whole = whole && v != nil
		}
		if m.read("a", from, to, func(segment) {}) != whole {
			t.Fatalf("seed %d: [%d, %d) is whole: %t", seed, from, to, whole)
		}
	}
}
