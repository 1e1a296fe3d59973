package generated

import (
	"math"
	"slices"
	"testing"

	"github.com/nngen/nngen/generated/names_gru"
	"github.com/nngen/nngen/generated/names_gru/names_grutrain"
	"github.com/nngen/nngen/runtime/golden"
)

// TestStepsWithoutAWeightChangeNoBit holds gradients that leave out the steps behind the last with a weight against
// those of all steps, which a large number in a row of the table that no example reads makes a trainer compute: the
// bits are the same, in a first piece and in one that is not whole, whatever the number of workers, and with no
// weight, weights that end anywhere, and holes among them.
func TestStepsWithoutAWeightChangeNoBit(t *testing.T) {
	const n, unread = names_grutrain.Batch + 37, 26
	x, y, w := make([]float32, n*16), make([]float32, n*names_gru.OutputSize), make([]float32, n*16)
	left := 0
	for i := range n {
		k := i * 7 % 18 // 17 for a whole example of weights other than 1
		for j := range 16 {
			at := i*16 + j
			x[at] = float32((i*5 + j*3) % unread)
			y[at*27+(i+j)%27] = 1
			switch {
			case j >= k:
				left++
			case j%5 != 3 || j == k-1:
				w[at] = 1 + float32(k/17)
			}
		}
	}
	gradients := func(workers int, large float32) (float64, []float32) {
		tr := names_grutrain.New(3)
		tr.Workers = workers
		for i := range 16 {
			tr.Weights.TableEmbeddings[unread*16+i] = large
		}
		return tr.Gradient(x, y, w), slices.Clone(tr.Gradients())
	}
	wantLoss, want := gradients(1, 1e6)
	for _, workers := range []int{1, 2, 3} {
		loss, got := gradients(workers, 0.25)
		if math.Float64bits(loss) != math.Float64bits(wantLoss) {
			t.Errorf("%d workers: the loss is %v, want %v", workers, loss, wantLoss)
		}
		for i := range want {
			if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
				t.Fatalf("%d workers: gradient %d is %v, want %v", workers, i, got[i], want[i])
			}
		}
	}
	if left < n*4 {
		t.Errorf("only %d steps are behind the last with a weight", left)
	}
	tr := names_grutrain.New(3)
	tr.Gradient(x, y, w)
	if a := golden.AllocsPerRun(t, 3, func() { tr.Gradient(x, y, w) }); a != 0 {
		t.Errorf("%v allocations", a)
	}
}
