package generated

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/digits/digitstrain"
	"github.com/nngen/nngen/generated/lenet_digits"
	"github.com/nngen/nngen/generated/lenet_digits/lenet_digitstrain"
	"github.com/nngen/nngen/generated/skip"
	"github.com/nngen/nngen/generated/skip/skiptrain"
)

// TestTrainingHasTheSameBitsOnEveryMachine trains three of the models for a few steps, dropout, norms,
// convolutions and partial batches included, and compares all weights and a prediction with the bits that
// testdata/bits.txt holds. It runs with assembly, without (purego), and on other architectures.
// NNGEN_UPDATE=1 writes the file.
func TestTrainingHasTheSameBitsOnEveryMachine(t *testing.T) {
	x, y := examples(40)
	var got strings.Builder
	d, s, l := digitstrain.New(1), skiptrain.New(2), lenet_digitstrain.New(3)
	for range 5 {
		l.Step(x[:33*digits.InputSize], y[:33*digits.OutputSize], nil)
		d.Step(x, y, nil)
		s.Step(x[:20*digits.InputSize], y[:20*digits.OutputSize], nil)
	}
	out := make([]float32, 40*digits.OutputSize)
	h := sha256.New()
	for _, w := range d.Weights.Tensors() {
		add(h, w.Data)
	}
	digits.New(&d.Weights).PredictBatch(x, out)
	add(h, out)
	got.WriteString("digits " + hex.EncodeToString(h.Sum(nil)) + "\n")
	h.Reset()
	for _, w := range s.Weights.Tensors() {
		add(h, w.Data)
	}
	skip.New(&s.Weights).PredictBatch(x, out)
	add(h, out)
	got.WriteString("skip " + hex.EncodeToString(h.Sum(nil)) + "\n")
	h.Reset()
	for _, w := range l.Weights.Tensors() {
		add(h, w.Data)
	}
	lenet_digits.New(&l.Weights).PredictBatch(x, out)
	add(h, out)
	got.WriteString("lenet_digits " + hex.EncodeToString(h.Sum(nil)) + "\n")

	const file = "testdata/bits.txt"
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("the bits differ:\ngot\n%swant\n%s", got.String(), want)
	}
}

// examples returns n examples made by a small congruential generator.
func examples(n int) (x, y []float32) {
	state := uint32(1)
	for i := range n {
		for range digits.InputSize {
			state = state*1664525 + 1013904223
			x = append(x, float32(state>>28))
		}
		class := make([]float32, digits.OutputSize)
		class[i%digits.OutputSize] = 1
		y = append(y, class...)
	}
	return x, y
}

func add(h interface{ Write([]byte) (int, error) }, x []float32) {
	var b [4]byte
	for _, v := range x {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		h.Write(b[:])
	}
}
