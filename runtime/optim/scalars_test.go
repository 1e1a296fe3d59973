package optim

import "testing"

// TestPowersChangeOneAsTheyAre compares what powers leave of 1 with what those by squaring alone leave, which
// underflow, as these must not.
func TestPowersChangeOneAsTheyAre(t *testing.T) {
	for _, beta := range [...]float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999999} {
		for k := uint64(0); k < 1<<40; k += 1 + k/7 {
			want, x := 1.0, beta
			for n := k; n > 0; n >>= 1 {
				if n&1 == 1 {
					want = float64(want * x)
				}
				x = float64(x * x)
			}
			px, py := powers(beta, beta, k)
			if 1-px != 1-want || px != py || px > 0 && px < 0x1p-200 {
				t.Fatalf("%v to the power %d: %v and %v, want %v", beta, k, px, py, want)
			}
		}
	}
}
