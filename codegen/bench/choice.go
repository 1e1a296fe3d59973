package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"text/tabwriter"
	"text/template"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/sandbox"
	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/spec"
)

// A Choice compares what `generate: {kernels: auto}` chooses from, for perceptrons of three layers of one width:
// seconds of one prediction and of a batch of 256, by the kernels of the library and by those made for the network,
// each the least of its times, and the median of the ratios library / made of times taken one after the other.
type Choice struct {
	Activation string
	Width      int
	One, Batch struct{ Library, Made, Ratio float64 }
}

// Widths are those of the table: of a part of a panel of weights, of one and more, and of parts behind whole ones.
var Widths = []int{4, 8, 16, 24, 32, 40, 48, 56, 64}

//go:embed choice.go.tmpl
var choiceText string

var choice = template.Must(template.New("choice").Parse(choiceText))

// Choices measures networks of some widths with each activation. The two kinds of kernels take turns.
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
		var t [3][2]float64 // by kernels, and ratios; of one and of a batch
		if err := json.Unmarshal(line, &t); err != nil || len(all) == 0 {
			return fmt.Errorf("BUG: the benchmark printed %q: %w", line, err)
		}
		c := all[0]
		all = all[1:]
		c.One.Library, c.One.Made, c.One.Ratio = t[0][0], t[1][0], t[2][0]
		c.Batch.Library, c.Batch.Made, c.Batch.Ratio = t[0][1], t[1][1], t[2][1]
		done(c)
		return nil
	}})
}

// PrintChoiceTable writes what the compiler reads: see package plan, whose measured.txt this is. It is an error if made
// kernels did not run.
func PrintChoiceTable(w io.Writer, all []Choice) error {
	set := instructionSet()
	if !cpu.HasAVX2FMA {
		return fmt.Errorf("the table is of made kernels with AVX2, which this machine does not run, but %s", set)
	}
	_, err := fmt.Fprintf(w, `# nngen bench kernels --table, on %s with %s.
# Perceptrons of three layers: activation, units; time with library kernels / time with made ones, of one prediction and
# of a batch of 256, each the median of pairs.
`, processor(), set)
	for _, c := range all {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s %d %.2f %.2f\n", c.Activation, c.Width, c.One.Ratio, c.Batch.Ratio)
		}
	}
	return err
}

// processor returns the name of this machine's processor, or its architecture where the system does not tell.
func processor() string {
	text, _ := os.ReadFile("/proc/cpuinfo") // Linux has it
	for line := range strings.Lines(string(text)) {
		if key, name, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(name)
		}
	}
	return runtime.GOARCH
}

// PrintChoices writes a table.
func PrintChoices(w io.Writer, all []Choice) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "units\tactivation\tone, library\tmade\tlibrary / made\tbatch of 256, library\tmade\tlibrary / made\t")
	for _, c := range all {
		fmt.Fprintf(t, "%d\t%s\t%s ns\t%s ns\t%.2f\t%s ns\t%s ns\t%.2f\t\n", c.Width, c.Activation,
			number(c.One.Library*1e9), number(c.One.Made*1e9), c.One.Ratio,
			number(c.Batch.Library*1e9), number(c.Batch.Made*1e9), c.Batch.Ratio)
	}
	return t.Flush()
}
