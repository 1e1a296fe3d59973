package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/runs"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Program is the built training program of a network, which may be run many times, side by side, with the options of
// several specs.
type Program struct {
	*program
	settings []*spec.Spec
}

// BuildFor builds the program of the network that the settings have in common: see Shared.
func BuildFor(ctx context.Context, p *project.Project, settings []*spec.Spec) (*Program, error) {
	q := *p
	q.Spec = settings[0]
	g, err := build(ctx, &q, settings...)
	if err != nil {
		return nil, err
	}
	return &Program{g, settings}, nil
}

// Parameters returns the number of parameters that are trained.
func (g *Program) Parameters() (n int) {
	for _, p := range g.net.Params {
		if p.Role == ir.Trained {
			n += p.Size()
		}
	}
	return n
}

// Numbers returns how many numbers make the model: parameters, trained or not, statistics, constants.
func (g *Program) Numbers() (n int) {
	for _, p := range g.net.Params {
		n += p.Size()
	}
	return n
}

// Shared returns a text that is the same for specs whose training needs the same code: they differ at most in data,
// seed, epochs, learning rate, schedule, early stopping, averages of weights, batches of an update, the share for
// validation, and metrics.
func Shared(s *spec.Spec) string {
	t := *s
	t.Optimizer = spec.Node{Kind: s.Optimizer.Kind}
	for _, v := range s.Optimizer.Attrs {
		if v.Name != "lr" {
			t.Optimizer.Attrs = append(t.Optimizer.Attrs, v)
		}
	}
	t.Schedule = nil
	t.Training = spec.Training{BatchSize: s.Training.BatchSize, Chunks: s.Training.Chunks,
		ClipNorm: s.Training.ClipNorm, ClipValue: s.Training.ClipValue,
		Regularizer: s.Training.Regularizer, ClassWeights: s.Training.ClassWeights, Balanced: s.Training.Balanced}
	return t.Sum(nil)
}

// Trial says what Score trains.
type Trial struct {
	Setting int // of those that the program was built for
	Seed    uint64
	Epochs  int // of the whole training
	Until   int // the epoch behind which it stops for now; 0 for the last
	// Progress is a file from which the training goes on, if it is there and whole, and where it leaves its progress;
	// "" for none. Note is what that depends on beside network, data and options.
	Progress, Note string
	Trace          bool // whether to keep the weights after each step
}

// Score is how a training ended, or stopped.
type Score struct {
	Curve Epochs
	Best  int // the epoch whose weights were kept; 0 for the last
	// Metrics are those of the examples that were held out: by Sets.Held if there are some, else of the validation set
	// in the epoch that was kept. Those of several outputs carry the name of one in front.
	Metrics []Metric
	// Path has all weights before the first step and after each, as far as they are finite, if Trial.Trace asks for
	// them.
	Path [][]float32
}

// kept returns the epoch whose weights were kept.
func (s *Score) kept() runs.Epoch { return s.Curve.kept(s.Best) }

// Score trains with the options of a setting, on sets that were read for it, and measures. It is an error of type
// *DivergedError, beside a score without metrics, if the numbers were no longer any.
func (g *Program) Score(ctx context.Context, sets *data.Sets, t Trial) (*Score, error) {
	dir, err := os.MkdirTemp(g.Dir, "trial-")
	if err != nil {
		return nil, g.Explain(err)
	}
	defer os.RemoveAll(dir)
	file, weights := filepath.Join(dir, "train"), filepath.Join(dir, output.Weights)
	if err := g.saveData(file, sets, data.Constants(g.net, sets.Train)); err != nil {
		return nil, err
	}
	args := []string{"-mode", "train", "-setting", fmt.Sprint(t.Setting), "-data", file, "-weights", weights,
		"-seed", fmt.Sprint(t.Seed), "-epochs", fmt.Sprint(t.Epochs), "-until", fmt.Sprint(t.Until),
		fmt.Sprintf("-trace=%t", t.Trace)}
	resume := false
	if t.Progress != "" {
		note := filepath.Join(dir, noteFile)
		if err := os.WriteFile(note, []byte(t.Note), 0o666); err != nil {
			return nil, err
		}
		args = append(args, "-progress", t.Progress, "-note", note)
		p, err := fit.LoadProgress(t.Progress)
		resume = err == nil && p.Note == t.Note
	}
	s, err := g.score(ctx, append(args, fmt.Sprintf("-resume=%t", resume)))
	diverged := func() bool {
		return err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "the training diverged")
	}
	if err != nil && resume && ctx.Err() == nil && !diverged() {
		s, err = g.score(ctx, args) // a progress of another training saves no time
	}
	switch {
	case diverged():
		return s, &DivergedError{err}
	case err != nil:
		return nil, err
	}
	if sets.Held.N > 0 {
		if err := g.addMeta(weights, sets.Fitted, nil); err != nil {
			return nil, err
		}
		if _, err := g.decide(ctx, weights, sets.Validation, true); err != nil {
			return nil, err
		}
		e, err := g.evaluate(ctx, weights, sets.Held)
		if err != nil {
			return nil, err
		}
		s.Metrics = e.flat()
		return s, nil
	}
	for _, m := range s.Curve.metrics(s.kept()) {
		if name, ok := strings.CutPrefix(m.Name, "val_"); ok {
			m.Name = name
			s.Metrics = append(s.Metrics, m)
		}
	}
	return s, nil
}

// score runs a training.
func (g *Program) score(ctx context.Context, args []string) (*Score, error) {
	s := &Score{}
	err := g.run(ctx, false, func(e Event) {
		switch e.Kind {
		case "epoch":
			s.Curve.add(e)
		case "weights":
			s.Path = append(s.Path, e.Weights)
		case "done":
			s.Best = e.Best
		}
	}, args...)
	return s, err
}

// Training returns the metric of the training set in the epoch that was kept; nil if it was not measured.
func (s *Score) Training(metric string) *float64 { return finiteOrNil(s.kept().Get(metric)) }

// Surface returns the mean loss of the training set for the numbers of a network of two, nil where it is not finite: a
// grid of n × n, row after row, of which the second number grows from row to row and the first within each.
func (g *Program) Surface(ctx context.Context, sets *data.Sets, low, high [2]float64, n int) ([]*float32, error) {
	dir, err := os.MkdirTemp(g.Dir, "surface-")
	if err != nil {
		return nil, g.Explain(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "train")
	if err := g.saveData(file, sets, data.Constants(g.net, sets.Train)); err != nil {
		return nil, err
	}
	var losses []*float32
	err = g.run(ctx, false, func(e Event) { losses = e.Losses }, "-mode", "surface", "-data", file,
		"-steps", fmt.Sprint(n), "-low", fmt.Sprint(low[0]), "-high", fmt.Sprint(high[0]),
		"-low2", fmt.Sprint(low[1]), "-high2", fmt.Sprint(high[1]))
	return losses, err
}

// DivergedError is the end of a training whose numbers are no longer finite.
type DivergedError struct{ Err error }

func (e *DivergedError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the training.
func (e *DivergedError) Unwrap() error { return e.Err }

// Outputs returns what the data must fit: shapes of inputs, and shapes and classes of outputs.
func Outputs(network *net.Net) string {
	var b strings.Builder
	for _, l := range network.Inputs {
		fmt.Fprintf(&b, "%s %s;", l.Name, l.Shape)
	}
	for _, o := range network.Outputs {
		fmt.Fprintf(&b, "%s %s %q %s;", o.Name, o.Layer.Shape, o.Classes, o.Task)
	}
	return b.String()
}

// finite returns a number; nil if it is infinite or none.
func finite(v number) *float64 {
	if x := float64(v); x-x == 0 {
		return &x
	}
	return nil
}

// ofTargets returns the metrics of single targets, each behind the name of its column.
func (e *Evaluation) ofTargets() (list []Metric) {
	for _, o := range e.Outputs {
		for i := range o.Targets {
			t := &o.Targets[i]
			for _, name := range t.targetMetrics() {
				list = append(list, Metric{Name: t.Name + "_" + name, Value: finite(t.metric(name).Value)})
			}
		}
	}
	return list
}

// flat returns the loss and the metrics of all outputs in one list.
func (e *Evaluation) flat() []Metric {
	lower := map[string]bool{}
	for _, m := range fit.All() {
		lower[m.Name] = m.Lower
	}
	list := []Metric{{Name: "loss", Value: finite(e.Loss), Lower: true}}
	for _, o := range e.Outputs {
		for _, m := range o.Metrics {
			name := m.Name
			if len(e.Outputs) > 1 {
				name = o.Name + "_" + name
			}
			list = append(list, Metric{Name: name, Value: finite(m.Value), Lower: lower[m.Name]})
		}
	}
	return list
}
