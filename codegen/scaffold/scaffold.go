// Package scaffold writes the first spec of a network.
//
// It exists so that a table of data is all that it takes to begin.
package scaffold

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/spec"
)

// Options say what the network is about.
type Options struct {
	Folder string // of the package, which has its name
	Data   string // CSV file; "" for a spec to be filled in
	Label  string // last, first, a name or a position
	Task   string // "" to go by the label column
}

// maxClasses is the number of different whole numbers up to which a label column is one of classes.
const maxClasses = 32

// Write writes the spec and the Go file with the go:generate line. It returns the names of the files, the
// spec first. Nothing is written if either exists.
func Write(o Options) ([]string, error) {
	abs, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(abs)
	d := &draft{Options: o, name: name, inputs: 4, classes: []string{"no", "yes"}}
	if o.Task == "multiclass" {
		d.classes = []string{"a", "b", "c"}
	}
	if o.Data != "" {
		if err := d.look(); err != nil {
			return nil, err
		}
	} else if d.Task == "" {
		d.Task = "multiclass"
		d.classes = []string{"a", "b", "c"}
	}
	src := d.spec()
	file := filepath.Join(o.Folder, name+".yaml")
	if _, problems := spec.Parse(file, src, op.Schema()); problems.Err() != nil {
		var lines []string // their positions are in a text that nobody has
		for _, p := range problems {
			lines = append(lines, strings.TrimPrefix(p.Subject+": "+p.Msg, ": "))
		}
		return nil, fmt.Errorf("no spec can be written: %s", strings.Join(lines, "; "))
	}
	files := []string{file, filepath.Join(o.Folder, "generate.go")}
	for _, f := range files {
		if _, err := os.Lstat(f); err == nil {
			return nil, fmt.Errorf("%s: there is such a file already, and it is left alone", f)
		}
	}
	if err := os.MkdirAll(o.Folder, 0o755); err != nil {
		return nil, err
	}
	if err := output.Replace(files[0], src); err != nil {
		return nil, err
	}
	return files, output.Replace(files[1], []byte("package "+name+"\n\n//go:generate go tool nngen compile "+name+".yaml\n"))
}

// draft is what is known of the data.
type draft struct {
	Options
	name    string // of the network
	header  bool
	inputs  int
	columns []string   // of the input
	words   [][]string // of each column; nil for numbers
	classes []string
}

// look takes inputs, task and classes from the data file.
func (d *draft) look() error {
	b, err := data.ReadFile(d.Data)
	if err != nil {
		return err
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(b, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", d.Data, err)
	}
	if len(rows) < 2 {
		return fmt.Errorf("%s: %d rows are too few to tell what they hold", d.Data, len(rows))
	}
	names := rows[0]
	d.header = !slices.ContainsFunc(names, number)
	if d.header {
		rows = rows[1:]
	}
	label, err := d.column(names)
	if err != nil {
		return err
	}
	d.inputs, d.columns, d.words = 0, nil, nil
	for c := range names {
		if c == label {
			continue
		}
		name := strconv.Itoa(c)
		if d.header {
			name = strings.TrimSpace(names[c])
		}
		words := wordsOf(rows, c)
		d.columns, d.words = append(d.columns, name), append(d.words, words)
		d.inputs += max(1, len(words))
	}
	return d.labels(rows, label)
}

// number tells whether a field is a number.
func number(s string) bool {
	_, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	return err == nil
}

// column finds the label column.
func (d *draft) column(names []string) (int, error) {
	switch d.Label {
	case "last":
		return len(names) - 1, nil
	case "first":
		return 0, nil
	}
	if i := slices.Index(names, d.Label); d.header && i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(d.Label); err == nil && i >= 0 && i < len(names) {
		return i, nil
	}
	return 0, fmt.Errorf("%s: no column %q", d.Data, d.Label)
}

// wordsOf returns the words of a column, sorted; nil if it holds numbers.
func wordsOf(rows [][]string, c int) []string {
	if len(rows[0]) > c && (number(rows[0][c]) || strings.TrimSpace(rows[0][c]) == "") {
		return nil
	}
	var words []string
	for _, r := range rows {
		if c < len(r) && !slices.Contains(words, strings.TrimSpace(r[c])) {
			words = append(words, strings.TrimSpace(r[c]))
		}
	}
	slices.Sort(words)
	return words
}

// input returns the entry of the input: with its columns if they have names, or if some hold words.
func (d *draft) input() string {
	var hot []string
	for i, words := range d.words {
		if words != nil {
			hot = append(hot, fmt.Sprintf("{column: %s, values: [%s]}", strconv.Quote(d.columns[i]), quoted(words)))
		}
	}
	switch {
	case hot == nil && d.header && len(d.columns) <= namedColumns:
		return fmt.Sprintf("\n  name: x\n  shape: [%d]\n  columns: [%s]", d.inputs, quoted(d.columns))
	case hot == nil:
		return fmt.Sprintf(" {name: x, shape: [%d]}", d.inputs)
	}
	return fmt.Sprintf("\n  name: x\n  shape: [%d]\n  columns: [%s]\n  one_hot:\n    - %s", d.inputs, quoted(d.columns), strings.Join(hot, "\n    - "))
}

// namedColumns is the most columns whose names a spec lists if all hold numbers.
const namedColumns = 64

func quoted(words []string) string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = strconv.Quote(w)
	}
	return strings.Join(q, ", ")
}

// labels settles task and classes by the label column.
func (d *draft) labels(rows [][]string, label int) error {
	d.classes = nil
	whole := true
	for _, r := range rows {
		if label >= len(r) {
			continue
		}
		v := strings.TrimSpace(r[label])
		_, err := strconv.Atoi(v)
		whole = whole && err == nil
		if !slices.Contains(d.classes, v) && len(d.classes) <= maxClasses {
			d.classes = append(d.classes, v)
		}
	}
	if len(d.classes) == 1 {
		return fmt.Errorf("%s: the label column holds nothing but %q; choose another by --label", d.Data, d.classes[0])
	}
	many := len(d.classes) > maxClasses
	slices.SortFunc(d.classes, func(a, b string) int {
		x, e1 := strconv.Atoi(a)
		y, e2 := strconv.Atoi(b)
		if e1 == nil && e2 == nil {
			return x - y
		}
		return strings.Compare(a, b)
	})
	words := slices.ContainsFunc(d.classes, func(s string) bool { return !number(s) })
	if d.Task == "" {
		switch {
		case !many && len(d.classes) == 2:
			d.Task = "binary"
		case !many && (whole || words):
			d.Task = "multiclass"
		case !words:
			d.Task = "regression"
		default:
			return fmt.Errorf("%s: the label column holds more than %d different words; choose another by --label", d.Data, maxClasses)
		}
	}
	if d.Task != "regression" && many {
		return fmt.Errorf("%s: the label column holds more than %d different values, too many for classes; choose another by --label", d.Data, maxClasses)
	}
	if d.Task == "regression" && words {
		return fmt.Errorf("%s: the label column holds words: those are no numbers to regress on", d.Data)
	}
	return nil
}

// spec returns the text of the spec.
func (d *draft) spec() []byte {
	var b strings.Builder
	source := "its input"
	if d.Data != "" {
		source = filepath.Base(d.Data)
	}
	fmt.Fprintf(&b, "# A perceptron with a hidden layer for %s. nngen ops lists the kinds of layers.\n", source)
	fmt.Fprintf(&b, "version: 1\nname: %s\ninput:%s\npreprocess: [standardize]\ntask: %s\n", d.name, d.input(), d.Task)
	if d.Task != "regression" {
		var names []string
		for _, c := range d.classes {
			names = append(names, strconv.Quote(c))
		}
		fmt.Fprintf(&b, "classes: [%s]\n", strings.Join(names, ", "))
	}
	b.WriteString("layers:\n  - dense: {name: h1, units: 32, activation: relu}\n  - output: {name: y}\n")
	b.WriteString("optimizer: {adam: {lr: 1.0e-3}}\n")
	b.WriteString("training:\n  epochs: 200\n  batch_size: 32\n  seed: 42\n  validation_split: 0.1\n  early_stopping: {monitor: val_loss, patience: 20, restore_best: true}\n")
	rel := "examples.csv"
	if d.Data != "" {
		rel = d.relative()
	}
	fmt.Fprintf(&b, "data:\n  train: {csv: %s, header: %t, label: %s}\n  test_split: 0.2\n", strconv.Quote(rel), d.header || d.Data == "", strconv.Quote(d.Label))
	if d.Task != "regression" {
		b.WriteString("  stratify: true\n")
	}
	return []byte(b.String())
}

// relative returns the path of the data as seen from the folder of the spec.
func (d *draft) relative() string {
	if filepath.IsAbs(d.Data) {
		return d.Data
	}
	rel, err := filepath.Rel(d.Folder, d.Data)
	if err != nil {
		return d.Data
	}
	return filepath.ToSlash(rel)
}
