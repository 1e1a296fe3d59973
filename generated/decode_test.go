package generated

import (
	"os"
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
