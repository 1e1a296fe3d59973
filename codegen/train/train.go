// Package train trains networks with the user's own Go toolchain: it compiles the training package in
// a temporary module, with a driver that reads the examples, and follows what that reports.
package train

import (
	"bufio"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime/fit"
)

// Options steer a training.
type Options struct {
	Seed        uint64 // in place of the spec's if HasSeed
	HasSeed     bool
	Epochs      int // in place of the spec's if positive
	SkipBadRows bool
	OnEvent     func(Event) // called for each event in order
	Log         io.Writer   // what the driver prints beside events
}

// Event is what the driver reports.
type Event struct {
	Kind       string // step, epoch, trained, test or speed
	Epoch      int
	Epochs     int
	Seen, Of   int // examples of this epoch
	Loss, LR   float64
	Metrics    []fit.Metric
	Best       int
	Stopped    bool
	Outputs    [][]float32
	Nanos      float64 // of one prediction
	BatchNanos float64 // of one in a batch of 256
}

// Result is the outcome of a training.
type Result struct {
	Epochs     []Event // of kind epoch
	Best       int     // the epoch that was kept; 0 for the last
	Stopped    bool
	Test       []fit.Metric
	Confusion  [][]int // of the first output with several classes, on the test set; nil otherwise
	Labels     []string
	Outputs    [][]float32 // predictions for the test set
	Skipped    data.BadRows
	Sets       *data.Sets
	Params     int64
	Nanos      float64
	BatchNanos float64
	BinarySize int64 // bytes of a stripped program that predicts
	Net        *op.Net
}

// job is what the driver reads.
type job struct {
	Train, Validation, Test fit.Set
	Constants               map[string][]float32
	Weights                 map[string][]float32
	Seed                    uint64
	Epochs                  int
	Metrics                 []string
	Save                    string
}

// Run trains a project and leaves weights.safetensors and history.jsonl in its folder; the packages
// are written before, and again after with the weights embedded.
func Run(ctx context.Context, p *project.Project, o Options) (*Result, error) {
	if !p.Spec.Generate.Train {
		return nil, errors.New("the spec asks for no training package: generate: {train: false}")
	}
	out, err := p.Write()
	if err != nil {
		return nil, err
	}
	seed := p.Spec.Training.Seed
	if o.HasSeed {
		seed = o.Seed
	}
	sets, err := data.Load(p.Spec, p.Base, out.Net, seed, data.Options{SkipBadRows: o.SkipBadRows})
	if err != nil {
		return nil, err
	}
	j := job{Train: sets.Train, Validation: sets.Validation, Test: sets.Test, Seed: seed, Epochs: o.Epochs,
		Constants: data.Constants(out.Net, sets.Train), Metrics: metrics(p)}
	r := &Result{Sets: sets, Skipped: sets.Skipped, Net: out.Net}
	weights, err := r.drive(ctx, p, j, o, true)
	if err != nil {
		return nil, err
	}
	if err := save(filepath.Join(p.Dir, "weights.safetensors"), weights); err != nil {
		return nil, err
	}
	if err := r.history(filepath.Join(p.Dir, "history.jsonl")); err != nil {
		return nil, err
	}
	if err := r.curves(p.Dir); err != nil {
		return nil, err
	}
	_, err = p.Write()
	return r, err
}

// Evaluate measures the trained weights of a project on a set.
func Evaluate(ctx context.Context, p *project.Project, net *op.Net, set fit.Set, o Options) (*Result, error) {
	b, err := os.ReadFile(filepath.Join(p.Dir, "weights.safetensors"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: no weights yet; run: nngen train %s", p.Dir, p.Spec.File)
	}
	if err != nil {
		return nil, err
	}
	weights, err := project.Tensors(net, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(p.Dir, "weights.safetensors"), err)
	}
	r := &Result{Net: net}
	_, err = r.drive(ctx, p, job{Test: set, Weights: weights, Metrics: metrics(p)}, o, false)
	return r, err
}

// metrics returns the metrics of a final report: all that the tasks have.
func metrics(p *project.Project) []string {
	if m := p.Spec.Training.Metrics; m != nil {
		return m
	}
	return []string{"accuracy", "top_k", "precision", "recall", "f1", "auc", "mse", "rmse", "mae", "r2"}
}

// drive builds and runs the driver, and returns the weights that it saved.
func (r *Result) drive(ctx context.Context, p *project.Project, j job, o Options, size bool) ([]byte, error) {
	s := *p.Spec
	s.Generate.Runtime = "copy"
	name := s.Name
	importPath := "nngen.invalid/" + name
	alone := *p
	alone.Spec = &s
	out, err := alone.Compile(codegen.Options{ImportPath: importPath})
	if err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for path, src := range out.Files {
		files[name+"/"+path] = src
	}
	sh := shape{Import: importPath, Name: name}
	for _, in := range out.Net.Inputs {
		sh.Inputs = append(sh.Inputs, in.Shape.Size())
	}
	for _, q := range out.Net.Outputs {
		sh.Outputs = append(sh.Outputs, q.Layer.Shape.Size())
	}
	for _, q := range out.Net.Params {
		if q.Role == 0 {
			r.Params += int64(q.Size())
		}
	}
	if files[name+"/driver/main.go"], err = render(driverSource, sh); err != nil {
		return nil, err
	}
	if files[name+"/predict/main.go"], err = render(mainSource, sh); err != nil {
		return nil, err
	}
	m, err := sandbox.New("nngen.invalid", files)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	exe, err := m.Build(ctx, name+"/driver")
	if err != nil {
		return nil, err
	}
	j.Save = m.Path("weights.safetensors")
	if err := r.run(ctx, m, exe, j, o); err != nil {
		return nil, err
	}
	if !size {
		return nil, nil
	}
	small, err := m.Build(context.WithoutCancel(ctx), name+"/predict", "-trimpath", "-ldflags=-s -w")
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(small)
	if err != nil {
		return nil, err
	}
	r.BinarySize = info.Size()
	return os.ReadFile(j.Save)
}

// run runs the driver and follows its events. If ctx ends the driver is asked to stop, and finishes
// with what it has.
func (r *Result) run(ctx context.Context, m *sandbox.Module, exe string, j job, o Options) error {
	in := m.Path("job.gob")
	f, err := os.Create(in)
	if err != nil {
		return err
	}
	if err := gob.NewEncoder(f).Encode(j); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, exe, in)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = o.Log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewReaderSize(stdout, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e Event
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("the driver prints %q: %w", line, err)
			}
			r.take(e, j)
			if o.OnEvent != nil {
				o.OnEvent(e)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := cmd.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("the training program failed: %w", err)
	}
	return nil
}

// take keeps what an event tells.
func (r *Result) take(e Event, j job) {
	switch e.Kind {
	case "epoch":
		r.Epochs = append(r.Epochs, e)
	case "trained":
		r.Best, r.Stopped = e.Best, e.Stopped
	case "speed":
		r.Nanos, r.BatchNanos = e.Nanos, e.BatchNanos
	case "test":
		r.Test, r.Outputs = e.Metrics, e.Outputs
		for i, o := range r.Net.Outputs {
			if o.Task == "multiclass" && len(j.Test.Y) > i && r.Confusion == nil {
				r.Confusion, r.Labels = fit.Confusion(j.Test.N, len(o.Classes), e.Outputs[i], j.Test.Y[i]), o.Classes
			}
			if o.Task == "binary" && o.Classes != nil && len(j.Test.Y) > i && r.Confusion == nil {
				r.Confusion, r.Labels = binaryConfusion(e.Outputs[i], j.Test.Y[i]), o.Classes
			}
		}
	}
}

func binaryConfusion(y, t []float32) [][]int {
	c := [][]int{{0, 0}, {0, 0}}
	for i := range y {
		row, column := 0, 0
		if t[i] > 0.5 {
			row = 1
		}
		if y[i] >= 0.5 {
			column = 1
		}
		c[row][column]++
	}
	return c
}

// save writes a file that appears whole or not at all.
func save(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(b)
	for _, step := range []func() error{f.Sync, func() error { return f.Chmod(0o644) }, f.Close} {
		if e := step(); err == nil {
			err = e
		}
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// history writes a line of JSON for each epoch.
func (r *Result) history(path string) error {
	var b []byte
	for _, e := range r.Epochs {
		line := map[string]any{"epoch": e.Epoch, "lr": e.LR}
		for _, m := range e.Metrics {
			line[m.Name] = m.Value
		}
		j, err := json.Marshal(line)
		if err != nil {
			return err
		}
		b = append(append(b, j...), '\n')
	}
	return save(path, b)
}
