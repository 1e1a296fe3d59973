package generated

import (
	"math/rand/v2"
	"testing"

	"github.com/nngen/nngen/generated/fashion/fashionint8"
	"github.com/nngen/nngen/generated/lenet_digits/lenet_digitsint8"
	"github.com/nngen/nngen/runtime/vec"
)

// TestWholeNumbersAreWhatPredictTurnsIntoProbabilities predicts pictures of bytes with whole numbers alone: softmax of what
// they stand for has the bits of Predict, and the class is that of Classify.
func TestWholeNumbersAreWhatPredictTurnsIntoProbabilities(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 5))
	for range 60 {
		var x [fashionint8.InputSize]float32
		var q [fashionint8.InputSize]int8
		var y, want [fashionint8.OutputSize]float32
		var whole [fashionint8.OutputSize]int8
		for i := range x {
			v := uint8(r.IntN(256))
			x[i], q[i] = float32(v), fashionint8.QuantizeByte(v)
		}
		m := fashionint8.Default()
		m.PredictInt8(&q, &whole)
		for i, v := range whole {
			y[i] = float32(int(v)-fashionint8.OutputZero) * float32(fashionint8.OutputScale)
		}
		vec.Softmax(1, len(y), y[:], y[:])
		if m.Predict(&x, &want); y != want {
			t.Fatalf("fashion: %v of whole numbers, %v of Predict", y, want)
		}
		if label, _ := m.Classify(&x); label != fashionint8.Classes[m.ClassifyInt8(&q)] {
			t.Errorf("fashion: classes differ: %s", label)
		}
	}
	for range 60 {
		var x [lenet_digitsint8.InputSize]float32
		var q [lenet_digitsint8.InputSize]int8
		var y, want [lenet_digitsint8.OutputSize]float32
		var whole [lenet_digitsint8.OutputSize]int8
		for i := range x {
			v := uint8(r.IntN(20)) // beyond the pixels of 0 to 16 too
			x[i], q[i] = float32(v), lenet_digitsint8.QuantizeByte(v)
		}
		m := lenet_digitsint8.Default()
		m.PredictInt8(&q, &whole)
		for i, v := range whole {
			y[i] = float32(int(v)-lenet_digitsint8.OutputZero) * float32(lenet_digitsint8.OutputScale)
		}
		vec.Softmax(1, len(y), y[:], y[:])
		if m.Predict(&x, &want); y != want {
			t.Fatalf("lenet_digits: %v of whole numbers, %v of Predict", y, want)
		}
	}
}
