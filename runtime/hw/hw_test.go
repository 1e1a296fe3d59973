package hw

import "testing"

// TestPlausible checks that the limits are found where there are kernels to compare.
func TestPlausible(t *testing.T) {
	if !available() {
		t.Skip("NO AVX2 ON THIS MACHINE OR IN THIS BUILD: its limits cannot be measured")
	}
	p := Peak()
	t.Logf("%.1f GFLOP/s", p/1e9)
	if p < 1e9 {
		t.Errorf("Peak is %g FLOP/s, want at least 1e9", p)
	}
	for _, kib := range []int{16, 256, 4096} {
		b := Bandwidth(kib << 10)
		t.Logf("%d KiB: %.1f GB/s", kib, b/1e9)
		if b < 1e8 {
			t.Errorf("Bandwidth(%d KiB) is %g, want at least 1e8", kib, b)
		}
	}
}
