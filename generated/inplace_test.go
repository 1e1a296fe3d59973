package generated

import (
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/nngen/nngen/generated/fashion"
	"github.com/nngen/nngen/runtime/golden"
)

// TestWeightsInPlaceHaveTheBitsOfCopies compares the model that Default returns, some of whose weights stay where they
// are embedded on some machines, with a copy: before its first batch, while several goroutines want one, and behind it.
// The copy does not see what becomes of the bytes that it was decoded from.
func TestWeightsInPlaceHaveTheBitsOfCopies(t *testing.T) {
	b, err := os.ReadFile("fashion/weights.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	copied, err := fashion.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	clear(b)
	const n = 9
	x := make([]float32, n*fashion.InputSize)
	for i := range x {
		x[i] = float32(i * 7919 % 256)
	}
	var want [n * fashion.OutputSize]float32
	for i := range n {
		copied.Predict((*[fashion.InputSize]float32)(x[i*fashion.InputSize:]),
			(*[fashion.OutputSize]float32)(want[i*fashion.OutputSize:]))
	}
	if slices.Max(want[:]) < 0.5 {
		t.Fatal("the copy predicts nothing")
	}
	m := fashion.Default()
	one := func(when string) {
		for i := range n {
			var y [fashion.OutputSize]float32
			m.Predict((*[fashion.InputSize]float32)(x[i*fashion.InputSize:]), &y)
			if !slices.Equal(y[:], want[i*fashion.OutputSize:][:fashion.OutputSize]) {
				t.Errorf("%s a batch: example %d is %v, want %v", when, i, y, want[i*fashion.OutputSize:][:fashion.OutputSize])
			}
		}
	}
	one("before")
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			var y [n * fashion.OutputSize]float32
			m.PredictBatch(x, y[:])
			if y != want {
				t.Errorf("a batch is %v, want %v", y, want)
			}
			one("beside")
		}()
	}
	all.Wait()
	one("behind")
	if a := golden.AllocsPerRun(t, 5, func() { m.PredictBatchWorkers(x, want[:], 1) }); a > 0 {
		t.Errorf("a batch allocates %v times", a)
	}
}
