package quant_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nngen/nngen/runtime/quant"
)

// TestFakeQuantizationHasTheNumbersOfQuantize rounds numbers within a range as Quantize and Dequantize do with its scale
// and zero, bit by bit, and passes gradients where nothing is cut off.
func TestFakeQuantizationHasTheNumbersOfQuantize(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		low, high := float32(-3*r.Float64()), float32(3*r.Float64())
		if r.IntN(4) == 0 {
			low = 0
		}
		set := []float32{low, high, 5}
		x, dy := make([]float32, 65), make([]float32, 65)
		for i := range x {
			x[i], dy[i] = float32(4*r.NormFloat64()), r.Float32()+1
		}
		y, dx := make([]float32, len(x)), make([]float32, len(x))
		quant.FakeTrain(y, x, set, 1, 5) // which has seen all that it follows
		quant.FakeGrad(dx, dy, x, set)
		if set[0] != low || set[1] != high || set[2] != 5 {
			t.Fatalf("a range that is settled moves to %v", set)
		}
		scale := (high - low) / 255
		zero := int32(max(-128, min(math.RoundToEven(float64(-128-low/scale)), 127)))
		q, want := make([]int8, len(x)), make([]float32, len(x))
		quant.Quantize(q, x, []float32{scale}, []int32{zero})
		quant.Dequantize(want, q, []float32{scale}, []int32{zero})
		for i, v := range y {
			if v != want[i] {
				t.Fatalf("range %v: %v becomes %v, want %v", set, x[i], v, want[i])
			}
			k := math.RoundToEven(float64(x[i]/scale)) + float64(zero)
			if pass := k >= -128 && k <= 127; pass != (dx[i] == dy[i]) || !pass && dx[i] != 0 {
				t.Fatalf("range %v: the gradient at %v, step %v, is %v of %v", set, x[i], k, dx[i], dy[i])
			}
		}
	}
}

// TestRangesFollowMovingAverages feeds batches: the first sets the range, others move it, and it stays behind the last.
func TestRangesFollowMovingAverages(t *testing.T) {
	set, y := make([]float32, 3), make([]float32, 2)
	for i, c := range []struct{ x, want [2]float32 }{
		{[2]float32{-1, 3}, [2]float32{-1, 3}},
		{[2]float32{-3, 5}, [2]float32{-2, 4}}, // half of the way
		{[2]float32{-2, 8}, [2]float32{-2, 6}}, // half again, since momentum is more than a third
		{[2]float32{-9, 9}, [2]float32{-2, 6}}, // behind three steps
	} {
		quant.FakeTrain(y, c.x[:], set, 0.5, 3)
		if set[0] != c.want[0] || set[1] != c.want[1] {
			t.Errorf("batch %d: the range is %v, want %v", i, set[:2], c.want)
		}
	}
	nan := float32(math.NaN())
	quant.FakeTrain(y, []float32{nan, 1}, set, 0.5, 0)
	if y[0] == y[0] || set[1] != 3.5 {
		t.Errorf("of NaN and 1 come %v and the range %v", y, set)
	}
	inf := float32(math.Inf(1))
	for _, first := range []bool{false, true} { // behind numbers, and as the first that a range sees
		if first {
			set = make([]float32, 3)
		}
		x, y, dx := []float32{inf, -inf, 1, -2}, make([]float32, 4), make([]float32, 4)
		for range 3 {
			quant.FakeTrain(y, x, set, 0.5, 0)
		}
		if !(set[0] >= -2 && set[0] < 0 && set[1] >= 1 && set[1] < 4) || y[0] != inf || y[1] != -inf || !(y[2] > 0.9 && y[2] < 1.1) {
			t.Errorf("of infinities, 1 and -2 come %v and the range %v", y, set)
		}
		quant.FakeGrad(dx, []float32{1, 1, 1, 1}, x, set)
		if dx[0] != 0 || dx[1] != 0 || dx[2] != 1 {
			t.Errorf("the gradients at infinities and 1 are %v", dx)
		}
	}
}

// TestFakeWeightsHaveAScaleForEachChannel rounds weights.
func TestFakeWeightsHaveAScaleForEachChannel(t *testing.T) {
	w := []float32{1, 0, -254, 0.5, 0, 3, -0.25, 0, 1}
	y := make([]float32, len(w))
	quant.FakeWeights(3, y, w)
	s := float32(1) / 127
	for i, want := range []float32{127 * s, 0, -254, 64 * s, 0, 4, -32 * s, 0, 0} {
		if y[i] != want {
			t.Errorf("weight %d, %v, becomes %v, want %v", i, w[i], y[i], want)
		}
	}
	w[1], w[5] = float32(math.NaN()), float32(math.Inf(1))
	quant.FakeWeights(3, y, w)
	for i, v := range y {
		if j := i % 3; (v != v) != (j == 1 || j == 2) {
			t.Errorf("beside NaN in channel 1 and infinity in channel 2, weight %d, %v, becomes %v", i, w[i], v)
		}
	}
	if testing.AllocsPerRun(10, func() { quant.FakeWeights(3, y, w) }) != 0 {
		t.Error("FakeWeights allocates")
	}
}
