package onnx

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/encode"
	"github.com/nngen/nngen/runtime/safetensors"
)

// tableSpec has a column of each kind, with and without gaps and words of the training rows.
const tableSpec = `version: 1
name: visits
input:
  name: x
  shape: [31]
  columns:
    - Sepal.Length
    - {name: age, fill: median, indicator: true}
    - {name: income, fill: 1500}
    - {name: y, words: [low, high]}
    - {name: city, words: [Bern, "Genève", missing, (other)], other: true, missing: true}
    - {name: brand, max_words: 3, other: true}
    - {name: sex, flag: [male, Female]}
    - {name: member, flag: ["no", "yes"], fill: "no", indicator: true}
    - {name: seen, date: [year, month, day, weekday, hour, year_day], layout: year_first, fill: 2020-02-29, indicator: true}
preprocess: [{standardize: {}}]
task: multiclass
classes: [a, "b c"]
layers:
  - dense: {name: h, units: 5, activation: tanh}
  - output: {name: y}
`

var tableFitted = net.Fitted{"x": {{}, {Fill: "31.5", Fixed: []net.Constant{{At: 1}}}, {}, {}, {},
	{Words: []string{"acme", "(unused)"}, Fixed: []net.Constant{{At: 3}}}, {}, {Fixed: []net.Constant{{At: 0, Value: 1}}},
	{Fixed: []net.Constant{{At: 0, Value: 2001}, {At: 11}}}}}

// tableRows are fields of the columns: words that are known and not, gaps by several names, days around leap years.
var tableRows = [][]string{
	{"5.1", "22", "1000", "low", "Bern", "acme", "male", "yes", "2024-02-29T12:34:56"},
	{"-3", "", "", "high", "Genève", "(unused)", "Female", "", ""},
	{"0.5", "NA", "7", "low", "missing", "other", "female", "no", "1969-12-31"},
	{"1", "40", "-1", "high", "", "other corp", "MALE", "NO", "2000-03-01T23:59:59"},
	{"2", "3", "2", "low", "NA", "missing", "FEMALE", "Yes", "1999-12-31"},
	{"2", "3", "2", "low", "Zürich", "unused", "male", "n/a", "2100-03-01T00:00:01"},
	{"9", "?", "NaN", "high", "(other)", "acme", "male", "yes", "1970-01-01"},
}

// column gives ONNX Runtime the fields of a column as the file reads them: text, seconds since 1970, or numbers.
func columnInput(t *testing.T, c *encode.Column, p *Port, rows [][]string, at int, f *encode.Format) map[string]any {
	in := map[string]any{"Name": p.Name, "Dims": []int{len(rows), 1}}
	var texts []string
	var numbers []any // nil for NaN
	for _, row := range rows {
		field := row[at]
		texts = append(texts, field)
		switch {
		case p.Type == typeString:
		case f.IsMissing(field):
			numbers = append(numbers, nil)
		case p.Type == typeDouble:
			seconds, err := c.Time(field)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, seconds)
		default:
			v, err := f.Number(field)
			if err != nil {
				t.Fatal(err)
			}
			numbers = append(numbers, v)
		}
	}
	in["Data"], in["Double"] = numbers, p.Type == typeDouble
	if p.Type == typeString {
		in["Text"] = texts
	}
	return in
}

// runtimeResult is what ONNX Runtime gives.
type runtimeResult struct {
	Error   string
	Outputs [][]*float64 // nil for NaN
	Texts   [][]string
}

// inONNXRuntime runs files in one process.
func inONNXRuntime(t *testing.T, jobs ...map[string]any) []runtimeResult {
	t.Helper()
	modules := os.Getenv("NNGEN_ORT")
	if modules == "" {
		t.Skip("NNGEN_ORT is not set: no ONNX Runtime to compare with; .ci/run onnx does")
	}
	text, err := json.Marshal(jobs)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "job.json")
	if err := os.WriteFile(name, text, 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", "../../testdata/onnx/run.js", modules, name)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var results []runtimeResult
	if err := json.Unmarshal(out, &results); err != nil {
		t.Fatal(err)
	}
	return results
}

// tableNetwork is tableSpec with some weights, and the columns of its input.
func tableNetwork(t *testing.T) (network, []encode.Column, *encode.Format) {
	w := build(t, "visits", tableSpec)
	for _, p := range w.net.Params { // numbers, incomes and years near 0, so that no tanh saturates
		for i, v := range map[int][2]float64{1: {30, 0.05}, 3: {1000, 0.001}, 19: {2000, 0.02}} {
			switch {
			case strings.HasSuffix(p.Name, ".center"):
				w.ref.Params[p][i] = v[0]
			case strings.HasSuffix(p.Name, ".scale"):
				w.ref.Params[p][i] = float64(float32(v[1]))
			}
		}
	}
	return w, tableFitted.Columns(w.net.Spec.Inputs[0]), net.Format(w.net.Spec)
}

// encodedRows returns what the package makes of fields.
func encodedRows(t *testing.T, w network, rows [][]string, columns []encode.Column, f *encode.Format) []float64 {
	var all []float64
	x := make([]float32, w.net.Inputs[0].Shape.Size())
	for _, row := range rows {
		if err := encode.Row(x, row, columns, f); err != nil {
			t.Fatal(err)
		}
		for _, v := range x {
			all = append(all, float64(v))
		}
	}
	return all
}

// TestColumnsAreInputsOfAnExport gives the fields of rows to ONNX Runtime, as text, times and numbers with gaps, and
// wants the predictions and labels of the encoded rows.
func TestColumnsAreInputsOfAnExport(t *testing.T) {
	w, columns, f := tableNetwork(t)
	x := encodedRows(t, w, tableRows, columns, f)
	n := len(tableRows)
	want := w.outputsOf(ref.Batch{N: n, Inputs: [][]float64{x}})[0].Data
	var jobs []map[string]any
	for _, opset := range []int{13, 17, 23} {
		b, err := Export(w.net, w.ref.Params, ExportOptions{Opset: opset, Fitted: tableFitted})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Graph.Inputs) != len(columns) {
			t.Fatalf("%d inputs for %d columns", len(m.Graph.Inputs), len(columns))
		}
		file := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		var inputs []map[string]any
		for i, p := range m.Graph.Inputs {
			wantName := columns[i].Name
			if wantName == "y" { // which is that of an output
				wantName = "y_1"
			}
			if p.Name != wantName {
				t.Errorf("column %q is the input %q", columns[i].Name, p.Name)
			}
			inputs = append(inputs, columnInput(t, &columns[i], p, tableRows, i, f))
		}
		jobs = append(jobs,
			map[string]any{"File": file, "Inputs": inputs, "Names": []string{"y"}, "Texts": []string{"y.label"}})
		for at, word := range map[int]string{3: "medium", 6: "neither", 4: "another"} {
			unknown := slices.Clone(tableRows)
			unknown[2] = slices.Clone(unknown[2])
			unknown[2][at] = word
			others := slices.Clone(inputs)
			others[at] = columnInput(t, &columns[at], m.Graph.Inputs[at], unknown, at, f)
			jobs = append(jobs, map[string]any{"File": file, "Inputs": others, "Names": []string{"y"}, "at": at})
		}
	}
	for i, r := range inONNXRuntime(t, jobs...) {
		switch at, _ := jobs[i]["at"].(int); at {
		case 3: // the words of this column are all that there may be
			if !strings.Contains(r.Error, "Unknown Category") {
				t.Errorf("an unknown word gives %v, %v", r.Error, r.Outputs)
			}
		case 6:
			if r.Error != "" || !slices.Contains(r.Outputs[0][4:6], nil) || slices.Contains(r.Outputs[0][:4], nil) {
				t.Errorf("an unknown flag gives %v, %v; want NaN in its row", r.Error, r.Outputs)
			}
		case 4:
			if r.Error != "" {
				t.Errorf("another word, of which there may be some, gives %v", r.Error)
			}
		default:
			if r.Error != "" || len(r.Outputs[0]) != len(want) {
				t.Fatal(r.Error, len(r.Outputs))
			}
			if slices.Max(want)-slices.Min(want) < 0.1 {
				t.Fatalf("the predictions tell no rows apart: %v", want)
			}
			worst := 0.0
			for k, v := range want {
				worst = max(worst, math.Abs(*r.Outputs[0][k]-v))
			}
			if !(worst <= 1e-5) {
				t.Errorf("off by %g of %v", worst, want)
			}
			for row := range n {
				class := w.net.Outputs[0].Classes[chosenOf(want[2*row:][:2])]
				if r.Texts[0][row] != class {
					t.Errorf("row %d is %q, want %q", row, r.Texts[0][row], class)
				}
			}
		}
	}
}

// TestNumbersThatAreFixedStaySoInTheFile exports inputs of numbers, of which one is the same in all training rows: the
// nodes give it whatever the input holds, and an import, with the spec of the file or by its nodes alone, has the
// columns with it once.
func TestNumbersThatAreFixedStaySoInTheFile(t *testing.T) {
	const head = "version: 1\nname: m\ninputs:\n  - {name: x, shape: [2], columns: [a, b]}\n"
	fitted := net.Fitted{"x": {{}, {Fixed: []net.Constant{{Value: 5}}}}}
	var jobs []map[string]any
	for name, c := range map[string]struct{ spec, nodes string }{
		"numbers": {head + "task: regression\nlayers: [{dense: {name: h, units: 3}}, {output: {name: y, units: 1}}]\n",
			"Mul(x) Add"},
		"tokens": {head + "task: regression\nlayers:\n  - embedding: {name: e, input_dim: 12, output_dim: 3}\n" +
			"  - flatten: {}\n  - output: {name: y, units: 1}\n", "Mul(x) Add Gather"},
	} {
		w := build(t, "m", c.spec)
		b, err := Export(w.net, w.ref.Params, ExportOptions{Fitted: fitted})
		if err != nil {
			t.Fatal(name, err)
		}
		m, err := Decode(b)
		if err != nil {
			t.Fatal(name, err)
		}
		var nodes []string
		for i, n := range m.Graph.Nodes[:strings.Count(c.nodes, " ")+1] {
			if nodes = append(nodes, n.Op); i == 0 {
				nodes[0] += "(" + n.In[0] + ")"
			}
		}
		constants := map[string]string{}
		for _, k := range m.Graph.Initializers {
			if a, err := k.load(nil); err == nil {
				constants[k.Name] = fmt.Sprint(a.data)
			}
		}
		if got := strings.Join(nodes, " "); got != c.nodes || len(m.Graph.Inputs) != 1 ||
			constants["const.x.varied"] != "[1 0]" || constants["const.x.fixed"] != "[0 5]" {
			t.Errorf("%s: %d inputs, nodes %s, constants %v", name, len(m.Graph.Inputs), got, constants)
		}
		want := w.outputsOf(ref.Batch{N: 1, Inputs: [][]float64{{1, 5}}})[0].Data
		for _, b := range [][]byte{b, withoutSource(t, b)} {
			r, err := Import(b, Options{Name: "m"})
			if err != nil {
				t.Fatal(name, err)
			}
			weights, err := safetensors.Open(r.Weights)
			if err != nil {
				t.Fatal(name, err)
			}
			var again net.Fitted
			err = json.Unmarshal([]byte(weights.Meta[net.FittedKey]), &again)
			if err != nil || !reflect.DeepEqual(again, fitted) {
				t.Errorf("%s: columns took %v, %v\n%s", name, again, err, r.Spec)
			}
			mine := ref.New(r.Net, 0)
			mine.Params = r.Params
			columns := again.Columns(r.Net.Spec.Inputs[0])
			x := encodedRows(t, network{net: r.Net}, [][]string{{"1", "9"}}, columns, &encode.Format{})
			got := (network{net: r.Net, ref: mine}).outputsOf(ref.Batch{N: 1, Inputs: [][]float64{x}})[0].Data
			if math.Abs(got[0]-want[0]) > 1e-6 {
				t.Errorf("%s: x = %v gives %v, want %v\n%s", name, x, got, want, r.Spec)
			}
		}
		file := filepath.Join(t.TempDir(), "model.onnx")
		if err := os.WriteFile(file, b, 0o644); err != nil {
			t.Fatal(err)
		}
		if name == "numbers" {
			in := map[string]any{"Name": "x", "Dims": []int{1, 2}, "Data": []any{1, 9}, "Double": false}
			jobs = append(jobs, map[string]any{"File": file, "Inputs": []any{in}, "Names": []string{"y"}, "want": want[0]})
		}
	}
	for i, r := range inONNXRuntime(t, jobs...) {
		if want := jobs[i]["want"].(float64); r.Error != "" || math.Abs(*r.Outputs[0][0]-want) > 1e-5 {
			t.Errorf("ONNX Runtime gives %v, want %v: %s", r.Outputs, want, r.Error)
		}
	}
}

func chosenOf(p []float64) int { return slices.Index(p, slices.Max(p)) }

// TestColumnsNeedWhatTheyTookFromTheTrainingRows exports no columns whose words are not known, unless Bare is set, for
// which the input holds encoded numbers.
func TestColumnsNeedWhatTheyTookFromTheTrainingRows(t *testing.T) {
	w, columns, _ := tableNetwork(t)
	if _, err := Export(w.net, w.ref.Params, ExportOptions{}); err == nil ||
		!strings.Contains(err.Error(), "training rows") {
		t.Errorf("without fitted words: %v", err)
	}
	b, err := Export(w.net, w.ref.Params, ExportOptions{Bare: true})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(m.Graph.Inputs[0].Dims[1].Size, len(m.Graph.Inputs), m.Opsets["ai.onnx.ml"],
		len(columns)); got != "31 1 0 9" {
		t.Errorf("bare: %s", got)
	}
}

// TestColumnsComeBack imports an export of columns: the input has them again, and rows give the same predictions, from
// the spec that the file tells and from its nodes alone. What the file says of columns is not believed if its nodes are
// others.
func TestColumnsComeBack(t *testing.T) {
	w, columns, f := tableNetwork(t)
	told, err := Export(w.net, w.ref.Params, ExportOptions{Fitted: tableFitted})
	if err != nil {
		t.Fatal(err)
	}
	x := encodedRows(t, w, tableRows, columns, f)
	batch := ref.Batch{N: len(tableRows), Inputs: [][]float64{x}}
	want := w.outputsOf(batch)[0].Data
	for _, b := range [][]byte{told, withoutSource(t, told)} {
		r, err := Import(b, Options{Name: "again"})
		if err != nil {
			t.Fatal(err)
		}
		weights, err := safetensors.Open(r.Weights)
		if err != nil {
			t.Fatal(err)
		}
		var fitted net.Fitted
		if text := weights.Meta[net.FittedKey]; text != "" {
			if err := json.Unmarshal([]byte(text), &fitted); err != nil {
				t.Fatal(err)
			}
		}
		if own := len(b) == len(told); own != (r.Net.ModelSum() == w.net.ModelSum()) ||
			own != reflect.DeepEqual(fitted, tableFitted) {
			t.Errorf("tells its spec: %t, columns took %v, spec\n%s", own, fitted, r.Spec)
		}
		again := fitted.Columns(r.Net.Spec.Inputs[0])
		if got := encodedRows(t, network{net: r.Net}, tableRows, again, f); !slices.Equal(got, x) {
			t.Errorf("the rows give\n%v, want\n%v\n%s", got, x, r.Spec)
		}
		mine := ref.New(r.Net, 0)
		mine.Params = r.Params
		if got := (network{net: r.Net, ref: mine}).outputsOf(batch)[0].Data; !slices.Equal(got, want) {
			t.Errorf("predictions are\n%v, want\n%v", got, want)
		}
		tuned := map[*ir.Param][]float64{}
		for _, p := range r.Net.Params {
			for _, v := range r.Params[p] {
				tuned[p] = append(tuned[p], float64(float32(v+0.5)))
			}
		}
		back, err := Into(b, r.Net, tuned, Options{Name: "again", Fitted: fitted})
		if err != nil || len(back) != len(b) || slices.Equal(back, b) {
			t.Errorf("into the file: %d of %d bytes, %v", len(back), len(b), err)
		}
		if len(b) == len(told) {
			_, err := Into(b, r.Net, tuned, Options{Name: "again"})
			if err == nil || !strings.Contains(err.Error(), "other words") {
				t.Errorf("into the file, of other words: %v", err)
			}
		}
	}
	b := told
	m, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range m.Graph.Nodes {
		if n.Op == "Imputer" {
			n.Attrs[0].Floats = []float64{7}
		}
	}
	var refused *Unsupported
	if _, err := Import(m.Encode(), Options{Name: "other"}); !errors.As(err, &refused) {
		t.Errorf("columns whose nodes were changed: %v", err)
	}
}

// TestFlagsReadWhatThePackageReads exports flags whose words, in another case, stand for no value, or are other words
// to the package: the nodes give what the package does, and NaN for what it refuses.
func TestFlagsReadWhatThePackageReads(t *testing.T) {
	f := &encode.Format{Missing: []string{"None", "NO", "yes"}}
	for _, c := range []encode.Column{
		{Name: "a", Kind: encode.Flag, Values: []string{"none", "some"}, Fill: "some", Indicator: true},
		{Name: "a", Kind: encode.Flag, Values: []string{"none", "some"}},
		{Name: "a", Kind: encode.Flag, Values: []string{"no", "YES"}, Fill: "YES"},
		{Name: "a", Kind: encode.Flag, Values: []string{"hayır", "evet"}}, // HAYIR has another letter
	} {
		e := newExporter(ExportOptions{Opset: 17})
		if _, err := e.flag(&c, "in", f); err != nil {
			t.Fatal(err)
		}
		encoder := e.graph.Nodes[0]
		keys, values := encoder.attr("keys_strings").Strings, encoder.attr("values_floats").Floats
		words := slices.Concat(f.Missing, []string{"", "other"})
		for _, v := range c.Values {
			words = append(words, v, strings.ToUpper(v), strings.ToLower(v), strings.ToUpper(v[:1])+v[1:], " "+v, v+" ")
		}
		for _, word := range words {
			x := make([]float32, c.Width())
			want := math.NaN()
			if c.Put(x, word, f) == nil {
				want = float64(x[0])
			}
			got := math.NaN()
			if k := slices.Index(keys, word); k >= 0 {
				got = values[k]
			}
			if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Errorf("flag %q, fill %q: the file reads %q as %v, the package as %v", c.Values, c.Fill, word, got, want)
			}
		}
	}
}

// TestWordsReadWhatThePackageReads exports words that differ from others, or from what stands for no value, in case
// alone.
func TestWordsReadWhatThePackageReads(t *testing.T) {
	f := &encode.Format{Missing: []string{"none", "NA"}}
	c := encode.Column{Name: "a", Kind: encode.Words, Values: []string{"South", "us", "US", "None", "na"}, Other: true,
		Missing: true}
	e := newExporter(ExportOptions{Opset: 17})
	e.words(&c, "in", f)
	encoder := e.graph.Nodes[0]
	keys, values := encoder.attr("keys_strings").Strings, encoder.attr("values_strings").Strings
	all, other, _ := categories(&c, f)
	for _, word := range []string{"South", "south", "SOUTH", " south ", "us", "US", "Us", "None", "none", "NONE", "NA",
		"na", "Na", "", "Mars"} {
		x := make([]float32, c.Width())
		if err := c.Put(x, word, f); err != nil {
			t.Fatal(err)
		}
		got := other
		if k := slices.Index(keys, word); k >= 0 {
			got = values[k]
		}
		if k := slices.Index(all, got); k < 0 || x[k] != 1 {
			t.Errorf("%q: the file reads %q, the package %v", word, got, x)
		}
	}
}
