// Package sweep compares settings of a spec: it trains each with several seeds and on several folds, and makes one
// table of what they come to.
//
// It exists because a difference between two trainings means little without the spread of each. A Plan is a list of
// numbered trials that depends on nothing but the spec, the data and what was asked for, so that any machine may run
// any trial, at any time, more than once: a trial leaves one file, whole or not at all, which has the same bytes
// whoever runs it. What schedules machines is left to those who do that for a living: a job gets the number of a trial.
//
// Specs that differ only in numbers which need no new code share one build of their program.
package sweep

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// Options say what is compared.
type Options struct {
	Fields []string // path=values, see Field
	Cases  []string // name: path=value; path=value, see parseCase
	Search string   // grid, random or halving; "" for grid, or random if a field is a range without a number of points
	Trials int      // settings of random and halving
	Eta    int      // of halving: one of so many settings goes on to train so many times as long
	Folds  int      // 0 to measure on the validation set
	Groups string   // column of a table: see data.Options
	Seeds  int      // trainings of a setting on each fold
	Metric string   // that settings are ordered by
	Over   string   // what plot.svg has along: a field, or parameters for their number; "" for the one field of numbers
	Seed   uint64   // of what is drawn
}

// Plan is what is to be run. It is kept as plan.json in the folder of a sweep.
type Plan struct {
	Nngen    string            `json:"nngen"` // version
	File     string            `json:"file"`  // of the spec, relative to the folder
	Spec     string            `json:"spec"`  // its text
	Data     map[string]string `json:"data"`  // checksums of the files of the data, by their path in the spec
	Search   string            `json:"search"`
	Eta      int               `json:"eta,omitempty"`
	Metric   string            `json:"metric"`
	Folds    int               `json:"folds,omitempty"`
	Groups   string            `json:"groups,omitempty"`
	Seeds    []uint64          `json:"seeds"`
	Over     string            `json:"over,omitempty"`
	Cases    []Case            `json:"cases,omitempty"` // of the first field, which then is caseField
	Fields   []string          `json:"fields"`
	Settings [][]string        `json:"settings"` // a value for each field

	dir   string
	specs []*spec.Spec // of the settings
	sum   string       // see key
}

// Case is a setting with a name: values of several fields that belong together.
type Case struct {
	Name string      `json:"name"`
	Set  [][2]string `json:"set"` // paths and values
}

// caseField is the field whose values are the names of cases.
const caseField = "case"

// parameters is the word for the number of parameters in Options.Over.
const parameters = "parameters"

// planFile is the name of a plan in its folder.
const planFile = "plan.json"

// String says in a line what is compared: "4 trials: 2 settings (grid), 2 seeds".
func (p *Plan) String() string {
	text := fmt.Sprintf("%s: %s (%s)", spec.Count(p.Len(), "trial"), spec.Count(len(p.Settings), "setting"), p.Search)
	if len(p.Seeds) > 1 {
		text += ", " + spec.Count(len(p.Seeds), "seed")
	}
	if p.Folds > 0 {
		text += ", " + spec.Count(p.Folds, "fold")
	}
	return text
}

// maxFile is how many bytes of a file of a sweep are read.
const maxFile = 1 << 30

// most bounds the trials of a plan, and the points of a range.
const most = 100_000

// New makes the plan of a sweep over the spec of a project.
func New(p *project.Project, o Options) (*Plan, error) {
	cases, err := parseCases(o.Cases)
	if err != nil {
		return nil, err
	}
	search, fields, settings, err := settings(o, cases)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Nngen: project.Version(), Spec: string(p.Spec.Source), Search: search, Metric: o.Metric, Folds: o.Folds,
		Groups: o.Groups, Over: o.Over, Cases: cases, Fields: fields, Settings: settings}
	switch {
	case o.Over != "" && o.Over != parameters && !slices.Contains(fields, o.Over):
		return nil, fmt.Errorf("--over %s: it is one of %s", o.Over, strings.Join(append(fields, parameters), ", "))
	case o.Folds < 0 || o.Folds == 1:
		return nil, fmt.Errorf("--folds is at least 2, not %d", o.Folds)
	case o.Seeds < 1:
		return nil, fmt.Errorf("--seeds is at least 1, not %d", o.Seeds)
	case len(fields) == 0 && o.Folds == 0 && o.Seeds == 1:
		return nil, errors.New("nothing to compare: write --set layers.h1.units=8,16, --folds 5 or --seeds 3")
	case o.Groups != "" && o.Folds == 0:
		return nil, errors.New("--groups says which examples are in one fold: write --folds too")
	case o.Groups != "" && (p.Spec.Data == nil || p.Spec.Data.Train == nil || p.Spec.Data.Train.Format != "csv" ||
		p.Spec.Data.Train.Series != nil):
		return nil,
			fmt.Errorf("--groups %s: it names a column of a table; of a series each fold is behind those that are trained "+
				"on, and texts, IDX and npy have no columns", o.Groups)
	}
	if folds := max(1, o.Folds); o.Seeds > most/len(settings) || folds > most/len(settings)/o.Seeds {
		return nil, fmt.Errorf("%d settings × %d seeds × %d folds are more than %d trials", len(settings), o.Seeds, folds,
			most)
	}
	if search == "halving" {
		plan.Eta = o.Eta
	}
	for i := range o.Seeds {
		plan.Seeds = append(plan.Seeds, p.Spec.Training.Seed+uint64(i))
	}
	if plan.sets("training.seed") {
		return nil, errors.New("--set training.seed: the seed belongs to a trial: write --seeds for their number")
	}
	if err := plan.parse(p.Spec.File); err != nil {
		return nil, err
	}
	if err := plan.holdOut(); err != nil {
		return nil, err
	}
	if plan.Data, err = plan.sums(p); err != nil {
		return nil, err
	}
	return plan, plan.check(p)
}

// check tries what can be known before anything is built: the network and the data of each setting, the size of the
// folds, and the metric.
func (p *Plan) check(q *project.Project) error {
	r := &Runner{Plan: p, Project: q, sets: map[string]*loaded{}}
	for i, s := range p.specs {
		network, problems := net.Build(s, q.Files())
		if err := problems.Err(); err != nil {
			return p.mistake(p.Settings[i], err.(spec.ErrorList)[0])
		}
		var outputs []fit.Output
		for _, o := range network.Outputs {
			outputs = append(outputs, fit.Output{Name: o.Name, Task: o.Task, Metrics: fit.AllOf(o.Task)})
		}
		known := fit.Monitors(outputs)
		if known = known[:len(known)/2]; !slices.Contains(known, p.Metric) {
			return fmt.Errorf("--metric %s is not measured; there are %s", p.Metric, strings.Join(known, ", "))
		}
		if i == 0 {
			if _, err := r.load(trial{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// holdOut checks that each setting has examples to compare it by, and names the first that has none if others have.
func (p *Plan) holdOut() error {
	i := slices.IndexFunc(p.specs, func(s *spec.Spec) bool { return !hasValidation(s) })
	if p.Folds > 0 || i < 0 {
		return nil
	}
	which := ""
	if slices.ContainsFunc(p.specs, hasValidation) {
		which = p.options(p.Settings[i]) + ": "
	}
	return errors.New(which + "settings are compared by examples that are not trained on: write --folds 5, or training: " +
		"{validation_split: 0.2} in the spec")
}

func hasValidation(s *spec.Spec) bool {
	return s.Training.ValidationSplit > 0 || s.Data != nil && s.Data.Validation != nil
}

// parse makes the specs of all settings.
func (p *Plan) parse(file string) error {
	for _, values := range p.Settings {
		src := []byte(p.Spec)
		for _, f := range p.assignments(values) {
			set, err := spec.Set(src, f[0], f[1], op.Schema())
			if err != nil {
				return fmt.Errorf("%s %w", p.flag(f[0]), err)
			}
			src = set
		}
		s, problems := spec.Parse(file, src, op.Schema())
		if s == nil {
			i := slices.IndexFunc(problems, func(e *spec.Error) bool { return !e.Warning })
			return p.mistake(values, problems[i])
		}
		p.specs = append(p.specs, s)
	}
	return nil
}

// assignments returns the fields that a setting sets, and their values.
func (p *Plan) assignments(values []string) (list [][2]string) {
	for i, v := range values {
		if i > 0 || p.Cases == nil {
			list = append(list, [2]string{p.Fields[i], v})
			continue
		}
		for _, c := range p.Cases {
			if c.Name == v {
				list = append(list, c.Set...)
			}
		}
	}
	return list
}

// flag returns the option that set a field.
func (p *Plan) flag(path string) string {
	if slices.Contains(p.Fields, path) {
		return "--set"
	}
	return "--case"
}

// sets tells whether a field varies that is one of some paths, or below one.
func (p *Plan) sets(paths ...string) bool {
	below := func(field string) bool {
		return slices.ContainsFunc(paths, func(path string) bool {
			return field == path || strings.HasPrefix(field, path+".") || strings.HasPrefix(path, field+".")
		})
	}
	return slices.ContainsFunc(p.Fields, below) || slices.ContainsFunc(p.Cases, func(c Case) bool {
		return slices.ContainsFunc(c.Set, func(f [2]string) bool { return below(f[0]) })
	})
}

// mistake returns the error of a setting that makes no spec.
func (p *Plan) mistake(values []string, e *spec.Error) error {
	text := p.options(values) + ": "
	if e.Subject != "" {
		text += e.Subject + ": "
	}
	text += e.Msg
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return errors.New(text)
}

// options returns the options that make a setting.
func (p *Plan) options(values []string) string {
	if len(values) == 0 {
		return "without --set"
	}
	if p.Cases == nil {
		return "--set " + p.name(values)
	}
	text := "--case " + strconv.Quote(values[0])
	for i, v := range values[1:] {
		text += " --set " + p.Fields[i+1] + "=" + v
	}
	return text
}

// name returns the values of a setting as text.
func (p *Plan) name(values []string) string {
	var parts []string
	for i, v := range values {
		parts = append(parts, p.Fields[i]+"="+v)
	}
	return strings.Join(parts, " ")
}

// sums returns the checksums of the files that the data sections of the settings name.
func (p *Plan) sums(q *project.Project) (map[string]string, error) {
	list, err := q.DataSums()
	if err != nil {
		return nil, err
	}
	if p.sets("data") {
		for _, s := range p.specs {
			more, err := project.Of(s).DataSums()
			if err != nil {
				return nil, err
			}
			maps.Copy(list, more)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%s: the spec has no data: write data: {train: {csv: …}}", q.Spec.File)
	}
	return list, nil
}

// key identifies a plan that is complete: saved, or read.
func (p *Plan) key() string {
	if p.sum == "" {
		p.sum = p.checksum()
	}
	return p.sum
}

func (p *Plan) checksum() string {
	b, err := json.Marshal(p)
	if err != nil {
		panic("BUG: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])[:12]
}

// Save writes the plan to a folder, that of its checksum beside the spec if dir is "". It is an error if the folder
// holds another plan, or none but a file that Collect would write over.
func (p *Plan) Save(dir, specFile string) error {
	if dir == "" {
		q := *p
		q.File = filepath.Base(specFile)
		dir = filepath.Join(filepath.Dir(specFile), "sweeps", q.checksum())
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	file, err := filepath.Abs(specFile)
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(abs, file)
	if err != nil {
		return err
	}
	p.dir, p.File = dir, filepath.ToSlash(rel)
	if old, err := regular.Read(filepath.Join(dir, planFile), maxFile); err == nil {
		q := &Plan{}
		if json.Unmarshal(old, q) != nil || q.key() != p.key() {
			return fmt.Errorf("%s holds another plan: of another spec, other data, another nngen or other options; choose "+
				"another --dir, or remove it", dir)
		}
		return nil
	}
	for _, name := range collected {
		at := filepath.Join(dir, name)
		if _, err := os.Lstat(at); err == nil {
			return fmt.Errorf("%s: there is such a file already, and of no sweep; choose another --dir", at)
		}
	}
	b, err := json.MarshalIndent(p, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, "trials"), 0o755); err != nil {
		return err
	}
	return output.Replace(filepath.Join(dir, planFile), append(b, '\n'))
}

// Is tells whether a folder is that of a sweep.
func Is(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, planFile))
	return err == nil && info.Mode().IsRegular()
}

// Open reads the plan of a folder, and checks that nngen and the data are those that it was made with.
func Open(dir string) (*Plan, *project.Project, error) {
	b, err := regular.Read(filepath.Join(dir, planFile), maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s holds no sweep: nngen sweep plan writes one", dir)
	}
	if err != nil {
		return nil, nil, err
	}
	p := &Plan{dir: dir}
	if err = json.Unmarshal(b, p); err == nil {
		err = p.whole()
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s: not the plan of a sweep: %w", filepath.Join(dir, planFile), err)
	}
	if v := project.Version(); v != p.Nngen {
		return nil, nil, fmt.Errorf("%s: the plan is of nngen %s, and this is %s: trials of both could not be compared", dir,
			p.Nngen, v)
	}
	file := filepath.Join(dir, filepath.FromSlash(p.File))
	s, problems := spec.Parse(file, []byte(p.Spec), op.Schema())
	if s == nil {
		return nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, planFile), problems.Err())
	}
	q := project.Of(s)
	if err := p.parse(file); err != nil {
		return nil, nil, err
	}
	now, err := p.sums(q)
	if err != nil {
		return nil, nil, err
	}
	for name, sum := range p.Data {
		if now[name] != sum {
			return nil, nil,
				fmt.Errorf("%s: %s is not as it was when the plan was made: trials before and after could not be compared", dir,
					name)
		}
	}
	return p, q, nil
}

// whole says what a plan is like that New never makes; nil if it could be one of its.
func (p *Plan) whole() error {
	settings, seeds, folds := len(p.Settings), len(p.Seeds), max(1, p.Folds)
	switch {
	case settings == 0 || seeds == 0:
		return errors.New("it has no settings or no seeds")
	case p.Folds < 0 || settings > most || seeds > most/settings || folds > most/settings/seeds:
		return fmt.Errorf("%d settings × %d seeds × %d folds are not from 1 to %d trials", settings, seeds, p.Folds, most)
	case p.Search == "halving" && p.Eta < 2:
		return fmt.Errorf("halving keeps one of eta settings, and eta is %d", p.Eta)
	}
	for _, values := range p.Settings {
		if len(values) != len(p.Fields) {
			return fmt.Errorf("a setting of %d values, for %d fields", len(values), len(p.Fields))
		}
	}
	return nil
}

// Dir returns the folder of the sweep.
func (p *Plan) Dir() string { return p.dir }

// Len returns the number of trials.
func (p *Plan) Len() int { return len(p.Settings) * len(p.Seeds) * max(1, p.Folds) }

// trial is the place of trial i, from 0.
type trial struct{ setting, seed, fold int }

func (p *Plan) trial(i int) trial {
	folds := max(1, p.Folds)
	return trial{i / (folds * len(p.Seeds)), i / folds % len(p.Seeds), i % folds}
}
