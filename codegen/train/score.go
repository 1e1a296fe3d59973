package train

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
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

// Shared returns a text that is the same for specs whose training needs the same code: they differ at most in data,
// seed, epochs, learning rate, schedule, early stopping, the share for validation, and metrics.
func Shared(s *spec.Spec) string {
	t := *s
	t.Optimizer = spec.Node{Kind: s.Optimizer.Kind}
	for _, v := range s.Optimizer.Attrs {
		if v.Name != "lr" {
			t.Optimizer.Attrs = append(t.Optimizer.Attrs, v)
		}
	}
	t.Schedule = nil
	t.Training = spec.Training{BatchSize: s.Training.BatchSize, ClipNorm: s.Training.ClipNorm,
		ClipValue:   s.Training.ClipValue,
		Regularizer: s.Training.Regularizer, ClassWeights: s.Training.ClassWeights, Balanced: s.Training.Balanced}
	return t.Sum(nil)
}

// Score is how a training ended.
type Score struct {
	Epochs int // run
	Best   int // the epoch whose weights were kept; 0 for the last
	// Metrics are those of the examples that were held out: by Sets.Held if there are some, else of the validation set in
	// the epoch that was kept. Those of several outputs carry the name of one in front.
	Metrics []Metric
}

// Score trains with the options of a setting, on sets that were read for it, and measures. It is an error of type
// *DivergedError if the numbers were no longer any.
func (g *Program) Score(ctx context.Context, setting int, sets *data.Sets, seed uint64, epochs int) (*Score, error) {
	dir, err := os.MkdirTemp(g.Dir, "trial-")
	if err != nil {
		return nil, g.Explain(err)
	}
	defer os.RemoveAll(dir)
	file, weights := filepath.Join(dir, "train"), filepath.Join(dir, output.Weights)
	if err := g.saveData(file, sets, data.Constants(g.net, sets.Train)); err != nil {
		return nil, err
	}
	s := &Score{}
	var list []Event
	err = g.run(ctx, false, func(e Event) {
		switch e.Kind {
		case "epoch":
			list = append(list, e)
		case "done":
			s.Best = e.Best
		}
	}, "-mode", "train", "-setting", fmt.Sprint(setting), "-data", file, "-weights", weights, "-seed", fmt.Sprint(seed),
		"-epochs", fmt.Sprint(epochs))
	if err != nil {
		if ctx.Err() == nil && strings.Contains(err.Error(), "the training diverged") {
			return nil, &DivergedError{err}
		}
		return nil, err
	}
	s.Epochs = len(list)
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
	kept := list[len(list)-1]
	if s.Best > 0 {
		kept = list[s.Best-1]
	}
	for _, m := range kept.Metrics {
		if name, ok := strings.CutPrefix(m.Name, "val_"); ok {
			m.Name = name
			s.Metrics = append(s.Metrics, m)
		}
	}
	return s, nil
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
			for _, name := range []string{"rmse", "r2"} {
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
