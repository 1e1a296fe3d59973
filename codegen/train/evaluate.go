package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/spec"
)

// Evaluation is how good a network is on a set of examples. In JSON, numbers that are not finite are null.
type Evaluation struct {
	Examples int                `json:"examples"`
	Loss     number             `json:"loss"`
	Outputs  []OutputEvaluation `json:"outputs"`
}

// OutputEvaluation is what one output has to do with it.
type OutputEvaluation struct {
	Name    string   `json:"name"`
	Metrics []metric `json:"metrics"`
	// Confusion counts examples by class: row the true one, column the predicted one; nil for
	// regression.
	Confusion [][]int  `json:"confusion,omitempty"`
	Classes   []string `json:"classes,omitempty"`
}

// metric is a fit.Metric as JSON.
type metric struct {
	Name  string `json:"name"`
	Value number `json:"value"`
	share bool   // of 1
}

// number is a float64 that is null in JSON if it is not finite.
type number float64

// MarshalJSON writes the number.
func (n number) MarshalJSON() ([]byte, error) { return json.Marshal(numberOrNull(float64(n))) }

// Evaluate measures the trained network of a project: on its test set, or the examples of file.
func Evaluate(ctx context.Context, p *project.Project, weights, file string, skipBadRows float64) (*Evaluation, data.BadRows, error) {
	t, err := openTrained(p, weights)
	if err != nil {
		return nil, nil, err
	}
	set, skipped, err := testSet(p, t.net, file, data.Options{SkipBadRows: skipBadRows, Fitted: t.fitted})
	if err != nil {
		return nil, nil, err
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return nil, nil, err
	}
	defer g.Close()
	e, err := g.evaluate(ctx, t.weights, set)
	return e, skipped, err
}

// trained is the trained network of a project.
type trained struct {
	net     *net.Net
	weights string     // the file
	fitted  net.Fitted // what columns took from the training rows
}

// openTrained finds the weights of a project: the file named, or the one in the folder of the package. It is an error if
// that does not hold weights of this network.
func openTrained(p *project.Project, name string) (*trained, error) {
	if name == "" {
		name = filepath.Join(p.Dir, output.Weights)
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there are no weights; run: %s train %s", name, project.Command(), p.Spec.File)
	}
	if err != nil {
		return nil, err
	}
	t := &trained{}
	if t.net, err = p.Network(); err != nil {
		return nil, err
	}
	if f, err := safetensors.Open(b); err == nil && f.Meta["spec"] != "" {
		if why := project.Foreign(t.net, f.Meta["spec"]); why != "" {
			return nil, fmt.Errorf("%s: %s, or they are another model's (%.8s…, that of %s is %.8s…); run: %s train %[4]s",
				name, why, f.Meta["spec"], p.Spec.File, t.net.ModelSum(), project.Command())
		}
	}
	if _, err := project.Tensors(t.net, b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if t.fitted, err = project.Fitted(p.Spec, b); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if t.fitted == nil {
		t.fitted = net.Fitted{} // nothing is fitted to the rows that are evaluated
	}
	t.weights, err = filepath.Abs(name)
	return t, err
}

func (g *program) evaluate(ctx context.Context, weights string, s fit.Set) (*Evaluation, error) {
	ys, loss, err := g.outputs(ctx, "eval", weights, s)
	if err != nil {
		return nil, err
	}
	e := &Evaluation{Examples: s.N, Loss: number(loss)}
	for i, o := range g.net.Outputs {
		width := o.Layer.Shape.Size()
		r := OutputEvaluation{Name: o.Name, Classes: o.Classes}
		measured := fit.Measure(fit.Output{Name: o.Name, Task: o.Task, Width: width, Steps: o.Steps()}, s, ys[i], s.Y[i])
		for _, m := range fit.All() {
			if v, ok := measured[m.Name]; ok && (!strings.HasPrefix(m.Name, "top_") || o.Width() > 5) {
				r.Metrics = append(r.Metrics, metric{m.Name, number(v), m.Share})
			}
		}
		switch {
		case o.Steps() > 1 || o.NextToken: // predictions are too many for a table to help
		case slices.ContainsFunc(ys[i], func(v float32) bool { return v != v }): // NaN is of no class
		case o.Task == "multiclass":
			r.Confusion = fit.Confusion(s.N, width, ys[i], s.Y[i])
		case o.Task == "binary" && width == 1 && len(o.Classes) == 2:
			r.Confusion = [][]int{{0, 0}, {0, 0}}
			for j, y := range ys[i] {
				r.Confusion[bit(s.Y[i][j] > 0.5)][bit(y >= 0.5)]++
			}
		}
		e.Outputs = append(e.Outputs, r)
	}
	return e, nil
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// String writes the evaluation as lines of text, with the confusion matrices.
func (e *Evaluation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "loss %.4g on %d examples\n", e.Loss, e.Examples)
	for _, o := range e.Outputs {
		if len(e.Outputs) > 1 {
			fmt.Fprintf(&b, "%s: ", o.Name)
		}
		for i, m := range o.Metrics {
			if i > 0 {
				b.WriteString("  ")
			}
			if m.share {
				fmt.Fprintf(&b, "%s %.2f %%", m.Name, 100*m.Value)
			} else {
				fmt.Fprintf(&b, "%s %.4g", m.Name, m.Value)
			}
		}
		b.WriteString("\n")
		if o.Confusion != nil {
			b.WriteString(o.matrix())
		}
	}
	return b.String()
}

// matrix writes the confusion matrix.
func (o *OutputEvaluation) matrix() string {
	rows := [][]string{append([]string{"true \\ predicted"}, o.Classes...)}
	for i, r := range o.Confusion {
		row := []string{o.Classes[i]}
		for _, n := range r {
			row = append(row, fmt.Sprint(n))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	for _, r := range rows {
		for j, c := range r {
			width := 0
			for _, other := range rows {
				width = max(width, len([]rune(other[j])))
			}
			pad := strings.Repeat(" ", width-len([]rune(c)))
			if j == 0 {
				b.WriteString("  " + c + pad)
			} else {
				b.WriteString("  " + pad + c)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
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
	t, err := openTrained(p, weights)
	if err != nil {
		return nil, err
	}
	if t.net.NextToken() == nil {
		return nil, fmt.Errorf("%s: texts are drawn from networks that foretell the next token of an input of tokens, which this does not", p.Spec.File)
	}
	g, err := ready(ctx, p, t.net)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	var texts []string
	err = g.run(ctx, false, func(e Event) { texts = append(texts, e.Text) }, "-mode", "sample", "-weights", t.weights, "-start", o.Start,
		"-most", fmt.Sprint(o.Most), "-temperature", fmt.Sprint(o.Temperature), "-seed", fmt.Sprint(o.Seed), "-count", fmt.Sprint(o.Count))
	return texts, err
}

// like returns the names of the columns of the training data of a project.
func like(p *project.Project, network *net.Net) data.Header {
	if p.Spec.Data == nil {
		return data.Header{}
	}
	return data.HeaderOf(p.Spec.Data.Train, p.Base, network)
}

// source describes a file of examples that is laid out as the training data of a spec.
func source(p *project.Project, file string) *spec.Source {
	s := spec.Source{Format: "csv"}
	if d := p.Spec.Data; d != nil && d.Train != nil {
		s = *d.Train
	}
	name := strings.TrimSuffix(strings.ToLower(file), ".gz")
	switch {
	case s.Format == "text":
	case strings.HasSuffix(name, ".npy"):
		s.Format = "npy"
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
