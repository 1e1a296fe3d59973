package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"text/template"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/spec"
)

// A Choice compares what `generate: {kernels: auto}` chooses from, for perceptrons of three layers of one width: seconds
// of one prediction and of a batch of 256, by the kernels of the library and by those made for the network.
type Choice struct {
	Activation string
	Width      int
	One, Batch struct{ Library, Made float64 }
}

// Widths are those of the table: of a part of a panel of weights, of one and more, and of parts behind whole ones.
var Widths = []int{4, 8, 16, 24, 32, 48, 64}

//go:embed choice.go.tmpl
var choiceText string

var choice = template.Must(template.New("choice").Parse(choiceText))

// Choices measures networks of some widths with each activation. The two kinds of kernels take turns, and the least time
// of each counts.
func Choices(ctx context.Context, widths []int, done func(Choice)) error {
	var subjects []*subject
	var all []Choice
	for _, activation := range []string{"relu", "tanh"} {
		for _, n := range widths {
			for _, kernels := range []string{"library", "made"} {
				s, problems := spec.Parse("choice.yaml", fmt.Appendf(nil, `version: 1
name: %s
input: {shape: [%d]}
task: regression
layers:
  - dense: {units: %[2]d, activation: %[3]s}
  - dense: {units: %[2]d, activation: %[3]s}
  - output: {units: %[2]d}
generate: {kernels: %[1]s}
`, kernels, n, activation), op.Schema())
				if err := problems.Err(); err != nil {
					panic("BUG: " + err.Error())
				}
				subjects = append(subjects, &subject{Subject: Subject{Spec: s}})
			}
			all = append(all, Choice{Activation: activation, Width: n})
		}
	}
	m, err := module(subjects, choice)
	if err != nil {
		return err
	}
	defer m.Close()
	exe, err := m.Build(ctx, "")
	if err != nil {
		return err
	}
	return m.Run(ctx, sandbox.Program{Exe: exe, Env: []string{"GOMAXPROCS=1"}, Line: func(line []byte) error {
		var t [2][2]float64 // by kernels, of one and of a batch
		if err := json.Unmarshal(line, &t); err != nil || len(all) == 0 {
			return fmt.Errorf("BUG: the benchmark printed %q: %w", line, err)
		}
		c := all[0]
		all = all[1:]
		c.One.Library, c.One.Made, c.Batch.Library, c.Batch.Made = t[0][0], t[1][0], t[0][1], t[1][1]
		done(c)
		return nil
	}})
}

// PrintChoices writes a table.
func PrintChoices(w io.Writer, all []Choice) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "units\tactivation\tone, library\tmade\tlibrary / made\tbatch of 256, library\tmade\tlibrary / made\t")
	for _, c := range all {
		fmt.Fprintf(t, "%d\t%s\t%s ns\t%s ns\t%.2f\t%s ns\t%s ns\t%.2f\t\n", c.Width, c.Activation,
			number(c.One.Library*1e9), number(c.One.Made*1e9), c.One.Library/c.One.Made,
			number(c.Batch.Library*1e9), number(c.Batch.Made*1e9), c.Batch.Library/c.Batch.Made)
	}
	return t.Flush()
}
