package onnx

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen/fuzzing"
)

// usualMutants are tried without NNGEN_ONNX_MUTANTS.
const usualMutants = 500

// mostTime is what one of them may take of processors.
const mostTime = 20 * time.Second

// TestMutantsOfModelsAreErrors changes models at random: bits, bytes, stretches left out, doubled, moved or taken from
// another model, and lengths of the encoding. Import takes each or says what is wrong, within a time and memory.
// NNGEN_ONNX_MUTANTS=50000 tries as many.
func TestMutantsOfModelsAreErrors(t *testing.T) {
	wanted := usualMutants
	if n, err := strconv.Atoi(os.Getenv("NNGEN_ONNX_MUTANTS")); err == nil {
		wanted = n
	}
	files, err := filepath.Glob(filepath.Join(fixtures, "*.onnx"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d models, %v", len(files), err)
	}
	var models [][]byte
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		models = append(models, b)
	}
	for _, n := range nodeTests(t, "nodes.tar.gz") {
		models = append(models, n.model)
	}
	r := rand.New(rand.NewPCG(1, 2))
	taken := 0
	for range wanted {
		b := slices.Clone(models[r.IntN(len(models))])
		for range 1 + r.IntN(4) {
			b = mutate(r, b, models[r.IntN(len(models))])
		}
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Fatalf("%v\nby the model %x", p, b)
				}
			}()
			start := fuzzing.Processors()
			peak := peakOf(func() {
				if _, err := Import(b, Options{Name: "model"}); err == nil {
					taken++
				}
			})
			if took := fuzzing.Processors() - start; peak > mostMemory || took > mostTime {
				t.Fatalf("it held %d MiB, and took %v: by the model %x", peak>>20, took, b)
			}
		}()
	}
	t.Logf("%d of %d mutants are models", taken, wanted)
}

// mutate changes a model in one place.
func mutate(r *rand.Rand, b, other []byte) []byte {
	if len(b) == 0 {
		return slices.Clone(other)
	}
	at := r.IntN(len(b))
	end := min(len(b), at+1+r.IntN(16))
	switch r.IntN(7) {
	case 0:
		b[at] ^= 1 << r.IntN(8)
	case 1:
		b[at] = [...]byte{0, 1, 0x7f, 0x80, 0xff}[r.IntN(5)]
	case 2:
		return slices.Delete(b, at, end)
	case 3:
		return slices.Insert(b, at, slices.Clone(b[at:end])...)
	case 4:
		if len(other) > 0 {
			from := r.IntN(len(other))
			return slices.Insert(b, at, other[from:min(len(other), from+1+r.IntN(64))]...)
		}
	case 5: // a length, or a number, of many bytes
		return slices.Replace(b, at, at+1, 0xff, 0xff, 0xff, 0xff, byte(r.IntN(16)))
	default:
		return b[:at]
	}
	return b
}
