package generated

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/fashion"
	"github.com/nngen/nngen/generated/names_transformer"
)

// decoders decode the weights of examples, as Default does.
var decoders = []struct {
	name   string
	decode func([]byte) error
	most   float64 // allocations: what the header says, the model, variables of folded layers
}{
	{"digits", func(b []byte) error { _, err := digits.Decode(b); return err }, 5},
	{"names_transformer", func(b []byte) error { _, err := names_transformer.Decode(b); return err }, 5},
	{"fashion", func(b []byte) error { _, err := fashion.Decode(b); return err }, 5},
}

// TestDecodeAllocatesLittle counts the allocations from the bytes of a weight file to a model.
func TestDecodeAllocatesLittle(t *testing.T) {
	for _, d := range decoders {
		b, err := os.ReadFile(d.name + "/weights.safetensors")
		if err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(10, func() {
			if err := d.decode(b); err != nil {
				t.Fatal(err)
			}
		})
		if n > d.most {
			t.Errorf("%s: %v allocations, want at most %v", d.name, n, d.most)
		}
		if d.decode(b[:len(b)-4]) == nil {
			t.Errorf("%s: a truncated file decodes", d.name)
		}
	}
}

// TestAnotherConstantOfTheSpecIsRefused loads weights whose rescale is not that of the spec.
func TestAnotherConstantOfTheSpecIsRefused(t *testing.T) {
	b, err := os.ReadFile("digits/weights.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	var w digits.Weights
	if err := w.Load(b); err != nil {
		t.Fatal(err)
	}
	w.Stats.ImageRescaleScale[17] = 0.1
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := w.Save(path); err != nil {
		t.Fatal(err)
	}
	const want = `tensor "image.rescale.scale" is fixed at 0.0625, but element 17 is 0.1`
	if _, err := digits.Load(path); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
}

// BenchmarkDecode times the way from the bytes of a weight file to a model.
func BenchmarkDecode(b *testing.B) {
	for _, d := range decoders {
		b.Run(d.name, func(b *testing.B) {
			file, err := os.ReadFile(d.name + "/weights.safetensors")
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(file)))
			for range b.N {
				if err := d.decode(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
