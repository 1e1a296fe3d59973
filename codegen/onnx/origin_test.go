package onnx

import (
	"bytes"
	"maps"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/ref"
)

// withSource returns a file with another text in the place of its spec, "" for none.
func withSource(t testing.TB, file []byte, text string) []byte {
	t.Helper()
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	m.Meta = slices.DeleteFunc(m.Meta, func(kv [2]string) bool { return kv[0] == originKey })
	if text != "" {
		m.Meta = append(m.Meta, [2]string{originKey, text})
	}
	return m.Encode()
}

func withoutSource(t testing.TB, file []byte) []byte { return withSource(t, file, "") }

const originSpec = "version: 1\nname: try  # a secret\ninput: {name: x, shape: [6, 2]}\n" +
	"preprocess: [{rescale: {scale: 0.5}}]\n" +
	"task: multiclass\nclasses: [a, b, c]\nlayers:\n  - conv1d: {name: f, filters: 4, kernel_size: 3}\n" +
	"  - square: {name: g}\n" +
	"  - permute: {name: p, dims: [2, 1]}\n  - flatten\n  - dense: {name: h, units: 5, activation: tanh}\n" +
	"  - output: {name: y}\n" +
	"limits: {params: 1000}\n"

// exportedOrigin returns a network with its file.
func exportedOrigin(t *testing.T, o ExportOptions) (network, []byte) {
	t.Helper()
	w := build(t, "try", originSpec)
	file, err := Export(w.net, w.ref.Params, o)
	if err != nil {
		t.Fatal(err)
	}
	return w, file
}

func again(t *testing.T, file []byte) *Result {
	t.Helper()
	r, err := Import(file, Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFilesTellTheirSpec, without comments and what concerns its owner alone, and of a bare file without the steps that
// it lacks.
func TestFilesTellTheirSpec(t *testing.T) {
	w, file := exportedOrigin(t, ExportOptions{})
	r := again(t, file)
	if r.Net.ModelSum() != w.net.ModelSum() || len(r.Remarks) > 0 ||
		!strings.HasPrefix(r.Report[0], "the spec is the one") {
		t.Errorf("another spec, remarks %q, report %q:\n%s", r.Remarks, r.Report, r.Spec)
	}
	if s := string(r.Spec); strings.Contains(s, "secret") || strings.Contains(s, "limits") ||
		!strings.Contains(s, "name: again") {
		t.Errorf("the spec is\n%s", s)
	}
	var remarks []string
	_, bare := exportedOrigin(t, ExportOptions{Bare: true, Remark: func(line string) { remarks = append(remarks, line) }})
	if all := strings.Join(remarks, "\n"); !strings.Contains(all,
		"of the bare file is to be given what has been through: ") ||
		!strings.Contains(all, ".center)·") {
		t.Errorf("of the bare file it says %q, want what its input is to be given", remarks)
	}
	m, err := Decode(bare)
	if err != nil {
		t.Fatal(err)
	}
	if doc := m.Graph.Inputs[0].Doc; doc == "" || !slices.Contains(remarks, doc) {
		t.Errorf("the input of the bare file has the doc %q, want what is said of it: %q", doc, remarks)
	}
	if s := string(again(t, bare).Spec); strings.Contains(s, "preprocess") || !strings.Contains(s, "square") {
		t.Errorf("of the bare file the spec is\n%s", s)
	}
}

// TestFilesTellTheSpecsOfSeries, of one column and of two, though what is told has no data.
func TestFilesTellTheSpecsOfSeries(t *testing.T) {
	for _, c := range []struct{ shape, columns string }{{"[6, 2]", "[load, temp]"}, {"[6]", "[load]"},
		{"[12]", "[load, temp]"}} {
		w := build(t, "ser", "version: 1\nname: ser\ninput: {name: x, shape: "+c.shape+", columns: "+c.columns+"}\n"+
			"preprocess: [standardize]\ntask: regression\nlayers:\n  - flatten\n  - output: {units: 1}\n"+
			"data: {train: {csv: ser.csv, label: load, series: {columns: "+c.columns+"}}}\n")
		var remarks []string
		file, err := Export(w.net, w.ref.Params, ExportOptions{Remark: func(s string) { remarks = append(remarks, s) }})
		if err != nil {
			t.Fatal(err)
		}
		r := again(t, file)
		if !strings.HasPrefix(r.Report[0], "the spec is the one") || r.Net.ModelSum() != w.net.ModelSum() ||
			!strings.Contains(string(r.Spec), c.columns) {
			t.Errorf("%q\n%q\n%s", remarks, r.Report, r.Spec)
		}
	}
}

// TestFilesTellTheUnitsThatDataDecide: a horizon of several steps has an output that does not say its units give all of
// them, and what is told has no data.
func TestFilesTellTheUnitsThatDataDecide(t *testing.T) {
	for _, c := range []struct {
		output, data string
		want         string // of the text
		width        int
	}{
		{"output: {name: y}", "series: {columns: [load, temp], horizon: {steps: 3}}", "units: 6", 6},
		{"output", "label: load, series: {columns: [load, temp], horizon: {steps: 3}}", "units: 3", 3},
		{"output: {name: y, quantiles: [0.1, 0.9]}", "series: {columns: [load, temp], horizon: {steps: 3}}", "units: 6", 12},
		{"output: {name: y, units: 4}", "label: load, series: {columns: [load, temp], horizon: {steps: 2}}", "units: 4", 4},
		{"output: {name: y}", "label: load, series: {columns: [load, temp]}", "name: y", 1},
	} {
		w := build(t, "ser", "version: 1\nname: ser\ninput: {name: x, shape: [6, 2], columns: [load, temp]}\n"+
			"preprocess: [standardize]\ntask: regression\nlayers:\n  - flatten\n  - "+c.output+"\n"+
			"training: {epochs: 7}\ndata: {train: {csv: ser.csv, "+c.data+"}}\n")
		file, err := Export(w.net, w.ref.Params, ExportOptions{Remark: func(s string) { t.Errorf("%s: %s", c.output, s) }})
		if err != nil {
			t.Fatal(err)
		}
		r := again(t, file)
		if !strings.HasPrefix(r.Report[0], "the spec is the one") || r.Net.Outputs[0].Layer.Shape.Size() != c.width ||
			!strings.Contains(string(r.Spec), c.want) || !strings.Contains(string(r.Spec), "epochs: 7") {
			t.Errorf("%s, %s: %q\n%s", c.output, c.data, r.Report, r.Spec)
		}
	}
}

// TestFilesThatNormsWentIntoTellNoSpec: their numbers are no longer those of its layers, and the nodes tell a network
// without the norm.
func TestFilesThatNormsWentIntoTellNoSpec(t *testing.T) {
	w := build(t, "try", "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n"+
		"  - dense: {name: a, units: 3}\n  - batch_norm: {name: n}\n  - output\n")
	for _, training := range []bool{false, true} {
		var lines []string
		file, err := Export(w.net, w.ref.Params, ExportOptions{Training: training,
			Remark: func(line string) { lines = append(lines, line) }})
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(strings.Join(lines, "\n"), "batch norms went into"); told == training {
			t.Errorf("training %t: the export says %q", training, lines)
		}
		m, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		if tells := m.source() != ""; tells != training {
			t.Errorf("training %t: tells its spec: %t", training, tells)
		}
		if told := strings.Contains(strings.Join(again(t, file).Remarks, "\n"), "wrote the file: n;"); told == training {
			t.Errorf("training %t: remarks %q", training, again(t, file).Remarks)
		}
		if r := again(t, file); slices.Contains(r.Remarks, changedRemark) ||
			strings.Contains(string(r.Spec), "batch_norm") != training {
			t.Errorf("training %t: remarks %q, spec\n%s", training, r.Remarks, r.Spec)
		}
	}
}

// TestWidthsOfIntervalsGoWithTheSpec: no node reads them, so the metadata hold them, those of a training too; the spec
// is not believed without them.
func TestWidthsOfIntervalsGoWithTheSpec(t *testing.T) {
	w := build(t, "try", "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n"+
		"  - dense: {name: h, units: 3}\n  - output: {name: y, units: 2, interval: 0.9}\n")
	file, err := Export(w.net, w.ref.Params, ExportOptions{Remark: func(line string) { t.Error(line) }})
	if err != nil {
		t.Fatal(err)
	}
	r := again(t, file)
	width := paramOf(r, "y.interval")
	params := maps.Clone(r.Params)
	params[width] = []float64{2, 0.25}
	changed, err := Into(file, r.Net, params, Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	if back := again(t, changed); !slices.Equal(back.Params[paramOf(back, "y.interval")], params[width]) {
		t.Errorf("widths %v, want %v", back.Params[paramOf(back, "y.interval")], params[width])
	}
	for _, text := range []string{"", "{}", "null", "[]", `{"y.interval":[1]}`, `{"y.interval":[1,-1]}`,
		`{"y.interval":[1,1e99]}`} {
		m, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Meta {
			if m.Meta[i][0] == numbersKey {
				m.Meta[i][1] = text
			}
		}
		if r := again(t, m.Encode()); !slices.Contains(r.Remarks, changedRemark) ||
			strings.Contains(string(r.Spec), "interval") {
			t.Errorf("%s: remarks %q, spec\n%s", text, r.Remarks, r.Spec)
		}
	}
}

// TestExportsTellOfDecimalCommas, which are written with the data that the file's spec has not; nor do targets that are
// standardized because there is data come back otherwise.
func TestExportsTellOfDecimalCommas(t *testing.T) {
	for _, decimal := range []string{".", ","} {
		w := build(t, "try", "version: 1\nname: try\ninput: {name: x, shape: [4]}\ntask: regression\nlayers: [output]\n"+
			"data: {train: {csv: a.csv, label: last, decimal: '"+decimal+"'}}\n")
		var lines []string
		file, err := Export(w.net, w.ref.Params, ExportOptions{Remark: func(line string) { lines = append(lines, line) }})
		if err != nil {
			t.Fatal(err)
		}
		if told := strings.Contains(strings.Join(lines, "\n"), "decimal comma"); told != (decimal == ",") ||
			told != (len(lines) > 0) {
			t.Errorf("decimal %q: the export says %q", decimal, lines)
		}
		r := again(t, file)
		if r.Net.ModelSum() != w.net.ModelSum() { // standardized, since there is data
			t.Errorf("another spec:\n%s", r.Spec)
		}
		if slices.Contains(r.Remarks, commaRemark) != (decimal == ",") {
			t.Errorf("decimal %q: the import says %q", decimal, r.Remarks)
		}
	}
}

// TestChangedFilesTellNoSpec: whatever is changed of the graph, the network is that of the nodes, and a line says so.
// Numbers alone may change.
func TestChangedFilesTellNoSpec(t *testing.T) {
	_, file := exportedOrigin(t, ExportOptions{})
	nodeOf := func(m *Model, operator string) *Node {
		return m.Graph.Nodes[slices.IndexFunc(m.Graph.Nodes, func(n *Node) bool { return n.Op == operator })]
	}
	for name, change := range map[string]func(m *Model){
		"operator":  func(m *Model) { nodeOf(m, "Tanh").Op = "Sigmoid" },
		"attribute": func(m *Model) { nodeOf(m, "Softmax").Attrs[0].I = 1 },
		"input": func(m *Model) {
			n := nodeOf(m, "Mul")
			n.In[0] = n.In[1]
			nodeOf(m, "Sub").In[1] = m.Graph.Initializers[1].Name
		},
		"node": func(m *Model) {
			n := nodeOf(m, "Tanh")
			m.Graph.Nodes = append(m.Graph.Nodes, &Node{Name: "more", Op: "Abs", In: []string{n.Out[0]}, Out: []string{"abs"}})
		},
		"opset":   func(m *Model) { m.Opsets[""] = 12 },
		"name":    func(m *Model) { m.Graph.Initializers[0].Name += "x"; nodeOf(m, "Sub").In[1] += "x" },
		"classes": func(m *Model) { m.Graph.Initializers[len(m.Graph.Initializers)-1].Strings = nil },
	} {
		m, err := Decode(file)
		if err != nil {
			t.Fatal(err)
		}
		change(m)
		changed := m.Encode()
		plain, plainErr := Import(withoutSource(t, changed), Options{Name: "again"})
		r, err := Import(changed, Options{Name: "again"})
		if err != nil || plainErr != nil {
			if err == nil || plainErr == nil || err.Error() != plainErr.Error() {
				t.Errorf("%s: error %v, without the spec %v", name, err, plainErr)
			}
			continue
		}
		if string(r.Spec) != string(plain.Spec) || !bytes.Equal(r.Weights, plain.Weights) ||
			!slices.Contains(r.Remarks, changedRemark) {
			t.Errorf("%s: remarks %q, spec\n%s", name, r.Remarks, r.Spec)
		}
	}
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	kernel := m.Graph.Initializers[slices.IndexFunc(m.Graph.Initializers,
		func(t *Tensor) bool { return t.Name == "h.kernel" })]
	copy(kernel.Raw, bytes32([]float32{42}))
	r := again(t, m.Encode())
	if len(r.Remarks) > 0 || r.Params[paramOf(r, "h.kernel")][0] != 42 {
		t.Errorf("with another number: remarks %q, kernel %v", r.Remarks, r.Params[paramOf(r, "h.kernel")][:1])
	}
	copy(kernel.Raw, bytes32([]float32{float32(math.NaN())}))
	if _, err := Import(m.Encode(), Options{Name: "again"}); err == nil || !strings.Contains(err.Error(), "finite") {
		t.Errorf("with NaN: error %v", err)
	}
}

func paramOf(r *Result, name string) *ir.Param {
	return r.Net.Params[slices.IndexFunc(r.Net.Params, func(p *ir.Param) bool { return p.Name == name })]
}

// TestFilesMayNameAnySpec: texts that are no spec, or one of another network, or too large for any, cost little and
// change nothing.
func TestFilesMayNameAnySpec(t *testing.T) {
	_, file := exportedOrigin(t, ExportOptions{})
	want := again(t, withoutSource(t, file))
	head := "version: 1\nname: try\ninput: {name: x, shape: [6, 2]}\ntask: multiclass\nclasses: [a, b, c]\nlayers:\n"
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"data":     m.source() + "data: {train: {csv: /etc/passwd, label: last}}\n",
		"generate": m.source() + "generate: {runtime: import}\n",
		"comment":  "# what it is for\n" + m.source(),
		"no YAML":  "{[",
		"no spec":  "a: 1\n",
		"bytes":    "\xff\x00",
		"another":  head + "  - flatten\n  - output\n",
		"long":     head + "  - flatten\n  - output\n#" + strings.Repeat("x", maxOrigin),
		"deep":     strings.Repeat("[", 1<<17),
		"wide":     head + "  - flatten\n  - dense: {units: 2000000000}\n  - output\n",
		"many":     head + "  - flatten\n" + strings.Repeat("  - dense: {units: 2000}\n", 5000) + "  - output\n",
		"sparse": head + "  - flatten\n" +
			strings.Repeat("  - dense: {units: 9000, sparsity: {density: {density: 0.0001}}}\n", 500) + "  - output\n",
		"mask": head +
			"  - flatten\n  - dense: {name: h, units: 5, sparsity: {mask: {file: /etc/passwd}}}\n  - output\n",
		"long images": strings.Replace(head, "[6, 2]", "[2000000, 1000]", 1) + "  - positional_encoding\n  - output\n",
		"attention": strings.Replace(head, "[6, 2]", "[100000, 1]", 1) +
			"  - multi_head_attention: {num_heads: 1, causal: true}\n  - global_average_pool1d\n  - output\n",
		"aliases": "version: 1\nname: try\ninput: {shape: [1]}\n" +
			"blocks: {a: [relu, relu, relu], b: [{a: {repeat: 1000}}], c: [{b: {repeat: 1000}}]}\n" +
			"layers: [{c: {repeat: 1000}}, output]\n",
	} {
		hostile := withSource(t, file, text)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := again(t, hostile)
		runtime.ReadMemStats(&after)
		if string(r.Spec) != string(want.Spec) || !bytes.Equal(r.Weights, want.Weights) ||
			!slices.Contains(r.Remarks, changedRemark) {
			t.Errorf("%s: remarks %q, spec\n%s", name, r.Remarks, r.Spec)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 1<<29 {
			t.Errorf("%s: %d MiB were allocated", name, took>>20)
		}
	}
}

// TestNumbersGoBackIntoFilesThatTellTheirSpec: all but the numbers stays byte for byte, the spec too.
func TestNumbersGoBackIntoFilesThatTellTheirSpec(t *testing.T) {
	_, file := exportedOrigin(t, ExportOptions{})
	r := again(t, file)
	same, err := Into(file, r.Net, r.Params, Options{Name: "again"})
	if err != nil || !bytes.Equal(same, file) {
		t.Fatalf("with its own numbers: another file, error %v", err)
	}
	params := disturbed(r)
	changed, err := Into(file, r.Net, params, Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	back := again(t, changed)
	if string(back.Spec) != string(r.Spec) || len(changed) != len(file) {
		t.Errorf("%d bytes, were %d; the spec is\n%s", len(changed), len(file), back.Spec)
	}
	for i, p := range r.Net.Params {
		if got := back.Params[back.Net.Params[i]]; !slices.Equal(narrowed(got), narrowed(params[p])) {
			t.Errorf("%s is %v, want %v", p.Name, got, params[p])
		}
	}
}

// FuzzOrigin: whatever a file names as its spec, the network is the one that the file computes, and little is spent.
func FuzzOrigin(f *testing.F) {
	w := build(f, "try", originSpec)
	file, err := Export(w.net, w.ref.Params, ExportOptions{})
	if err != nil {
		f.Fatal(err)
	}
	m, err := Decode(file)
	if err != nil {
		f.Fatal(err)
	}
	x := Array{Shape: []int{1, 6, 2}, Data: make([]float64, 12)}
	for i := range x.Data {
		x.Data[i] = float64(i) / 4
	}
	give := func(r *Result) []float64 {
		network := ref.New(r.Net, 0)
		network.Params = r.Params
		pass := network.Forward(ref.Batch{N: 1, Inputs: [][]float64{x.Data}}, false, 0)
		return pass.Values[r.Net.Outputs[0].Layer].Data
	}
	plain, err := Import(withoutSource(f, file), Options{Name: "try"})
	if err != nil {
		f.Fatal(err)
	}
	want := give(plain)
	f.Add(m.source())
	f.Add("version: 1\nname: try\ninput: {name: x, shape: [6, 2]}\ntask: multiclass\nclasses: [a, b, c]\n" +
		"layers: [flatten, output]\n")
	fuzzing.Fuzz(f, func(t *testing.T, text string) {
		var got []float64
		bounded(t, func() {
			r, err := Import(withSource(t, file, text), Options{Name: "try"})
			if err != nil {
				t.Fatal(err)
			}
			got = give(r)
		})
		for i, v := range want {
			if !(math.Abs(got[i]-v) <= 1e-6) {
				t.Errorf("class %d is %g, want %g", i, got[i], v)
			}
		}
	})
}
