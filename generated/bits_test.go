package generated

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/digits/digitstrain"
	"github.com/nngen/nngen/generated/lenet_digits"
	"github.com/nngen/nngen/generated/lenet_digits/lenet_digitstrain"
	"github.com/nngen/nngen/generated/names_gru"
	"github.com/nngen/nngen/generated/names_gru/names_grutrain"
	"github.com/nngen/nngen/generated/names_transformer"
	"github.com/nngen/nngen/generated/names_transformer/names_transformertrain"
	"github.com/nngen/nngen/generated/skip"
	"github.com/nngen/nngen/generated/skip/skiptrain"
	"github.com/nngen/nngen/generated/sunspots_conv"
	"github.com/nngen/nngen/generated/sunspots_conv/sunspots_convtrain"
	"github.com/nngen/nngen/generated/sunspots_lstm"
	"github.com/nngen/nngen/generated/sunspots_lstm/sunspots_lstmtrain"
)

// trained is a model after a few steps of training: its weights, and a prediction.
type trained func() (weights, y [][]float32)

// TestTrainingHasTheSameBitsOnEveryMachine trains models for a few steps, dropout, norms, convolutions, recurrence,
// attention and partial batches included, and compares all weights and a prediction with the bits that
// testdata/bits.txt holds. It
// runs with assembly, without (purego), and on other architectures. NNGEN_UPDATE=1 writes the file.
func TestTrainingHasTheSameBitsOnEveryMachine(t *testing.T) {
	var got strings.Builder
	for _, m := range []struct {
		name  string
		train trained
	}{
		{"digits", func() (w, y [][]float32) {
			const n = 40
			m, x, t := digitstrain.New(1), draw(n*digits.InputSize), oneHot(n, digits.OutputSize)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n*digits.OutputSize, x, digits.New(&m.Weights).PredictBatch)
		}},
		{"skip", func() (w, y [][]float32) {
			const n = 20
			m, x, t := skiptrain.New(2), draw(n*skip.InputSize), oneHot(n, skip.OutputSize)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n*skip.OutputSize, x, skip.New(&m.Weights).PredictBatch)
		}},
		{"lenet_digits", func() (w, y [][]float32) {
			const n = 33
			m, x, t := lenet_digitstrain.New(3), draw(n*lenet_digits.InputSize), oneHot(n, lenet_digits.OutputSize)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n*lenet_digits.OutputSize, x, lenet_digits.New(&m.Weights).PredictBatch)
		}},
		{"sunspots_conv", func() (w, y [][]float32) {
			const n = 33
			m, x, t := sunspots_convtrain.New(4), draw(n*sunspots_conv.InputSize), draw(n)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n, x, sunspots_conv.New(&m.Weights).PredictBatch)
		}},
		{"sunspots_lstm", func() (w, y [][]float32) {
			const n = 33
			m, x, t := sunspots_lstmtrain.New(5), draw(n*sunspots_lstm.InputSize), draw(n)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n, x, sunspots_lstm.New(&m.Weights).PredictBatch)
		}},
		{"names_gru", func() (w, y [][]float32) {
			const n = 5
			m, x, t := names_grutrain.New(6), draw(n*names_gru.InputSize), oneHot(n*names_gru.InputSize, names_gru.OutputSize/names_gru.InputSize)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n*names_gru.OutputSize, x, names_gru.New(&m.Weights).PredictBatch)
		}},
		{"names_transformer", func() (w, y [][]float32) {
			const n = 5
			m, x, t := names_transformertrain.New(7), draw(n*names_transformer.InputSize), oneHot(n*names_transformer.InputSize, names_transformer.OutputSize/names_transformer.InputSize)
			for range 5 {
				m.Step(x, t, nil)
			}
			return arrays(m.Weights.Tensors()), predict(n*names_transformer.OutputSize, x, names_transformer.New(&m.Weights).PredictBatch)
		}},
	} {
		h := sha256.New()
		weights, y := m.train()
		for _, x := range append(weights, y...) {
			if err := binary.Write(h, binary.LittleEndian, x); err != nil {
				t.Fatal(err)
			}
			for _, v := range x {
				if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
					t.Fatalf("%s: %v among the numbers", m.name, v)
				}
			}
		}
		fmt.Fprintf(&got, "%s %x\n", m.name, h.Sum(nil))
	}

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

// draw returns n whole numbers below 16, made by a small congruential generator.
func draw(n int) []float32 {
	x, state := make([]float32, n), uint32(1)
	for i := range x {
		state = state*1664525 + 1013904223
		x[i] = float32(state >> 28)
	}
	return x
}

// oneHot returns targets of n examples, whose classes take turns.
func oneHot(n, classes int) []float32 {
	y := make([]float32, n*classes)
	for i := range n {
		y[i*classes+i%classes] = 1
	}
	return y
}

// predict returns size outputs for x.
func predict(size int, x []float32, batch func(x, y []float32)) [][]float32 {
	y := make([]float32, size)
	batch(x, y)
	return [][]float32{y}
}

// arrays returns the numbers of tensors, whose type each package has for itself.
func arrays[T any](tensors []T) [][]float32 {
	var all [][]float32
	for _, t := range tensors {
		all = append(all, reflect.ValueOf(t).FieldByName("Data").Interface().([]float32))
	}
	return all
}
