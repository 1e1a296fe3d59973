package sweep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/output"
	"github.com/nngen/nngen/codegen/project"
	"github.com/nngen/nngen/codegen/regular"
	"github.com/nngen/nngen/codegen/train"
	"github.com/nngen/nngen/spec"
)

// Result is what a trial came to, one line of results.jsonl.
type Result struct {
	Plan    string             `json:"plan"` // its key
	Trial   int                `json:"trial"`
	Setting int                `json:"setting"`
	Values  map[string]string  `json:"values"` // by field
	Seed    uint64             `json:"seed"`
	Fold    *int               `json:"fold,omitempty"`
	Limit   int                `json:"epoch_limit"` // most epochs
	Epochs  int                `json:"epochs,omitempty"`
	Best    int                `json:"best,omitempty"` // epoch whose weights were kept; 0 for the last
	Metrics map[string]float64 `json:"metrics,omitempty"`
	Lower   []string           `json:"lower,omitempty"` // metrics of which lower is better
	Failure string             `json:"failure,omitempty"`
	// Parameters is the number of trainable parameters, Training the plan's metric on the training set in the epoch
	// that was kept; nil if that was not measured.
	Parameters int      `json:"parameters,omitempty"`
	Training   *float64 `json:"training,omitempty"`
	// Curve has a value for each epoch under lr and the names of metrics, Path the two numbers of a network that has
	// just those, before the first step and after each, as far as they are finite. They are in the files of trials
	// alone, not in results.jsonl.
	Curve map[string][]*float64 `json:"curve,omitempty"`
	Path  [][]float32           `json:"path,omitempty"`

	file string // that it was read from
}

// Runner runs trials of a plan.
type Runner struct {
	Plan    *Plan
	Project *project.Project
	Jobs    int // processes side by side; 0 for the cores
	// OnResult is called after each trial, with the number of those done and of all that this call runs.
	OnResult func(r *Result, done, all int)
	// OnKept is called before, if some trials have a result already, with their number and that of all asked for.
	OnKept func(kept, all int)

	workers  int // processors of a trial
	once     sync.Mutex
	programs map[string]*built
	sets     map[string]*loaded
}

// built is a program that trials share.
type built struct {
	sync.Once
	settings []int // in the order of the program's
	program  *train.Program
	err      error
	left     int // trials that need it yet
}

// loaded are sets that trials share.
type loaded struct {
	sync.Once
	sets *data.Sets
	err  error
}

// file returns the place of the result of a trial with a limit of epochs, 0 for that of its spec.
func (p *Plan) file(i, epochs int) string {
	name := fmt.Sprintf("%06d.json", i)
	if epochs > 0 {
		name = fmt.Sprintf("%06d-%d.json", i, epochs)
	}
	return filepath.Join(p.dir, "trials", name)
}

// progress returns the place of the progress of a trial that successive halving trains on.
func (p *Plan) progress(i int) string {
	return filepath.Join(p.dir, "trials", fmt.Sprintf("%06d.progress", i))
}

// forget removes the progress of trials, but for those of some settings: no others are trained on.
func (p *Plan) forget(but []int) {
	files, _ := os.ReadDir(filepath.Join(p.dir, "trials"))
	for _, f := range files {
		number, suffix, _ := strings.Cut(f.Name(), ".")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= p.Len() || !strings.HasPrefix(suffix, "progress") {
			continue
		}
		if _, stays := slices.BinarySearch(but, p.trial(i).setting); !stays {
			os.Remove(filepath.Join(p.dir, "trials", f.Name()))
		}
	}
}

// result reads the result of a trial; nil if it has none that is of this plan.
func (p *Plan) result(i, epochs int) *Result {
	b, err := regular.Read(p.file(i, epochs), maxFile)
	r := &Result{}
	if err != nil || json.Unmarshal(b, r) != nil || r.Plan != p.key() || r.Trial != i {
		return nil
	}
	return r
}

// Run runs the trials of a list that have no result yet, each with a limit of epochs, 0 for that of its spec. It
// returns an error as soon as a trial can't be run: a training that diverges is a result.
func (r *Runner) Run(ctx context.Context, trials []int, epochs func(setting int) int) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var missing []int
	for _, i := range trials {
		if r.Plan.result(i, epochs(r.Plan.trial(i).setting)) == nil {
			missing = append(missing, i)
		}
	}
	if kept := len(trials) - len(missing); kept > 0 && r.OnKept != nil {
		r.OnKept(kept, len(trials))
	}
	r.programs, r.sets = map[string]*built{}, map[string]*loaded{}
	for _, i := range missing {
		r.shared(r.Plan.trial(i).setting).left++
	}
	defer func() {
		for _, b := range r.programs {
			if b.program != nil {
				b.program.Close()
			}
		}
	}()
	jobs := r.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	jobs = min(jobs, len(missing))
	r.workers = max(1, runtime.GOMAXPROCS(0)/max(1, jobs)) // trainings side by side share the processors
	next := make(chan int)
	var wait sync.WaitGroup
	done := 0
	for range jobs {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range next {
				res, err := r.one(ctx, i, epochs(r.Plan.trial(i).setting))
				if err != nil {
					stop(fmt.Errorf("trial %d (%s): %w", i, r.Plan.name(r.Plan.Settings[r.Plan.trial(i).setting]), err))
					return
				}
				r.once.Lock()
				if done++; r.OnResult != nil {
					r.OnResult(res, done, len(missing))
				}
				r.once.Unlock()
			}
		}()
	}
	for _, i := range missing {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wait.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return r.saveSurface(ctx)
}

// shared returns the program of a setting, which has the setting among its own if it is not built yet.
func (r *Runner) shared(setting int) *built {
	key := train.Shared(r.Plan.specs[setting])
	b := r.programs[key]
	if b == nil {
		b = &built{}
		r.programs[key] = b
	}
	if b.program == nil && !slices.Contains(b.settings, setting) {
		b.settings = append(b.settings, setting)
	}
	return b
}

// build builds a program that is not built yet.
func (r *Runner) build(ctx context.Context, b *built) (*train.Program, error) {
	b.Do(func() {
		q := *r.Project
		var specs []*spec.Spec
		for _, k := range b.settings {
			specs = append(specs, r.Plan.specs[k])
		}
		if b.program, b.err = train.BuildFor(ctx, &q, specs); b.err == nil {
			b.program.Workers = r.workers
		}
	})
	return b.program, b.err
}

// one runs a trial and writes its result.
func (r *Runner) one(ctx context.Context, i, epochs int) (*Result, error) {
	p, t := r.Plan, r.Plan.trial(i)
	s := p.specs[t.setting]
	b := r.programs[train.Shared(s)]
	program, err := r.build(ctx, b)
	if err != nil {
		return nil, err
	}
	sets, err := r.load(t)
	if err != nil {
		return nil, err
	}
	res := &Result{Plan: p.key(), Trial: i, Setting: t.setting, Values: map[string]string{},
		Seed: p.Seeds[t.seed], Limit: epochs, Parameters: program.Parameters(), Curve: map[string][]*float64{}}
	if res.Limit == 0 {
		res.Limit = s.Training.Epochs
	}
	for k, v := range p.Settings[t.setting] {
		res.Values[p.Fields[k]] = v
	}
	if p.Folds > 0 {
		res.Fold = &t.fold
	}
	todo := train.Trial{Setting: slices.Index(b.settings, t.setting), Seed: res.Seed, Epochs: s.Training.Epochs,
		Until: epochs,
		Trace: program.Numbers() == 2}
	if p.Search == "halving" {
		todo.Progress, todo.Note = p.progress(i), p.key()
	}
	score, err := program.Score(ctx, sets, todo)
	var diverged *train.DivergedError
	switch {
	case errors.As(err, &diverged):
		res.Failure = err.Error()
	case err != nil:
		return nil, err
	default:
		if err := res.measure(p.Metric, score); err != nil {
			return nil, err
		}
	}
	res.Path = score.Path
	for _, e := range score.Curve.All() {
		for i, name := range e.Names {
			if v := e.Values[i]; v-v != 0 {
				res.Curve[name] = append(res.Curve[name], nil)
			} else {
				res.Curve[name] = append(res.Curve[name], &v)
			}
		}
	}
	delete(res.Curve, "epoch")
	line, err := json.Marshal(res)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(p.dir, "trials"), 0o755); err != nil {
		return nil, err
	}
	if err := output.Replace(p.file(i, epochs), append(line, '\n')); err != nil {
		return nil, err
	}
	r.once.Lock()
	defer r.once.Unlock()
	if b.left--; b.left == 0 && program.Numbers() != 2 { // that of two has a surface yet to be computed
		program.Close()
		b.program = nil
	}
	return res, nil
}

// measure takes the metrics of a score.
func (res *Result) measure(metric string, score *train.Score) error {
	var names []string
	res.Epochs, res.Best, res.Metrics = score.Curve.Len(), score.Best, map[string]float64{}
	for _, m := range score.Metrics {
		names = append(names, m.Name)
		if m.Value == nil {
			continue
		}
		res.Metrics[m.Name] = *m.Value
		if m.Lower {
			res.Lower = append(res.Lower, m.Name)
		}
	}
	if _, ok := res.Metrics[metric]; !ok {
		return fmt.Errorf("--metric %s is not measured; there are %s", metric, strings.Join(names, ", "))
	}
	res.Training = score.Training(metric)
	return nil
}

// load returns the sets of a trial. Those of trials with the same fold are read once if their settings agree in what
// the data must fit.
func (r *Runner) load(t trial) (*data.Sets, error) {
	p := r.Plan
	s := p.specs[t.setting]
	network, problems := net.Build(s, r.Project.Files())
	if err := problems.Err(); err != nil {
		return nil, err
	}
	key := fmt.Sprint(t.fold, "\n", train.Outputs(network), "\n", s.Training.ValidationSplit, s.Training.ClassWeights)
	if p.sets("data", "input", "inputs", "preprocess") {
		key = fmt.Sprint(t.fold, "\n", t.setting)
	}
	r.once.Lock()
	l := r.sets[key]
	if l == nil {
		l = &loaded{}
		r.sets[key] = l
	}
	r.once.Unlock()
	l.Do(func() {
		o := data.Options{Groups: p.Groups}
		if p.Folds > 0 {
			o.Fold = &data.Fold{K: p.Folds, I: t.fold}
		}
		l.sets, l.err = data.Load(s, r.Project.Base, network, s.Training.Seed, o)
		if l.err == nil && l.sets.Held.N == 0 && l.sets.Validation.N == 0 {
			l.err = errors.New("no examples are held out to compare settings by: write --folds 5, or a larger training: " +
				"{validation_split: …}")
		}
	})
	return l.sets, l.err
}

// Round runs the trials of a stage of successive halving, its number being from 1 on: those of some numbers, from 0 on
// in the stage, or all if numbers is nil. Trials go on from where the stage before stopped them, to the bits of a
// training that never was. A setting that is not trained on leaves no progress. It is an error if the stage before is
// not over.
func (r *Runner) Round(ctx context.Context, number int, numbers []int) error {
	p := r.Plan
	stage, err := p.round(number)
	if err != nil {
		return err
	}
	trials := stage.trials()
	if numbers != nil {
		var some []int
		for _, n := range numbers {
			some = append(some, trials[n])
		}
		trials = some
	}
	p.forget(stage.settings)
	if err := r.Run(ctx, trials, stage.epochs); err != nil {
		return err
	}
	if number == len(p.Rounds()) && p.complete(stage) { // there is no more to train
		p.forget(nil)
	}
	return nil
}

// Halve runs a plan by successive halving: all settings for few epochs of their trainings, then the best of them on
// from there, until the best ones come to the end. Source: Jamieson and Talwalkar, Non-stochastic best arm
// identification and hyperparameter optimization, 2016.
func (r *Runner) Halve(ctx context.Context) error {
	for k := range r.Plan.Rounds() {
		if err := r.Round(ctx, k+1, nil); err != nil {
			return err
		}
	}
	return nil
}

// All returns the numbers of all trials.
func (p *Plan) All() []int {
	list := make([]int, p.Len())
	for i := range list {
		list[i] = i
	}
	return list
}

// Describe says in a line what a trial was and came to.
func (p *Plan) Describe(r *Result) string {
	text := fmt.Sprintf("trial %d", r.Trial)
	if name := p.name(p.Settings[r.Setting]); name != "" {
		text += "  " + name
	}
	text += fmt.Sprintf("  seed %d", r.Seed)
	if r.Fold != nil {
		text += fmt.Sprintf("  fold %d", *r.Fold)
	}
	if r.Failure != "" {
		return text + "  diverged"
	}
	return text + fmt.Sprintf("  %s %s after %s", p.Metric, plain(r.Metrics[p.Metric], 4), spec.Count(r.Epochs, "epoch"))
}
