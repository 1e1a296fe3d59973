package tiny

import (
	"math"
	"testing"
)

// TestTablesAreTheirFunctions computes the entries of the tables anew.
func TestTablesAreTheirFunctions(t *testing.T) {
	for name, table := range map[string]struct {
		w I16
		f func(float64) float64
	}{
		"sigmoid": {sigmoidTable, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }},
		"tanh":    {tanhTable, math.Tanh},
	} {
		if len(table.w) != 2*513 {
			t.Fatalf("%s: %d bytes", name, len(table.w))
		}
		for i := range 513 {
			want := min(math.Floor(table.f(float64(i-256)/32)*(1<<15)+0.5), math.MaxInt16)
			if got := table.w.At(i); float64(got) != want {
				t.Errorf("%s: entry %d is %d, want %v", name, i, got, want)
			}
		}
	}
}
