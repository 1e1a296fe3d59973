package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// digits is a spec with every section.
const digits = `# yaml-language-server: $schema=./nngen.schema.json
version: 1
name: digits                      # package name of the output
input: {name: image, shape: [8, 8, 1]}          # batch axis implied; inputs: for several; channels last
preprocess: [{rescale: {scale: 0.0625}}]        # or standardize: fitted on the training set
task: multiclass                  # regression | binary | multiclass: chooses output layer, loss and metrics
classes: ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]      # or a count
layers:
  - conv2d: {filters: 8, kernel_size: 3, padding: same, activation: relu}
  - max_pool2d: {pool_size: 2}
  - flatten
  - dense: {name: h1, units: 32, activation: relu, kernel_regularizer: {l2: 1.0e-4}}
  - dropout: {rate: 0.25}
  - dense: {name: h2, units: 32, activation: relu}
  - add: {from: [h1, h2]}         # a connection that skips layers
  - output                        # dense(10) + softmax from the task; or written in full
optimizer: {adam: {lr: 1.0e-3, betas: [0.9, 0.999]}}
schedule: {cyclical: {mode: triangular2, min_lr: 1.0e-4, max_lr: 3.0e-3, step_size: 200}}
training:
  epochs: 30
  batch_size: 64                  # an int | full | 1
  seed: 42
  validation_split: 0.1
  early_stopping: {monitor: val_loss, patience: 5, restore_best: true}
data:
  train: {csv: digits.csv.gz, header: false, label: last}
limits: {params: 100000, flash: 256KiB, ram: 64KiB}    # exceeding one is an error at compile time
`

// report formats errors as a user sees them.
func report(errs ErrorList, src string) string {
	var b strings.Builder
	if err := errs.Format(&b, []byte(src), 0); err != nil {
		panic(err)
	}
	return b.String()
}

// mustParse parses a spec that has no errors.
func mustParse(t *testing.T, src string) *Spec {
	t.Helper()
	s, errs := Parse("test.yaml", []byte(src), local)
	if s == nil {
		t.Fatalf("errors in a good spec:\n%s", report(errs, src))
	}
	return s
}

func TestParseReadsEverySection(t *testing.T) {
	s := mustParse(t, digits)
	var got []string
	for _, l := range s.Layers {
		got = append(got, l.Kind+" "+l.Name)
	}
	want := []string{
		"conv2d conv2d1", "max_pool2d max_pool2d1", "flatten flatten1", "dense h1", "dropout dropout1", "dense h2",
		"add add1", "output output1",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("layers (-want +got):\n%s", d)
	}
	from := []Ref{{"h1", Pos{"test.yaml", 15, 18, 2}}, {"h2", Pos{"test.yaml", 15, 22, 2}}}
	if d := cmp.Diff(from, s.Layers[6].From); d != "" {
		t.Errorf("from (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int{3, 3}, s.Layers[0].Ints("kernel_size")); d != "" {
		t.Errorf("kernel_size (-want +got):\n%s", d)
	}
	if n, _ := s.Layers[0].Node.Node("activation"); n.Kind != "relu" {
		t.Errorf("activation is %q, want relu", n.Kind)
	}
	if s.Training.BatchSize != 64 || s.Training.Epochs != 30 || s.Training.Seed != 42 || !s.Training.Shuffle {
		t.Errorf("training is %+v", s.Training)
	}
	if s.Limits.Flash != 256<<10 || s.Limits.RAM != 64<<10 || s.Limits.Params != 100000 {
		t.Errorf("limits are %+v", s.Limits)
	}
	if s.Data.Train.Format != "csv" || s.Data.Train.Path != "digits.csv.gz" || *s.Data.Train.Header {
		t.Errorf("data.train is %+v", s.Data.Train)
	}
	if s.Classes.Count != 10 || s.Classes.Names[9] != "9" || s.Task != "multiclass" {
		t.Errorf("classes are %+v of task %q", s.Classes, s.Task)
	}
	if s.Generate.Runtime != "copy" || !s.Generate.Train {
		t.Errorf("generate is %+v", s.Generate)
	}
}

func TestWordsInPlaceOfAList(t *testing.T) {
	const head = "version: 1\nname: m\ninput: {shape: [8, 8, 1]}\nlayers:\n" +
		"  - conv2d: {filters: 1, kernel_size: 3, padding: "
	for written, want := range map[string]any{"same": "same", "[[0, 1], [2, 0]]": [][2]int{{0, 1}, {2, 0}}} {
		s := mustParse(t, head+written+"}\n  - output\n")
		if got := s.Layers[0].Lookup("padding").V; !cmp.Equal(got, want) {
			t.Errorf("padding: %s is %v, want %v", written, got, want)
		}
	}
	for written, want := range map[string]string{
		"smae":              "padding must be same, valid or a list of pairs such as [[0, 1], [2, 0]], but is \"smae\"",
		"3":                 "padding must be same, valid or a list of pairs such as [[0, 1], [2, 0]], but is the number 3",
		"[[0, 1]]":          "padding must have 2 values, but has 1",
		"[1, 2]":            "each item of padding must be a pair such as [0, 1], but is the number 1",
		"[[0, 1], [-2, 0]]": "each number of padding must be at least 0, but is -2",
	} {
		_, problems := Parse("m.yaml", []byte(head+written+"}\n  - output\n"), local)
		if len(problems) == 0 || !strings.Contains(problems[0].Error(), want) {
			t.Errorf("padding: %s gives %v, want %s", written, problems, want)
		}
	}
}
