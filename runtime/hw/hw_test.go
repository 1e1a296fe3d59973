package hw

import (
	"runtime"
	"testing"
)

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

// TestRoundsAreWholeThatHadTheMachine checks which rounds of a comparison are whole: those in which neither one processor
// nor all had less than at the best moment, and not those that look well since one processor was slow.
func TestRoundsAreWholeThatHadTheMachine(t *testing.T) {
	full, shared := round{one: 2, all: 1, loop: 100, loops: 198}, round{one: 2, all: 2, loop: 100, loops: 101}
	slow := round{one: 4, all: 1.5, loop: 50, loops: 197}
	near := round{one: 1.9, all: 1.1, loop: 96, loops: 190}
	rounds := []round{shared, full, slow, near, shared}
	if got := whole(rounds); got != 2 {
		t.Errorf("of %v are %d whole, want 2", rounds, got)
	}
	if got, want := bestOf(rounds), (round{one: 1.9, all: 1, loop: 100, loops: 198}); got != want {
		t.Errorf("the best of %v is %v, want %v", rounds, got, want)
	}
}

// TestCompareGivesBackTheProcessors compares a processor with itself.
func TestCompareGivesBackTheProcessors(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	before := runtime.GOMAXPROCS(0)
	calls := 0
	c := Compare(1, func() { calls++ })
	if calls == 0 || !(c.Gain > 0) || !(c.Seconds > 0) || available() != (c.Loops > 0) {
		t.Errorf("%d calls, %+v", calls, c)
	}
	if after := runtime.GOMAXPROCS(0); after != before {
		t.Errorf("GOMAXPROCS is %d, was %d", after, before)
	}
}
