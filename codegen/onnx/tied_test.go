package onnx

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
)

// TestWhatTheModelHasOnceIsNotTrained: layers whose numbers the file has fewer of keep them, which is said; so the
// others go back into the file once they were trained.
func TestWhatTheModelHasOnceIsNotTrained(t *testing.T) {
	image := func(m *Model) *Model { // n×4×3×3
		m.Opsets[""] = 18
		m.Graph.Inputs[0].Dims = append(m.Graph.Inputs[0].Dims, Dim{Size: 3, Fixed: true}, Dim{Size: 3, Fixed: true})
		return m
	}
	w := floats("w", []int64{4, 4}, 1, -2, 3, 4, 5, -6, 7, 8, 9, 1, -2, 3, 4, 5, 6, 7)
	v := floats("v", []int64{36, 1}, make([]float32, 36)...)
	for i := range v.Floats {
		v.Floats[i] = float32(i%5) - 2
	}
	tail := []*Node{apply("Flatten", "f", "h", "g"), apply("MatMul", "o", "g v", "y")}
	for _, c := range []struct {
		name, want, remark string
		m                  *Model
	}{
		{"slope", "prelu: {name: prelu1}", "",
			tiny([]*Node{apply("MatMul", "d", "x w", "h"), apply("PRelu", "p", "h slope", "y")}, w,
				floats("slope", []int64{1}, 0.2))},
		{"slopes", "prelu: {name: prelu1}", "",
			tiny([]*Node{apply("MatMul", "d", "x w", "h"), apply("PRelu", "p", "h slope", "y")}, w,
				floats("slope", []int64{4}, 0.2, 0.2, 0.2, 0.2))},
		{"groups", "group_norm: {name: norm1, groups: 2, trainable: false}", "a scale for each group of channels",
			image(tiny(append([]*Node{apply("GroupNormalization", "p", "x s b", "h", &Attr{Name: "num_groups", I: 2})}, tail...),
				v, floats("s", []int64{2}, 0.5, 2), floats("b", []int64{2}, 0, 1)))},
		{"no scales", "group_norm: {name: norm1, groups: 2, center: false, scale: false}", "",
			image(tiny(append([]*Node{apply("GroupNormalization", "p", "x s b", "h", &Attr{Name: "num_groups", I: 2})}, tail...),
				v, floats("s", []int64{2}, 1, 1), floats("b", []int64{2}, 0, 0)))},
		{"scales behind", "group_norm: {name: norm1, groups: 2}", "",
			image(tiny(append([]*Node{apply("GroupNormalization", "p", "x s b", "n", &Attr{Name: "num_groups", I: 2}),
				apply("Mul", "q", "n c", "h")}, tail...), v, floats("s", []int64{2}, 1, 1), floats("b", []int64{2}, 0, 0),
				floats("c", []int64{4, 1, 1}, 1, 2, 3, 4)))},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := encodedRaw(t, c.m)
			r, err := Import(file, Options{Name: "m"})
			if err != nil {
				t.Fatal(err)
			}
			said := strings.Contains(strings.Join(r.Remarks, "\n"), "is not trained")
			if !bytes.Contains(r.Spec, []byte("- "+c.want+"\n")) || said != (c.remark != "") ||
				!strings.Contains(strings.Join(r.Remarks, "\n"), c.remark) {
				t.Errorf("remarks %q\n%s", r.Remarks, r.Spec)
			}
			if c.name == "scales behind" {
				return // the summands stay with the groups
			}
			params := trained(r)
			changed, err := Into(file, r.Net, params, Options{Name: "m"})
			if err != nil {
				t.Fatal(err)
			}
			onlyNumbers(t, file, changed)
			if bytes.Equal(file, changed) {
				t.Error("nothing changed")
			}
		})
	}
}

// encodedRaw writes a model with its numbers as raw data.
func encodedRaw(t *testing.T, m *Model) []byte {
	t.Helper()
	for _, x := range m.Graph.Initializers {
		if x.Raw == nil {
			x.Raw, x.Floats = bytes32(x.Floats), nil
		}
	}
	return m.Encode()
}

// trained returns what a training makes of the parameters: other numbers for those of layers that are trained.
func trained(r *Result) map[*ir.Param][]float64 {
	frozen := map[*ir.Param]bool{}
	for _, l := range r.Net.Layers {
		for _, p := range l.Params {
			frozen[p] = frozen[p] || l.Frozen
		}
	}
	params := disturbed(r)
	for p := range params {
		if frozen[p] {
			params[p] = slices.Clone(r.Params[p])
		}
	}
	return params
}

// TestCircularPaddingOfOldExportersIsTold: the graph counts, but is not what the module computes.
func TestCircularPaddingOfOldExportersIsTold(t *testing.T) {
	for _, c := range []struct {
		start, end int64
		told       bool
	}{{-3, -1, true}, {-2, 1 << 40, false}} {
		r, err := tiny([]*Node{apply("Slice", "s", "x a b axis", "left"),
			apply("Concat", "pad", "left x", "p", &Attr{Name: "axis", I: 1}), apply("Relu", "r", "p", "y")},
			int64s("a", c.start), int64s("b", c.end), int64s("axis", 1)).imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(strings.Join(r.Remarks, "\n"), "circular padding"); told != c.told {
			t.Errorf("from %d to %d: remarks %q", c.start, c.end, r.Remarks)
		}
	}
}

// TestCornersAreAlignedByWholeLengthsOfPyTorch: by those of the operator elsewhere, which is told, where a scale gives
// none.
func TestCornersAreAlignedByWholeLengthsOfPyTorch(t *testing.T) {
	for _, c := range []struct {
		producer string
		scale    float32
		last     float64 // the length but 1
		told     bool
	}{{"pytorch", 1.625, 5, false}, {"", 1.625, 5.5, true}, {"", 1.5, 5, false}, {"pytorch", 1.5, 5, false}} {
		m := tiny([]*Node{apply("Resize", "u", "x r s", "y", &Attr{Name: "mode", S: "linear"},
			&Attr{Name: "coordinate_transformation_mode", S: "align_corners"})},
			floats("s", []int64{2}, 1, c.scale), floats("r", []int64{0}))
		m.Producer = c.producer
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, 6)
		for i := range want {
			want[i] = 3 * float64(i) / c.last
		}
		off, _, err := r.Check([]Array{{Shape: []int{1, 4}, Data: []float64{0, 1, 2, 3}}},
			[]Array{{Shape: []int{1, 6}, Data: want}})
		if told := strings.Contains(strings.Join(r.Remarks, "\n"), "aligns the corners"); err != nil || off[0] > 1e-6 ||
			told != c.told {
			t.Errorf("%q, scale %g: off by %g, %v, remarks %q", c.producer, c.scale, off, err, r.Remarks)
		}
	}
}

// TestPlacesOfResizedPixelsAreThoseOfFloat32: scales such as 0.3 and 0.7 are a little more or less, and decide lengths
// and pixels in float32, as in runtimes. In float64 0.7 of 10 elements would be 6, and 3/0.3 lie before 10.
func TestPlacesOfResizedPixelsAreThoseOfFloat32(t *testing.T) {
	for _, c := range []struct {
		from   int64
		scale  float32
		places string
		want   []float64
	}{
		{10, 0.7, "asymmetric", []float64{0, 1, 2, 4, 5, 7, 8}},
		{20, 0.3, "asymmetric", []float64{0, 3, 6, 10, 13, 16}},
		{30, 0.1, "asymmetric", []float64{0, 10, 20}},
		{10, 0.7, "half_pixel", []float64{0, 1, 3, 4, 5, 7, 8}},
		{9, 0.2, "pytorch_half_pixel", []float64{0}},
	} {
		m := tiny([]*Node{apply("Resize", "u", "x r s", "y", &Attr{Name: "mode", S: "nearest"},
			&Attr{Name: "nearest_mode", S: "floor"}, &Attr{Name: "coordinate_transformation_mode", S: c.places})},
			floats("s", []int64{2}, 1, c.scale), floats("r", []int64{0}))
		m.Graph.Inputs[0].Dims[1].Size = c.from
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float64, c.from)
		for i := range x {
			x[i] = float64(i)
		}
		off, _, err := r.Check([]Array{{Shape: []int{1, len(x)}, Data: x}},
			[]Array{{Shape: []int{1, len(c.want)}, Data: c.want}})
		if err != nil || off[0] != 0 {
			t.Errorf("%d by %g, %s: off by %v, %v", c.from, c.scale, c.places, off, err)
		}
	}
}

// TestLinearResizingOfOldOpsetsIsTold: its numbers are those of every runtime, but not of the module that was exported.
func TestLinearResizingOfOldOpsetsIsTold(t *testing.T) {
	for _, c := range []struct {
		op, mode string
		opset    int64
		told     bool
	}{
		{"Upsample", "linear", 9, true}, {"Resize", "linear", 10, true}, {"Upsample", "nearest", 9, false},
		{"Resize", "linear", 11, false},
	} {
		in := "x s"
		if c.opset > 10 {
			in = "x r s"
		}
		m := tiny([]*Node{apply(c.op, "u", in, "y", &Attr{Name: "mode", S: c.mode})}, floats("s", []int64{2}, 1, 2),
			floats("r", []int64{0}))
		m.Opsets[""] = c.opset
		r, err := m.imported(Options{Name: "m"})
		if err != nil {
			t.Fatal(err)
		}
		told := strings.Contains(strings.Join(r.Remarks, "\n"), "export with opset 11 or later")
		if told != c.told {
			t.Errorf("%s %s, opset %d: remarks %q", c.op, c.mode, c.opset, r.Remarks)
		}
	}
}
