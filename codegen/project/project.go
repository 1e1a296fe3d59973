// Package project joins a spec file with the module around it: where its packages go, under which
// import path, and what their files are.
//
// It exists so that every verb of the command line starts from the same place.
package project

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/weights"
	"github.com/nngen/nngen/runtime/safetensors"
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

// Generate compiles the spec and adds what belongs to the packages beside Go: golden vectors, and the
// embedding of weights if the folder holds some that fit. The output has no plan and no graphs.
func (p *Project) Generate(dump io.Writer, dumpPass string) (*codegen.Output, error) {
	weights, err := p.embedded()
	if err != nil {
		return nil, err
	}
	int8s, err := p.int8(weights)
	if err != nil {
		return nil, err
	}
	out, err := p.generate(weights, int8s, dump, dumpPass)
	if err == nil && p.kept != "" && p.kept != p.seen { // in other types than the file has them
		out.Files[output.Weights] = weights
	}
	return out, err
}

// embedded returns the weights that the packages embed, nil for none, and keeps their checksum.
func (p *Project) embedded() ([]byte, error) {
	weights, err := p.weights()
	p.kept = ""
	if weights != nil {
		p.kept = output.Sum(weights)
	}
	return weights, err
}

// generate is Generate for weights, and those of the package of 8-bit integers; nil for none.
func (p *Project) generate(weights, int8s []byte, dump io.Writer, dumpPass string) (*codegen.Output, error) {
	var fitted net.Fitted
	if weights != nil {
		var err error
		if fitted, err = Fitted(p.Spec, weights); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
		}
	}
	var trained map[string][]float32
	var errs []emit.MaxError
	if weights != nil {
		network, err := p.Network()
		if err != nil {
			return nil, err
		}
		if trained, err = Tensors(network, weights); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, output.Weights), err)
		}
		errs = maxErrors(network, trained)
	}
	out, err := p.Compile(codegen.Options{Embed: weights != nil, Int8: int8s != nil, Int8Weights: int8s, MaxErrors: errs,
		Weights: trained,
		Fitted:  fitted, Dump: dump, DumpPass: dumpPass})
	if err != nil {
		return nil, err
	}
	out.ForgetPlan()
	if p.Last {
		bundle.Forget()
	}
	old := func(file string) []byte {
		// without it the vectors are computed
		b, _ := regular.Read(filepath.Join(p.Dir, filepath.FromSlash(file)), MaxWeights)
		return b
	}
	vectors, remarks, err := golden.Files(golden.Request{Net: out.Net, Weights: trained,
		Checksum: output.Sum(weights), Old: old})
	if err != nil {
		return nil, err
	}
	p.Notes = append(p.Notes, remarks...)
	for name, b := range vectors {
		out.Files[name] = b
	}
	if int8s != nil {
		if err := p.addInt8(out, int8s, p.oldInt8()); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// weights returns the contents of the weights in the output folder if they are for this spec, in the types that it
// says; nil if there are none, or those of another network.
func (p *Project) weights() ([]byte, error) {
	file := filepath.Join(p.Dir, output.Weights)
	b, err := regular.Read(file, MaxWeights)
	p.seen, p.absent = "", nil
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) { // what is in the way is found when writing
		if output.Lists(p.Dir, output.Weights) {
			p.lack(file+" is not there, but was when the package was compiled", "bring back "+file+" and run: ")
		}
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p.seen = output.Sum(b)
	if output.Pointer(b) != "" {
		p.lack(file+": a pointer of Git LFS stands in place of the weights", "run: git lfs pull && ")
		return nil, nil
	}
	f, err := safetensors.Open(b)
	if err != nil {
		return nil, p.broken(err)
	}
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	if sum := f.Meta["spec"]; sum != network.ModelSum() {
		kept, left, err := spared(network, f)
		switch besides, _ := network.BesidesOf(f.Meta); {
		case err != nil:
			return nil, fmt.Errorf("%s: %w", file, err)
		case kept != nil:
			p.Notes = append(p.Notes, fmt.Sprintf("%s: left out %s, which the spec no longer asks for", file, list(left)))
			b = kept
		case besides.Lacks != nil:
			p.Notes = append(p.Notes,
				fmt.Sprintf("%s: %s; the package has none embedded until you run: %s train %s --from %[1]s",
					file, Foreign(network, f.Meta), Command(), p.Spec.File))
			return nil, nil
		default:
			p.Notes = append(p.Notes, fmt.Sprintf("%s: %s; the package has none embedded until you run: %s train %s",
				file, Foreign(network, f.Meta), Command(), p.Spec.File))
			return nil, nil
		}
	}
	if why := readOtherwise(network, f.Meta); why != "" {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: %s, by %s train %s; the package has none embedded until then", file, why,
			Command(), p.Spec.File))
		return nil, nil
	}
	converted, arrays, err := convert(network, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if arrays != nil {
		p.Notes = append(p.Notes, fmt.Sprintf("%s: changed %s, as the spec says", file, list(arrays)))
	}
	return converted, nil
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

// stored decodes weights of a network, which need not be finite.
func stored(network *net.Net, b []byte) (map[string][]float32, error) {
	out := map[string][]float32{}
	var tensors []safetensors.Tensor
	for _, q := range network.Params {
		x := make([]float32, q.Size())
		out[q.Name] = x
		tensors = append(tensors, net.Tensor(q, x))
	}
	if err := safetensors.Load(b, "spec", network.ModelSum(), tensors); err != nil {
		return nil, madeUp(network, b, err)
	}
	for _, q := range network.Params {
		if q.Role != ir.Constant || q.Values == nil {
			continue
		}
		for i, v := range q.Values {
			if got := out[q.Name][i]; got != float32(v) {
				return nil, fmt.Errorf("tensor %q is a constant of the spec, but its element %d is %v there, want %v",
					q.Name, i, got, float32(v))
			}
		}
	}
	return out, nil
}

// finite is an error that names the first number of parameters that is not finite.
func finite(params []*ir.Param, data map[string][]float32) error {
	for _, q := range params {
		if i := slices.IndexFunc(data[q.Name], func(v float32) bool { return v-v != 0 }); i >= 0 {
			return fmt.Errorf("tensor %q of shape %s holds %v at element %d: every prediction may be NaN; train the network "+
				"anew, or put back weights whose numbers are finite",
				q.Name, q.Shape, data[q.Name][i], i)
		}
	}
	return nil
}

// madeUp adds to the error of weights that lack a constant of the targets why the network has it.
func madeUp(network *net.Net, b []byte, err error) error {
	f, bad := safetensors.Open(b)
	if bad != nil {
		return err
	}
	for _, o := range network.Outputs {
		if o.Targets == nil {
			continue
		}
		if _, ok := f.ShapeOf(o.Targets.Params[0].Name); !ok {
			return fmt.Errorf("%w; output %q has it since it learns standardized targets, which these weights do not: to "+
				"keep them write output: {standardize: false}", err, o.Name)
		}
	}
	return err
}

// Package returns what the folder of the project is to hold: files generated, and those that a training leaves, nil for
// none.
func (p *Project) Package(files, trained map[string][]byte) *output.Package {
	return &output.Package{Dir: p.Dir, Name: p.Spec.Name, Spec: p.Spec.File, ImportPath: p.ImportPath,
		Files: files, Trained: trained, Kept: p.idle,
		Seen: p.seen, Runtime: p.runtime}
}

// attempts bounds how often a compilation begins anew because a training beside it changed the weights.
const attempts = 5

// Write compiles the spec and writes its packages; the graphs after a pass go to dump, see codegen.Options.
func (p *Project) Write(dump io.Writer, dumpPass string) error {
	unused := p.unusedRuntime()
	for i := 1; ; i++ {
		out, err := p.Generate(dump, dumpPass)
		if err != nil {
			return err
		}
		if err := p.renewProof(out, nil); err != nil {
			return err
		}
		pkg := p.Package(out.Files, nil)
		err = pkg.Write()
		if errors.Is(err, output.ErrWeightsChanged) && i < attempts {
			continue
		}
		if err != nil {
			p.Notes = append(p.Notes, pkg.Notes...)
			return err
		}
		p.Written(pkg)
		if note := unused(); note != "" {
			p.Notes = append(p.Notes, note)
		}
		return nil
	}
}

// unusedRuntime returns what says, once the packages are written, that nothing imports the runtime any more which they
// shared until then; "" if something does, or they did not.
func (p *Project) unusedRuntime() func() string {
	none := func() string { return "" }
	dir, err := filepath.Abs(p.Dir)
	if err != nil || p.Spec.Generate.Runtime == "shared" {
		return none
	}
	m, err := findModule(dir)
	if err != nil {
		return none
	}
	shared := path.Join(m.path, output.SharedFolder)
	if !output.Imports(dir, shared) {
		return none
	}
	return func() string {
		if output.ModuleImports(m.root, shared) {
			return ""
		}
		return fmt.Sprintf("no package of the module imports the runtime in %s any more: the folder can be removed",
			output.SharedFolder)
	}
}

// Written takes the notes of a package that was written, and adds why it does not build there, if so.
func (p *Project) Written(pkg *output.Package) {
	p.Notes = append(p.Notes, pkg.Notes...)
	if why := p.unbuildable(); why != "" {
		p.Notes = append(p.Notes, why)
	}
}

// Outdated says of the packages of the module, other than those in some folders, that share the runtime of this one but
// were compiled for another: what they are, and what to run.
func (p *Project) Outdated(except []string) []string {
	if p.runtime == nil {
		return nil
	}
	return p.runtime.Outdated(except)
}

// Trained compiles the spec for weights, and returns the package with all that a training leaves.
func (p *Project) Trained(trained map[string][]byte) (*output.Package, error) {
	int8s, err := p.int8(trained[output.Weights])
	if err != nil {
		return nil, err
	}
	out, err := p.generate(trained[output.Weights], int8s, nil, "")
	if err != nil {
		return nil, err
	}
	return p.Package(out.Files, trained), nil
}
