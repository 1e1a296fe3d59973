package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
)

// pruned is a kernel of 4×8 with every third weight.
func pruned() (w, mask []float32) {
	for i := range 32 {
		keep := float32(0)
		if i%3 == 0 {
			keep = 1
		}
		mask = append(mask, keep)
		w = append(w, keep*float32(math.Sin(float64(i+1))))
	}
	return w, mask
}

// kernelOf returns the kernel of a dense layer of a result and its weights.
func kernelOf(r *Result, layer string) (*ir.Param, []float64) {
	for p, v := range r.Params {
		if p.Name == layer+".kernel" {
			return p, v
		}
	}
	return nil, nil
}

// wantPruned compares the connections with those of pruned.
func wantPruned(t *testing.T, r *Result, layer string) {
	t.Helper()
	p, v := kernelOf(r, layer)
	if p == nil || len(p.Pattern) != 11 {
		t.Fatalf("%s:\n%s", layer, r.Spec)
	}
	w, _ := pruned()
	for i, c := range p.Pattern {
		if want := w[c[0]*8+c[1]]; want == 0 || float32(v[i]) != want {
			t.Errorf("connection %v has %v, want %v", c, v[i], want)
		}
	}
}

// TestMasksBecomeConnections reads weights times a mask, as PyTorch's pruning writes them, and weights that are stored
// sparse, by numbers and by places along the axes.
func TestMasksBecomeConnections(t *testing.T) {
	w, mask := pruned()
	next := []*Node{apply("Relu", "r", "h", "a"), apply("MatMul", "out", "a v", "y")}
	v := floats("v", []int64{8, 1}, 1, 2, 3, 4, 5, 6, 7, 8)
	full := slices.Clone(w)
	for i := range full {
		full[i] += 1 - mask[i] // what a mask takes away is there in the file
	}
	cast := apply("Cast", "c", "mask", "m", &Attr{Name: "to", I: typeFloat})
	times := tiny(append([]*Node{cast, apply("Mul", "p", "m w", "k"), apply("MatMul", "d", "x k", "h")}, next...),
		floats("w", []int64{4, 8}, full...), floats("mask", []int64{4, 8}, mask...), v)
	sparse := func(each bool) *Model {
		m := tiny(append([]*Node{apply("MatMul", "d", "x k", "h")}, next...), v)
		s := &SparseTensor{Values: &Tensor{Name: "k", Type: typeFloat}, Indices: &Tensor{Type: typeInt64},
			Dims: []int64{4, 8}}
		for i := range w {
			if mask[i] == 0 {
				continue
			}
			s.Values.Floats = append(s.Values.Floats, w[i])
			if each {
				s.Indices.Int64s = append(s.Indices.Int64s, int64(i/8))
				i %= 8
			}
			s.Indices.Int64s = append(s.Indices.Int64s, int64(i))
		}
		s.Values.Dims = []int64{int64(len(s.Values.Floats))}
		if s.Indices.Dims = s.Values.Dims; each {
			s.Indices.Dims = []int64{s.Values.Dims[0], 2}
		}
		m.Graph.Sparse = []*SparseTensor{s}
		return m
	}
	for name, m := range map[string]*Model{"mask": times, "sparse": sparse(false), "sparse by axes": sparse(true)} {
		t.Run(name, func(t *testing.T) {
			r, err := m.imported(Options{Name: "m"})
			if err != nil {
				t.Fatal(err)
			}
			wantPruned(t, r, "dense1")
			if strings.Contains(strings.Join(r.Remarks, "\n"), "exactly 0") {
				t.Errorf("remarks %q", r.Remarks)
			}
		})
	}
}

// TestZerosOfUnknownOriginAreTold: nothing but zeros tells of a pruning, so they stay weights, which is said, unless
// that they are none is.
func TestZerosOfUnknownOriginAreTold(t *testing.T) {
	w, _ := pruned()
	model := func() *Model {
		return tiny([]*Node{apply("MatMul", "d", "x w", "h"), apply("Relu", "r", "h", "a"), apply("MatMul", "o", "a v", "y")},
			floats("w", []int64{4, 8}, w...), floats("v", []int64{8, 1}, 1, 2, 3, 4, 5, 6, 7, 8))
	}
	r, err := model().imported(Options{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `21 of the 32 weights of layer "dense1" are exactly 0: a training would change them; ` +
		`--sparse takes them for no connections`
	if p, _ := kernelOf(r, "dense1"); p.Pattern != nil || !slices.Contains(r.Remarks, want) {
		t.Errorf("remarks %q\n%s", r.Remarks, r.Spec)
	}
	if r, err = model().imported(Options{Name: "m", Sparse: true}); err != nil {
		t.Fatal(err)
	}
	wantPruned(t, r, "dense1")
}

// TestAQuarterOfZerosIsMany: of 21 weights 6 zeros are told, and 5 are not.
func TestAQuarterOfZerosIsMany(t *testing.T) {
	for zeros, told := range map[int]bool{5: false, 6: true} {
		first, second := make([]float32, 4*7), make([]float32, 7*3)
		for i := range first {
			first[i] = float32(i + 1)
		}
		for i := zeros; i < len(second); i++ {
			second[i] = float32(i)
		}
		nodes := []*Node{apply("MatMul", "d", "x w", "h"), apply("Relu", "r", "h", "a"), apply("MatMul", "o", "a v", "y")}
		r, err := tiny(nodes, floats("w", []int64{4, 7}, first...),
			floats("v", []int64{7, 3}, second...)).imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(r.Remarks, "\n"), "of the 21 weights"); got != told {
			t.Errorf("%d zeros of 21: told %t, want %t: %q", zeros, got, told, r.Remarks)
		}
	}
}

// thinned exports a network whose first layer, h, has half of its connections, other layers behind it, and imports it.
func thinned(t *testing.T, name string, inputs, units int, behind string) (w network, file []byte, r *Result) {
	t.Helper()
	const spec = "version: 1\nname: try\ninput: {name: x, shape: [%d]}\ntask: regression\nlayers:\n" +
		"  - dense: {name: h, units: %d, sparsity: {density: {density: 0.5, seed: 2}}}\n%s  - output\n"
	w = build(t, name, fmt.Sprintf(spec, inputs, units, behind))
	file, err := Export(w.net, w.ref.Params, ExportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	file = withoutSource(t, file) // which says that the connections were drawn
	if r, err = Import(file, Options{Name: "again"}); err != nil {
		t.Fatal(err)
	}
	return w, file, r
}

// TestManyConnectionsComeBack: all of more than a hundred thousand, each with its weight. It ends soon if what is done
// for a connection does not grow with their number.
func TestManyConnectionsComeBack(t *testing.T) {
	w, _, r := thinned(t, "wide", 500, 450, "")
	p, v := kernelOf(r, "h")
	q := w.net.Params[slices.IndexFunc(w.net.Params, func(p *ir.Param) bool { return p.Name == "h.kernel" })]
	if len(q.Pattern) < 100_000 || !slices.Equal(p.Pattern, q.Pattern) || !slices.Equal(v, w.ref.Params[q]) {
		t.Errorf("%d connections, want the %d that were exported, with their weights", len(p.Pattern), len(q.Pattern))
	}
}

// TestMasksOfManyConnectionsAreFiles: the spec names the file, which has a row for each input.
func TestMasksOfManyConnectionsAreFiles(t *testing.T) {
	w, file, r := thinned(t, "many", 9, 7, "")
	mask := r.Masks["h.mask.csv"]
	if !bytes.Contains(r.Spec, []byte(`sparsity: {mask: {file: "h.mask.csv"}}`)) || bytes.Count(mask, []byte("\n")) != 9 {
		t.Errorf("%s\n%s", r.Spec, mask)
	}
	p, v := kernelOf(r, "h")
	q := w.net.Params[slices.IndexFunc(w.net.Params, func(p *ir.Param) bool { return p.Name == "h.kernel" })]
	if !slices.Equal(p.Pattern, q.Pattern) || !slices.Equal(v, w.ref.Params[q]) {
		t.Errorf("connections %v, want %v", p.Pattern, q.Pattern)
	}

	// Other numbers go into the file, and nothing but numbers changes.
	params := disturbed(r)
	changed, err := Into(file, r.Net, params, Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	onlyNumbers(t, file, changed)
	if r, err = Import(changed, Options{Name: "again"}); err != nil {
		t.Fatal(err)
	}
	if got, v := kernelOf(r, "h"); !slices.Equal(got.Pattern, p.Pattern) || !slices.Equal(v, params[p]) {
		t.Errorf("weights %v, want %v", v, params[p])
	}
}

// TestABatchNormGoesIntoConnections: the norm behind a sparse layer scales the connections of each unit.
func TestABatchNormGoesIntoConnections(t *testing.T) {
	w, _, r := thinned(t, "folded", 9, 7, "  - batch_norm\n")
	b := w.batch(5)
	d, scales, err := r.Check([]Array{{Shape: []int{b.N, 9}, Data: b.Inputs[0]}}, w.outputsOf(b))
	if p, _ := kernelOf(r, "h"); err != nil || !(d[0] <= 1e-6*max(1, scales[0])) || p.Pattern == nil ||
		bytes.Contains(r.Spec, []byte("batch_norm")) {
		t.Errorf("off by %v, error %v\n%s", d, err, r.Spec)
	}
}

// TestBrokenSparseTensorsAreRefused, and those that would take much memory.
func TestBrokenSparseTensorsAreRefused(t *testing.T) {
	whole := func(v ...int64) *Tensor { return int64s("", v...) }
	axes := func(v ...int64) *Tensor {
		return &Tensor{Type: typeInt64, Dims: []int64{int64(len(v) / 2), 2}, Int64s: v}
	}
	for _, c := range []struct {
		s    SparseTensor
		want string
	}{
		{SparseTensor{Dims: []int64{4, 8}}, "without values or indices"},
		{SparseTensor{floats("k", []int64{1}, 1), whole(32), []int64{4, 8}}, "has an element 32"},
		{SparseTensor{floats("k", []int64{1}, 1), whole(-1), []int64{4, 8}}, "has an element -1"},
		{SparseTensor{floats("k", []int64{1}, 1), axes(0, 8), []int64{4, 8}}, "has an element at 8 of axis 1, which has 8"},
		{SparseTensor{floats("k", []int64{1}, 1), axes(-1, 8), []int64{4, 8}}, "has an element at -1 of axis 0"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), whole(0), []int64{4, 8}},
			"has indices of shape [1] for 2 values, want [2] or [2 2]"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), whole(0, 0, 1, 1), []int64{4, 8}}, "has indices of shape [4]"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), whole(5, 5), []int64{4, 8}},
			"has the element 5 behind the element 5: indices are to ascend"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), whole(5, 4), []int64{4, 8}}, "has the element 4 behind the element 5"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), axes(1, 0, 0, 7), []int64{4, 8}},
			"has the element 7 behind the element 8"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), floats("", []int64{2}, 0, 1), []int64{4, 8}},
			"has indices of float, want int64"},
		{SparseTensor{floats("k", []int64{2}, 1, 2), &Tensor{Type: 6, Dims: []int64{2}, Raw: make([]byte, 8)},
			[]int64{4, 8}}, "has indices of int32, want int64"},
		{SparseTensor{floats("k", []int64{0}), whole(), []int64{4, 8}}, "of 0 values"},
		{SparseTensor{floats("k", []int64{1}, 1), whole(0), []int64{4, 1 << 22}}, "at most 8388624 are read"},
		{SparseTensor{&Tensor{Name: "k", Type: typeFloat, Dims: []int64{2}, Raw: binary.LittleEndian.AppendUint32(nil, 0)},
			whole(0, 1), []int64{4, 8}}, "4 bytes"},
	} {
		m := tiny([]*Node{apply("MatMul", "d", "x k", "y")})
		m.Graph.Sparse = []*SparseTensor{&c.s}
		if _, err := m.imported(Options{Name: "m"}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
