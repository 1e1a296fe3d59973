// Package verify holds generated code against the float64 reference.
//
// It exists because agreement is what makes generated code worth trusting. A network is compiled
// twice, as it is shipped and plainly: without the passes that are only for speed, with memory of its
// own for every value. Both are built and run on the same examples.
//
// The plain one is compared with the reference value by value: for each layer, the reference gets the very inputs that
// the generated code had, so that the bound on their difference comes from the size of that one layer alone (see
// codegen/op, rounding.go) and nothing hides behind the growth of errors in a deep network. The shipped one must then
// have the bits of the plain one: losses, gradients, parameters and optimizer state after every step, and evaluations;
// where workers share a step, three do in the shipped one, however few its examples, and one in the plain one.
// Predictions, whose layers may have taken in the norms behind them, are compared with the reference as a whole. Then
// both are run on whole numbers, where everything that only adds, multiplies and chooses must equal exact arithmetic,
// without a bound.
package verify

import (
	"bytes"
	"context"
	"encoding/gob"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	stdruntime "runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/spec"
)

// Subject is a network to be verified.
type Subject struct {
	Spec  *spec.Spec
	Files fs.FS // see codegen.Compile
	// Weights are trained parameters by name, whose errors are searched for and held against their bound; nil for none.
	Weights map[string][]float32
}

// Options steer a verification.
type Options struct {
	Seed  uint64 // of examples and parameters
	Steps int    // training steps; the last one has a partial batch
	// Edit, if not nil, may change the shipped files of subject i before they are built: tests see whether a line that
	// is wrong is found.
	Edit func(i int, files map[string][]byte)
	// Last tells that the program compiles nothing after it: what is kept for other networks is given up before results
	// are compared.
	Last bool
	// fits lets the plain code, made for one worker, and the shipped one, made for several, train by Fit too; flags are
	// those of the build beside the usual ones.
	fits  bool
	flags []string
}

// runtimePath is the import path of the copy of the runtime that all networks of a build share.
const runtimePath = "verify/rt"

// Run verifies networks, all in one build.
func Run(ctx context.Context, subjects []*Subject, o Options) ([]*Report, error) {
	var cases []*testCase
	results, err := runScripts(ctx, subjects, o, func(c *testCase) { cases = append(cases, c) })
	if err != nil {
		return nil, err
	}
	defer results.close()
	reports := make([]*Report, len(cases))
	inParallel(len(cases), func(i int) { reports[i] = cases[i].check(results.of[i]) })
	return reports, results.numbers.err
}

// inParallel calls do for 0 up to n, beginning in that order, as many at a time as there are processors: what each
// holds in memory on its way is then held by few.
func inParallel(n int, do func(i int)) {
	var wait sync.WaitGroup
	var next atomic.Int64
	for range min(n, stdruntime.GOMAXPROCS(0)) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				do(i)
			}
		}()
	}
	wait.Wait()
}

// outcome is what the driver gave.
type outcome struct {
	of      [][]result // by network and script
	numbers *numbers
	module  *sandbox.Module // which holds them
}

func (o *outcome) close() {
	o.numbers.file.Close()
	o.module.Close()
}

// runScripts compiles, builds and runs networks, each of which prepare sees before, and returns the results of their
// scripts, which are to be closed.
func runScripts(ctx context.Context, subjects []*Subject, o Options, prepare func(c *testCase)) (*outcome, error) {
	var models []driven
	var cases []*testCase
	files := map[string][]byte{}
	for i, s := range subjects {
		name := fmt.Sprintf("m%d", i)
		c, err := newCase(s, "verify/"+name, o)
		if err != nil {
			return nil, err
		}
		prepare(c)
		if o.Edit != nil {
			o.Edit(i, c.fast.Files)
		}
		cases = append(cases, c)
		d := driven{Import: "verify/" + name, Name: s.Spec.Name, Scripts: len(c.scripts()), Chunks: s.Spec.Training.Chunks,
			Workers: c.workers, Fits: o.fits, Stops: s.Spec.Training.EarlyStopping != nil}
		for _, l := range c.plain.Net.Inputs {
			d.Inputs = append(d.Inputs, l.Shape.Size())
		}
		for _, p := range c.plain.Net.Outputs {
			d.Outputs = append(d.Outputs, p.Layer.Shape.Size())
		}
		d.stream(c.fast)
		d.Guard = c.plain.Net.Guard != nil
		models = append(models, d)
		for path, src := range c.plain.Files {
			files[name+"/plain/"+path] = src
		}
		for path, src := range c.fast.Files {
			files[name+"/fast/"+path] = src
		}
		if c.chunked != nil {
			for path, src := range c.chunked.Files {
				files[name+"/chunked/"+path] = src
			}
		}
	}
	copies, err := bundle.Files(bundle.Config{Source: runtime.Source, From: codegen.RuntimePath, To: runtimePath,
		Header: "// A copy of the runtime."}, files)
	if err != nil {
		return nil, err
	}
	for path, src := range copies {
		files["rt/"+path] = src
	}
	if files["driver/main.go"], err = driver(models); err != nil {
		return nil, err
	}
	m, err := sandbox.New("verify", files)
	if err != nil {
		return nil, err
	}
	if o.Last {
		bundle.Forget()
	}
	out, err := drive(ctx, m, cases, o.flags...)
	if err != nil {
		m.Close()
		return nil, err
	}
	for _, c := range cases {
		c.numbers = out.numbers
	}
	return out, nil
}

// drive builds the driver of a module, with flags beside the usual ones, runs it, and returns for each case the results
// of its scripts, with the module.
func drive(ctx context.Context, m *sandbox.Module, cases []*testCase, flags ...string) (*outcome, error) {
	var scripts bytes.Buffer
	enc := gob.NewEncoder(&scripts)
	for _, c := range cases {
		for _, s := range c.scripts() {
			if err := enc.Encode(s); err != nil {
				return nil, err
			}
		}
	}
	in, out, arrays := m.Path("in.gob"), m.Path("out.gob"), m.Path("numbers")
	if err := os.WriteFile(in, scripts.Bytes(), 0o644); err != nil {
		return nil, m.Explain(err)
	}
	// Without the folder's name the build cache knows packages again; nobody will debug them. The driver of many
	// networks is long, runs once, and is no part of what is compared: it is not optimized.
	exe, err := m.Build(ctx, "driver", append([]string{"-trimpath", "-gcflags=verify/...=-dwarf=false",
		"-gcflags=verify/driver=-dwarf=false -N -l", "-ldflags=-s -w"}, flags...)...)
	if err != nil {
		return nil, err
	}
	if err := m.Run(ctx, sandbox.Program{Exe: exe, Args: []string{in, out, arrays}}); err != nil {
		return nil, err
	}
	f, err := os.Open(out)
	if err != nil {
		return nil, m.Explain(err)
	}
	defer f.Close()
	dec := gob.NewDecoder(f)
	results := make([][]result, len(cases))
	for i, c := range cases {
		results[i] = make([]result, len(c.scripts()))
		for j := range results[i] {
			if err := dec.Decode(&results[i][j]); err != nil {
				return nil, err
			}
		}
	}
	file, err := os.Open(arrays)
	if err != nil {
		return nil, m.Explain(err)
	}
	return &outcome{results, &numbers{file: file}, m}, nil
}

// testCase is one network with its examples.
type testCase struct {
	name        string
	plain, fast *codegen.Output
	chunked     *codegen.Output // with batches in chunks, which the others have not; nil for a spec without
	workers     bool            // whether several share its steps
	script      script
	probes      golden.Probes // nil for a network of which one example takes too much work
	whole       []script      // of the probes, which may be one
	search      *script       // for large errors with trained weights; nil without them, and where no output has a bound
	limits      []limit       // of these, by output; nil without trained weights
	*numbers                  // of the results; nil before there are some
}

// scripts returns what the case is run by.
func (c *testCase) scripts() []script {
	all := []script{c.script}
	all = append(all, c.whole...)
	if c.search != nil {
		all = append(all, *c.search)
	}
	return all
}

func newCase(s *Subject, importPath string, o Options) (*testCase, error) {
	c := &testCase{name: s.Spec.Name}
	network, problems := net.Build(s.Spec, s.Files)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	piece := pieceOf(network)
	workers, one := codegen.WorkersBySize, codegen.WorkersBySize
	if c.workers = codegen.SharesSteps(network) || o.fits; c.workers { // which the few examples are not enough for
		workers, one = codegen.ManyWorkers, codegen.ManyWorkers
	}
	if o.fits {
		one = codegen.OneWorker
	}
	for _, v := range []struct {
		out     **codegen.Output
		path    string
		plain   bool
		workers codegen.Workers
	}{{&c.plain, "/plain", true, one}, {&c.fast, "/fast", false, workers}} {
		out, problems := codegen.Compile(s.Spec, s.Files, codegen.Options{
			ImportPath: importPath + v.path, Version: "verify", Runtime: runtimePath, Plain: v.plain, Trace: true, Piece: piece,
			Workers: v.workers,
		})
		if err := problems.Err(); err != nil {
			return nil, err
		}
		*v.out = out
	}
	if s.Spec.Training.Chunks > 0 {
		out, problems := codegen.Compile(s.Spec, s.Files, codegen.Options{ImportPath: importPath + "/chunked",
			Version: "verify", Runtime: runtimePath, Piece: piece})
		if err := problems.Err(); err != nil {
			return nil, err
		}
		c.chunked = out
	}
	c.script = newScript(c.plain.Net, o)
	if p, ok := golden.NewProbes(c.plain.Net, piece); ok {
		c.probes = p
		for _, each := range p.Each() {
			c.whole = append(c.whole, probeScript(c.plain.Net, each))
		}
	}
	if s.Weights != nil {
		c.searchErrors(s.Weights, o.Seed)
	}
	return c, nil
}

// check compares the results of the case's scripts with the reference.
func (c *testCase) check(all []result) *Report {
	res := all[0]
	parts := []func(r *Report){
		func(r *Report) { c.checkSteps(r, res.Plain) },
		func(r *Report) {
			for i, p := range c.probes.Each() {
				c.checkProbe(r, p, all[1+i])
			}
		},
		c.checkDifferences,
		func(r *Report) { c.checkPieces(r, res.Plain) },
		func(r *Report) { c.checkInitial(r, res.Plain.Initial) },
		func(r *Report) { c.checkBits(r, res) },
		func(r *Report) { c.checkPredictions(r, res) },
		func(r *Report) { c.checkChunks(r, res) },
		func(r *Report) { c.checkGuard(r, res) },
		func(r *Report) { checkFits(r, res) },
		c.remarkLimits,
	}
	if c.search != nil {
		last := all[len(all)-1]
		parts = append(parts, func(r *Report) { c.checkErrors(r, last) })
	}
	reports := make([]Report, len(parts))
	inParallel(len(parts), func(i int) { parts[i](&reports[i]) })
	r := &Report{Name: c.name, Exact: "nothing, since one example takes too much work"}
	if c.whole != nil {
		r.Exact, r.Kinds = c.probes.Coverage(), c.probes.Kinds()
	}
	for i := range reports {
		r.Tensors = append(r.Tensors, reports[i].Tensors...)
		r.Remarks = append(r.Remarks, reports[i].Remarks...)
	}
	return r
}

// checkSteps compares each training step with the reference, up to one whose numbers float32 cannot hold: nothing can be
// said of what is computed of these.
func (c *testCase) checkSteps(r *Report, plain run) {
	for i := range plain.Steps {
		l := &local{Report: &Report{}, net: c.plain.Net, graph: c.plain.Step, index: i, script: &c.script,
			step: &plain.Steps[i], numbers: c.numbers}
		l.run()
		if !l.OK() && slices.ContainsFunc(l.Tensors, func(t *Tensor) bool { return t.overflow }) {
			r.Remarks = append(r.Remarks, fmt.Sprintf("the training runs away: step %d of %d has numbers beyond float32, "+
				"and only the steps before it are compared; take fewer steps, or a smaller learning rate", i, len(plain.Steps)))
			return
		}
		for _, t := range l.Tensors {
			r.tensor(t.Kind, t.Name).join(t)
		}
	}
}

// checkBits compares what shipped code gives with what plain code, or other ways to the same, give: the bits are the
// same.
func (c *testCase) checkBits(r *Report, res result) {
	same := func(name string, step int, got, want array) {
		r.tensor(Bits, name).sameBits(step, c.load(got), c.load(want))
	}
	for i, p := range res.Plain.Steps {
		f := res.Fast.Steps[i]
		if math.Float64bits(p.Loss) != math.Float64bits(f.Loss) {
			r.tensor(Bits, "loss").Failure = fmt.Sprintf("step %d: shipped code gives %v, plain code %v", i, f.Loss, p.Loss)
		}
		same("gradients", i, f.Grads, p.Grads)
		for _, name := range slices.Sorted(maps.Keys(p.After)) {
			same(name, i, f.After[name], p.After[name])
		}
		for _, name := range slices.Sorted(maps.Keys(p.State)) {
			same("state "+name, i, f.State[name], p.State[name])
		}
	}
	if math.Float64bits(res.Plain.EvaluateLoss) != math.Float64bits(res.Fast.EvaluateLoss) {
		r.tensor(Bits, "evaluated loss").Failure = fmt.Sprintf("shipped code gives %v, plain code %v",
			res.Fast.EvaluateLoss, res.Plain.EvaluateLoss)
	}
	for _, p := range c.plain.Net.Params {
		same("initial "+p.Name, 0, res.Fast.Initial[p.Name], res.Plain.Initial[p.Name])
	}
	same("gradient in pieces", 0, res.Fast.Whole, res.Plain.Whole)
	for i, p := range c.plain.Net.Outputs {
		same("evaluated "+p.Name, 0, res.Fast.Outputs[i], res.Plain.Outputs[i])
		same("Predict "+p.Name, 0, res.Single[i], res.Batch[i])
		if res.Streamed != nil {
			same("Step "+p.Name, 0, res.Streamed[i], res.Batch[i])
			same("StepBlock "+p.Name, 0, res.Blocked[i], res.Batch[i])
			steps := r.tensor(Bits, "StepBlock of many steps "+p.Name)
			steps.sameBits(0, c.load(res.Blocks[i]), c.load(res.Steps[i]))
			if res.OtherState && steps.Failure == "" {
				steps.Failure = "blocks of steps leave another State than single steps"
			}
		}
	}
}

// vector returns numbers as float64.
func vector(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// tensorOf returns numbers as a tensor of n examples, or of a parameter.
func tensorOf(shape ir.Shape, n int, x []float32) op.Tensor {
	return op.Tensor{Shape: withRows(shape, n), Data: vector(x)}
}

// zeros returns such a tensor of zeros.
func zeros(shape ir.Shape, n int) op.Tensor {
	s := withRows(shape, n)
	return op.Tensor{Shape: s, Data: make([]float64, s.Size())}
}

func withRows(shape ir.Shape, n int) ir.Shape {
	s := slices.Clone(shape)
	if s.Batched() {
		s[0] = n
	}
	return s
}
