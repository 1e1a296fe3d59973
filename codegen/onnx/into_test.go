package onnx

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nngen/nngen/codegen/ir"
)

// TestNumbersGoBackIntoTheirFile trains each fixture in the crudest way, by disturbing all its numbers, puts them into
// the file, and imports that: it has the disturbed numbers, and differs from the original nowhere but in numbers.
func TestNumbersGoBackIntoTheirFile(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(fixtures, "*.onnx"))
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".onnx"), func(t *testing.T) {
			original, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r := imported(t, file)
			same, err := Into(original, r.Net, r.Params, Options{Name: "model"})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(same, original) {
				t.Errorf("untouched numbers change %d bytes", len(differing(original, same)))
			}
			params := disturbed(r)
			changed, err := Into(original, r.Net, params, Options{Name: "model"})
			if err != nil {
				t.Fatal(err)
			}
			onlyNumbers(t, original, changed)
			again, err := Import(changed, Options{Name: "model"})
			if err != nil {
				t.Fatal(err)
			}
			for i, p := range again.Net.Params {
				want := params[r.Net.Params[i]]
				for k, v := range again.Params[p] {
					if d := math.Abs(v - want[k]); !(d <= 1e-6*max(1, math.Abs(want[k]))) {
						t.Fatalf("%s[%d] is %g, want %g", p.Name, k, v, want[k])
					}
				}
			}
		})
	}
}

// disturbed returns other numbers for all that a training changes, and for constants that it fits.
func disturbed(r *Result) map[*ir.Param][]float64 {
	rng := rand.New(rand.NewPCG(3, 4))
	out := map[*ir.Param][]float64{}
	for _, p := range r.Net.Params {
		out[p] = slices.Clone(r.Params[p])
		if p.Values != nil {
			continue
		}
		for i := range out[p] {
			out[p][i] = float64(float32(out[p][i] * (1 + 0.1*rng.Float64())))
		}
	}
	return out
}

// differing returns the offsets at which two files differ.
func differing(a, b []byte) (at []int) {
	for i := range a {
		if i >= len(b) || a[i] != b[i] {
			at = append(at, i)
		}
	}
	return at
}

// onlyNumbers wants two files to differ within the numbers of initializers, constants and attributes alone, which it
// finds by walking both messages side by side.
func onlyNumbers(t *testing.T, a, b []byte) {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d bytes, was %d", len(b), len(a))
	}
	m, err := Decode(a)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := m.sources(a, Options{})
	if err != nil {
		t.Fatal(err)
	}
	free := make([]bool, len(a))
	for _, s := range sources {
		for _, at := range s.at {
			for i := range elementTypes[s.typ].bytes {
				free[at+i] = true
			}
		}
	}
	at := differing(a, b)
	if len(at) == 0 {
		t.Error("nothing changed")
	}
	for _, i := range at {
		if !free[i] {
			t.Fatalf("byte %d changed, which is no number", i)
		}
	}
}

// linearModel is a model y = x·W + b, with W stored by store as the initializer "w" of 2×3 numbers.
func linearModel(store func(t *messageBytes, v []float64)) []byte {
	g := &Graph{Name: "g",
		Nodes:   []*Node{{Name: "/fc/Gemm", Op: "Gemm", In: []string{"x", "w", "b"}, Out: []string{"y"}}},
		Inputs:  []*Port{{Name: "x", Type: 1, Dims: []Dim{{Name: "n"}, {Size: 2}}}},
		Outputs: []*Port{{Name: "y", Type: 1, Dims: []Dim{{Name: "n"}, {Size: 3}}}},
	}
	g.Initializers = []*Tensor{{Name: "b", Dims: []int64{3}, Type: 1, Raw: make([]byte, 12)}}
	b := messageBytes(g.encode())
	var w messageBytes
	w.whole(1, 2)
	w.whole(1, 3)
	w.text(8, "w")
	store(&w, []float64{0.5, -1, 2, 0.25, -4, 1})
	b.bytes(5, w)
	var m, o messageBytes
	m.whole(1, 8)
	m.bytes(7, b)
	o.text(1, "")
	o.whole(2, 17)
	m.bytes(8, o)
	return m
}

// TestEveryStorageOfNumbersIsWritten: numbers lie in files as bytes or typed fields, of four types.
func TestEveryStorageOfNumbersIsWritten(t *testing.T) {
	for name, c := range map[string]struct {
		unit  float64 // of rounding
		store func(b *messageBytes, v []float64)
		why   string // it can't be written
	}{
		"float fields": {0x1p-24, func(b *messageBytes, v []float64) {
			b.whole(2, 1)
			for _, x := range v {
				b.float(4, x)
			}
		}, ""},
		"packed floats": {0x1p-24, func(b *messageBytes, v []float64) {
			b.whole(2, 1)
			b.bytes(4, raw32(v))
		}, ""},
		"raw floats": {0x1p-24, func(b *messageBytes, v []float64) { b.whole(2, 1); b.bytes(9, raw32(v)) }, ""},
		"packed doubles": {0x1p-24, func(b *messageBytes, v []float64) {
			var p []byte
			for _, x := range v {
				p = binary.LittleEndian.AppendUint64(p, math.Float64bits(x))
			}
			b.whole(2, 11)
			b.bytes(10, p)
		}, ""},
		"raw halves": {0x1p-11, func(b *messageBytes, v []float64) {
			var p []byte
			for _, x := range v {
				p = binary.LittleEndian.AppendUint16(p, halfOf(x))
			}
			b.whole(2, 10)
			b.bytes(9, p)
		}, ""},
		"raw bfloats": {0x1p-8, func(b *messageBytes, v []float64) {
			var p []byte
			for _, x := range v {
				p = binary.LittleEndian.AppendUint16(p, uint16(math.Float32bits(float32(x))>>16))
			}
			b.whole(2, 16)
			b.bytes(9, p)
		}, ""},
		"halves in varints": {0, func(b *messageBytes, v []float64) {
			b.whole(2, 10)
			for _, x := range v {
				b.whole(5, int64(halfOf(x)))
			}
		}, `initializer "w" stores its numbers of float16 in fields of varying length, and is not written`},
	} {
		t.Run(name, func(t *testing.T) {
			original := linearModel(c.store)
			r, err := Import(original, Options{Name: "model"})
			if err != nil {
				t.Fatal(err)
			}
			params := disturbed(r)
			changed, err := Into(original, r.Net, params, Options{Name: "model"})
			if c.why != "" {
				if err == nil || !strings.Contains(err.Error(), c.why) {
					t.Errorf("error %v, want %q", err, c.why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			onlyNumbers(t, original, changed)
			again, err := Import(changed, Options{Name: "model"})
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range again.Params[again.Net.Params[0]] {
				if want := params[r.Net.Params[0]][i]; math.Abs(v-want) > c.unit*math.Abs(want) {
					t.Errorf("number %d is %g, want %g", i, v, want)
				}
			}
		})
	}
}

func raw32(v []float64) []byte {
	var p []byte
	for _, x := range v {
		p = binary.LittleEndian.AppendUint32(p, math.Float32bits(float32(x)))
	}
	return p
}

// twice is a model of two products with the same matrix, the second of which is given.
func twice(second *Node) []byte {
	second.In, second.Out = []string{"k", "w"}, []string{"y"}
	g := &Graph{Name: "g",
		Nodes: []*Node{{Name: "/a/MatMul", Op: "MatMul", In: []string{"x", "w"}, Out: []string{"h"}},
			{Name: "/t/Tanh", Op: "Tanh", In: []string{"h"}, Out: []string{"k"}}, second},
		Inputs:       []*Port{{Name: "x", Type: 1, Dims: []Dim{{Name: "n"}, {Size: 2}}}},
		Outputs:      []*Port{{Name: "y", Type: 1, Dims: []Dim{{Name: "n"}, {Size: 2}}}},
		Initializers: []*Tensor{{Name: "w", Dims: []int64{2, 2}, Type: 1, Raw: raw32([]float64{1, 2, 3, 4})}},
	}
	return (&Model{Opsets: map[string]int64{"": 17}, Graph: g}).Encode()
}

// TestAModuleThatIsAppliedTwiceIsShared: its numbers are one parameter, and go back into their one place.
func TestAModuleThatIsAppliedTwiceIsShared(t *testing.T) {
	original := twice(&Node{Name: "/a/MatMul_1", Op: "MatMul"})
	r, err := Import(original, Options{Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Net.Params) != 1 || !strings.Contains(string(r.Spec), "share: a") {
		t.Fatalf("%d parameters\n%s", len(r.Net.Params), r.Spec)
	}
	changed, err := Into(original, r.Net, map[*ir.Param][]float64{r.Net.Params[0]: {1, 2, 3, 5}}, Options{Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	onlyNumbers(t, original, changed)
	again, err := Import(changed, Options{Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]float64{1, 2, 3, 5}, again.Params[again.Net.Params[0]]); d != "" {
		t.Error(d)
	}
}

// TestWhatCannotGoBackIsAnError: layers that are others, and numbers that the file has once and the network twice.
func TestWhatCannotGoBackIsAnError(t *testing.T) {
	original := twice(&Node{Name: "/b/Gemm", Op: "Gemm", Attrs: []*Attr{{Name: "transB", I: 1}}})
	r, err := Import(original, Options{Name: "model"})
	if err != nil {
		t.Fatal(err)
	}
	params := map[*ir.Param][]float64{r.Net.Params[0]: {1, 2, 3, 5}, r.Net.Params[1]: {1, 3, 2, 5}}
	if _, err := Into(original, r.Net, params, Options{Name: "model"}); err != nil {
		t.Errorf("both alike: %v", err)
	}
	params[r.Net.Params[0]] = []float64{1, 2, 3, 6}
	_, err = Into(original, r.Net, params, Options{Name: "model"})
	if want := `a.kernel and output.kernel are the same numbers of initializer "w" in the file, but training moved them apart`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}

	for _, c := range []struct{ change, to, want string }{
		{"activation: tanh", "activation: relu", "the file with the new numbers would give other results than the network"},
		{"name: a,", "name: z,", "the network has z.kernel, which the import of the file does not"},
		{"units: 2", "units: 3", "a.kernel is 2×3, but 2×2 in the import of the file"},
	} {
		other := build(t, "other", strings.Replace(string(r.Spec), c.change, c.to, 1))
		same := map[*ir.Param][]float64{}
		for i, p := range other.net.Params {
			same[p] = [][]float64{{1, 2, 3, 4}, {1, 3, 2, 4}}[i]
		}
		_, err := Into(original, other.net, same, Options{Name: "model"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q", c.to, err, c.want)
		}
	}
}

// TestHalvesRoundAsIEEESays, to the nearest of two neighbours, in all orders of magnitude.
func TestHalvesRoundAsIEEESays(t *testing.T) {
	for h := uint16(0); h < 0x7c00; h++ {
		v, next := float16(h), float16(h+1)
		if got := halfOf(v); got != h {
			t.Fatalf("%g becomes %#x, want %#x", v, got, h)
		}
		if h+1 == 0x7c00 {
			next = 65536
		}
		even := h + h&1
		for _, c := range []struct {
			v    float64
			want uint16
		}{{v + (next-v)*0.49, h}, {v + (next-v)*0.51, h + 1}, {v + (next-v)/2, even}, {-v - (next-v)/2, even | 0x8000}} {
			if got := halfOf(c.v); got != c.want {
				t.Fatalf("%g becomes %#x, want %#x", c.v, got, c.want)
			}
		}
	}
}

// TestAnInputThatIsReadInTwoWaysIsScaledInOne: preprocessing would be for all that read it.
func TestAnInputThatIsReadInTwoWaysIsScaledInOne(t *testing.T) {
	number := func(name string, v ...float64) *Tensor {
		return &Tensor{Name: name, Dims: []int64{int64(len(v))}, Type: 1, Raw: raw32(v)}
	}
	port := func(name string) []*Port { return []*Port{{Name: name, Type: 1, Dims: []Dim{{Name: "n"}, {Size: 2}}}} }
	for _, c := range []struct {
		scale, other []float64
		want         []float64 // of x = (3, 5): x·scale − x·other, or − x
	}{
		{[]float64{2}, nil, []float64{3, 5}},
		{[]float64{2}, []float64{0.5}, []float64{4.5, 7.5}},
		{[]float64{2, 4}, nil, []float64{3, 15}},
		{[]float64{2, 4}, []float64{1, 3}, []float64{3, 5}},
	} {
		g := &Graph{Name: "g", Inputs: port("x"), Outputs: port("y"), Initializers: []*Tensor{number("a", c.scale...)}}
		g.Nodes = []*Node{{Name: "p", Op: "Mul", In: []string{"x", "a"}, Out: []string{"p"}}}
		second := "x"
		if c.other != nil {
			second = "q"
			g.Initializers = append(g.Initializers, number("b", c.other...))
			g.Nodes = append(g.Nodes, &Node{Name: "q", Op: "Mul", In: []string{"x", "b"}, Out: []string{"q"}})
		}
		g.Nodes = append(g.Nodes, &Node{Name: "y", Op: "Sub", In: []string{"p", second}, Out: []string{"y"}})
		r, err := Import((&Model{Opsets: map[string]int64{"": 17}, Graph: g}).Encode(), Options{Name: "model"})
		if err != nil {
			t.Error(err)
			continue
		}
		d, _, err := r.Check([]Array{{Shape: []int{1, 2}, Data: []float64{3, 5}}},
			[]Array{{Shape: []int{1, 2}, Data: c.want}})
		if err != nil || d[0] > 1e-6 {
			t.Errorf("%v and %v: off by %v, error %v\n%s", c.scale, c.other, d, err, r.Spec)
		}
	}
}

// TestFactorsOfAKernelStay trains a layer into whose kernel and bias a factor went, as the scales of ConvNeXt's blocks
// do: the kernel and the bias of the file change, and the factor stays, wherever it stands.
func TestFactorsOfAKernelStay(t *testing.T) {
	g := floats("g", []int64{4}, 0.5, 2, 0.25, 3)
	w := floats("w", []int64{4, 4}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6, 5, 4, 3, 2)
	b := floats("b", []int64{4}, 0.1, 0.2, 0.3, 0.4)
	for _, order := range [][]*Tensor{{g, w, b}, {b, w, g}} {
		m := tiny([]*Node{apply("Gemm", "l", "x w b", "h"), apply("Mul", "s", "h g", "k"), apply("Add", "r", "k x", "y")},
			order...)
		for _, c := range m.Graph.Initializers {
			c.Raw = nil
			for _, v := range c.Floats {
				c.Raw = binary.LittleEndian.AppendUint32(c.Raw, math.Float32bits(v))
			}
		}
		file := m.Encode()
		r, err := Import(file, Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		changed, err := Into(file, r.Net, disturbed(r), Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(changed)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range again.Graph.Initializers {
			if same := bytes.Equal(c.Raw, m.Graph.Initializers[i].Raw); same != (c.Name == "g") {
				t.Errorf("%s: unchanged %v", c.Name, same)
			}
		}
	}
}
