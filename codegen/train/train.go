// Package train trains, evaluates and runs the networks of a project with their own generated code.
//
// It exists so that what nngen measures is what users get: the generated packages are built in a
// temporary module with the user's Go, and all numbers come out of them.
package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/proof"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/codegen/verify"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Options steer a training.
type Options struct {
	Seed        *uint64 // of weights, shuffles and dropout; that of the spec if nil, as for the splits in any case
	Epochs      int     // that of the spec if 0
	Workers     int     // processors to use, all if 0: the bits do not depend on it
	SkipBadRows float64
	Verify      bool // compare the trained network with the reference
	Resume      bool // go on where an interrupted training of the network stopped
	KeepBest    bool // keep the weights of a training that is interrupted
	// From names a weights file whose arrays, by name, are those that the training begins with; "" to draw all.
	From string
	// KeepRuns bounds the records of runs of the network that are kept beside the spec, this one among them; 0 for
	// none.
	KeepRuns int
	// OnTraining is called with what stops the training, right before that begins, and with nil when it is over. A stop
	// in between ends the run; with KeepBest, after the weights are in place.
	OnTraining func(stop func())
	// OnEvent is called for every event of the training, and for the past epochs of one that is resumed.
	OnEvent func(Event)
	// OnStart is called once the data is read, before anything is built.
	OnStart func(Plan)
	// OnEnd is called with what says how things stand if the process ends now, each time that this becomes another
	// thing.
	OnEnd func(say func() string)
	// Flags are those of the command that must be given again to go on after an interrupt, as a shell reads them; "" or
	// each after a space.
	Flags string
	// Log receives a line for each stage, and for the bad rows that were skipped.
	Log io.Writer
}

// Plan is what a training is about to do.
type Plan struct {
	Train, Validation, Test int // examples
	Epochs                  int
	Stop                    *fit.EarlyStopping // nil if all epochs are run
}

// planOf returns the plan of a training of at most so many epochs.
func planOf(s *spec.Spec, sets *data.Sets, epochs int) Plan {
	p := Plan{Train: sets.Train.N, Validation: sets.Validation.N, Test: sets.Test.N, Epochs: epochs}
	if e := s.Training.EarlyStopping; e != nil {
		p.Stop = &fit.EarlyStopping{Monitor: e.Monitor, Others: e.Others, Patience: e.Patience, MinDelta: e.MinDelta,
			MinEpochs: e.MinEpochs}
	}
	return p
}

// Result is the outcome of a training.
type Result struct {
	Epochs           Epochs
	Best             int // the epoch whose weights were kept; 0 for the last
	Stopped          bool
	Interrupted      bool
	Took             time.Duration
	Test             *Evaluation // nil without a test set
	Validation       *Evaluation // nil with a test set, or without a validation set
	Params, Frozen   int         // trained parameters, and those of layers that are not
	BinaryBytes      int64       // of a stripped program that predicts
	Nanoseconds      float64     // of one prediction
	BatchNanoseconds float64     // of one of a batch of 256
	Verified         *verify.Report
	Remarks          []string // on the course of the training
	Decisions        []string // what was fitted to the validation set when it was over, a line each
	Files            []string // written beside the packages
	Record           string   // folder of the record of the run; "" for none

	generated, trained map[string][]byte // the files of the packages
}

// Run trains the network of a project, writes its packages with the weights embedded, and says how
// good they are. Nothing is written before the training has come to its end and the package with its weights has passed
// its own test: data and spec are then known to be fine, and the weights to be numbers. Then all is put in
// place at once, see package output. An end of ctx stops the training after the step in progress, and its weights are
// kept. One process at a time trains the network of a folder.
func Run(ctx context.Context, p *project.Project, o Options) (*Result, error) {
	o.ends(func() string { return o.beforeTheFirstStep(p) })
	first, err := p.Generate(nil, "")
	if err != nil {
		return nil, err
	}
	lock, err := output.AcquireTraining(p.Dir)
	if err != nil {
		return nil, err
	}
	defer lock.Release()
	if err := p.Package(first.Files, leaves(first.Net)).Possible(); err != nil {
		return nil, err
	}
	if o.From != "" && o.Resume {
		return nil, errors.New("--resume goes on with the weights that the training has come to: leave out --from")
	}
	// What cannot be resumed is known before the data is read, and anything is said of it.
	place, err := output.OpenProgress(p.Dir, o.Resume)
	if err != nil {
		return nil, err
	}
	defer place.Close()
	epochs := cmp.Or(o.Epochs, p.Spec.Training.Epochs)
	past, err := o.past(p, first.Net, place, epochs)
	if err != nil {
		return nil, err
	}
	sets, initial, from, err := load(p, first.Net, o, before(p, o, place.File))
	if err != nil {
		return nil, err
	}
	plan := planOf(p.Spec, sets, epochs)
	if o.OnStart != nil {
		o.OnStart(plan)
	}
	sums, err := p.DataSums()
	if err != nil {
		return nil, err
	}
	g, err := build(ctx, p)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	g.Workers = o.Workers
	start := time.Now()
	n := noteOf(g.net, sums)
	n.From, n.Start, n.Reading = before(p, o, place.File), from, sets.Reading
	if err := n.begin(p, sets, past, o); err != nil {
		return nil, err
	}
	place.Begin(n.Begun)
	r, err := g.train(ctx, p, sets, initial, plan, place, n, o)
	if err != nil {
		return nil, past.explain(bounded(err, p.Spec.Training), sums)
	}
	interrupted := o.interrupted(p, r)
	if r.Interrupted && !o.KeepBest {
		return nil, interrupted
	}
	o.ends(interrupted.Error)
	r.count(g.net.Params)
	// What follows is short, and an interrupted training has weights worth keeping.
	ctx = context.WithoutCancel(ctx)
	p.Notes = nil // of weights before these
	if err := r.keep(ctx, p, g, o); err != nil {
		return nil, err
	}
	judged, err := r.judge(ctx, p, g, sets, n)
	if err != nil {
		return nil, err
	}
	r.Remarks = remarks(r, plan, p.Spec.Training.EarlyStopping != nil)
	if text := gap(r, g.net, r.Remarks); text != "" {
		r.Remarks = append(r.Remarks, text)
	}
	if err := g.measure(ctx, r); err != nil {
		return nil, err
	}
	if o.KeepRuns > 0 {
		// The weights are in place: that the record can't be kept is no reason to fail.
		if r.Record, err = r.record(p, g, judged, plan, n.Start, o, sums, start); err == nil {
			_, err = runs.Prune(p.Base, p.Spec.Name, o.KeepRuns, r.Record)
		}
		if err != nil {
			fmt.Fprintf(o.Log, "warning: the record of the run is not kept: %v\n", err)
		}
	}
	if o.Verify && !r.Interrupted {
		if err := r.verify(ctx, p, o); err != nil {
			return nil, err
		}
	}
	o.ends(func() string { return "interrupted after the training; " + r.inPlace(p) })
	if err := r.prove(ctx, p, g, plan, n.Start, o, sums); err != nil { // the weights are in place
		fmt.Fprintf(o.Log, "warning: %s is not written: %v\n", proof.File, err)
	}
	return r, nil
}

// past returns the note of the training that is resumed, nil for one that begins.
func (o Options) past(p *project.Project, network *net.Net, place *output.Progress, epochs int) (*note, error) {
	if !o.Resume {
		return nil, nil
	}
	past, earlier, err := resumable(place.File, p.Spec.File, place.Begun(), noteOf(network, nil), epochs)
	if err != nil {
		return nil, err
	}
	if earlier != "" {
		fmt.Fprintf(o.Log, "warning: %s\n", spec.Message(earlier))
	}
	return past, nil
}

// begin completes the note of a training that has its data.
func (n *note) begin(p *project.Project, sets *data.Sets, past *note, o Options) (err error) {
	if o.Resume {
		if text := past.otherColumns(sets.Reading); text != "" {
			fmt.Fprintf(o.Log, "warning: %s\n", text)
		}
	}
	if n.Seen, err = o.mayBeSeen(p, sets.Test, past); err != nil {
		return err
	}
	if err := n.learn(p, o); err != nil {
		return err
	}
	n.Begun = begunWith(seedOf(p, o), n.Start)
	if o.Resume && past != nil {
		n.Learned, n.Start, n.Begun = past.Learned, past.Start, past.Begun
	}
	return nil
}

// count counts the parameters of the network.
func (r *Result) count(params []*ir.Param) {
	for _, q := range params {
		switch q.Role {
		case ir.Trained:
			r.Params += q.Size()
		case ir.Frozen:
			r.Frozen += q.Size()
		}
	}
}

// judge evaluates the weights that are in place on the set that judges them.
func (r *Result) judge(ctx context.Context, p *project.Project, g *program, sets *data.Sets, n *note) (judged, error) {
	j := judgedOn(sets)
	j.rows = data.RowsOf(p.Spec, p.Base, g.net, sets.Fitted)
	weights := filepath.Join(p.Dir, output.Weights)
	var err error
	if j.outs, err = g.decided(weights); err != nil {
		return j, err
	}
	if j.Evaluation, j.ys, err = g.judge(ctx, weights, j.set, sets.Train); err != nil {
		return j, err
	}
	if sets.Test.N > 0 {
		r.Test = j.Evaluation
		r.Test.markSeen(n.Seen)
	} else {
		j.withoutCoverage()
	}
	if j.on == "validation" {
		r.Validation = j.Evaluation
	}
	return j, nil
}

// verify compares the trained network with the reference.
func (r *Result) verify(ctx context.Context, p *project.Project, o Options) (err error) {
	o.ends(func() string {
		return "interrupted before the end of the verification; " + r.inPlace(p) + o.goOn(p, "to verify them", true)
	})
	fmt.Fprintf(o.Log,
		"verifying against the reference; the weights are in place: %s train --resume %s%s goes on from here\n",
		project.Command(), p.Spec.File, o.Flags)
	r.Verified, err = Verify(ctx, p, verify.Options{Seed: p.Spec.Training.Seed, Steps: verifySteps})
	return err
}

// bounded returns the error of a training that diverged though it bounds the norm of gradients.
func bounded(err error, t spec.Training) error {
	const bound = "or bound the norm of gradients: training: {clip_norm: 1}"
	before, after, found := strings.Cut(err.Error(), bound)
	if t.ClipNorm == 0 || !found {
		return err
	}
	return fmt.Errorf("%sor clip_norm, which is %g%s", before, t.ClipNorm, after)
}

// load reads the data of a training, and returns it with what the training begins with instead of drawing it, and the
// file of that, nil if all is drawn; from is what before returns.
func load(p *project.Project, network *net.Net, o Options, from *net.Fitted) (*data.Sets, map[string][]float32,
	*proof.Resource, error) {
	sets, err := data.Load(p.Spec, p.Base, network, p.Spec.Training.Seed,
		data.Options{SkipBadRows: o.SkipBadRows, Trained: o.From != "", Before: from})
	if err != nil {
		return nil, nil, nil, err
	}
	if len(sets.Skipped) > 0 {
		fmt.Fprintf(o.Log, "%s skipped, the first: %v\n%s\n", sets.Skipped.Count(), sets.Skipped[0], sets.Skipped.Table())
	}
	for _, r := range sets.Remarks {
		if !slices.Contains(sets.ValidationRemarks, r) && !slices.Contains(sets.TestRemarks, r) {
			r = located(p.Spec.Data.Train.Path, r)
		}
		fmt.Fprintf(o.Log, "warning: %s\n", r)
	}
	if err := checkIntervals(network, sets); err != nil {
		return nil, nil, nil, err
	}
	if err := checkGuard(network, sets); err != nil {
		return nil, nil, nil, err
	}
	initial, start := data.Constants(network, sets.Train), (*proof.Resource)(nil)
	if o.From != "" {
		given, file, err := startFrom(o.From, network, sets, from, o.Log)
		if err != nil {
			return nil, nil, nil, err
		}
		maps.Copy(initial, given)
		resetConstants(network, initial)
		start = file
	}
	return sets, initial, start, nil
}

// train runs the training itself, beginning with what initial has of the parameters and constants, by name; the weights
// are then in the temporary module.
func (g *program) train(ctx context.Context, p *project.Project, sets *data.Sets,
	initial map[string][]float32, plan Plan,
	place *output.Progress, n *note, o Options) (*Result, error) {
	if err := g.saveData(g.Path("train"), sets, initial); err != nil {
		return nil, err
	}
	if err := n.write(g.Path(noteFile)); err != nil {
		return nil, err
	}
	seed := seedOf(p, o)
	r := &Result{}
	start := time.Now()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	// Here the first interrupt is for the training, which says itself how it ended.
	o.ends(func() string {
		return "ended at once; the packages are as they were" + o.afterEnd(p, place)
	})
	if o.OnTraining != nil {
		o.OnTraining(stop)
	}
	rounded := "" // what that did
	weights := g.Path(output.Weights)
	err := g.run(ctx, true, func(e Event) {
		switch e.Kind {
		case "epoch":
			r.Epochs.add(e)
		case "resumed":
			fmt.Fprintln(o.Log, resumption(e, plan))
			return
		case "warning":
			fmt.Fprintf(o.Log, "warning: %s\n", e.Text)
			return
		case "rounded":
			rounded = fmt.Sprintf("weights in 16 bits, on the %s set before and after they were rounded: %s", e.Text,
				e.changes())
			return
		case "done":
			r.Best, r.Stopped, r.Interrupted = e.Best, e.Stopped, e.Interrupted
		}
		if o.OnEvent != nil {
			o.OnEvent(e)
		}
	}, "-mode", "train", "-data", g.Path("train"), "-weights", weights, "-seed", fmt.Sprint(seed),
		"-epochs", fmt.Sprint(plan.Epochs),
		"-progress", place.File, "-resume="+fmt.Sprint(o.Resume), "-note", g.Path(noteFile), "-out", g.Path(gradientsFile),
		"-keep="+fmt.Sprint(o.KeepBest))
	r.Took = time.Since(start)
	if o.OnTraining != nil && !o.KeepBest { // nobody waits for what follows, such as a search of thresholds
		o.ends(o.interrupted(p, r).Error)
		o.OnTraining(nil)
	}
	switch {
	case err != nil && err == ctx.Err() && r.Epochs.Len() == 0:
		err = errors.New(o.beforeTheFirstStep(p))
	case err != nil && err == ctx.Err(), err == nil && r.Epochs.Len() == 0: // there is nothing to keep
		err = o.interrupted(p, r)
	}
	trained := err == nil
	if trained && (o.KeepBest || ctx.Err() == nil) {
		kept := ctx
		if o.KeepBest {
			kept = context.WithoutCancel(ctx)
		}
		r.Decisions, err = g.finish(kept, weights, sets, r.metadata(seed, n))
		if rounded != "" {
			r.Decisions = append(r.Decisions, rounded)
		}
	}
	if o.OnTraining != nil {
		o.OnTraining(nil)
	}
	// A stop behind the last step is one too: the progress holds all that was trained, and what follows takes long.
	if stopped := ctx.Err(); trained && stopped != nil && (err == nil || errors.Is(err, stopped)) {
		r.Interrupted, err = true, nil
	}
	return r, err
}

// finish adds to a file of trained weights more metadata, what columns took from the training rows, and what is chosen
// by examples once a training is over, of which it returns a line each.
func (g *program) finish(ctx context.Context, weights string, sets *data.Sets,
	meta map[string]string) ([]string, error) {
	if sets.Cadence != nil {
		text, err := json.Marshal(sets.Cadence)
		if err != nil {
			return nil, err
		}
		meta[cadenceKey] = string(text)
	}
	maps.Copy(meta, heldOut(g.net, sets.Test, sets.Validation))
	sets.Reading.SetMeta(meta)
	if text := rangeText(g.net.Spec, sets.Train); text != "" {
		meta[rangeKey] = text
	}
	project.SetBesides(meta, g.net)
	if err := g.addMeta(weights, sets.Fitted, meta); err != nil {
		return nil, err
	}
	lines, err := g.decide(ctx, weights, sets.Validation, sets.Test.N > 0)
	if err == nil && g.net.Guard != nil {
		var line string
		line, err = g.fitGuard(ctx, weights, sets)
		lines = append(lines, line)
	}
	return lines, err
}

// gradientsFile is where a training leaves the gradients of a batch, in the temporary module.
const gradientsFile = "gradients"

// saveData writes the file of a training: its sets, and what initial has of parameters and constants.
func (g *program) saveData(file string, sets *data.Sets, initial map[string][]float32) error {
	all := append(tensors("train", sets.Train), tensors("val", sets.Validation)...)
	for _, q := range g.net.Params {
		if x := initial[q.Name]; x != nil {
			all = append(all, safetensors.Tensor{Name: "initial." + q.Name, Shape: q.Shape, Data: x})
		}
	}
	return g.Explain(saveExamples(file, all))
}

// addMeta writes into a file of trained weights what columns took from the training rows, and more metadata.
func (g *program) addMeta(weights string, fitted net.Fitted, more map[string]string) error {
	b, err := os.ReadFile(weights)
	if err != nil {
		return g.Explain(err)
	}
	if b, err = project.WithFitted(g.net, b, fitted, more); err != nil {
		return err
	}
	return g.Explain(os.WriteFile(weights, b, 0o644))
}

// leaves names the files that a training of a network leaves in the folder of its inference package.
func leaves(network *net.Net) map[string][]byte {
	files := map[string][]byte{output.Weights: nil, output.History: nil, "loss.svg": nil, proof.File: nil}
	for _, o := range network.Outputs {
		for _, metric := range fit.Known(o.Task) {
			if len(network.Outputs) > 1 {
				metric = o.Name + "_" + metric
			}
			files[metric+".svg"] = nil
		}
	}
	return files
}

// keep puts weights, history, curves and the packages in place. If that cannot be, the weights are kept elsewhere.
func (r *Result) keep(ctx context.Context, p *project.Project, g *program, o Options) error {
	weights, err := os.ReadFile(g.Path(output.Weights))
	if err != nil {
		return g.Explain(err)
	}
	files := map[string][]byte{output.Weights: weights, output.History: history(&r.Epochs)}
	r.Files = []string{output.Weights, output.History}
	for _, c := range curves(&r.Epochs, r.Best) {
		svg, err := c.svg(p.Spec.Name)
		if err != nil {
			fmt.Fprintf(o.Log, "no picture of %s: %v\n", c.name, err)
			continue
		}
		files[c.name+".svg"] = svg
		r.Files = append(r.Files, c.name+".svg")
	}
	pkg, err := p.Trained(files)
	if err == nil {
		if err = g.selfTest(ctx, p, pkg); err == nil {
			pkg.OnPlaced = func() {
				o.ends(func() string {
					return "interrupted after the training; " + r.inPlace(p) + o.goOn(p, "to measure them too", true)
				})
			}
			if err = pkg.Write(); err == nil {
				p.Written(pkg)
			} else {
				p.Notes = append(p.Notes, pkg.Notes...)
			}
		}
	}
	if err == nil {
		r.generated, r.trained = pkg.Files, files
		return nil
	}
	if place, e := rescue(p.Spec.Name, weights); e == nil {
		return fmt.Errorf("%w; the trained weights are in %s", err, place)
	}
	return err
}

// selfTest runs the self-test of the inference package, with the weights and their vectors, in the temporary module. A
// package that embeds weights differs in more than the file that does: see gemm.InPlace of the runtime.
func (g *program) selfTest(ctx context.Context, p *project.Project, pkg *output.Package) error {
	embedding, err := compile(p, true)
	if err != nil {
		return err
	}
	files := maps.Clone(embedding.Files)
	for name, b := range pkg.Files {
		if strings.HasPrefix(name, "testdata/") {
			files[name] = b
		}
	}
	for name, b := range files {
		if err := os.MkdirAll(filepath.Dir(g.Path(name)), 0o755); err != nil {
			return g.Explain(err)
		}
		if err := os.WriteFile(g.Path(name), b, 0o644); err != nil {
			return g.Explain(err)
		}
	}
	if err := g.Test(ctx, append(slices.Clone(compileFlags), "-vet=off", "-count=1", ".")...); err != nil {
		return fmt.Errorf("the package with the trained weights does not pass its own test, so it was not put in place: %w",
			err)
	}
	return nil
}

// rescue keeps weights that could not be put in place in the folder for temporary files, and returns where.
func rescue(name string, weights []byte) (string, error) {
	f, err := os.CreateTemp("", name+"-weights-*.safetensors")
	if err != nil {
		return "", err
	}
	_, err = f.Write(weights)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return f.Name(), err
}

// measure finds the size of a program that holds nothing but the network, and the time of one
// prediction, after selfTest.
func (g *program) measure(ctx context.Context, r *Result) error {
	exe, err := g.Build(ctx, "nngensmall", buildFlags...)
	if err != nil {
		return err
	}
	info, err := os.Stat(exe)
	if err != nil {
		return err
	}
	r.BinaryBytes = info.Size()
	return g.run(ctx, false, func(e Event) { r.Nanoseconds, r.BatchNanoseconds = e.Nanoseconds, e.BatchNanoseconds },
		"-mode", "bench", "-weights", g.Path(output.Weights))
}
