package train

import (
	"math"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// compiledInt8 compiles a spec without its head, with what is int8 of it.
func compiledInt8(t *testing.T, text string) (*spec.Spec, *codegen.Output) {
	t.Helper()
	s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\n"+text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	out, problems := codegen.Compile(s, nil,
		codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt", Int8: true, PlanOnly: true})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return s, out
}

// TestWhatOverflowsInFloat32HasNoAccuracyBeforeQuantization measures a network whose scores are infinities in float32,
// of which the softmax is NaN, though float64 has numbers for them.
func TestWhatOverflowsInFloat32HasNoAccuracyBeforeQuantization(t *testing.T) {
	s, out := compiledInt8(t, "input: {shape: [2]}\ntask: multiclass\nclasses: 2\n"+
		"layers:\n  - dense: {units: 2}\n  - output\nlimits: {accuracy_drop: 1}\n")
	for _, weight := range []float64{1e20, 1} {
		weights := map[string][]float32{}
		z := &quantizing{ctx: t.Context(), p: &project.Project{Spec: s}, out: out, q: out.Int8, weights: weights,
			n: &ref.Network{Net: out.Net, Params: map[*ir.Param][]float64{}}}
		for _, q := range out.Net.Params {
			x := make([]float64, q.Size())
			if len(x) == 4 { // the identity, and as much of it as the weight says
				x[0], x[3] = weight, weight
			}
			z.n.Params[q], weights[q.Name] = x, make([]float32, len(x))
			for i, v := range x {
				weights[q.Name][i] = float32(v)
			}
		}
		set := fit.Set{N: 2, X: [][]float32{{1, 0, 0, 1}}, Y: [][]float32{{1, 0, 0, 1}}}
		r := &Quantization{HeldOut: "test", Observer: s.Quantize.Observer}
		if err := z.calibrate(r, set); err != nil {
			t.Fatal(err)
		}
		outs := []decided{{Output: described(out.Net.Outputs[0])}}
		if err := z.measure(r, set, outs, outs); err != nil {
			t.Fatal(err)
		}
		before, _, _, _ := r.mostLost()
		err := z.check(r)
		if weight == 1 && (before != 1 || err != nil) || weight > 1 && (!math.IsNaN(before) || err == nil ||
			!strings.Contains(err.Error(), "cannot be measured")) {
			t.Errorf("weights of %g: accuracy %v before, error %v", weight, before, err)
		}
	}
}

// TestAnAccuracyThatIsNotANumberIsLostMost has outputs of which one is not measurable.
func TestAnAccuracyThatIsNotANumberIsLostMost(t *testing.T) {
	of := func(v float64) []metric { return []metric{{Name: "accuracy", Value: number(v), share: true}} }
	r := &Quantization{}
	r.setOutputs([]measuredOutput{{"a", of(0.9), of(0.9)}, {"b", of(math.NaN()), of(0.5)}, {"c", of(0.9), of(0.1)}})
	if before, _, name, ok := r.mostLost(); !ok || !math.IsNaN(before) || name != " of b" {
		t.Errorf("%v%s", before, name)
	}
}

// TestQuantizeSaysWhatIsGone prints reports of networks that in float32 take one step after another, or have a guard.
func TestQuantizeSaysWhatIsGone(t *testing.T) {
	for _, gone := range []bool{false, true} {
		text := (&Quantization{Package: "d/mint8", Whole: gone, Unguarded: gone}).String()
		for _, line := range []string{"d/mint8 takes whole sequences: State and Step, which",
			"d/mint8 has no guard: Check, which"} {
			if strings.Contains(text, line) != gone {
				t.Errorf("gone %t: the report is\n%s", gone, text)
			}
		}
	}
}

// TestQuantizeSaysHowWeightsWereStored has reports of packages whose weights have 32 and 16 bits.
func TestQuantizeSaysHowWeightsWereStored(t *testing.T) {
	for halves, want := range map[bool]string{
		false: "weights of 25 bytes, 50 % of the 50 in float32\n",
		true:  "weights of 25 bytes, 50 % of the 50 in 16 bits and float32\n",
	} {
		if got := (&Quantization{Int8Bytes: 25, FloatBytes: 50, halves: halves}).String(); !strings.HasSuffix(got, want) {
			t.Errorf("%q, want it to end with %q", got, want)
		}
	}
}

// TestFewRowsAreCountedRight has a table calibrated on one row, and on two.
func TestFewRowsAreCountedRight(t *testing.T) {
	for rows, want := range map[int]string{
		1: "calibrated on 1 training row, ranges by mse\n1 row says little of the range",
		2: "calibrated on 2 training rows, ranges by mse\n2 rows say little of the range",
	} {
		if got := (&Quantization{Rows: rows, Observer: "mse"}).Table(); !strings.HasPrefix(got, want) {
			t.Errorf("%q, want it to begin with %q", got, want)
		}
	}
}

// TestLayersOfZerosHaveNoRatio prints a layer whose output is 0 everywhere.
func TestLayersOfZerosHaveNoRatio(t *testing.T) {
	none := decibels(0, 0)
	text := (&Quantization{Rows: 20, Layers: []QuantizedLayer{{Name: "h1", Kind: "dense", SNR: none, Own: none}}}).Table()
	if strings.Contains(text, "NaN") || !strings.Contains(text, "h1  dense       –       –") {
		t.Errorf("the report is\n%s", text)
	}
}

// TestQuantizeNamesTheMetricsOfEachOutput reports on two outputs, whose metrics have the same names.
func TestQuantizeNamesTheMetricsOfEachOutput(t *testing.T) {
	of := func(v number) []metric { return []metric{{Name: "accuracy", Value: v, share: true}} }
	r := &Quantization{Rows: 20, HeldOut: "test", Examples: 8, Of: 8}
	r.setOutputs([]measuredOutput{{"kind", of(0.9), of(0.875)}, {"colour", of(0.8), of(0.5)}})
	if text, want := r.Table(),
		"before and after:\n  kind: accuracy 90.00 % → 87.50 %\n  colour: accuracy 80.00 % → "+
			"50.00 %\n"; !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"kind_accuracy", "colour_accuracy"} {
		if strings.Count(string(b), `"name": "`+name+`"`) != 2 {
			t.Errorf("%s is not there before and after in\n%s", name, b)
		}
	}
	if before, after, of, ok := r.mostLost(); before != 0.8 || after != 0.5 || of != " of colour" || !ok {
		t.Errorf("%v to %v%s", before, after, of)
	}
	single := &Quantization{Rows: 20, HeldOut: "test", Examples: 8, Of: 8}
	single.setOutputs([]measuredOutput{{"y", of(0.9), of(0.875)}})
	if text, want := single.Table(),
		"before and after: accuracy 90.00 % → 87.50 %\n"; !strings.Contains(text, want) ||
		single.Before[0].Name != "accuracy" {
		t.Errorf("%q, of %q, is not in\n%s", want, single.Before[0].Name, text)
	}
}

// TestQuantizeRemarksOnOutputsThatLoseMuch has an error that grows, an accuracy that falls, and both by little.
func TestQuantizeRemarksOnOutputsThatLoseMuch(t *testing.T) {
	for _, c := range []struct {
		name          string
		before, after number
		want          string
	}{
		{"rmse", 25.7, 56.7, "remark: y is much worse in 8 bits, rmse 25.7 → 56.7; the layers that lose most are h (12.0 dB)"},
		{"rmse", 25.7, 28, ""},
		{"accuracy", 0.95, 0.9, "remark: y is much worse in 8 bits, accuracy 95.00 % → 90.00 %; the layers"},
		{"accuracy", 0.95, 0.94, ""},
	} {
		r := &Quantization{Rows: 20, HeldOut: "test", Layers: []QuantizedLayer{{Name: "h", Own: 12, weighted: true}}}
		of := func(v number) []metric { return []metric{{Name: c.name, Value: v, share: c.name == "accuracy"}} }
		r.setOutputs([]measuredOutput{{"y", of(c.before), of(c.after)}})
		r.remarkWorse()
		if text := r.Table(); !strings.Contains(text, c.want) || strings.Contains(text, "much worse") != (c.want != "") {
			t.Errorf("%q is not alone in\n%s", c.want, text)
		}
	}
}

// TestRangesOfPicturesEndWhereBytesDo calibrates a network on few numbers, beyond which others may lie, unless they are
// the bytes of pictures.
func TestRangesOfPicturesEndWhereBytesDo(t *testing.T) {
	scales := 0
	for format, beyond := range map[string]bool{"csv": true, "image": false} {
		s, out := compiledInt8(t, "input: {name: x, shape: [1, 2, 1]}\ntask: multiclass\nclasses: 2\n"+
			"layers:\n  - flatten\n  - dense: {units: 2}\n  - output\n")
		s.Data = &spec.Data{Train: &spec.Source{Format: format}}
		z := &quantizing{ctx: t.Context(), p: &project.Project{Spec: s}, out: out, q: out.Int8, weights: map[string][]float32{},
			n: &ref.Network{Net: out.Net, Params: map[*ir.Param][]float64{}}}
		for _, p := range out.Net.Params {
			z.n.Params[p], z.weights[p.Name] = make([]float64, p.Size()), make([]float32, p.Size())
			z.n.Params[p][0], z.weights[p.Name][0] = 1, 1
		}
		set := fit.Set{N: 4, X: [][]float32{{5, 10, 60, 90, 20, 140, 30, 250}}, Y: [][]float32{make([]float32, 8)}}
		if err := z.calibrate(&Quantization{}, set); err != nil {
			t.Fatal(err)
		}
		for p, a := range z.all {
			if p.Name != "flatten1.int8_scale" {
				continue
			}
			if width := 255 * a.Float[0]; width > 256 != beyond || width < 245 {
				t.Errorf("%s: a range of %v", format, width)
			}
			scales++
		}
	}
	if scales != 2 {
		t.Errorf("%d inputs are rounded, want 2", scales)
	}
}
