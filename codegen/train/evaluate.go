package train

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Evaluate measures the trained network of a project: on its test set, or the examples of file, of which decimal is the
// decimal mark of numbers, "" for that of the training data.
func Evaluate(ctx context.Context, p *project.Project, weights, file, decimal string,
	skipBadRows float64) (*Evaluation, data.BadRows, error) {
	t, err := openTrained(p, weights)
	if err != nil {
		return nil, nil, err
	}
	var remarks []string
	set, train, skipped, err := t.testSet(p, file, data.Options{SkipBadRows: skipBadRows,
		Fitted: t.fitted, Decimal: decimal, Remarks: &remarks})
	if err != nil {
		return nil, nil, err
	}
	if file != "" {
		learned, err := t.learnedFrom(p, file)
		if err != nil {
			return nil, nil, err
		}
		if learned == "" {
			learned = t.seen(p, file, set)
		}
		if learned != "" {
			remarks = append(remarks, learned)
		}
	}
	if file == "" {
		learned, err := t.ownLearned(p, p.Spec.Data.Test)
		if err != nil {
			return nil, nil, err
		}
		if learned != "" {
			remarks = append(remarks, learned)
		}
	}
	remarks = append(remarks, t.doubts...)
	if text := scaledOtherwise(t.meta, cmp.Or(file, "the test set"), set); text != "" {
		remarks = append(remarks, text)
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return nil, nil, err
	}
	defer g.Close()
	e, _, err := g.judge(ctx, t.weights, set, train)
	if err == nil {
		e.Remarks = append(remarks, e.Remarks...)
		if file == "" {
			var why string
			why, err = t.testSeen(p)
			e.markSeen(why)
		}
	}
	return e, skipped, err
}

// trained is the trained network of a project.
type trained struct {
	net     *net.Net
	weights string     // the file
	sum     string     // its checksum
	fitted  net.Fitted // what columns took from the training rows
	// constants are what was fitted to inputs and targets, or given by the spec, by name
	constants map[string][]float32
	meta      map[string]string
	cadence   *data.Cadence // of the training rows of a series; nil if the file does not say
	doubts    []string      // what is unsure of the file: that it is that of the training, and read the same columns
}

// openTrained finds the weights of a project: the file named, or the one in the folder of the package. It is an error
// if that does not hold weights of this network.
func openTrained(p *project.Project, name string) (*trained, error) {
	network, err := p.Network() // what is wrong with the spec comes before what it lacks
	if err != nil {
		return nil, err
	}
	own := name == ""
	if own {
		name = filepath.Join(p.Dir, output.Weights)
	}
	b, err := regular.Read(name, project.MaxWeights)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there are no weights; run: %s train %s", name, project.Command(), p.Spec.File)
	}
	if err != nil {
		return nil, err
	}
	t := &trained{net: network, sum: output.Sum(b)}
	if own {
		t.doubts = p.Doubts(b)
	} else if unchecked := p.UncheckedColumns(name, b); unchecked != "" {
		t.doubts = []string{unchecked}
	}
	if f, err := safetensors.Open(b); err == nil && f.Meta["spec"] != "" {
		why := project.Foreign(t.net, f.Meta)
		if _, same := t.net.BesidesOf(f.Meta); same {
			return nil, fmt.Errorf("%s: %s", name, why)
		}
		if why != "" && f.Meta["spec"] == t.net.ModelSum() {
			return nil, fmt.Errorf("%s: %s, by %s train %s", name, why, project.Command(), p.Spec.File)
		}
		if why != "" {
			return nil, fmt.Errorf("%s: %s, or they are another model's (%s…, that of %s is %.8s…); run: %s train %[4]s",
				name, why, spec.FileName(fmt.Sprintf("%.8s", f.Meta["spec"])), p.Spec.File, t.net.ModelSum(), project.Command())
		}
	}
	all, err := project.Tensors(t.net, b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	t.constants = map[string][]float32{}
	for _, q := range t.net.Params {
		if q.Role == ir.Constant {
			t.constants[q.Name] = all[q.Name]
		}
	}
	if t.fitted, err = project.Fitted(p.Spec, b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if t.fitted == nil {
		t.fitted = net.Fitted{} // nothing is fitted to the rows that are evaluated
	}
	if f, err := safetensors.Open(b); err == nil {
		t.meta = f.Meta
	}
	if t.net.Reading, err = net.ReadReading(t.meta); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if text := t.meta[cadenceKey]; text != "" {
		t.cadence = &data.Cadence{}
		if err := json.Unmarshal([]byte(text), t.cadence); err != nil {
			return nil, fmt.Errorf("%s: what the weights say of the index of the series is damaged: %w", name, err)
		}
	}
	t.weights, err = filepath.Abs(name)
	return t, err
}

// cadenceKey is the key of the metadata of weights that holds the cadence of the training rows as JSON.
const cadenceKey = "cadence"

// judge measures a network on a set of examples, and says what that is worth beside simpler models of the training set,
// which may be empty. It returns the outputs as well.
func (g *program) judge(ctx context.Context, weights string, s, train fit.Set) (*Evaluation, [][]float32, error) {
	ys, loss, err := g.outputs(ctx, "eval", weights, s)
	if err != nil {
		return nil, nil, err
	}
	outs, err := g.decided(weights)
	if err != nil {
		return nil, nil, err
	}
	e := g.measured(loss, s, ys, outs)
	e.Remarks = data.RoundedTargets(g.net, s, g.targets)
	for i, o := range g.net.Outputs {
		e.judge(o, outs[i], &e.Outputs[i], sample{s, s.Y[i], ys[i]}, sample{s: train, t: at(train.Y, i)}, g.targets[i],
			g.views(i))
	}
	return e, ys, nil
}

// evaluate measures a network on a set of examples.
func (g *program) evaluate(ctx context.Context, weights string, s fit.Set) (*Evaluation, error) {
	ys, loss, err := g.outputs(ctx, "eval", weights, s)
	if err != nil {
		return nil, err
	}
	outs, err := g.decided(weights)
	if err != nil {
		return nil, err
	}
	return g.measured(loss, s, ys, outs), nil
}

// measured returns the metrics of outputs.
func (g *program) measured(loss float64, s fit.Set, ys [][]float32, outs []decided) *Evaluation {
	e := &Evaluation{Examples: s.N, Loss: number(loss)}
	for i, o := range g.net.Outputs {
		r := OutputEvaluation{Name: o.Name, Classes: o.Classes}
		if o.Task == "binary" && len(o.Classes) == 2 && o.Width() == 1 {
			r.Positive = o.Classes[1]
		}
		measured := fit.Measure(outs[i].Output, s, ys[i], s.Y[i])
		for _, m := range fit.All() {
			if v, ok := measured[m.Name]; ok && (!m.Wide || o.Width() > 5) {
				r.Metrics = append(r.Metrics, metric{Name: m.Name, Value: number(v), share: m.Share, counted: m.Counted})
			}
		}
		e.Outputs = append(e.Outputs, r)
	}
	return e
}

// described is an output as package fit has it.
func described(o *net.Output) fit.Output {
	f := fit.Output{Name: o.Name, Task: o.Task, Width: o.Layer.Shape.Size(), Steps: o.Steps()}
	for _, q := range o.Quantiles {
		f.Quantiles = append(f.Quantiles, float32(q))
	}
	return f
}

// Sampling says which texts are drawn.
type Sampling struct {
	Count       int
	Start       string
	Most        int // tokens of a text
	Temperature float64
	Seed        uint64 // of the first text; each further one has the next
}

// Sample draws texts from the trained network of a project, which foretells the next token.
func Sample(ctx context.Context, p *project.Project, weights string, o Sampling) ([]string, error) {
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	if network.NextToken() == nil {
		return nil,
			fmt.Errorf("%s: texts are drawn from networks that foretell the next token of an input of tokens, which "+
				"this does not", p.Spec.File)
	}
	t, err := openTrained(p, weights)
	if err != nil {
		return nil, err
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	var texts []string
	err = g.run(ctx, false, func(e Event) { texts = append(texts, e.Text) }, "-mode", "sample", "-weights",
		t.weights, "-start", o.Start,
		"-most", fmt.Sprint(o.Most), "-temperature", fmt.Sprint(o.Temperature), "-seed", fmt.Sprint(o.Seed),
		"-count", fmt.Sprint(o.Count))
	return texts, err
}

// like returns the names and units of the columns of the training data of a project, and the cadence of its rows, which
// the weights tell if they know it.
func (t *trained) like(p *project.Project) data.Header {
	var src *spec.Source
	if p.Spec.Data != nil {
		src = p.Spec.Data.Train
	}
	h := data.HeaderAndUnitsOf(src, p.Base, t.net)
	if t.cadence != nil {
		h.Cadence = t.cadence
	}
	return h
}

// source describes a file of examples that is laid out as the training data of a spec.
func source(p *project.Project, file string) *spec.Source {
	s := spec.Source{Format: "csv"}
	if d := p.Spec.Data; d != nil && d.Train != nil {
		s = *d.Train
	}
	name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(file), ".gz"), ".zst")
	switch {
	case s.Format == "text" || s.Format == "image":
	case strings.HasSuffix(name, ".npy"):
		s.Format = "npy"
	case strings.HasSuffix(name, ".idx"), strings.HasSuffix(name, "-ubyte"): // as the files of MNIST end
		s.Format = "idx"
	case strings.HasSuffix(name, ".csv"), strings.HasSuffix(name, ".tsv"), strings.HasSuffix(name, ".txt"):
		s.Format = "csv"
	}
	s.Path, s.Labels = file, ""
	if s.Series != nil {
		all := *s.Series
		all.From, all.To = nil, nil
		s.Series = &all
	}
	return &s
}

// testSet returns the examples of a project that are for testing, and those that it was trained on: the ones of file if
// that is not "", else the test set of its spec.
func (t *trained) testSet(p *project.Project, file string, o data.Options) (test, train fit.Set, skipped data.BadRows,
	err error) {
	network := t.net
	if file != "" {
		src := source(p, file)
		mirrored := p.Spec.Data != nil && p.Spec.Data.Target == "input"
		if !mirrored && src.Format != "csv" && src.Format != "text" && src.Format != "image" {
			return test, train, nil, fmt.Errorf("%s: examples with their labels in one file are CSV; for others write data: "+
				"{test: …} in the spec", file)
		}
		o.Other, o.Like = true, t.like(p)
		o.Unlabeled = mirrored
		test, skipped, err = data.Read(src, "", network, o)
		if err == nil && mirrored {
			data.TargetInputs(network, t.constants, &test)
		}
		return test, train, skipped, err
	}
	if p.Spec.Data == nil || p.Spec.Data.Train == nil {
		return test, train, nil,
			fmt.Errorf("%s: the spec has no data: write data: {train: {csv: …}, test_split: 0.2}, or name a "+
				"file by --data", p.Spec.File)
	}
	sets, err := data.Load(p.Spec, p.Base, network, p.Spec.Training.Seed, o)
	if err != nil {
		return test, train, nil, err
	}
	if sets.Test.N == 0 {
		return test, train, nil,
			errors.New("the spec has no test set: write data: {test: …} or data: {test_split: 0.2}, or " +
				"name a file by --data")
	}
	if o.Remarks != nil {
		*o.Remarks = append(*o.Remarks, sets.TestRemarks...)
	}
	return sets.Test, sets.Train, sets.Skipped, t.checkTest(p, sets.Test, "name a file of other rows by --data")
}

// located returns a remark with the file in front that it is of, unless it names that itself.
func located(path, remark string) string {
	if strings.Contains(remark, path) {
		return remark
	}
	return path + ": " + remark
}
