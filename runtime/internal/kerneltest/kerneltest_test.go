package kerneltest

import "testing"

func TestGuardsCatchStrayWrites(t *testing.T) {
	for n := range 20 {
		b := newBuffer(n, n%8)
		if at := b.broken(); at != 0 {
			t.Fatalf("n=%d: a fresh buffer is broken at %d", n, at)
		}
		i := b.at()
		b.all[i-1] = 1
		if at := b.broken(); at != -1 {
			t.Errorf("n=%d: write before the start: got %d, want -1", n, at)
		}
		b = newBuffer(n, n%8)
		b.all[b.at()+n] = 1
		if at := b.broken(); at != 1 {
			t.Errorf("n=%d: write past the end: got %d, want 1", n, at)
		}
	}
}

// TestRunPasses runs a kernel that is its own twin.
func TestRunPasses(t *testing.T) {
	add := func(_ []int, b [][]float32) {
		for i := range b[0] {
			b[0][i] = b[1][i] + b[2][i]
		}
	}
	Run(t, []Kernel{{
		Name:  "add",
		Sizes: Range(8),
		Args:  func(s []int) []Arg { return []Arg{{Out, s[0]}, {In, s[0]}, {In, s[0]}} },
		Got:   add, Want: add,
		Alias: [][2]int{{0, 1}, {0, 2}},
	}})
}
