package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/onnx"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
)

// ModelOptions say what becomes of a model that was made elsewhere.
type ModelOptions struct {
	File   string         // in the ONNX format
	Folder string         // of the package, which has its name; "" for one named as the file
	Sizes  map[string]int // of dimensions that the model leaves open
	// Inputs and Outputs are npy files of examples and of what the model gave for them, which the import is compared
	// with; empty for no comparison.
	Inputs, Outputs []string
	// Task and Classes are of an output that gives scores: see onnx.Options.
	Task    string
	Classes []string
	// Sparse takes weights of exactly 0 for no connections: see onnx.Options.
	Sparse bool
	// Layout is that of inputs whose channels the model has first: see onnx.Options.
	Layout string
	// NoBatch says that the model's arrays are one example each.
	NoBatch bool
	// Stage is a stage of the import that is written to Dump, after which nothing else is; "" for none.
	Stage string
	Dump  io.Writer
}

// Imported is what Model gives.
type Imported struct {
	*onnx.Result
	Files []string // written, the spec first
	// Differences holds for each output the largest difference from what the model gave, and Scales the largest
	// magnitude there; nil without examples.
	Differences, Scales []float64
	There               string // a file of a former import, beside which nothing was written; "" for none
	Int8Weights         []byte // of the package of 8-bit integers; nil for none
	// Keep lets the files stay that were written, whose caller is to compile them: until then a signal removes them, as
	// Remove does. Nil where nothing was written.
	Keep, Remove func()
}

// closeEnough is the largest difference from the model's own outputs, by their scale, that rounding explains: the model
// was computed in float32, whose unit roundoff is 6·10⁻⁸, by sums of some thousand terms in another order.
const closeEnough = 2e-5

// Model imports a model: it writes the spec, the weights and the Go file with the go:generate line. Nothing is written
// if any of them exists, which is an error unless there are examples to compare with, if no package could be built in
// the folder, if a node can't be imported, or if examples show another result than that of a model that rounds nothing
// to 8-bit integers on the way. A folder that a killed import left, see leftByKill, counts as empty.
func Model(o ModelOptions) (*Imported, error) {
	b, err := onnx.Read(o.File)
	if err != nil {
		return nil, err
	}
	if what := onnx.Recognized(b); what != "" && !onnx.IsConfig(b) {
		return nil, fmt.Errorf("%s: %s", o.File, what)
	}
	if o.Stage != "" {
		return nil, dumpStage(b, o)
	}
	if o.Folder == "" {
		o.Folder = folderName(o.File)
	}
	abs, err := filepath.Abs(o.Folder)
	if err != nil {
		return nil, err
	}
	name := filepath.Base(abs)
	files := []string{filepath.Join(o.Folder, name+".yaml"), filepath.Join(o.Folder, "weights.safetensors"),
		filepath.Join(o.Folder, "generate.go")}
	there := ""
	if i := slices.IndexFunc(files, func(f string) bool { _, err := os.Lstat(f); return err == nil }); i >= 0 {
		there = files[i]
	}
	if onnx.IsKeras(b) {
		if o.Task != "" || o.Classes != nil {
			return nil,
				fmt.Errorf("%s: --task and --classes are for models in the ONNX format: edit the spec that becomes of this one",
					o.File)
		}
		return o.keras(b, name, []string{files[0], files[2]}, there)
	}
	r, err := onnx.Import(b, o.options(name))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.File, err)
	}
	im := &Imported{Result: r, Files: files}
	if len(o.Inputs) > 0 {
		if err := im.compare(o); err != nil {
			return im, err
		}
	}
	names := []string{name + ".yaml", output.Weights, "generate.go"}
	contents := [][]byte{r.Spec, r.Weights, directive(o.Folder, name)}
	if r.Int8 != nil {
		if m := im.integers(name); m != nil {
			contents[0], im.Int8Weights = m.Spec, m.Weights
		}
	}
	for _, mask := range slices.Sorted(maps.Keys(r.Masks)) {
		names, contents = append(names, mask), append(contents, r.Masks[mask])
	}
	switch {
	case there == "" || leftByKill(o.Folder, names, contents):
		return im, o.create(im, names, contents)
	case len(o.Inputs) > 0:
		im.There = there
		return im, nil
	}
	return im, taken(there)
}

// taken is the error of a file that stands where an import is to write.
func taken(file string) error {
	return fmt.Errorf("%s: there is such a file already, and it is left alone", file)
}

// leftByKill tells whether a folder is as a killed import of the same model left it: with nothing but some of the files
// of the import, byte for byte, and folders of runs; and with a part of the package, of integers maybe, where the kill
// came while that was put in place, which the next writing completes.
func leftByKill(dir string, names []string, contents [][]byte) bool {
	entries, err := os.ReadDir(dir)
	interrupted := output.Interrupted(dir)
	return err == nil && !slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		if e.IsDir() {
			return !interrupted && !strings.HasPrefix(e.Name(), output.WorkFolder) &&
				!output.Interrupted(filepath.Join(dir, e.Name()))
		}
		i := slices.Index(names, e.Name())
		if i < 0 {
			return !interrupted
		}
		b, err := regular.Read(filepath.Join(dir, e.Name()), int64(len(contents[i])))
		return err != nil || !bytes.Equal(b, contents[i])
	})
}

// create writes files into the folder of the import, but for those that a killed one left there, if a package can be
// built in it.
func (o ModelOptions) create(im *Imported, names []string, contents [][]byte) error {
	if err := project.CheckFolder(o.Folder); err != nil {
		return err
	}
	for i := len(names) - 1; i >= 0; i-- {
		if _, err := os.Lstat(filepath.Join(o.Folder, names[i])); err == nil {
			names, contents = slices.Delete(names, i, i+1), slices.Delete(contents, i, i+1)
		}
	}
	files, err := output.CreateTentatively(o.Folder, names, contents)
	if err == nil {
		im.Keep, im.Remove = files.Keep, files.Remove
	}
	return err
}

// integers returns the package of 8-bit integers of a model that rounds, nil if it can't be had; remarks tell which,
// and what it does otherwise than the model.
func (im *Imported) integers(name string) *project.Int8Model {
	m, err := project.Int8OfModel(im.Result)
	if err != nil {
		im.Remarks = append(im.Remarks,
			fmt.Sprintf("its 8-bit integers became numbers of float32: %v; %s quantize makes a package of 8-bit integers "+
				"from training rows", err, project.Command()))
		return nil
	}
	im.Remarks = append(im.Remarks,
		fmt.Sprintf("package %s computes with the 8-bit integers of the model, that of %s in float32",
			codegen.Int8Package(name), name))
	im.Remarks = append(im.Remarks, m.Remarks...)
	return m
}

// options returns those of the import.
func (o ModelOptions) options(name string) onnx.Options {
	return onnx.Options{Name: name, Files: modelFolder(filepath.Dir(o.File)), Sizes: o.Sizes, NoBatch: o.NoBatch,
		Task: o.Task, Classes: o.Classes, Sparse: o.Sparse, Layout: o.Layout, Stage: o.Stage, Dump: o.Dump}
}

// dumpStage writes a stage of an import. Stages before a fault are there all the same.
func dumpStage(b []byte, o ModelOptions) error {
	if !slices.Contains(onnx.Stages, o.Stage) {
		return fmt.Errorf("no stage %q; there are %s", o.Stage, strings.Join(onnx.Stages, ", "))
	}
	if _, err := onnx.Import(b, o.options("model")); err != nil {
		return fmt.Errorf("%s: %w", o.File, err)
	}
	return nil
}

// keras writes the spec of a configuration of Keras, which has no weights.
func (o ModelOptions) keras(b []byte, name string, files []string, there string) (*Imported, error) {
	if len(o.Inputs) > 0 || len(o.Sizes) > 0 {
		return nil, fmt.Errorf("%s: a configuration of Keras has no weights to check, and no dimensions to set", o.File)
	}
	r, err := onnx.Keras(b, name, o.Layout)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.File, err)
	}
	im := &Imported{Result: r, Files: files}
	names, contents := []string{name + ".yaml", "generate.go"}, [][]byte{r.Spec, directive(o.Folder, name)}
	if there != "" && !leftByKill(o.Folder, names, contents) {
		return im, taken(there)
	}
	return im, o.create(im, names, contents)
}

// modelFolder opens files below a folder alone: neither .. nor links lead out of it.
type modelFolder string

// Open opens a file by its path from the folder.
func (f modelFolder) Open(name string) (fs.File, error) {
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	info, err := root.Stat(name)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for a writer
		err = &fs.PathError{Op: "open", Path: name, Err: errors.New("is no regular file")}
	}
	if err != nil {
		return nil, err
	}
	return root.FS().Open(name)
}

// compare runs the network on examples and is an error if it gives something else than the model did.
func (im *Imported) compare(o ModelOptions) error {
	read := func(names []string) (all []onnx.Array, err error) {
		for _, name := range names {
			shape, numbers, err := data.ReadNPY(name)
			if err != nil {
				return nil, err
			}
			a := onnx.Array{Shape: shape}
			for _, v := range numbers {
				a.Data = append(a.Data, float64(v))
			}
			all = append(all, a)
		}
		return all, nil
	}
	inputs, err := read(o.Inputs)
	if err != nil {
		return err
	}
	outputs, err := read(o.Outputs)
	if err != nil {
		return err
	}
	if im.Differences, im.Scales, err = im.Check(inputs, outputs); err != nil {
		return err
	}
	// A model that rounds to 8-bit integers on the way is off by steps that it alone makes: the network is in float32.
	rounds := im.Int8 != nil && len(im.Int8.Rounded) > 0
	for i, d := range im.Differences {
		if !rounds && !(d <= closeEnough*math.Max(1, im.Scales[i])) {
			return fmt.Errorf("output %q: the network gives another result than the model did, off by %g where outputs reach "+
				"%g; please report it with the model",
				im.Result.Outputs[i].Name, d, im.Scales[i])
		}
	}
	return nil
}

// folderName returns the folder beside nothing else for a model: its file's name with what no package name may hold
// left out.
func folderName(file string) string {
	base := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	name := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r - 'A' + 'a'
		}
		return '_'
	}, base), "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "model_" + name
	}
	return strings.TrimRight(name, "_")
}
