// Package fit is the training loop around a generated training package: epochs of shuffled batches,
// learning-rate schedules, validation, early stopping, metrics.
//
// Everything is a function of the seed: the same data, options and seed give the same weights, bit
// for bit, on every machine.
package fit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/rng"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/runtime/vec"
)

// ShuffleStream is the stream of random numbers that orders the examples of an epoch.
const ShuffleStream = 0

// Set is a set of examples: for each input and each target of the network the numbers of all
// examples, one example after another, and their weights, nil if each counts 1. Where the outputs have
// several steps, each step of an example has a weight.
type Set struct {
	N int
	X [][]float32
	Y [][]float32
	W []float32
}

// Trainer is what Fit drives, as generated training packages make it: what there is to do, the sizes of the network, views
// of its numbers, and what a progress holds beside them. A field that comes to mean something else takes another name, so
// that a package generated for the former meaning does not compile.
type Trainer struct {
	// Gradient computes the objective of a batch, which it returns, and the gradients.
	Gradient func(b Set) float64
	// Apply takes a step by the gradients at the rate LR.
	Apply func()
	// Evaluate computes the outputs of at most Piece examples as in inference, and returns their summed loss.
	Evaluate func(b Set, out [][]float32) float64
	// NonFinite repeats the gradient of b, and says what holds the first number that is not finite, as FindNonFinite
	// does; "" if all are finite.
	NonFinite func(b Set) string
	// Begin takes something from the training set before the first step; nil if there is nothing to do.
	Begin func(train Set) //nngen:if begins
	// Running returns the statistics of norms over the batch, which Gradient moves; nil without such norms.
	Running func() []Running //nngen:if norms
	Outputs func() []Output  // what is measured of each, in the order of Set.Y, with the thresholds of the model as it is

	Inputs    []int       // numbers of one example of each input, in the order of Set.X
	Tokens    []int       // of inputs of tokens the rows of the table, of others 0; nil if there are none //nngen:if tokens
	Piece     int         // the most examples of Evaluate
	State     [][]float32 // all numbers that make the model
	Gradients []float32   // what the last Gradient left
	Optimizer [][]float32 // the state of the optimizer

	Spec          string // checksum of the network
	Seed, Updates *uint64
	LR            *float64
}

// tokens says that a network looks tokens up.
const tokens = true //nngen:part Tokens

// begins says that a trainer takes something from the training set, norms that it has norms over the batch.
const (
	begins = true //nngen:part Begin
	norms  = true //nngen:part Running
)

// Output describes one output for the metrics.
type Output struct {
	Name  string
	Task  string // Regression, Binary or Multiclass
	Width int    // numbers of one example
	Steps int    // rows of one example, each a prediction; 0 stands for 1 //nngen:if stepped
	// Threshold is the probability from which on the second of two classes is chosen; 0 stands for 0.5.
	Threshold float32 //nngen:if binary
	// Quantiles are those that the output foretells, in a block of units for each; metrics are of the one nearest to ½.
	Quantiles []float32 //nngen:if quantiles
	// Targets says which targets the loss gives a meaning.
	Targets Targets
	// Metrics are those that options and evaluations may name, in the order of reports.
	Metrics []Measured
}

// steps returns the number of rows of one example.
func (o Output) steps() int {
	if stepped {
		return max(1, o.Steps)
	}
	return 1
}

// stepped says that an output has several rows for an example.
const stepped = true //nngen:part Steps

// Options steer Fit.
type Options struct {
	Epochs    int
	BatchSize int // examples of a step; 0 for all
	Seed      uint64
	Shuffle   bool
	LR        float64        // before any schedule
	Schedule  Schedule       // nil for a constant rate
	Stop      *EarlyStopping //nngen:if stopping
	Average   Averaging      // nil to measure and keep the weights that are trained //nngen:if averages
	Metrics   []string       // beside the loss; nil for the tasks' own
	// OnEpoch is called after every epoch, with the context of Fit, while the trainer holds the weights that were
	// measured: their average, if there is one. An error ends the training, ErrStop without being returned.
	OnEpoch func(ctx context.Context, e Epoch) error
	// OnStep is called after every step with the number of examples seen in this epoch.
	OnStep func(ctx context.Context, epoch, seen int, loss, lr float64) error
	// OnProgress is called, between two steps, with all that is needed to go on from there: after every epoch and every
	// ProgressEvery, but no more often than takes a twentieth of the time, and in any case at the end, be it that of
	// ctx. The arrays of the progress are views, see its Clone and Save.
	OnProgress    func(*Progress) error
	ProgressEvery time.Duration // 0 for a minute
	// Resume, if not nil, is where the training goes on: to the bits of one that was never interrupted. The network,
	// the sets and the options must be those of that training; callbacks may be others, and Epochs any that Resume is
	// within.
	Resume *Progress
}

// ErrStop, returned by a callback, ends the training as if it had run to its end.
var ErrStop = errors.New("fit: stopped by a callback")

// Epoch is what is known after one epoch.
type Epoch struct {
	Epoch   int     // from 1
	LR      float64 // of the last step
	Metrics []Metric
}

// Metric is a measured number: loss, accuracy, val_loss, …
type Metric struct {
	Name  string
	Value float64
	Lower bool // whether lower is better
}

// Get returns a metric by name, and whether there is one.
func (e Epoch) Get(name string) (float64, bool) {
	m, ok := e.find(name)
	return m.Value, ok
}

func (e Epoch) find(name string) (m Metric, ok bool) {
	if i := slices.IndexFunc(e.Metrics, func(m Metric) bool { return m.Name == name }); i >= 0 {
		return e.Metrics[i], true
	}
	return m, false
}

// History is the outcome of a training.
type History struct {
	Epochs  []Epoch
	Best    int  // the epoch, from 1, whose state was kept; 0 if the last one's was
	Stopped bool // by EarlyStopping
}

// Fit trains t on train; val, which may be empty, is for validation only. It returns what it measured
// after each epoch: the mean loss of the training steps, loss and metrics of val, and the metrics of train
// that early stopping or the schedule monitor. It is an error, and nothing is trained, if a set does not have
// the numbers that its examples need, or others than that, or an option means nothing. It is an error, which names
// epoch, step and layer or tensor, once a loss, a gradient, a number of the model or of the optimizer, or a metric is
// no longer finite; but for what an update made, and for statistics that a gradient moves, the model is then as it was
// before that step. If ctx ends, Fit stops after the step in progress, restores the best state if early stopping asks
// for that, and returns ctx's error with the history so far.
func Fit(ctx context.Context, t Trainer, train, val Set, o Options) (History, error) {
	err := cmp.Or(check(t, "the training set", train, 1), check(t, "the validation set", val, 0), o.check(t))
	if err != nil {
		return History{}, err
	}
	if begins && t.Begin != nil {
		t.Begin(train)
	}
	l := newLoop(t, train, val, o)
	if o.OnProgress != nil || o.Resume != nil {
		l.from = l.origin()
	}
	if o.Resume != nil {
		if err := l.resume(o.Resume); err != nil {
			return History{}, err
		}
	}
	err = l.run(ctx)
	if errors.Is(err, ErrStop) {
		if averages {
			l.average.hide(t)
		}
		if err = l.offer(true); errors.Is(err, ErrStop) {
			err = nil
		}
	}
	if averages {
		l.average.show(t)
	}
	if stopping && l.stop != nil {
		l.history.Best = l.stop.restore(t)
	}
	return l.history, err
}

// check verifies that a set has at least so many examples, has as many numbers as they need, and that they mean something.
func check(t Trainer, what string, s Set, least int) error {
	outputs := t.Outputs()
	switch {
	case s.N < 0 || s.N < least:
		return fmt.Errorf("fit: %s has %d examples, want at least %d", what, s.N, least)
	case s.N == 0:
		return nil
	case len(s.X) != len(t.Inputs) || len(s.Y) != len(outputs):
		return fmt.Errorf("fit: %s has %d inputs and %d targets, the network has %d and %d", what, len(s.X), len(s.Y),
			len(t.Inputs), len(outputs))
	}
	for i, width := range t.Inputs {
		if want := s.N * width; len(s.X[i]) != want {
			return fmt.Errorf("fit: input %d of %s has %d numbers, want %d: %d for each of %d examples", i, what, len(s.X[i]), want, width, s.N)
		}
		if tokens && t.Tokens != nil {
			if err := checkTokens(what, i, s.X[i], width, t.Tokens[i]); err != nil {
				return err
			}
		}
		for k, v := range s.X[i] {
			if v-v != 0 {
				return fmt.Errorf("fit: input %d of %s: number %d of example %d is %v", i, what, k%width, k/width, v)
			}
		}
	}
	if err := checkWeights(what, s, outputs[0].steps()); err != nil {
		return err
	}
	for i, o := range outputs {
		if want := s.N * o.Width; len(s.Y[i]) != want {
			return fmt.Errorf("fit: target %q of %s has %d numbers, want %d: %d for each of %d examples", o.Name, what, len(s.Y[i]), want, o.Width, s.N)
		}
		if problem := o.check(s.Y[i], s.W); problem != "" {
			return fmt.Errorf("fit: target %q of %s: %s", o.Name, what, problem)
		}
	}
	return nil
}

// checkWeights verifies that a set has as many weights as its examples have steps, if it has some, and that they are some.
func checkWeights(what string, s Set, steps int) error {
	if want := s.N * steps; s.W != nil && len(s.W) != want {
		return fmt.Errorf("fit: %s has %d weights, want %d", what, len(s.W), want)
	}
	sum := 0.0
	for i, w := range s.W {
		if sum += float64(w); !(w >= 0) || w-w != 0 {
			return fmt.Errorf("fit: weight %d of %s is %v, want a number from 0 on", i, what, w)
		}
	}
	if s.W != nil && sum == 0 {
		return fmt.Errorf("fit: all weights of %s are 0, so that no example counts", what)
	}
	return nil
}

// check verifies that options mean something for a trainer.
func (o Options) check(t Trainer) error {
	switch {
	case o.Epochs < 0:
		return fmt.Errorf("fit: %d epochs", o.Epochs)
	case o.BatchSize < 0:
		return fmt.Errorf("fit: batches of %d examples; 0 stands for all", o.BatchSize)
	case !(o.LR >= 0) || !finite(o.LR):
		return fmt.Errorf("fit: a learning rate of %v, want one from 0 on", o.LR)
	}
	if averages && o.Average != nil {
		if err := o.Average.check(); err != nil {
			return err
		}
	}
	if divisors {
		if n, ok := length(o.Schedule); ok && n <= 0 {
			return fmt.Errorf("fit: a schedule %T with %d steps or epochs", o.Schedule, n)
		}
	}
	if monitoring {
		known := Monitors(t.Outputs())
		for _, m := range o.monitored() {
			if !slices.Contains(known, m) {
				return fmt.Errorf("fit: no metric %q to monitor; there are %s, and each with val_ in front", m, strings.Join(known[:len(known)/2], ", "))
			}
		}
	}
	return checkMetrics(t, o.Metrics)
}

// monitoring says that early stopping or the schedule may go by metrics.
const monitoring = true //nngen:part EarlyStopping .monitors

// monitored returns the names of the metrics that early stopping and the schedule go by.
func (o Options) monitored() []string {
	var names []string
	if stopping && o.Stop != nil {
		names = append(append(names, o.Stop.Monitor), o.Stop.Others...)
	}
	if plateaus {
		if s, ok := innermost(o.Schedule).(monitor); ok {
			names = append(names, s.monitors())
		}
	}
	return names
}

// loop is the state of one Fit.
type loop struct {
	t          Trainer
	train, val Set
	o          Options
	onTrain    []string // monitored metrics of the training set beside its loss //nngen:if monitoring
	onVal      []string // and of the validation set
	order      []int32
	batch      Set // room for one batch
	step       int
	epoch      int      // epochs that are over
	seen       int      // examples of the epoch under way
	sum        float64  // of their losses
	stop       *stopper //nngen:if stopping
	average    averager //nngen:if averages
	history    History
	sound      bool // all numbers of the model were finite when run began

	from          origin
	next          time.Time // before which OnProgress would take too much time
	lastProgress  time.Time
	progressEvery time.Duration
}

func newLoop(t Trainer, train, val Set, o Options) *loop {
	if o.BatchSize <= 0 || o.BatchSize > train.N {
		o.BatchSize = train.N
	}
	if o.Schedule == nil {
		o.Schedule = Constant{}
	}
	l := &loop{t: t, train: train, val: val, o: o, order: make([]int32, train.N)}
	l.batch = train.each(o.BatchSize, func(_ []float32, width int) []float32 { return make([]float32, o.BatchSize*width) })
	if l.progressEvery = o.ProgressEvery; l.progressEvery <= 0 {
		l.progressEvery = time.Minute
	}
	if stopping && o.Stop != nil {
		l.stop = newStopper(*o.Stop)
	}
	if averages {
		l.average = noAverage{}
		if o.Average != nil {
			l.average = o.Average.begin()
		}
	}
	if monitoring {
		l.monitor()
	}
	return l
}

// monitor notes which metrics are measured although Metrics does not ask for them.
func (l *loop) monitor() {
	known := Monitors(l.t.Outputs())
	known = known[:len(known)/2] // those of the training set: an output may be named val_…
	for _, m := range l.o.monitored() {
		switch {
		case m == "loss" || m == "val_loss": // measured in any case
		case slices.Contains(known, m):
			l.onTrain = append(l.onTrain, m)
		default:
			l.onVal = append(l.onVal, strings.TrimPrefix(m, "val_"))
		}
	}
}

func (l *loop) run(ctx context.Context) error {
	steps := (l.train.N + l.o.BatchSize - 1) / l.o.BatchSize
	l.lastProgress = time.Now()
	l.sound, _ = look(l.t.State)
	for epoch := l.epoch + 1; epoch <= l.o.Epochs && !l.history.Stopped; epoch++ {
		for i := range l.order {
			l.order[i] = int32(i)
		}
		if l.o.Shuffle {
			rng.Perm(l.order, l.o.Seed, ShuffleStream, uint64(epoch))
		}
		lr := 0.0
		if l.seen == l.train.N { // it is resumed behind its last step
			lr = l.rate(epoch, l.step-1, steps)
		}
		for l.seen < l.train.N {
			if err := ctx.Err(); err != nil {
				return l.interrupted(err)
			}
			if time.Since(l.lastProgress) > l.progressEvery {
				if err := l.offer(false); err != nil {
					return err
				}
			}
			b := l.gather(l.order[l.seen:min(l.seen+l.o.BatchSize, l.train.N)])
			lr = l.rate(epoch, l.step, steps)
			loss, err := l.take(epoch, b, lr)
			if err != nil {
				return err
			}
			l.sum += float64(loss * float64(b.N))
			l.seen += b.N
			if averages {
				l.average.step(l.t, epoch)
			}
			if l.o.OnStep != nil {
				if err := l.o.OnStep(ctx, epoch, l.seen, loss, lr); err != nil {
					return err
				}
			}
		}
		if averages {
			if err := l.average.end(ctx, l.t, l.train, epoch); err != nil {
				l.average.hide(l.t)
				return l.interrupted(err)
			}
		}
		e, err := l.measure(ctx, epoch, lr, l.sum/float64(l.train.N))
		if err != nil {
			if averages {
				l.average.hide(l.t)
			}
			return l.interrupted(err)
		}
		l.history.Epochs = append(l.history.Epochs, e)
		l.epoch, l.seen, l.sum = epoch, 0, 0
		if stopping {
			l.history.Stopped = l.stop != nil && l.stop.observe(l.t, e)
		}
		if p, ok := l.o.Schedule.(Observer); ok {
			p.Observe(e)
		}
		if l.o.OnEpoch != nil {
			if err := l.o.OnEpoch(ctx, e); err != nil {
				return err
			}
		}
		if averages {
			l.average.hide(l.t)
		}
		if err := l.offer(l.history.Stopped || epoch == l.o.Epochs); err != nil {
			return err
		}
	}
	return nil
}

// take takes a step on a batch, and returns the objective before it. It is an error if a number is not finite then.
func (l *loop) take(epoch int, b Set, lr float64) (float64, error) {
	loss := l.t.Gradient(b)
	if !finite(loss) {
		return loss, l.diverged(epoch, l.step+1, b, fmt.Sprint("loss is ", loss))
	}
	finiteGradient, smallGradient := look([][]float32{l.t.Gradients})
	if !finiteGradient {
		return loss, l.diverged(epoch, l.step+1, b, "a gradient is not finite")
	}
	*l.t.LR = lr
	l.t.Apply()
	l.step++
	finiteState, smallState := look(l.t.State)
	if !finiteState {
		return loss, l.diverged(epoch, l.step, b, "the update is not finite")
	}
	if smallGradient && smallState { // then no number of the optimizer can overflow
		return loss, nil
	}
	if ok, _ := look(l.t.Optimizer); !ok {
		return loss, l.diverged(epoch, l.step, b, "the state of the optimizer is not finite")
	}
	return loss, nil
}

// rate returns the learning rate of a step.
func (l *loop) rate(epoch, step, steps int) float64 {
	lr := l.o.Schedule.Rate(l.o.LR, Time{Step: step, StepsPerEpoch: steps, Epochs: l.o.Epochs})
	if averages {
		lr = l.average.rate(epoch, lr)
	}
	return lr
}

// interrupted hands the progress out if the training ends for an error that is the end of its context, and returns
// that.
func (l *loop) interrupted(err error) error {
	if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if e := l.offer(true); e != nil {
		return errors.Join(err, e)
	}
	return err
}

// offer hands the progress out: if it must, or the time for it has come. One with numbers that are not finite is none
// to go on from: that before it stays the last.
func (l *loop) offer(must bool) error {
	if l.o.OnProgress == nil {
		return nil
	}
	start := time.Now()
	if !must && start.Before(l.next) {
		return nil
	}
	if ok, _ := look(l.t.State); !ok {
		return nil
	}
	err := l.o.OnProgress(l.progress())
	l.lastProgress = time.Now()
	l.next = l.lastProgress.Add(19 * l.lastProgress.Sub(start)) // so that it takes a twentieth of the time
	return err
}

// measure returns what is known after an epoch. It is an error if some of it is not finite.
func (l *loop) measure(ctx context.Context, epoch int, lr, loss float64) (Epoch, error) {
	e := Epoch{Epoch: epoch, LR: lr}
	if before := l.history.Epochs; len(before) > 0 { // there may be millions
		e.Metrics = make([]Metric, 0, len(before[len(before)-1].Metrics))
	}
	e.Metrics = append(e.Metrics, Metric{Name: "loss", Value: loss, Lower: true})
	if monitoring && len(l.onTrain) > 0 {
		more, err := evaluate(ctx, l.t, l.train, []string{}, l.onTrain)
		if err != nil {
			return e, err
		}
		e.Metrics = append(e.Metrics, more[1:]...)
	}
	if l.val.N > 0 {
		more, err := evaluate(ctx, l.t, l.val, l.o.Metrics, l.onVal)
		if err != nil {
			return e, err
		}
		for _, m := range more {
			if m.Name = "val_" + m.Name; !finite(m.Value) {
				return e, l.diverged(epoch, l.step, l.val, fmt.Sprintf("%s is %v", m.Name, m.Value))
			}
			e.Metrics = append(e.Metrics, m)
		}
	}
	return e, nil
}

// diverged returns the error that ends a training whose numbers are no longer any; those of b show where.
func (l *loop) diverged(epoch, step int, b Set, what string) error {
	where := l.t.NonFinite(b)
	switch {
	case where == "":
		where = "the loss"
	case !l.sound:
		where += ", from before the training"
	}
	help := "lower the learning rate, or bound the norm of gradients: training: {clip_norm: 1}"
	switch {
	case !l.sound:
		help = "begin with weights that are finite"
	case l.step == 0: // which neither changes
		help = "no weight was changed yet: bring the inputs to a common scale: preprocess: [standardize]; or replace activations that grow without a bound, as exp does"
	}
	return fmt.Errorf("epoch %d, step %d: %s: the training diverged; the first numbers that are not finite are in %s; %s",
		epoch, step, what, where, help)
}

// finite tells whether v is neither infinite nor NaN.
func finite(v float64) bool { return v-v == 0 }

// look tells whether all numbers of some arrays are finite, and whether all arrays are small, which takes no time then.
func look(arrays [][]float32) (areFinite, small bool) {
	small = true
	for _, x := range arrays {
		if cpu.HasSIMD() && allSmall(x) { // else the other is faster
			continue
		}
		small = false
		if slices.ContainsFunc(x, func(v float32) bool { return v-v != 0 }) {
			return false, false
		}
	}
	return true, small
}

// allSmall tells, fast, whether the sums of the squares of parts of x are below 2⁸⁰: all numbers are finite then, and
// where weights and gradients are so small, the averages and sums of gradients and their squares that optimizers keep
// are too, for 2⁴⁷ steps, since float32 ends at 2¹²⁸. The parts are so short that no kernel keeps Go from interrupting
// it for long.
func allSmall(x []float32) bool {
	for len(x) > 0 {
		part := x[:min(len(x), 1<<16)]
		if !(vec.SumSquares(part) < 1<<80) {
			return false
		}
		x = x[len(part):]
	}
	return true
}

// Watch notes the first array, of those that it is shown while it is on, with a number that is not finite.
type Watch struct {
	On    bool
	First string  // its name; "" if all were finite
	Value float32 // the number
}

// See shows an array. While the watch is off it costs next to nothing.
func (w *Watch) See(name string, x []float32) {
	if w.On && w.First == "" {
		w.see(name, x)
	}
}

func (w *Watch) see(name string, x []float32) {
	if i := slices.IndexFunc(x, func(v float32) bool { return v-v != 0 }); i >= 0 {
		w.First, w.Value = name, x[i]
	}
}

// Trained are the arrays of a training: the tensors of Weights, Optimizer and Gradients. Those of the optimizer that are as
// long as Gradients are in their order, which is that of Flat; Named are the tensors that Flat is the memory of.
type Trained struct {
	Weights, Named  []safetensors.Tensor
	Flat, Gradients []float32
	Optimizer       [][]float32
}

// FindNonFinite says what holds the first number that is not finite: the last of the tensors that have one, since
// gradients run backwards, or the state of the optimizer; or else the output of the first layer that gradient, which
// computes the gradients, shows to w, with the tensor of that layer that has the greatest numbers; or else the last
// gradient. It is "" if all are finite. What w is it is no longer, and what Flat holds neither.
func FindNonFinite(t Trained, w *Watch, gradient func()) string {
	defer func() { *w = Watch{} }()
	*w = Watch{On: true}
	see := func(what string, tensors []safetensors.Tensor) {
		for i := len(tensors) - 1; i >= 0; i-- {
			w.See(what+tensors[i].Name, tensors[i].Data)
		}
	}
	see("parameter ", t.Weights)
	for _, x := range t.Optimizer {
		if len(x) != len(t.Gradients) {
			w.See("the state of the optimizer", x)
			continue
		}
		copy(t.Flat, x)
		see("the state of the optimizer of ", t.Named)
	}
	if w.First == "" {
		gradient()
		if layer := w.First; layer != "" {
			return fmt.Sprintf("the output of %s (%v)", layer, w.Value) + greatest(t.Weights, strings.TrimPrefix(layer, "layer "))
		}
		copy(t.Flat, t.Gradients)
		see("the gradient of ", t.Named)
	}
	if w.First == "" {
		return ""
	}
	return fmt.Sprintf("%s (%v)", w.First, w.Value)
}

// greatest says which tensor of a layer has the greatest numbers, "" if it has none.
func greatest(tensors []safetensors.Tensor, layer string) string {
	most, name := float32(-1), ""
	for _, t := range tensors {
		if of, ok := strings.CutPrefix(t.Name, layer+"."); !ok || strings.Contains(of, ".") {
			continue
		}
		for _, v := range t.Data {
			if v = max(v, -v); v > most {
				most, name = v, t.Name
			}
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(", whose parameter %s reaches %.3g", name, most)
}

// gather copies examples next to each other.
func (l *loop) gather(order []int32) Set {
	b, from := l.batch.Slice(0, len(order)), l.train.arrays()
	for k, x := range b.arrays() {
		width := len(x) / len(order)
		for i, at := range order {
			copy(x[i*width:(i+1)*width], from[k][int(at)*width:])
		}
	}
	return b
}

// Slice returns examples [from, to) of a set, sharing its memory.
func (s Set) Slice(from, to int) Set {
	return s.each(to-from, func(x []float32, width int) []float32 { return x[from*width : to*width] })
}

// arrays returns those of a set; that of the weights, the last, may be nil.
func (s Set) arrays() [][]float32 { return slices.Concat(s.X, s.Y, [][]float32{s.W}) }

// each returns a set of n examples whose arrays f makes of those of s, given how many numbers belong to an example.
func (s Set) each(n int, f func(x []float32, width int) []float32) Set {
	all := func(xs [][]float32) (out [][]float32) {
		for _, x := range xs {
			out = append(out, f(x, len(x)/s.N))
		}
		return out
	}
	r := Set{N: n, X: all(s.X), Y: all(s.Y)}
	if s.W != nil {
		r.W = f(s.W, len(s.W)/s.N)
	}
	return r
}
