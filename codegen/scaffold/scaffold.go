// Package scaffold writes the first spec of a network, and says why it is as it is.
//
// It exists so that a table of data is all that it takes to begin: what it writes, train takes.
//
// Write makes a draft, in this order: it looks at each column (look.go, column.go) and says what it holds (kind.go), but
// for words that stand for missing values and fields that make bad rows (odd.go); it chooses the label (label.go) and the
// task (task.go, positive.go, logarithm.go), decides what becomes of the other columns (feature.go, text.go, series.go)
// and how large the network is (size.go), writes the spec (spec.go), reads the data by it, as train will, and reports
// what it found (report.go). Pictures take the place of a table in pictures.go. Inspect looks at the data of a spec that
// is there, and Model makes one of a network that another program trained.
package scaffold

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/spec"
)

// Options say what the network is about.
type Options struct {
	Folder string   // of the package, which has its name
	Data   string   // table, or folder of pictures; "" for a spec to be filled in
	Test   string   // table of examples for testing; "" to hold some of Data out
	Label  []string // columns by name or position; nil for the likeliest
	Drop   []string // columns to leave out
	// Delimiter, Decimal, Encoding and Header say how the table is written, as in a source; "" and nil to look.
	Delimiter, Decimal, Encoding string
	Header                       *bool
	// column in order of which the rows are steps of a series; "" where each row stands by itself
	Time string
	Task string // "" to go by the label column
	Log  io.Writer
}

// acceptable is the share of bad rows up to which a table is taken as it is: a tenth may be an accident, more is
// another form than the one that was found.
const acceptable = 0.1

// Write writes the spec and the Go file with the go:generate line. It returns the names of the files, the
// spec first. Nothing is written if either exists.
func Write(o Options) ([]string, error) {
	abs, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if tasks := []string{"regression", "binary", "multiclass"}; o.Task != "" && !slices.Contains(tasks, o.Task) {
		hint := "tasks are regression, binary and multiclass"
		if best := spec.Nearest(o.Task, tasks); best != "" {
			hint = fmt.Sprintf("did you mean %q?", best)
		}
		return nil, fmt.Errorf("--task %q: there is no such task; %s", o.Task, hint)
	}
	if err := project.CheckNewFolder(o.Folder); err != nil {
		return nil, err
	}
	name := filepath.Base(abs)
	file := filepath.Join(o.Folder, name+".yaml")
	files := []string{file, filepath.Join(o.Folder, "generate.go")}
	for _, f := range files { // before anything is said of the table
		if exists(f) {
			return nil, fmt.Errorf("%s: there is such a file already, and it is left alone", f)
		}
	}
	d := &draft{Options: o, name: name, inputs: 4, classes: []string{"no", "yes"}, units: []int{32}}
	if o.Task == "multiclass" || o.Task == "" {
		d.classes = []string{"a", "b", "c"}
	}
	if o.Data != "" {
		look := d.look
		if isFolder(o.Data) {
			look = d.lookAtPictures
		}
		if err := look(); err != nil {
			return nil, err
		}
	} else {
		d.Task = cmp.Or(d.Task, "multiclass")
	}
	src := d.spec()
	s, err := parse(file, src)
	if err != nil {
		return nil, err
	}
	if o.Data != "" {
		err := d.try(s)
		if errors.Is(err, data.ErrGap) || d.empty > 0 {
			d.gaps = true
			src = d.spec()
			if s, err = parse(file, src); err == nil {
				err = d.try(s)
			}
		}
		if err != nil {
			return nil, errors.New(d.asTyped(err.Error()))
		}
		if d.skipped > 0 {
			src = d.spec()
			if _, err := parse(file, src); err != nil {
				return nil, err
			}
		}
		d.report()
	}
	names, contents := []string{name + ".yaml", "generate.go"}, [][]byte{src, directive(o.Folder, name)}
	if at := filepath.Join(o.Folder, schemaFile); !exists(at) { // which the first line of the spec names
		schema, err := spec.JSONSchema(op.Schema())
		if err != nil {
			return nil, err
		}
		files, names, contents = append(files, at), append(names, schemaFile), append(contents, schema)
	}
	return files, output.Create(o.Folder, names, contents)
}

// schemaFile holds the JSON Schema of specs, beside the spec that names it.
const schemaFile = "nngen.schema.json"

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}

// directive is the Go file in a folder that lets go generate compile the spec.
func directive(folder, name string) []byte {
	return []byte("package " + name + "\n\n//go:generate " + project.Generator(folder) + " compile " + name + ".yaml\n")
}

func parse(file string, src []byte) (*spec.Spec, error) {
	s, problems := spec.Parse(file, src, op.Schema())
	if problems.Err() == nil {
		return s, nil
	}
	var lines []string // their positions are in a text that nobody has
	for _, p := range problems {
		line := strings.TrimPrefix(p.Subject+": "+p.Msg, ": ")
		if p.Subject == "name" {
			line += "; it is that of the folder: write another behind init"
		}
		lines = append(lines, line)
	}
	return nil, fmt.Errorf("no spec can be written: %s", strings.Join(lines, "; "))
}
