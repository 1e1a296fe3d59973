// Package project joins a spec file with the module around it: where its packages go, under which
// import path, and what their files are.
//
// It exists so that every verb of the command line starts from the same place.
package project

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/weights"
	"github.com/nngen/nngen/spec"
)

// How many bytes are read of a spec, of which the parser takes fewer and says so, and of a file of weights.
const (
	MaxSpec    = 16 << 20
	MaxWeights = weights.MaxFile
)

// Project is a spec and its place.
type Project struct {
	Spec *spec.Spec
	Base string // folder of the spec, that its paths are relative to
	Dir  string // folder of the inference package
	// ImportPath is that of the inference package; "" outside a module.
	ImportPath string
	// Several says that the same run may compile other specs too: it asks for Outdated when all are written.
	Several bool
	// Last says that no other network is compiled by this process: nothing is kept for one.
	Last bool
	// Warnings are those of the spec, each of which comes up once, however often the spec is compiled.
	Warnings spec.ErrorList
	// OnPlaced is that of packages; nil for nothing.
	OnPlaced func()
	// Notes are remarks about what lies around the spec, such as weights that no longer fit it.
	Notes []string

	absent  *absent         // why the last Generate embeds no weights that the folder is to hold; nil for no such
	seen    string          // the checksum of the weights that were there at the last Generate
	kept    string          // that of the weights which it embeds; "" for none
	runtime *output.Runtime // that the package shares with others; nil for none
	warned  map[string]bool // the texts of all Warnings that have come up
	aged    string          // what int8 says of int8 weights that were made from other weights; "" if they were not
	// unmade is the note that there is no package of 8-bit integers though the spec asks for one, or int8 weights of
	// another network are there, and unmadeWhy what check says of it; "" where all is well, or there are no weights.
	unmade, unmadeWhy string

	idle    []string // the int8 weights that are there, of another network, so that nothing is generated of them
	ioKnown bool     // whether it is settled what the package of 8-bit integers takes and gives
}

// Version returns the version of nngen: that of its module, v0.0.0-dev outside a release.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return devVersion
	}
	v := info.Main.Version
	if info.Main.Path != modulePath {
		for _, d := range info.Deps {
			if d.Path == modulePath {
				v = d.Version
			}
		}
	}
	if v == "" || v == "(devel)" || v == "v0.0.0" || strings.Contains(v, "-0.") || strings.Contains(v, "+dirty") {
		return devVersion
	}
	return v
}

// temporary is the path of a program that go built to run it at once, by go tool or go run.
var temporary = regexp.MustCompile(`/go-build[0-9]*/|/[0-9a-f]{64}-d/[^/]*$`)

// Command returns the words that run nngen here: its name, or the call of go if that is how it runs now.
func Command() string {
	exe, err := os.Executable()
	if err != nil || !temporary.MatchString(filepath.ToSlash(exe)) {
		return "nngen"
	}
	dir, err := os.Getwd()
	if err != nil {
		return "nngen"
	}
	return call(dir)
}

// call returns how go runs nngen in a folder.
func call(dir string) string {
	m, err := findModule(dir)
	if err != nil {
		return "go run " + toolPath + atVersion()
	}
	if m.path == modulePath && m.root == dir {
		return "go run ./cmd/nngen"
	}
	run := "go run " + toolPath
	if !m.finds() {
		run += atVersion()
	}
	return cmp.Or(m.tool(dir), run)
}

const (
	modulePath = "github.com/nngen/nngen"
	devVersion = "v0.1.0-dev"
	toolPath   = modulePath + "/cmd/nngen"
)

// Open reads a spec. The folder of its packages is out, or if that is "" the spec's own folder if
// that has the spec's name or holds packages of the spec (the folder or the spec was given another name), else
// a folder of that name beside the spec. A list of what is wrong with
// the spec comes as a *SpecError.
func Open(file, out string) (*Project, error) {
	src, err := regular.Read(file, MaxSpec)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, missing(file, err)
	}
	if err != nil {
		return nil, folderOf(file, err)
	}
	s, faults, problems := spec.ParsePartly(file, src, op.Schema())
	if problems.Err() != nil {
		if s == nil {
			return nil, &SpecError{List: problems, Source: src}
		}
		problems = append(problems, net.Remaining(s, faults, problems, folder(filepath.Dir(file)))...)
		return nil, mistakes(s, faults, problems)
	}
	p := &Project{Spec: s, Base: filepath.Dir(file), Dir: out}
	p.warn(problems)
	if p.Dir == "" {
		p.Dir = p.Base
		abs, err := filepath.Abs(p.Base)
		if err != nil {
			return nil, err
		}
		if filepath.Base(abs) != s.Name && output.SpecOf(abs) != filepath.Base(file) && !output.Orphaned(abs, s.Name) {
			p.Dir = filepath.Join(p.Base, s.Name)
		}
	}
	p.ImportPath, err = importPath(p.Dir)
	if e := new(unimportable); errors.As(err, &e) {
		return nil, fmt.Errorf("%w; rename the folder, or choose another with -o", e)
	}
	if err != nil && !errors.Is(err, errNoModule) {
		return nil, err
	}
	return p, nil
}

// SpecError is a spec with mistakes.
type SpecError struct {
	List   spec.ErrorList
	Source []byte
}

// mistakes returns the error of a spec with problems. Files that it names as data, and columns of these, that are not
// there are told too, as warnings: not every verb reads them.
func mistakes(s *spec.Spec, faults spec.Faults, problems spec.ErrorList) error {
	base := filepath.Dir(s.File)
	for _, e := range append(net.Absent(s, base), data.Unfound(s, faults, base)...) {
		e.Warning = true
		problems = append(problems, e)
	}
	return &SpecError{List: problems, Source: s.Source}
}

func (e *SpecError) Error() string { return e.List.Error() }

// Files opens the files that the spec names, by paths as those of its data: relative to its folder, or absolute.
func (p *Project) Files() fs.FS { return folder(p.Base) }

// folder is where relative paths begin. Other than that of os.DirFS, its tree has no root: a path may lead outside.
type folder string

// Open opens a regular file.
func (base folder) Open(name string) (fs.File, error) {
	p := filepath.FromSlash(name)
	if !filepath.IsAbs(p) {
		p = filepath.Join(string(base), p)
	}
	return regular.Open(p)
}

// Compile compiles the spec as it stands, for its place.
func (p *Project) Compile(o codegen.Options) (*codegen.Output, error) {
	if o.ImportPath == "" {
		if p.ImportPath == "" {
			return nil, fmt.Errorf("%s: %w", p.Dir, errNoModule)
		}
		o.ImportPath = p.ImportPath
	}
	o.Version = Version()
	p.readIO()
	if p.Spec.Generate.Runtime == "shared" && o.Runtime == "" {
		if err := p.share(&o); err != nil {
			return nil, err
		}
	}
	out, problems := codegen.Compile(p.Spec, p.Files(), o)
	if out == nil {
		return nil, mistakes(p.Spec, spec.Faults{}, problems)
	}
	p.warn(problems)
	return out, nil
}

// warn adds the warnings that are new.
func (p *Project) warn(all spec.ErrorList) {
	if p.warned == nil {
		p.warned = map[string]bool{}
	}
	for _, w := range all {
		if !p.warned[w.Error()] {
			p.warned[w.Error()] = true
			p.Warnings = append(p.Warnings, w)
		}
	}
}

// share sets the options for packages that share a copy of the runtime with others of the module, and makes the copy.
func (p *Project) share(o *codegen.Options) error {
	dir, err := filepath.Abs(p.Dir)
	if err != nil {
		return err
	}
	m, err := findModule(dir)
	if err != nil {
		return err
	}
	o.Runtime = path.Join(m.path, output.SharedFolder)
	files, pin, err := codegen.SharedRuntime(o.Runtime, o.Version)
	if err != nil {
		return err
	}
	o.RuntimePin = pin
	p.runtime = &output.Runtime{Dir: filepath.Join(m.root, filepath.FromSlash(output.SharedFolder)), Files: files,
		Module: m.root, ImportPath: o.Runtime, Pin: pin, Command: Command(),
		Several: p.Several}
	return nil
}

// Network returns the network of the spec, as it stands.
func (p *Project) Network() (*net.Net, error) {
	network, problems := net.Build(p.Spec, p.Files())
	if problems.Err() != nil {
		return nil, mistakes(p.Spec, spec.Faults{}, problems)
	}
	return network, nil
}

// readOtherwise says by the metadata of weights why their numbers mean other columns than the spec of a network says;
// "" if they do not.
func readOtherwise(network *net.Net, meta map[string]string) string {
	r, err := net.ReadReading(meta)
	if err != nil {
		return err.Error() + "; train again"
	}
	return r.Differs(network.Spec)
}

// Foreign says by the metadata of weights why they are not those of a network, or mean other columns than its spec
// says; "" if they are.
func Foreign(network *net.Net, meta map[string]string) string {
	files := slices.Sorted(maps.Keys(network.Contents))
	sum := meta["spec"]
	besides, other := network.BesidesOf(meta)
	switch {
	case sum == network.ModelSum():
		return readOtherwise(network, meta)
	case other && besides.Lacks != nil:
		return fmt.Sprintf("these weights lack what a training fits for %s, and nothing else: one that begins with them, "+
			"by --from, "+
			"keeps what the layers know", strings.Join(besides.Lacks, " and "))
	case other:
		return fmt.Sprintf("these weights are of a spec with %s, which this one no longer asks for: %s compile %s leaves "+
			"it out of "+
			"those of the package, %[2]s import weights FILE --into %[3]s of others", strings.Join(besides.Spare, " and "),
			Command(),
			network.Spec.File)
	case sum == network.ModelSumWith("false"):
		return "these weights predict targets as they are, but the output now learns them standardized, as it does by " +
			"itself where " +
			"the spec names data; to keep them write output: {standardize: false}"
	case sum == network.ModelSumWith("true"):
		return "these weights predict standardized targets, but the output now learns them as they are; to keep them write " +
			"output: {standardize: true}"
	case len(files) > 0 && sum == network.Spec.ModelSum(nil):
		return fmt.Sprintf("these weights were written by an older nngen, which did not note what %s held, so they may be "+
			"of another network (if you know that they are not: %s import weights COPY --into %s)",
			strings.Join(files, " and "), Command(), network.Spec.File)
	case len(files) > 0:
		return fmt.Sprintf("these weights are of another network, since the spec changed after they were trained, or "+
			"what %s holds",
			strings.Join(files, " and "))
	}
	return "these weights are of another network, since the spec changed after they were trained"
}

// Tensors decodes weights of a network. It is an error if a number is not finite, or if constants that the spec fixes,
// such as those of rescale, are others.
func Tensors(network *net.Net, b []byte) (map[string][]float32, error) {
	out, err := stored(network, b)
	if err == nil {
		err = finite(network.Params, out)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}
