package net_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// mistakes returns the messages of all errors in a spec.
func mistakes(t *testing.T, text string) (all []string) {
	t.Helper()
	s, faults, list := spec.ParsePartly("m.yaml", []byte("version: 1\nname: m\n"+text), op.Schema())
	switch {
	case list.Err() == nil:
		_, list = net.Build(s, nil)
	case s != nil:
		list = append(list, net.Remaining(s, faults, list, nil)...)
	}
	for _, e := range list {
		if !e.Warning {
			all = append(all, e.Msg)
		}
	}
	return all
}

// TestMistakesThatDoNotDecideEachOtherComeAtOnce has mistakes of several phases, and such as others would follow from, which
// must not be there.
func TestMistakesThatDoNotDecideEachOtherComeAtOnce(t *testing.T) {
	const good = "input: {name: x, shape: [10]}\ntask: binary\nlayers:\n  - dense: {name: h, units: 3}\n  - output\n"
	for _, c := range []struct {
		text string
		want []string // parts of the messages, each of one
	}{
		{good, nil},
		{"input: {name: x, shape: [10]}\ntask: binary\nlayers:\n  - reshape: {target_shape: [3, 3]}\n  - lstm: {units: 5}\n" +
			"  - conv1d: {filters: 2, kernel_size: 9}\n  - output\n" +
			"training: {metrics: [acuracy, roc_auc], class_weights: {foo: 1}}\n",
			[]string{"do not fill the target_shape", "conv1d needs", "no word \"acuracy\"", "no class \"foo\""}},
		{"input: {name: x, shape: [10]}\ntask: regression\nlayers:\n  - conv1d: {filters: 2, kernel_size: 9}\n  - output\n" +
			"training: {metrics: [roc_auc]}\n", []string{"conv1d needs", "no output has a metric \"roc_auc\""}},
		{"input: {name: x, shape: [4]}\ntask: multiclas\nlayers:\n  - dense: {units: 3}\n  - output\n" +
			"schedule: {cyclical: {min_lr: 1, max_lr: 0.1, step_size: 0}}\n" +
			"training: {validation_split: 1.2, early_stopping: {monitor: val_acc}}\n",
			[]string{"but is \"multiclas\"", "is not below max_lr", "step_size must be", "validation_split must be",
				"no metric \"val_acc\""}},
		{strings.Replace(good, "units: 3", "units: -3", 1) + "training: {validation_split: 2, early_stopping: {monitor: val_loss}}\n",
			[]string{"units must be", "validation_split must be"}},
		{strings.Replace(good, "units: 3", "unit: 3", 1) + "schedule: {cyclical: {min_lr: 1, max_lr: -1, step_size: 1}}\n",
			[]string{"no \"unit\"", "max_lr must be"}},
		{strings.Replace(good, "shape: [10]", "shape: [0]", 1) + "training: {class_weights: {foo: 1}}\n", []string{"shape"}},
		{strings.Replace(good, "dense", "dens", 1), []string{"\"dens\""}},
		{"input: {name: x, shape: [4]}\ntask: multiclass\nclasses: [a, a]\nlayers: [output]\ntraining: {class_weights: {b: 1}}\n",
			[]string{"listed twice"}},
		{"input: {name: x, shape: [4]}\ntask: regression\nlayers:\n  - dense: {units: 3}\n" +
			"  - output: {quantiles: [0.9, 0.1], interval: 0.8, calibrate: temperature, decision: {threshold: f1}, " +
			"reject: {confidence: 0.9}}\ndata: {train: {csv: t.csv}}\n" +
			"training: {class_weights: {a: 2}, early_stopping: {monitor: val_los}}\n",
			[]string{"comes behind", "is fitted to a validation set", "it needs the probabilities", "a threshold is for classes",
				"it needs the probabilities", "no output has classes", "no metric \"val_los\""}},
		{"input: {name: x, shape: [4]}\ntask: multiclass\nclasses: [flu, cold]\nlayers: [output]\n" +
			"training: {class_weights: {flue: 3, cold: -1}}\n", []string{"no class \"flue\"", "weight of \"cold\""}},
		{"input: {name: x, shape: [4]}\ntask: multiclas\nlayers:\n  - flaten\n  - output\n" +
			"training: {early_stopping: {monitor: val_los}}\n",
			[]string{"but is \"multiclas\"", "\"flaten\"", "no metric \"val_los\""}},
	} {
		got := mistakes(t, c.text)
		for _, w := range c.want {
			if !slices.ContainsFunc(got, func(m string) bool { return strings.Contains(m, w) }) {
				t.Errorf("%s\nlacks an error with %q", c.text, w)
			}
		}
		if len(got) != len(c.want) {
			t.Errorf("%s\n%d errors, want %d: %s", c.text, len(got), len(c.want), strings.Join(got, "; "))
		}
	}
}

// TestAMetricThatIsNotMeasuredHasASuggestion has a name that is near to one, and one that is near to none.
func TestAMetricThatIsNotMeasuredHasASuggestion(t *testing.T) {
	for _, c := range []struct{ task, monitor, want string }{
		{"regression", "val_los", `did you mean "val_loss"?`},
		{"regression", "val_accuracy", "there are loss, "},
		{"multiclas", "val_acuracy", `did you mean "val_accuracy"?`},
	} {
		s, faults, list := spec.ParsePartly("m.yaml", []byte("version: 1\nname: m\ninput: {shape: [4]}\ntask: "+c.task+
			"\nlayers: [output]\ntraining: {early_stopping: {monitor: "+c.monitor+"}}\n"), op.Schema())
		list = net.Remaining(s, faults, list, nil)
		if len(list) != 1 || !strings.HasPrefix(list[0].Hint, c.want) {
			t.Errorf("%s, %s: %v, want the hint %q", c.task, c.monitor, list, c.want)
			for _, e := range list {
				t.Log(e.Hint)
			}
		}
	}
}

// TestNothingFollowsFromAFault puts a fault into each line of a spec in turn, which may be followed by no other.
func TestNothingFollowsFromAFault(t *testing.T) {
	lines := strings.Split("input: {name: x, shape: [12]}\npreprocess: [standardize]\ntask: multiclass\nclasses: [a, b, c]\nlayers:\n"+
		"  - reshape: {name: r, target_shape: [4, 3]}\n  - lstm: {name: l, units: 5}\n  - dense: {name: h, units: 6}\n"+
		"  - output: {name: y, from: h}\noptimizer: {adam: {lr: 0.1}}\n"+
		"schedule: {cyclical: {min_lr: 0.1, max_lr: 1, step_size: 2}}\n"+
		"training: {validation_split: 0.1, class_weights: {a: 2}, metrics: [accuracy], early_stopping: {monitor: val_loss}}", "\n")
	for i, line := range lines {
		if line == "layers:" {
			continue
		}
		j := strings.LastIndexAny(line, "}]")
		if j < 0 {
			j = len(line)
		}
		broken := slices.Clone(lines)
		broken[i] = line[:j] + ", zzzzzzzz: 1" + line[j:]
		if !strings.ContainsAny(line, "{") {
			broken[i] = strings.Replace(line, ": ", ": zzz", 1)
		}
		if got := mistakes(t, strings.Join(broken, "\n")); len(got) != 1 {
			t.Errorf("%s\n%d errors, want 1: %s", broken[i], len(got), strings.Join(got, "; "))
		}
	}
}

// TestTheHintOfAPreprocessingWorks writes what the hint for several inputs says.
func TestTheHintOfAPreprocessingWorks(t *testing.T) {
	const text = "version: 1\nname: m\ninputs:\n  - {name: left, shape: [2]}\n  - {name: right, shape: [3]}\npreprocess: [standardize]\n" +
		"task: regression\nlayers:\n  - concatenate: {from: [left, right]}\n  - output\n"
	build := func(text string) spec.ErrorList {
		s, list := spec.Parse("m.yaml", []byte(text), op.Schema())
		if s == nil {
			t.Fatal(list)
		}
		_, list = net.Build(s, nil)
		return list
	}
	list := build(text)
	const hint = "write preprocess: [{standardize: {input: left}}, {standardize: {input: right}}]"
	if len(list) != 1 || !strings.HasPrefix(list[0].Hint, hint) {
		t.Fatal(fmt.Sprint(list), list[0].Hint)
	}
	if list := build(strings.Replace(text, "preprocess: [standardize]", strings.TrimPrefix(hint, "write "), 1)); list.Err() != nil {
		t.Error(list)
	}
}

// TestTheRestOfABrokenSpecIsChecked takes the examples of all codes that parsing raises, of which two have another error, and
// whole models of which a line is missing, or a value is not what it was.
func TestTheRestOfABrokenSpecIsChecked(t *testing.T) {
	remaining := func(src []byte) spec.ErrorList {
		s, faults, list := spec.ParsePartly("m.yaml", src, op.Schema())
		if s == nil || list.Err() == nil {
			return nil
		}
		return net.Remaining(s, faults, list, nil)
	}
	examples, err := filepath.Glob("../../testdata/spec/*.txtar")
	if err != nil || len(examples) == 0 {
		t.Fatal(err)
	}
	for _, file := range examples {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		others := map[string]string{"conflict_format.txtar": "nothing says what kind of output", "word.txtar": "val_acc"}
		more, other := remaining(a.Files[0].Data), others[filepath.Base(file)]
		if other == "" && len(more) > 0 || other != "" && (len(more) != 1 || !strings.Contains(more[0].Msg, other)) {
			t.Errorf("%s has the errors %v beside its own, want %q", file, more, other)
		}
	}
	models, err := filepath.Glob("../../generated/*/*.yaml")
	if err != nil || len(models) == 0 {
		t.Fatal(err)
	}
	for _, file := range models {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.SplitAfter(string(src), "\n")
		for i := range lines {
			rest := strings.Join(lines[i+1:], "")
			before := strings.Join(lines[:i], "")
			remaining([]byte(before + rest))
			remaining([]byte(before + strings.Replace(lines[i], ": ", ": -1.5 #", 1) + rest))
		}
	}
}
