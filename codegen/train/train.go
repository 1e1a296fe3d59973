// Package train trains, evaluates and runs the networks of a project with their own generated code.
//
// It exists so that what nngen measures is what users get: the generated packages are built in a
// temporary module with the user's Go, and all numbers come out of them.
package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/verify"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
)

// The files that a training leaves in the folder of the inference package, beside its curves.
const (
	WeightsFile = "weights.safetensors"
	HistoryFile = "history.jsonl"
)

// Options steer a training.
type Options struct {
	Seed        *uint64 // of weights, shuffles and dropout; that of the spec if nil, as for the splits in any case
	Epochs      int     // that of the spec if 0
	SkipBadRows bool
	Verify      bool // compare the trained network with the reference
	// OnEvent is called for every event of the training.
	OnEvent func(Event)
	// OnStart is called once the data is read, before anything is built.
	OnStart func(Plan)
	// Log receives a line for each stage, and for the bad rows that were skipped.
	Log io.Writer
}

// Plan is what a training is about to do.
type Plan struct {
	Train, Validation, Test int // examples
	Epochs                  int
}

// Result is the outcome of a training.
type Result struct {
	Epochs           []Event
	Best             int // the epoch whose weights were kept; 0 for the last
	Stopped          bool
	Interrupted      bool
	Took             time.Duration
	Test             *Evaluation // nil without a test set
	Params           int
	BinaryBytes      int64   // of a stripped program that predicts
	Nanoseconds      float64 // of one prediction
	BatchNanoseconds float64 // of one of a batch of 256
	Verified         *verify.Report
	Files            []string // written beside the packages
}

// Run trains the network of a project, writes its packages with the weights embedded, and says how
// good they are. Nothing is written before the training has come to its end: data and spec are then known
// to be fine, and the weights to be numbers.
func Run(ctx context.Context, p *project.Project, o Options) (*Result, error) {
	first, err := p.Generate(nil, "")
	if err != nil {
		return nil, err
	}
	sets, err := data.Load(p.Spec, p.Base, first.Net, p.Spec.Training.Seed, data.Options{SkipBadRows: o.SkipBadRows})
	if err != nil {
		return nil, err
	}
	if len(sets.Skipped) > 0 {
		fmt.Fprintf(o.Log, "%s skipped, the first: %v\n", sets.Skipped.Count(), sets.Skipped[0])
	}
	for _, r := range sets.Remarks {
		fmt.Fprintf(o.Log, "warning: %s: %s\n", p.Spec.Data.Train.Path, r)
	}
	if err := free(p.Dir); err != nil {
		return nil, err
	}
	if err := output.Possible(p.Dir, first.Files); err != nil {
		return nil, err
	}
	plan := Plan{sets.Train.N, sets.Validation.N, sets.Test.N, p.Spec.Training.Epochs}
	if o.Epochs > 0 {
		plan.Epochs = o.Epochs
	}
	if o.OnStart != nil {
		o.OnStart(plan)
	}
	g, err := build(ctx, p)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	r, err := g.train(ctx, p, sets, plan, o)
	if err != nil {
		return nil, err
	}
	for _, q := range g.net.Params {
		if q.Role == ir.Trained {
			r.Params += q.Size()
		}
	}
	// What follows is short, and an interrupted training has weights worth keeping.
	ctx = context.WithoutCancel(ctx)
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		return nil, err
	}
	if err := r.keep(p, g); err != nil {
		return nil, err
	}
	if _, err := p.Write(); err != nil {
		return nil, err
	}
	p.Notes = nil // of weights before these
	if sets.Test.N > 0 {
		if r.Test, err = g.evaluate(ctx, filepath.Join(p.Dir, WeightsFile), sets.Test); err != nil {
			return nil, err
		}
	}
	if err := g.measure(ctx, p, r); err != nil {
		return nil, err
	}
	if o.Verify && !r.Interrupted {
		fmt.Fprintln(o.Log, "verifying against the reference")
		if r.Verified, err = Verify(p, verify.Options{Seed: p.Spec.Training.Seed, Steps: 3}); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Verify compares the generated code of a project with the reference.
func Verify(p *project.Project, o verify.Options) (*verify.Report, error) {
	s := *p.Spec
	s.Generate.Runtime, s.Generate.Train = "copy", true
	reports, err := verify.Run([]*verify.Subject{{Spec: &s, Files: p.Files()}}, o)
	if err != nil {
		return nil, err
	}
	return reports[0], nil
}

// train runs the training itself; the weights are then in the temporary module.
func (g *program) train(ctx context.Context, p *project.Project, sets *data.Sets, plan Plan, o Options) (*Result, error) {
	all := append(tensors("train", sets.Train), tensors("val", sets.Validation)...)
	constants := data.Constants(g.net, sets.Train)
	for _, q := range g.net.Params {
		if x := constants[q.Name]; x != nil {
			all = append(all, safetensors.Tensor{Name: "constant." + q.Name, Shape: q.Shape, Data: x})
		}
	}
	if err := safetensors.Save(g.Path("train"), nil, all); err != nil {
		return nil, err
	}
	seed := p.Spec.Training.Seed
	if o.Seed != nil {
		seed = *o.Seed
	}
	r := &Result{}
	start := time.Now()
	err := g.run(ctx, func(e Event) {
		switch e.Kind {
		case "epoch":
			r.Epochs = append(r.Epochs, e)
		case "done":
			r.Best, r.Stopped, r.Interrupted = e.Best, e.Stopped, e.Interrupted
		}
		if o.OnEvent != nil {
			o.OnEvent(e)
		}
	}, "-mode", "train", "-data", g.Path("train"), "-weights", g.Path(WeightsFile), "-seed", fmt.Sprint(seed), "-epochs", fmt.Sprint(plan.Epochs))
	r.Took = time.Since(start)
	if err == nil && len(r.Epochs) == 0 { // interrupted so early that there is nothing to keep
		err = context.Canceled
	}
	return r, err
}

// free tells whether the files that a training writes may be written: that none is someone else's.
func free(dir string) error {
	marks := map[string]string{HistoryFile: `{"epoch":`, "loss.svg": plotMark}
	for _, m := range order {
		marks[m+".svg"] = plotMark
	}
	for _, name := range slices.Sorted(maps.Keys(marks)) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && !bytes.Contains(b, []byte(marks[name])) {
			return fmt.Errorf("%s: not written by nngen, so it is left alone; move it away, or choose another folder with -o", filepath.Join(dir, name))
		}
	}
	b, err := os.ReadFile(filepath.Join(dir, WeightsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	f, err := safetensors.Open(b)
	if err == nil && f.Meta["spec"] == "" {
		err = errors.New("these weights were not written by nngen, so they are left alone; move them away")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, WeightsFile), err)
	}
	return nil
}

// keep moves weights, history and curves to the folder of the package.
func (r *Result) keep(p *project.Project, g *program) error {
	weights, err := os.ReadFile(g.Path(WeightsFile))
	if err != nil {
		return err
	}
	files := map[string][]byte{WeightsFile: weights, HistoryFile: history(r.Epochs)}
	r.Files = []string{WeightsFile, HistoryFile}
	for _, c := range curves(r.Epochs) {
		svg, err := c.svg(p.Spec.Name, r.Best)
		if err != nil {
			return err
		}
		files[c.name+".svg"] = svg
		r.Files = append(r.Files, c.name+".svg")
	}
	for _, name := range r.Files {
		if err := output.Replace(filepath.Join(p.Dir, name), files[name]); err != nil {
			return err
		}
	}
	return nil
}

// measure finds the size of a program that holds nothing but the network, and the time of one
// prediction.
func (g *program) measure(ctx context.Context, p *project.Project, r *Result) error {
	out, err := compile(p, true)
	if err != nil {
		return err
	}
	if err := os.WriteFile(g.Path("weights.go"), out.Files["weights.go"], 0o644); err != nil {
		return err
	}
	exe, err := g.Build(ctx, "nngensmall", buildFlags...)
	if err != nil {
		return err
	}
	info, err := os.Stat(exe)
	if err != nil {
		return err
	}
	r.BinaryBytes = info.Size()
	return g.run(ctx, func(e Event) { r.Nanoseconds, r.BatchNanoseconds = e.Nanoseconds, e.BatchNanoseconds }, "-mode", "bench", "-weights", g.Path(WeightsFile))
}

// testSet returns the examples of a project that are for testing: those of file if that is not "", else the
// test set of its spec.
func testSet(p *project.Project, g *program, file string, skip bool) (fit.Set, data.BadRows, error) {
	o := data.Options{SkipBadRows: skip}
	if file != "" {
		src := source(p, file)
		if src.Format != "csv" && src.Format != "text" {
			return fit.Set{}, nil, fmt.Errorf("%s: examples with their labels in one file are CSV; for others write data: {test: …} in the spec", file)
		}
		o.Other, o.Like = true, like(p, g.net)
		return data.Read(src, "", g.net, o)
	}
	sets, err := data.Load(p.Spec, p.Base, g.net, p.Spec.Training.Seed, o)
	if err != nil {
		return fit.Set{}, nil, err
	}
	if sets.Test.N == 0 {
		return fit.Set{}, nil, errors.New("the spec has no test set: write data: {test: …} or data: {test_split: 0.2}, or name a file by --data")
	}
	return sets.Test, sets.Skipped, nil
}
