package rng

import (
	"math"
	"testing"
)

// TestBlockAgreesWithTheAuthors uses the known answers that the authors ship with Random123.
func TestBlockAgreesWithTheAuthors(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, [2]uint32{0xffffffff, 0xffffffff}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0}, [4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		got := Block(uint64(c.key[1])<<32|uint64(c.key[0]), c.counter[3], uint64(c.counter[2])<<32|uint64(c.counter[1]), c.counter[0])
		if got != c.want {
			t.Errorf("Block of counter %x, key %x = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

func TestPermIsAPermutationAndEven(t *testing.T) {
	counts := [4][4]int{}
	const draws = 4000
	for step := range uint64(draws) {
		p := []int32{0, 1, 2, 3}
		Perm(p, 1, 2, step)
		seen := [4]bool{}
		for place, v := range p {
			seen[v] = true
			counts[place][v]++
		}
		if seen != [4]bool{true, true, true, true} {
			t.Fatalf("step %d: %v is no permutation", step, p)
		}
	}
	for place := range counts {
		for v, n := range counts[place] {
			// The deviation of a binomial with p = 1/4 is √(n·3/16) = 27.4; six of them.
			if math.Abs(float64(n)-draws/4) > 165 {
				t.Errorf("%d came to place %d %d times of %d", v, place, n, draws)
			}
		}
	}
}

func TestQuantileInvertsTheDistribution(t *testing.T) {
	for _, p := range []float64{0x1p-54, 1e-10, 1e-5, 0.02, 0.0749, 0.076, 0.3, 0.5, 0.7, 0.924, 0.93, 0.999, 1 - 1e-9} {
		x := Quantile(p)
		back := math.Erfc(-x/math.Sqrt2) / 2
		if diff := math.Abs(back-p) / math.Min(p, 1-p); diff > 1e-6 && p < 0.999 || math.Abs(back-p) > 1e-13 {
			t.Errorf("Quantile(%v) = %v, whose probability is %v", p, x, back)
		}
	}
	if Quantile(0) != Quantile(0x1p-54) {
		t.Error("the quantile of 0 is not that of 2⁻⁵⁴")
	}
}

func TestNormalHasMomentsOfTheNormalDistribution(t *testing.T) {
	const n = 20000
	var m1, m2, m4 float64
	for i := range n {
		x := Normal(7, 1, 0, i)
		m1, m2, m4 = m1+x/n, m2+x*x/n, m4+x*x*x*x/n
	}
	if math.Abs(m1) > 6/math.Sqrt(n) || math.Abs(m2-1) > 6*math.Sqrt(2.0/n) || math.Abs(m4-3) > 6*math.Sqrt(96.0/n) {
		t.Errorf("moments %v, %v, %v of %d draws, want about 0, 1, 3", m1, m2, m4, n)
	}
}
