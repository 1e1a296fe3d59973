package onnx_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/ref"
)

// road is a model of another framework and examples that it is trained on with.
type road struct {
	name, file string
	rows       [][]float64 // features and class
	data       string      // what the README says of them, for this model
}

// TestRoadsInTheREADMELeadToONNXRuntime runs the commands of the README for a model of each framework: it becomes a
// package, an epoch on other examples lowers its loss on the test set, and its file with the new numbers gives the
// predictions of the package. ONNX Runtime gives them where NNGEN_ORT names the node_modules folder that has it; the
// importer does in any case.
func TestRoadsInTheREADMELeadToONNXRuntime(t *testing.T) {
	if testing.Short() {
		t.Skip("five trainings")
	}
	dir := t.TempDir()
	command(t, ".", "go", "build", "-o", filepath.Join(dir, "bin", "nngen"), "../../cmd/nngen")
	t.Setenv("PATH", filepath.Join(dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	lines := commandsOfREADME(t)
	digits, iris := digitsRows(t), irisRows(t)
	for _, r := range []road{
		{"cnn", "roads/cnn.onnx", digits, ""}, {"gru", "roads/gru.onnx", digits, ""},
		{"transformer", "roads/transformer.onnx", digits, ""},
		{"keras", "roads/keras.onnx", digits, ""},
		{"pipeline", "onnx/skl_mlpc_nozip.onnx", iris,
			"data: {train: {csv: ../iris.csv, header: false, label: last}, test_split: 0.2}"},
	} {
		t.Run(r.name, func(t *testing.T) { r.run(t, lines) })
	}
}

// commandsOfREADME returns the lines of the README that begin with the import of cnn.onnx.
func commandsOfREADME(t *testing.T) []string {
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, ok := strings.Cut(string(b), "    nngen import cnn.onnx\n")
	if !ok {
		t.Fatal("README.md has no line that imports cnn.onnx")
	}
	text, _, _ = strings.Cut(text, "\n\n")
	return append([]string{"nngen import cnn.onnx"}, strings.Split(text, "\n")...)
}

func (r road) run(t *testing.T, lines []string) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	model, err := os.ReadFile("../../testdata/" + r.file)
	if err != nil {
		t.Fatal(err)
	}
	write(r.name+".onnx", string(model))
	write("go.mod", "module example.com/road\n\ngo 1.24\n")
	var table strings.Builder
	for _, row := range r.rows {
		table.WriteString(strings.Trim(strings.ReplaceAll(fmt.Sprint(row), " ", ","), "[]") + "\n")
	}
	write("digits.csv", table.String())
	write("iris.csv", table.String())
	spec := filepath.Join(r.name, r.name+".yaml")
	before := 0.0
	for _, line := range lines {
		line = strings.ReplaceAll(strings.TrimSpace(line), "cnn", r.name)
		if r.data != "" && strings.HasPrefix(line, "echo") {
			line = fmt.Sprintf("echo '%s' >> %s", r.data, filepath.ToSlash(spec))
		}
		if strings.HasPrefix(line, "nngen train") {
			before = lossOf(t, dir, spec)
		}
		command(t, dir, "sh", "-ec", line)
	}
	after := lossOf(t, dir, spec)
	t.Logf("loss on the test set %.4f, was %.4f", after, before)
	if !(after < before) {
		t.Errorf("the loss on the test set is %g, was %g", after, before)
	}
	r.compare(t, dir, spec)
}

// compare wants the tuned file to give what the package predicts.
func (r road) compare(t *testing.T, dir, spec string) {
	p, err := project.Open(filepath.Join(dir, spec), "")
	if err != nil {
		t.Fatal(err)
	}
	network, list := net.Build(p.Spec, nil)
	if list.Err() != nil {
		t.Fatal(list)
	}
	weights, err := os.ReadFile(filepath.Join(p.Dir, "weights.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	trained, err := project.Tensors(network, weights)
	if err != nil {
		t.Fatal(err)
	}
	n := ref.New(network, 0)
	n.Params = map[*ir.Param][]float64{}
	for _, q := range network.Params {
		for _, v := range trained[q.Name] {
			n.Params[q] = append(n.Params[q], float64(v))
		}
	}
	const examples = 50
	var x []float64
	for _, row := range r.rows[len(r.rows)-examples:] {
		x = append(x, row[:len(row)-1]...)
	}
	want := n.Forward(ref.Batch{N: examples, Inputs: [][]float64{x}}, false, 0).Values[network.Outputs[0].Layer].Data
	file := filepath.Join(dir, r.name+"_tuned.onnx")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	again, err := onnx.Import(b, onnx.Options{Name: "again"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	input, output := m.Graph.Inputs[0], again.Outputs[0].Name
	shape := []int{examples}
	for _, d := range input.Dims[1:] {
		shape = append(shape, int(d.Size))
	}
	differences, scales, err := again.Check([]onnx.Array{{Shape: shape, Data: x}},
		[]onnx.Array{{Shape: []int{examples, len(want) / examples}, Data: want}})
	if err != nil || !(differences[0] <= 1e-5*max(1, scales[0])) {
		t.Errorf("imported again it is off by %v, error %v", differences, err)
	}
	modules := os.Getenv("NNGEN_ORT")
	if modules == "" {
		t.Log("NNGEN_ORT is not set: the file is not run in ONNX Runtime; .ci/run onnx does")
		return
	}
	got := inRuntime(t, modules, file, runtimeInput{input.Name, input.Type == 7, shape, x}, output)
	if len(got) != len(want) {
		t.Fatalf("%d numbers, want %d", len(got), len(want))
	}
	for i, v := range want {
		if !(math.Abs(got[i]-v) <= 1e-5) {
			t.Fatalf("ONNX Runtime gives %g at %d, the network %g", got[i], i, v)
		}
	}
}

type runtimeInput struct {
	Name  string
	Whole bool
	Dims  []int
	Data  []float64
}

// inRuntime returns the numbers of an output that ONNX Runtime gives.
func inRuntime(t *testing.T, modules, file string, in runtimeInput, output string) []float64 {
	job, err := json.Marshal([]any{map[string]any{"File": file, "Inputs": []runtimeInput{in}, "Names": []string{output}}})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "job.json")
	if err := os.WriteFile(name, job, 0o644); err != nil {
		t.Fatal(err)
	}
	var results []struct {
		Error   string
		Outputs [][]float64
	}
	if err := json.Unmarshal(command(t, ".", "node", "../../testdata/onnx/run.js", modules, name), &results); err != nil {
		t.Fatal(err)
	}
	if results[0].Error != "" {
		t.Fatal(results[0].Error)
	}
	return results[0].Outputs[0]
}

// lossOf returns the loss on the test set.
func lossOf(t *testing.T, dir, spec string) float64 {
	var e struct{ Loss *float64 }
	if err := json.Unmarshal(command(t, dir, "nngen", "eval", "--json", spec), &e); err != nil || e.Loss == nil {
		t.Fatal("no loss", err)
	}
	return *e.Loss
}

// command runs a program in a folder and returns what it writes.
func command(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w\n%s", err, exit.Stderr)
		}
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func digitsRows(t *testing.T) [][]float64 {
	f, err := os.Open("../../testdata/data/digits.csv.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return rowsOf(t, b, nil)
}

// irisRows returns the measures and the numbers of the species, which the pipeline calls 0, 1 and 2.
func irisRows(t *testing.T) [][]float64 {
	b, err := os.ReadFile("../../testdata/data/iris.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, b, _ = bytes.Cut(b, []byte("\n"))
	return rowsOf(t, b, map[string]float64{"setosa": 0, "versicolor": 1, "virginica": 2})
}

func rowsOf(t *testing.T, b []byte, words map[string]float64) (rows [][]float64) {
	for _, line := range strings.Fields(string(b)) {
		var row []float64
		for _, f := range strings.Split(line, ",") {
			v, err := strconv.ParseFloat(f, 64)
			if w, ok := words[f]; ok {
				v, err = w, nil
			}
			if err != nil {
				t.Fatal(err)
			}
			row = append(row, v)
		}
		rows = append(rows, row)
	}
	return rows
}
