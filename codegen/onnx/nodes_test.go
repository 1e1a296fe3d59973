package onnx

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// nodeTest is one of ONNX's own tests of operators: a model of one node, and what it gives.
type nodeTest struct {
	name   string
	model  []byte
	in     []*Tensor
	out    []*Tensor
	broken error // why the arrays can't be read
}

// nodeTests reads an archive that testdata/onnx/make_nodes.py or make_patterns.py packed.
func nodeTests(t testing.TB, archive string) []*nodeTest {
	t.Helper()
	f, err := os.Open(filepath.Join(fixtures, archive))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var all []*nodeTest
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name, file := path.Split(h.Name)
		if name = strings.TrimSuffix(name, "/"); len(all) == 0 || all[len(all)-1].name != name {
			all = append(all, &nodeTest{name: name})
		}
		test := all[len(all)-1]
		if file == "model.onnx" {
			test.model = b
			continue
		}
		a := new(Tensor)
		if err := decode(b, a, tensorFields); err != nil {
			test.broken = err
		}
		if strings.HasPrefix(file, "input_") {
			test.in = append(test.in, a)
		} else {
			test.out = append(test.out, a)
		}
	}
}

// form is a way to read a test as a network: which of its inputs vary, the others being constants of the model, and
// whether the first axis of an input goes over examples.
type form struct {
	varies  int // how many inputs, the first ones
	but     int // but this one; 0 for none
	noBatch bool
}

func (f form) String() string {
	if f.varies == 0 {
		return "none: computed at import"
	}
	text := fmt.Sprint(f.varies)
	if f.but > 0 {
		text += fmt.Sprintf(" but input %d", f.but)
	}
	if f.noBatch {
		return text + " as one example"
	}
	return text + ", examples along axis 0"
}

// forms are tried in this order. A weight of a layer is a constant in any exported model, so a test that passes its
// weights as inputs is read with those as constants.
func forms(inputs int) []form {
	both := func(varies, but int) []form { return []form{{varies, but, false}, {varies, but, true}} }
	all := both(inputs, 0)
	if inputs > 4 {
		all = append(all, both(inputs, 3)...) // the mask of an attention
	}
	for k := min(inputs-1, 3); k > 0; k-- {
		all = append(all, both(k, 0)...)
	}
	return all
}

// outcome is a row of the table: what became of a test.
type outcome struct {
	pass   bool
	bound  string // of the largest error, by the scale of the outputs
	form   form
	reason string
}

// fourDigits are tests whose outputs are written by hand, with four digits.
var fourDigits = []string{"averagepool_2d_ceil_last_window_starts_on_pad"}

// run reads a test in one form and compares.
func (n *nodeTest) run(f form) (o outcome) {
	o.form = f
	refuse := func(err error) outcome {
		o.reason = strings.Join(strings.Fields(err.Error()), " ")
		return o
	}
	m, err := Decode(n.model)
	if err != nil {
		return refuse(err)
	}
	if n.broken != nil {
		return refuse(n.broken)
	}
	// Operators are the same in the opsets between two of their versions; the first ones and the newest are out of
	// reach.
	for domain, v := range m.Opsets {
		if domain == "" {
			m.Opsets[domain] = max(7, min(v, 27))
		}
	}
	if i := slices.IndexFunc(m.Graph.Inputs, func(p *Port) bool { return p.Kind != "tensor" }); i >= 0 {
		return refuse(fmt.Errorf("its input is a %s, not an array", m.Graph.Inputs[i].Kind))
	}
	var x []Array
	for i, in := range n.in {
		if i >= f.varies || i > 0 && i == f.but {
			m.Graph.Initializers = append(m.Graph.Initializers, in)
			in.Name = m.Graph.Inputs[i].Name
			continue
		}
		a, err := in.load(nil)
		if err != nil {
			return refuse(err)
		}
		x = append(x, Array{Shape: a.dims, Data: a.data})
	}
	for i, p := range m.Graph.Inputs {
		if i < len(n.in) && len(p.Dims) != len(n.in[i].Dims) { // some leave the shape open
			return refuse(fmt.Errorf("the file does not tell the shape of %q", p.Name))
		}
	}
	r, err := m.imported(Options{Name: "model", NoBatch: f.noBatch})
	if err != nil {
		return refuse(err)
	}
	if len(n.in) == 0 {
		return refuse(errors.New("BUG: imported, but the arrays of the test are not kept"))
	}
	if len(r.Outputs) != len(m.Graph.Outputs) {
		return refuse(errors.New("not all of its outputs are given: the others name a class, which the package's Classify " +
			"does, or are like another"))
	}
	var want []Array
	half := false
	for i := range r.Outputs {
		a, err := n.out[i].load(nil)
		if err != nil {
			return refuse(err)
		}
		half = half || slices.Contains([]string{"float16", "bfloat16"}, typeName(n.out[i].Type))
		want = append(want, Array{Shape: a.dims, Data: a.data})
	}
	differences, scales, err := r.Check(x, want)
	if err != nil {
		return refuse(fmt.Errorf("WRONG: %w", err))
	}
	worst := 0.0
	for i, d := range differences {
		if e := d / math.Max(1, scales[i]); !(e <= worst) {
			worst = e
		}
	}
	// NumPy computed the outputs in float32, mostly in a few steps of rounding each, or in half precision.
	limit := 5e-6
	switch {
	case half:
		limit = 2e-3
	case slices.Contains(fourDigits, n.name):
		limit = 1e-4
	}
	if !(worst <= limit) {
		return refuse(fmt.Errorf("WRONG: off by %g of the scale\n%s", worst, r.Spec))
	}
	o.pass, o.bound = true, decade(worst)
	return o
}

// folded computes the node from its inputs, as one whose inputs are all constants is.
func (n *nodeTest) folded() (outcome, bool) {
	m, err := Decode(n.model)
	if err != nil || n.broken != nil || len(m.Graph.Nodes) != 1 || len(n.out) != len(m.Graph.Outputs) {
		return outcome{}, false
	}
	im := &importer{model: m, values: map[string]*value{}}
	node := m.Graph.Nodes[0]
	for i, in := range n.in {
		a, err := in.load(nil)
		if err != nil {
			return outcome{}, false
		}
		im.values[m.Graph.Inputs[i].Name] = &value{konst: a}
	}
	args := make([]*value, len(node.In))
	for i, name := range node.In {
		args[i] = im.values[name]
	}
	if node.Op == "Constant" {
		im.constant(node)
	} else if results, ok, err := im.fold(node, args); ok && err == nil {
		for i, r := range results {
			im.values[node.Out[i]] = r
		}
	}
	worst := 0.0
	for i, o := range m.Graph.Outputs {
		want, err := n.out[i].load(nil)
		got := im.values[o.Name]
		if err != nil || got == nil {
			return outcome{}, false
		}
		if !slices.Equal(got.konst.dims, want.dims) || len(got.konst.data) != len(want.data) {
			return outcome{reason: fmt.Sprintf("WRONG: folded to %v, want %v", got.konst.dims, want.dims)}, true
		}
		for k, v := range want.data {
			if g := got.konst.data[k]; v != g && !(math.IsNaN(v) && math.IsNaN(g)) {
				worst = math.Max(worst, math.Abs(v-g)/math.Max(1, math.Abs(v)))
			}
		}
	}
	if !(worst <= 1e-6) {
		return outcome{reason: fmt.Sprintf("WRONG: folded, off by %g", worst)}, true
	}
	return outcome{pass: true, bound: decade(worst), form: form{varies: 0}}, true
}

// decade returns the power of ten that bounds a number.
func decade(v float64) string {
	if v == 0 {
		return "0"
	}
	b := 1e-16
	for v > b*(1+1e-9) {
		b *= 10
	}
	return fmt.Sprintf("%.0e", b)
}

// best runs a test in all forms: it is the first that passes, else the one with the reason that is left.
func (n *nodeTest) best() outcome {
	var first outcome
	for i, f := range forms(len(n.in)) {
		o := n.run(f)
		if o.pass || strings.HasPrefix(o.reason, "WRONG") || strings.HasPrefix(o.reason, "BUG") {
			return o
		}
		// The most telling refusal is that of the test as it stands with its weights as constants.
		if i == 0 || f == (form{varies: 1}) {
			first = o
		}
	}
	if o, ok := n.folded(); ok {
		return o
	}
	return first
}

// TestNodes runs ONNX's own tests of the operators that are read and compares their outcomes with
// testdata/onnx/nodes.tsv, a line each: test, operator, opset, outcome, largest error by the scale of the outputs, and
// how it was read or why not. NNGEN_UPDATE=1 writes the file.
func TestNodes(t *testing.T) {
	var b strings.Builder
	b.WriteString("# ONNX's own node tests, read by nngen: NNGEN_UPDATE=1 go test ./codegen/onnx -run TestNodes writes " +
		"this file.\n")
	b.WriteString("# test\toperator\topset\toutcome\terror ≤\tinputs that vary, or the reason\n")
	passed := 0
	tests := nodeTests(t, "nodes.tar.gz")
	for _, n := range tests {
		m, err := Decode(n.model)
		if err != nil {
			t.Fatal(n.name, err)
		}
		node := m.Graph.Nodes[0]
		o := n.best()
		word, why := "refused", o.reason
		if o.pass {
			word, why = "pass", o.form.String()
			passed++
		}
		if strings.HasPrefix(why, "WRONG") || strings.Contains(why, "BUG") {
			t.Errorf("%s (%s): %s", n.name, o.form, why)
		}
		if why == "" {
			t.Errorf("%s: refused without a reason", n.name)
		}
		fmt.Fprintf(&b, "%s\t%s\t%d\t%s\t%s\t%s\n", n.name, operatorOf(node), m.Opsets[node.Domain], word, o.bound, why)
	}
	t.Logf("%d of %d pass", passed, len(tests))
	golden := filepath.Join(fixtures, "nodes.tsv")
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, []byte(b.String())) {
		t.Error(cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")))
	}
}

// TestFoldedNormsHaveTheEpsilonOfONNX folds norms of small numbers that name no epsilon, which is 1e-5 then.
func TestFoldedNormsHaveTheEpsilonOfONNX(t *testing.T) {
	const v = 1e-3
	want := v / math.Sqrt(v*v+1e-5)
	for _, op := range []string{"LayerNormalization", "RMSNormalization"} {
		x := &array{dims: []int{1, 2}, data: []float64{v, -v}}
		y, err := folders[op](&Node{Op: op}, []*array{x})
		if err != nil || math.Abs(y.data[0]-want) > 1e-12 || math.Abs(y.data[1]+want) > 1e-12 {
			t.Errorf("%s: %v, %v, want ±%g", op, y, err, want)
		}
	}
}
