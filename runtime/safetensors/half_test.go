package safetensors

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// halves are tensors of each type, in an order in which float32 numbers would not be aligned.
func halves() []Tensor {
	return []Tensor{
		{Name: "a", Shape: []int{3}, Data: []float32{1.0 / 3, -65504, 1e-9}, Type: Float16},
		{Name: "b", Shape: []int{2}, Data: []float32{1.0 / 3, 1e38}, Type: BFloat16},
		{Name: "c", Shape: []int{1}, Data: []float32{1.0 / 3}},
	}
}

// empty returns tensors without their numbers, to be filled.
func empty(tensors []Tensor) []Tensor {
	tensors = slices.Clone(tensors)
	for i := range tensors {
		tensors[i].Data = make([]float32, len(tensors[i].Data))
	}
	return tensors
}

func data(tensors []Tensor) (all [][]float32) {
	for _, t := range tensors {
		all = append(all, t.Data)
	}
	return all
}

func TestHalvesAreRoundedInFiles(t *testing.T) {
	b, err := Encode(map[string]string{"spec": "s"}, halves())
	if err != nil {
		t.Fatal(err)
	}
	if want := `"c":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F16","shape":[3],"data_offsets":[4,10]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]}`; !strings.Contains(string(b), want) {
		t.Errorf("the header is %s, want it to hold %s", b[8:len(b)-14], want)
	}
	want := halves()
	Round(want)
	if want[0].Data[0] != 0.333251953125 || want[0].Data[2] != 0 || want[2].Data[0] != float32(1.0/3) {
		t.Errorf("rounded to %v", data(want))
	}
	loaded := empty(want)
	if err := Load(b, "spec", "s", loaded); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(data(want), data(loaded)); d != "" {
		t.Errorf("loaded (-want +got):\n%s", d)
	}
	viewed := halves()
	if err := View(b, "spec", "s", viewed); err != nil {
		t.Fatal(err)
	}
	for i, w := range want[:2] {
		if d := cmp.Diff(w.Data, Floats(&viewed[i])); d != "" {
			t.Errorf("viewed %s (-want +got):\n%s", w.Name, d)
		}
		if d := cmp.Diff(Halves(&want[i]), Halves(&viewed[i])); d != "" {
			t.Errorf("bits of %s (-want +got):\n%s", w.Name, d)
		}
	}
	f, err := Open(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		x := Tensor{Name: w.Name, Shape: w.Shape, Data: make([]float32, len(w.Data))}
		if err := f.ReadAny(x); err != nil || !slices.Equal(x.Data, w.Data) {
			t.Errorf("%s: read %v (%v), want %v", w.Name, x.Data, err, w.Data)
		}
		if err := f.Copy(x); (err == nil) != (w.Type == nil) {
			t.Errorf("%s: read as float32: %v", w.Name, err)
		}
	}
}

// TestFloat32FilesGiveHalves loads what was written as float32.
func TestFloat32FilesGiveHalves(t *testing.T) {
	plain := halves()
	for i := range plain {
		plain[i].Type = nil
	}
	b, err := Encode(map[string]string{"spec": "s"}, plain)
	if err != nil {
		t.Fatal(err)
	}
	loaded := empty(halves())
	if err := Load(b, "spec", "s", loaded); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(data(plain), data(loaded)); d != "" {
		t.Errorf("loaded (-want +got):\n%s", d)
	}
	viewed, want := halves(), halves()
	if err := View(b, "spec", "s", viewed); err != nil {
		t.Fatal(err)
	}
	Round(want)
	for i := range want[:2] {
		if d := cmp.Diff(want[i].Data, Floats(&viewed[i])); d != "" {
			t.Errorf("viewed %s (-want +got):\n%s", want[i].Name, d)
		}
	}
}

func TestWrongHalves(t *testing.T) {
	b, err := Encode(map[string]string{"spec": "s"}, halves())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		tensor int
		half   *Type
		want   string
	}{
		{0, nil, `safetensors: tensor "a" holds "F16", want F32`},
		{0, BFloat16, `safetensors: tensor "a" holds "F16", want F32 or BF16`},
		{1, Float16, `safetensors: tensor "b" holds "BF16", want F32 or F16`},
	} {
		tensors := empty(halves())
		tensors[c.tensor].Type = c.half
		if err := Load(b, "spec", "s", tensors); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
		if err := View(b, "spec", "s", tensors); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	large := []Tensor{{Name: "a", Shape: []int{2}, Data: []float32{float32(math.Inf(1)), 65520}, Type: Float16}}
	if _, err := Encode(nil, large); err == nil || err.Error() != `safetensors: tensor "a" has 65520 at element 1, more than F16 can hold` {
		t.Error(err)
	}
	large[0].Data[1] = 65519
	if _, err := Encode(nil, large); err != nil {
		t.Error(err)
	}
	short := []Tensor{{Name: "a", Shape: []int{3}, Data: make([]float32, 2), Type: Float16}}
	if err := func() error { f, _ := Open(b); return f.Copy(short[0]) }(); err == nil || !strings.Contains(err.Error(), "has 3 numbers, but there is room for 2") {
		t.Error(err)
	}
}

// TestWhatWasViewedBeforeIsForgotten: the numbers of a tensor are those of the file that was read last, whichever of
// the two has them in 16 bits, and however they are read.
func TestWhatWasViewedBeforeIsForgotten(t *testing.T) {
	file := func(of *Type, x float32) []byte {
		b, err := Encode(map[string]string{"spec": "x"}, []Tensor{{Name: "a", Shape: []int{2}, Type: of, Data: []float32{x, -x}}})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, of := range []*Type{Float16, BFloat16} {
		kinds := []*Type{nil, of}
		for _, before := range kinds {
			for _, after := range kinds {
				for way, read := range map[string]func(b []byte, w []Tensor) error{
					"View": func(b []byte, w []Tensor) error { return View(b, "spec", "x", w) },
					"Load": func(b []byte, w []Tensor) error {
						w[0].Data = make([]float32, 2)
						return Load(b, "spec", "x", w)
					},
				} {
					w := []Tensor{{Name: "a", Shape: []int{2}, Type: of}}
					if err := View(file(before, 1), "spec", "x", w); err != nil {
						t.Fatal(err)
					}
					if err := read(file(after, 3), w); err != nil {
						t.Fatal(err)
					}
					want := []float32{3, -3}
					if got := Floats(&w[0]); !slices.Equal(got, want) {
						t.Errorf("%s of %v after a view of %v: Floats gives %v, want %v", way, after, before, got, want)
					}
					if got := w[0].Data; got != nil && !slices.Equal(got, want) {
						t.Errorf("%s of %v after a view of %v: Data is %v, want %v", way, after, before, got, want)
					}
				}
			}
		}
	}
}
