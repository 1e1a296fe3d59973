package quant_test

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/quant"
)

// TestRangesReachBeyondFewRows draws rows from distributions with tails and without, and compares the range that is
// expected of more rows with the least and the greatest number of 10,000: it holds most of them, and is no wider than
// need be.
func TestRangesReachBeyondFewRows(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	for name, c := range map[string]struct {
		draw func() float64
		most float64 // times the width of the range of 10,000 rows
	}{
		"normal": {r.NormFloat64, 1.8}, "exponential": {r.ExpFloat64, 1.6}, "uniform": {r.Float64, 1.5},
		"pixels": {func() float64 { return max(0, min(2*r.Float64()-0.5, 1)) }, 1},
	} {
		beyond, wide := 0, 0.0
		const trials = 40
		for range trials {
			var few, many quant.Observed
			x := make([]float64, 10000)
			for i := range x {
				x[i] = c.draw()
			}
			few.See(x[:200])
			many.See(x)
			low, high := few.Beyond(200)
			if low > many.Low || high < many.High {
				beyond++
			}
			wide += (high - low) / (many.High - many.Low) / trials
			if low > few.Low || high < few.High {
				t.Fatalf("%s: a range from %v to %v of numbers from %v to %v", name, low, high, few.Low, few.High)
			}
			if low, high := many.Beyond(10000); low != many.Low || high != many.High {
				t.Fatalf("%s: of 10,000 rows the range is %v to %v, want %v to %v", name, low, high, many.Low, many.High)
			}
		}
		t.Logf("%s: %d of %d ranges do not hold 10,000 rows, width %.2f", name, beyond, trials, wide)
		if beyond > trials*3/4 || wide > c.most+1e-9 {
			t.Errorf("%s: %d of %d ranges do not hold 10,000 rows, and their width is %.2f, want %v at most", name, beyond,
				trials, wide,
				c.most)
		}
	}
	var bytes quant.Observed // of which few are white
	for v := range 256 {
		bytes.See(slices.Repeat([]float64{float64(v)}, 256-v))
	}
	if low, high := bytes.Beyond(100); low != 0 || high != 255 {
		t.Errorf("of bytes the range is %v to %v", low, high)
	}
	var one quant.Observed
	one.See([]float64{3})
	if low, high := one.Beyond(1); low != 3 || high != 3 {
		t.Errorf("of 3 alone the range is %v to %v", low, high)
	}
}

// TestRangesOfVeryFewRows draws up to nine rows: the range holds what was seen, is no narrower the more is expected,
// and stays within some widths of that of 10,000 rows, as int8 numbers would be too coarse otherwise. Of fewer than
// four numbers nothing is expected beyond them.
func TestRangesOfVeryFewRows(t *testing.T) {
	r := rand.New(rand.NewSource(6))
	for name, draw := range map[string]func() float64{
		"normal": r.NormFloat64, "exponential": r.ExpFloat64, "uniform": r.Float64,
	} {
		x := make([]float64, 10000)
		for i := range x {
			x[i] = draw()
		}
		var many quant.Observed
		many.See(x)
		for rows := 1; rows < 10; rows++ {
			wide, most, moved := 0.0, 0.0, 0
			const trials = 200
			for range trials {
				var few quant.Observed
				few.See([]float64{draw()})
				for range rows - 1 {
					few.See([]float64{draw()})
				}
				low, high := few.Beyond(rows)
				if low > few.Low || high < few.High || low-low != 0 || high-high != 0 {
					t.Fatalf("%s, %d rows: a range from %v to %v of numbers from %v to %v", name, rows, low, high,
						few.Low, few.High)
				}
				if low < few.Low || high > few.High {
					moved++
				}
				width := (high - low) / (many.High - many.Low)
				wide, most = wide+width/trials, max(most, width)
			}
			t.Logf("%s, %d rows: width %.2f, %.2f at most, %d of %d go beyond what was seen", name, rows, wide, most,
				moved, trials)
			if wide > 2.5 || most > 6 {
				t.Errorf("%s, %d rows: the mean width is %.2f of that of 10,000 rows, the largest %.2f", name, rows, wide, most)
			}
			if (moved > 0) != (rows >= 4) {
				t.Errorf("%s, %d rows: %d of %d ranges go beyond what was seen", name, rows, moved, trials)
			}
		}
	}
}
