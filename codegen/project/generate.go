package project

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/safetensors"
)

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
		Seen: p.seen, Runtime: p.runtime, OnPlaced: p.OnPlaced}
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
