package sweep

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/train"
	"github.com/nngen/nngen/spec"
)

func TestSettingsAreThoseThatWereAskedFor(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string // search, paths and settings
	}{
		{Options{Fields: []string{"a.b=1,2", "c=[x, y],{z: 1}"}}, "grid a.b c | 1 [x, y] | 1 {z: 1} | 2 [x, y] | 2 {z: 1}"},
		{Options{Fields: []string{"a=1e-4..1e-2:log:3"}}, "grid a | 0.0001 | 0.001 | 0.01"},
		{Options{Fields: []string{"a=1..10:int:4"}}, "grid a | 1 | 4 | 7 | 10"},
		{Options{Fields: []string{"a=0.5..1.5:2"}}, "grid a | 0.5 | 1.5"},
		{Options{Fields: []string{"a=-2..2:3"}}, "grid a | -2 | 0 | 2"},
		{Options{}, "grid |"},
		{Options{Search: "random", Trials: 5, Fields: []string{"a=1,2"}}, "random a | 1 | 2"}, // there are no more
		{Options{Search: "random", Trials: 9, Fields: []string{"a=1..9:int:3"}}, "random a | 1 | 5 | 9"},
		{Options{Search: "halving", Trials: 9, Eta: 3, Fields: []string{"a=1e-4..1e-2:log:3"}},
			"halving a | 0.0001 | 0.001 | 0.01"},
	} {
		search, paths, list, err := settings(c.o, nil)
		text := search + " " + strings.Join(paths, " ")
		for _, values := range list {
			text += " | " + strings.Join(values, " ")
		}
		got, want := strings.Fields(text), strings.Fields(c.want)
		if c.o.Search != "" { // draws are in any order
			slices.Sort(got)
			slices.Sort(want)
		}
		if err != nil || strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%v: got %q, %v, want %q", c.o.Fields, text, err, c.want)
		}
	}
	_, _, a, err := settings(Options{Fields: []string{"a=1e-4..1e-1:log"}, Trials: 50, Seed: 1}, nil)
	if err != nil || len(a) != 50 {
		t.Fatalf("%d settings, %v, want 50", len(a), err)
	}
	low := 0
	for _, v := range a {
		if strings.Contains(v[0], "e-05") || len(v[0]) > 9 {
			t.Errorf("%s is outside the range, or has more than four digits", v[0])
		}
		if strings.HasPrefix(v[0], "0.000") || strings.HasPrefix(v[0], "0.00") {
			low++
		}
	}
	if low < 20 || low > 45 { // two of three decades are below 0.01
		t.Errorf("%d of 50 draws of a logarithmic range are below 0.01, want about 33", low)
	}
}

func TestWhatMeansNothingIsAnErrorWithAHint(t *testing.T) {
	for field, want := range map[string]string{
		"a=":            "no values; write",
		"a":             "no values; write",
		"=1":            "no path",
		"a b=1":         "no path",
		"a=1,,2":        "value 2 is empty",
		"a=1,1":         "is there twice",
		"a=2..1":        "to a larger one",
		"a=0..1:log":    "begins above 0",
		"a=1..2:foo":    `but not "foo"`,
		"a=1..2:1":      "from 2 to 100000",
		"a=1..2:100001": "from 2 to 100000",
		"a=1..x":        "from a number to a larger one",
		"a=1e308..-1e3": "to a larger one",
	} {
		if _, _, _, err := settings(Options{Fields: []string{field}, Trials: 3}, nil); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("--set %s: error %v, want %q", field, err, want)
		}
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Fields: []string{"a=1..2"}, Search: "grid"}, "a number of points"},
		{Options{Fields: []string{"a=1", "a=2"}}, "--set a: the field is set twice"},
		{Options{Fields: []string{"a.b=1", "a={b: 2}"}}, "--set a: it would undo a.b, which is set before it"},
		{Options{Search: "best"}, "grid, random or halving"},
		{Options{Search: "random", Trials: 3}, "say of which fields"},
		{Options{Search: "random", Fields: []string{"a=1,2"}}, "--trials is from 1"},
		{Options{Search: "halving", Trials: 2, Eta: 3, Fields: []string{"a=1,2"}}, "--trials at least as many"},
		{Options{Fields: []string{"a=1..1000:int:1000", "b=1..1000:int:1000"}}, "more than 100000"},
	} {
		if _, _, _, err := settings(c.o, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error %v, want %q", c.o, err, c.want)
		}
	}
}

// TestCasesSetFieldsTogether makes the specs of two cases, beside a field that varies in both.
func TestCasesSetFieldsTogether(t *testing.T) {
	p := planOf(t, Options{Cases: []string{"plain:", "long: training.epochs=30; optimizer={sgd: {lr: 0.5}}"},
		Fields: []string{"layers.h.units=2,4"}, Seeds: 1})
	if got, want := fmt.Sprint(p.Settings), "[[plain 2] [plain 4] [long 2] [long 4]]"; got != want {
		t.Fatalf("settings %s, want %s", got, want)
	}
	for i, want := range []string{"27 adam", "27 adam", "30 sgd", "30 sgd"} {
		if got := fmt.Sprint(p.specs[i].Training.Epochs, " ", p.specs[i].Optimizer.Kind); got != want {
			t.Errorf("setting %d has %s, want %s", i, got, want)
		}
	}
	for text, want := range map[string]string{
		"plain":                        "begins with a name",
		": a=1":                        "begins with a name",
		"a=1: b=2":                     "begins with a name",
		"a: b":                         "is no field with a value",
		"a: b=":                        "is no field with a value",
		"a: b c=1":                     "is no field with a value",
		"a: layers.h.units=3":          "set twice",
		"a: training.seed=3":           "the seed belongs to a trial",
		"a:b=1":                        `--case "a" --set layers.h.units=2: a spec has no "b"`,
		"a: layers.h.width=3":          `--case "a" --set layers.h.units=2: layer "h": dense has no "width"`,
		"a: layers.g.units=3":          "--case layers.g.units: no entry of layers is called",
		"plain: training.batch_size=2": "the name is there twice",
		"a: case=1":                    `has no "case"`,
		"a: training.epochs=3; training.epochs=4":          "--case a: training.epochs: the field is set twice",
		"a: training.epochs=3; training={epochs: 4}":       "--case a: training: it would undo training.epochs",
		"a: optimizer={sgd: {lr: 1}}; optimizer.sgd.lr=-1": "lr",
		"a: data.train.csv=nothing.csv":                    "nothing.csv",
	} {
		o := Options{Cases: []string{"plain:", text}, Fields: []string{"layers.h.units=2,4"}, Seeds: 1, Metric: "loss"}
		if _, err := New(projectOf(t), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("--case %q: error %v, want %q", text, err, want)
		}
	}
	if _, err := New(projectOf(t), Options{Over: "a", Fields: []string{"layers.h.units=2,4"}, Seeds: 1}); err == nil ||
		!strings.Contains(err.Error(), "--over a: it is one of layers.h.units, parameters") {
		t.Errorf("--over a: error %v", err)
	}
}

// TestPicturesHaveACurveForEachSetting draws what two cases and three sizes came to.
func TestPicturesHaveACurveForEachSetting(t *testing.T) {
	p := planOf(t,
		Options{Cases: []string{"plain:", "long: training.epochs=30"}, Fields: []string{"layers.h.units=2,4,64"},
			Seeds: 1, Over: "parameters"})
	for i := range p.Len() {
		text := fmt.Sprintf(`{"plan":%q,"trial":%d,"setting":%[2]d,"epochs":3200,"best":2,"parameters":%d,"metrics":{"loss":0.5},`+
			`"training":0.25,"lower":["loss"],"curve":{"lr":[0.1,%g],"loss":[3,1],"val_loss":[2,0.5]}}`, p.key(), i, 100+i%3,
			0.1/float64(1+i%2))
		if err := os.WriteFile(p.file(i, 0), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	table, err := p.Collect()
	if err != nil {
		t.Fatal(err)
	}
	if text := table.String(); !regexp.MustCompile(`(?m)^long +64 +102 +0.5 .* 3200 `).MatchString(text) {
		t.Errorf("no numbers of parameters or epochs in\n%s", text)
	}
	for name, want := range map[string]int{"plot.svg": 2, "curves.svg": 6, "rates.svg": 6} {
		svg, err := os.ReadFile(filepath.Join(p.Dir(), name))
		if got := strings.Count(string(svg), `stroke-width="2" d="`); err != nil || got != want {
			t.Errorf("%s has %d curves, want %d: %v", name, got, want, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(p.Dir(), "results.jsonl")); err != nil ||
		strings.Contains(string(b), "curve") ||
		strings.Count(string(b), "\n") != 6 {
		t.Errorf("results.jsonl: %v\n%s", err, b)
	}
}

const small = `version: 1
name: m
input: {name: x, shape: [1]}
task: regression
layers:
  - dense: {name: h, units: 4}
  - output
training: {validation_split: 0.5, epochs: 27}
data: {train: {csv: m.csv, label: last}}
`

// projectOf returns a project over a small table.
func projectOf(t testing.TB) *project.Project {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"m.yaml": small, "m.csv": "x,y\n1,1\n2,2\n3,3\n4,4\n5,5\n6,6\n",
		"go.mod": "module m\n\ngo 1.24\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(filepath.Join(dir, "m.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// planOf returns a plan over a small table.
func planOf(t *testing.T, o Options) *Plan {
	t.Helper()
	p := projectOf(t)
	if o.Metric == "" {
		o.Metric = "loss"
	}
	plan, err := New(p, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := plan.Save("", p.Spec.File); err != nil {
		t.Fatal(err)
	}
	return plan
}

// fake writes the result of a trial.
func (p *Plan) fake(t *testing.T, i, epochs int, loss float64) {
	t.Helper()
	text := fmt.Sprintf(`{"plan":%q,"trial":%d,"setting":%d,"epochs":1,"metrics":{"loss":%v},"lower":["loss"]}`, p.key(),
		i, p.trial(i).setting, loss)
	if err := os.WriteFile(p.file(i, epochs), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTheTablePairsTrials compares means and paired differences with numbers worked out by hand.
func TestTheTablePairsTrials(t *testing.T) {
	p := planOf(t, Options{Fields: []string{"layers.h.units=2,4"}, Folds: 3, Seeds: 1})
	for i, loss := range []float64{2, 3, 7, 1, 2, 3} {
		p.fake(t, i, 0, loss)
	}
	table, err := p.Collect()
	if err != nil {
		t.Fatal(err)
	}
	best, other := table.Rows[0], table.Rows[1]
	if best.Values[0] != "4" || best.Mean != 2 || best.SD != 1 {
		t.Errorf("the best is %+v, want units 4 with 2 ± 1", best)
	}
	// Differences 1, 1, 4: mean 2, deviation √3.
	if other.Mean != 4 || other.Difference != 2 || math.Abs(other.DifferenceSD-math.Sqrt(3)) > 1e-12 {
		t.Errorf("the other is %+v, want the mean 4, and the difference 2 ± 1.732", other)
	}
	for _, name := range []string{"results.jsonl", "table.txt", "plot.svg"} {
		if b, err := os.ReadFile(filepath.Join(p.Dir(), name)); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	os.Remove(p.file(1, 0))
	os.WriteFile(p.file(2, 0), []byte(`{"plan":"another","trial":2}`), 0o644)
	os.WriteFile(p.file(5, 0), []byte(`{"pl`), 0o644) // a torn file of another tool
	if table, err = p.Collect(); err != nil || table.Missing != 3 ||
		!strings.Contains(table.String(), "3 of 6 trials have no result yet") {
		t.Errorf("%v, %v", table, err)
	}
}

// TestHalvingTrainsTheBestOn follows the stages of nine settings: nine for a ninth of the epochs, three for a third,
// one.
func TestHalvingTrainsTheBestOn(t *testing.T) {
	p := planOf(t, Options{Fields: []string{"optimizer.lr=1,2,3,4,5,6,7,8,9"}, Search: "halving",
		Trials: 9, Eta: 3, Seeds: 1})
	var sizes, epochs []int
	for _, r := range p.rungs() {
		sizes = append(sizes, len(r.settings))
		epochs = append(epochs, r.epochs(r.settings[0]))
		for _, s := range r.settings {
			p.fake(t, s, r.epochs(s), float64(10-s)) // the last settings are the best
		}
	}
	if got, want := fmt.Sprint(p.Rounds()), "[{9 9} {3 3} {1 1}]"; got != want {
		t.Errorf("before any trial the rounds are %s, want %s", got, want)
	}
	if got, want := [][]int{sizes, epochs}, "[[9 3 1] [3 9 0]]"; fmt.Sprint(got) != want {
		t.Errorf("stages and epochs %v, want %s", got, want)
	}
	table, err := p.Collect()
	if err != nil || len(table.Rows) != 1 || table.Rows[0].Setting != 8 {
		t.Errorf("%+v, %v, want the last setting alone", table, err)
	}
}

// TestSpecsThatNeedTheSameCodeShareABuild compares specs with one field changed.
func TestSpecsThatNeedTheSameCodeShareABuild(t *testing.T) {
	key := func(path, value string) string {
		src := []byte(small)
		if path != "" {
			var err error
			if src, err = spec.Set(src, path, value, op.Schema()); err != nil {
				t.Fatal(err)
			}
		}
		s, problems := spec.Parse("m.yaml", src, op.Schema())
		if s == nil {
			t.Fatal(problems)
		}
		return train.Shared(s)
	}
	for path, value := range map[string]string{"optimizer.adam.lr": "0.5", "training.epochs": "3", "training.seed": "9",
		"training.shuffle": "false",
		"training.ema":     "{decay: 0.9}", "training.swa": "{start_epoch: 2}", "training.accumulate": "2",
		"training.early_stopping": "{patience: 3}", "schedule": "{step: {step_size: 3}}",
		"training.validation_split": "0.1"} {
		if key(path, value) != key("", "") {
			t.Errorf("%s=%s needs a build of its own", path, value)
		}
	}
	for path, value := range map[string]string{"layers.h.units": "5", "training.batch_size": "7",
		"training.chunks": "2", "optimizer.adam.betas": "[0.5, 0.9]", "training.clip_norm": "1",
		"layers.h.trainable": "false", "optimizer": "sgd"} {
		if key(path, value) == key("", "") {
			t.Errorf("%s=%s is taken to need no code of its own", path, value)
		}
	}
}

// TestTheWordOfCasesIsNoFieldWithoutThem sets a field that a spec does not have.
func TestTheWordOfCasesIsNoFieldWithoutThem(t *testing.T) {
	_, err := New(projectOf(t), Options{Fields: []string{"case=1,2"}, Seeds: 1, Metric: "loss"})
	if err == nil || !strings.HasPrefix(err.Error(), `--set case=1: a spec has no "case"`) {
		t.Errorf("--set case=1,2: error %v", err)
	}
	_, err = New(projectOf(t), Options{Cases: []string{"a:"}, Fields: []string{"case=1,2"}, Seeds: 1, Metric: "loss"})
	if err == nil || !strings.HasPrefix(err.Error(), `--case "a" --set case=1: a spec has no "case"`) {
		t.Errorf("--case a: --set case=1,2: error %v", err)
	}
}

// TestSettingsAreComparedByExamplesHeldOut makes plans of a spec without a validation set.
func TestSettingsAreComparedByExamplesHeldOut(t *testing.T) {
	p := projectOf(t)
	file := p.Spec.File
	if err := os.WriteFile(file, []byte(strings.Replace(small, "validation_split: 0.5, ", "", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := project.Open(file, "")
	if err != nil {
		t.Fatal(err)
	}
	const hint = "settings are compared by examples that are not trained on: write --folds 5"
	for _, c := range []struct {
		o    Options
		want string // how the error begins; "" for none
	}{
		{Options{Fields: []string{"training.epochs=1,2"}}, hint},
		{Options{Fields: []string{"data.train.label=last,y"}}, hint},
		{Options{Fields: []string{"training.validation_split=0.2,0"}}, "--set training.validation_split=0: " + hint},
		{Options{Cases: []string{"a: training.validation_split=0.5", "plain:"}}, `--case "plain": ` + hint},
		{Options{Fields: []string{"training.validation_split=0.2,0.5"}}, ""},
		{Options{Fields: []string{"training.epochs=1,2"}, Folds: 2}, ""},
	} {
		c.o.Seeds, c.o.Metric = 1, "loss"
		_, err := New(p, c.o)
		if (err == nil) != (c.want == "") || err != nil && !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v %v: error %v, want %q", c.o.Fields, c.o.Cases, err, c.want)
		}
	}
}

// TestARoundWaitsForTheOneBefore asks for the second and third round while trials of the first have no result. With two
// seeds, eight settings have 16 trials, and the numbers of a round count through those of the settings that stay.
func TestARoundWaitsForTheOneBefore(t *testing.T) {
	p := planOf(t,
		Options{Fields: []string{"optimizer.lr=1,2,3,4,5,6,7,8"}, Search: "halving", Trials: 8, Eta: 4, Seeds: 2})
	if got, want := fmt.Sprint(p.Rounds()), "[{16 4} {4 1}]"; got != want {
		t.Errorf("rounds %s, want %s", got, want)
	}
	first, err := p.round(1)
	if err != nil {
		t.Fatal(err)
	}
	for n, i := range first.trials() {
		if n == 3 || n > 8 {
			continue
		}
		p.fake(t, i, first.epochs(i/2), math.Abs(float64(i/2)-4)) // the settings around number 4 are the best
	}
	_, err = p.round(2)
	if want := "round 2 goes by the results of round 1, of which 8 of 16 trials have none yet (3, 9, 10, 11, " +
		"12, …): "; err == nil ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %q", err, want)
	}
	for _, i := range first.trials() {
		p.fake(t, i, first.epochs(i/2), math.Abs(float64(i/2)-4))
	}
	second, err := p.round(2)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(second.trials()), "[6 7 8 9]"; got != want {
		t.Errorf("the second round has the trials %s, want %s", got, want)
	}
	if _, err = p.round(3); err == nil {
		t.Error("there is a third round")
	}
}

// TestHalvingLeavesNoProgress runs stages whose trials all have results, with the progress that a program left of each.
func TestHalvingLeavesNoProgress(t *testing.T) {
	p := planOf(t, Options{Fields: []string{"optimizer.lr=1,2,3,4"}, Search: "halving", Trials: 4, Eta: 2, Seeds: 1})
	left := func() (names []string) {
		files, err := filepath.Glob(filepath.Join(p.dir, "trials", "*.progress*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			names = append(names, filepath.Base(f))
		}
		return names
	}
	for k, r := range p.rungs() {
		for _, s := range r.settings {
			p.fake(t, s, r.epochs(s), float64(s)) // the first settings are the best
			for _, suffix := range []string{"", ".1"} {
				if err := os.WriteFile(p.progress(s)+suffix, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
		if k == 1 {
			break // as if the last stage failed
		}
	}
	p, q, err := Open(p.dir)
	if err != nil {
		t.Fatal(err)
	}
	r := &Runner{Plan: p, Project: q}
	t.Setenv("PATH", "")
	if err := r.Halve(context.Background()); err == nil {
		t.Error("no error of a program that cannot be built")
	}
	if got, want := fmt.Sprint(left()), "[000000.progress 000000.progress.1]"; got != want {
		t.Errorf("before the last stage there are %s, want %s", got, want)
	}
	p.fake(t, 0, 0, 0)
	if err := r.Halve(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := left(); got != nil {
		t.Errorf("at the end there are %s", got)
	}
}

// TestASurfaceHasHoles cuts a plane, x + y, of which a quarter is not finite.
func TestASurfaceHasHoles(t *testing.T) {
	s := surface{High: [2]float64{1, 1}}
	for i := range surfaceSteps {
		for k := range surfaceSteps {
			loss := float32(i+k) / (surfaceSteps - 1)
			s.Losses = append(s.Losses, &loss)
			if 2*i >= surfaceSteps && 2*k >= surfaceSteps {
				s.Losses[len(s.Losses)-1] = nil
			}
		}
	}
	points := s.contours()
	if len(points) < 1000 {
		t.Errorf("%d ends of segments, want more than 1000", len(points))
	}
	for _, q := range points {
		if !(q.X <= 0.5 || q.Y <= 0.5) || math.Abs(math.Cbrt((q.X+q.Y)/1.5)*surfaceLines-
			math.Round(math.Cbrt((q.X+q.Y)/1.5)*surfaceLines)) > 0.01 {
			t.Fatalf("(%v, %v) is in the hole, or on no height", q.X, q.Y)
		}
	}
	if got := (&surface{Losses: make([]*float32, surfaceSteps*surfaceSteps)}).contours(); got != nil {
		t.Errorf("a surface without losses has contours: %v", got)
	}
}

// TestLinesAreEnglishOfOneToo says what a plan is, and a trial of one epoch.
func TestLinesAreEnglishOfOneToo(t *testing.T) {
	p := planOf(t, Options{Seeds: 2})
	if got, want := p.String(), "2 trials: 1 setting (grid), 2 seeds"; got != want {
		t.Errorf("plan %q, want %q", got, want)
	}
	r := &Result{Trial: 1, Seed: 4, Epochs: 1, Metrics: map[string]float64{p.Metric: 0.5}}
	if got, want := p.Describe(r), "trial 1  seed 4  loss 0.5 after 1 epoch"; got != want {
		t.Errorf("trial %q, want %q", got, want)
	}
	if got, want := planOf(t, Options{Seeds: 1, Folds: 3}).String(), "3 trials: 1 setting (grid), 3 folds"; got != want {
		t.Errorf("plan %q, want %q", got, want)
	}
}

// TestNamesOfALegendDiffer names settings of fields with the same last key, of which each has a name of its own, in
// full.
func TestNamesOfALegendDiffer(t *testing.T) {
	table := &Table{Fields: []string{"layers.h1.units", "optimizer.adam.lr", "layers.h2.units", "layers.a.kernel.units"}}
	for _, a := range []string{"8", "16"} {
		for _, b := range []string{"0.001", "0.0001"} {
			for _, c := range []string{"word", "words"} {
				table.Rows = append(table.Rows, Row{Values: []string{a, b, "100", c}})
			}
		}
	}
	seen := map[string]bool{}
	for _, r := range table.Rows {
		seen[table.label(r)] = true
	}
	if want := "h1.units 16, lr 0.0001, h2.units 100, kernel.units words"; len(seen) != len(table.Rows) || !seen[want] {
		t.Errorf("the names are %v, want %d, among them %q", seen, len(table.Rows), want)
	}
}

// TestNumbersOfTheTableArePlain writes numbers without exponents, but for huge and tiny ones.
func TestNumbersOfTheTableArePlain(t *testing.T) {
	for want, v := range map[string]float64{"470": 473.2, "0": 0, "0.058": 0.0581, "16000": 16123, "-470": -468,
		"2.1e-05": 2.1e-5,
		"9.9e+15": 9.87e15, "NaN": math.NaN(), "-Inf": math.Inf(-1), "0.00012": 1.2e-4} {
		if got := plain(v, 2); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
