package fit

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/bits"
	"os"
	"slices"
	"testing"
)

// replay is a Trainer whose steps set its numbers to those of a training that is over.
type replay struct {
	steps   [][]float64
	at      int
	now     []float32
	updates uint64
	seed    uint64
	lr      float64
}

func (r *replay) Gradient(Set) float64 { return 1 }
func (r *replay) Gradients() []float32 { return nil }
func (r *replay) Update(float64) {
	for i, v := range r.steps[r.at] {
		r.now[i] = float32(v)
	}
	r.at++
}

// EvaluatePiece returns the first number of the state as loss.
func (r *replay) EvaluatePiece(b Set, out [][]float32) float64 {
	return float64(b.N) * float64(r.now[0])
}
func (r *replay) Piece() int           { return 2 }
func (r *replay) Inputs() []int        { return []int{1} }
func (r *replay) Measures() []Output   { return []Output{regressed} }
func (r *replay) State() [][]float32   { return [][]float32{r.now} }
func (r *replay) NonFinite(Set) string { return "" }
func (r *replay) Optimizer() Trainer {
	return Trainer{Spec: "replay", Seed: &r.seed, Updates: &r.updates, LR: &r.lr}
}

// pytorch are the vectors of testdata/torch/training.json.
type pytorch struct {
	Steps, EMA [][]float64
	SWA        []float64
	Norm       struct{ X, Mean, Var []float64 }
}

func loadTraining(t *testing.T) (v pytorch) {
	t.Helper()
	b, err := os.ReadFile("../../testdata/torch/training.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// sixteen are examples for four batches of four.
func sixteen() Set {
	s := Set{N: 16, X: [][]float32{make([]float32, 16)}, Y: [][]float32{make([]float32, 16)}}
	for i := range 16 {
		s.X[0][i], s.Y[0][i] = float32(i), float32(i)
	}
	return s
}

// TestAveragesAgreeWithPyTorch replays a training of PyTorch's, and compares the average at each epoch, and at the end,
// with that of its AveragedModel; the training itself must not see it.
func TestAveragesAgreeWithPyTorch(t *testing.T) {
	v := loadTraining(t)
	near := func(what string, got []float32, want []float64) {
		t.Helper()
		for i, w := range want {
			// Each of 12 steps rounds the average thrice.
			if math.Abs(float64(got[i])-w) > 36*0x1p-24*math.Max(math.Abs(w), 1) {
				t.Errorf("%s: number %d is %v, PyTorch has %v", what, i, got[i], w)
			}
		}
	}
	set := sixteen()
	for name, o := range map[string]Options{
		"ema": {Average: EMA{Decay: 0.7}}, "late ema": {Average: EMA{Decay: 0.7, Start: 2}},
		"swa": {Average: SWA{Start: 2, LR: 0.25}},
	} {
		tr := &replay{steps: v.Steps, now: make([]float32, len(v.Steps[0]))}
		o.Epochs, o.BatchSize, o.LR = 3, 4, 0.5
		o.OnEpoch = func(_ context.Context, e Epoch) error {
			shown := tr.now
			if l, _ := e.Get("val_loss"); l != float64(shown[0]) {
				t.Errorf("%s: the loss is not of the weights that are shown", name)
			}
			switch {
			case name == "ema":
				near(name, shown, v.EMA[4*e.Epoch-1])
			case e.Epoch == 1:
				near(name, shown, v.Steps[3])
			}
			if want := 0.5; name != "swa" && e.LR != want || name == "swa" && e.LR != []float64{0.5, 0.25, 0.25}[e.Epoch-1] {
				t.Errorf("%s: the rate of epoch %d is %v", name, e.Epoch, e.LR)
			}
			return nil
		}
		o.OnStep = func(_ context.Context, epoch, seen int, _, _ float64) error {
			if !slices.EqualFunc(tr.now, v.Steps[4*epoch-5+seen/4], func(a float32, b float64) bool { return a == float32(b) }) {
				t.Errorf("%s: the training sees the average", name)
			}
			return nil
		}
		if _, err := Fit(t.Context(), driver(tr), set, set, o); err != nil {
			t.Fatal(err)
		}
		switch name {
		case "ema":
			near(name, tr.now, v.EMA[11])
		case "swa":
			near(name, tr.now[:len(v.SWA)], v.SWA)
		case "late ema":
			want := slices.Clone(v.Steps[4])
			for _, w := range v.Steps[5:] {
				for i := range want {
					want[i] += 0.3 * (w[i] - want[i])
				}
			}
			near(name, tr.now, want)
		}
	}
}

// TestAnAverageOfWhatStaysIsThat has numbers that no step changes, such as fitted constants.
func TestAnAverageOfWhatStaysIsThat(t *testing.T) {
	v := []float64{0.1, 1.0 / 3, -1e-30, 12345.678}
	for _, a := range []Averaging{EMA{Decay: 0.999}, SWA{}} {
		tr := &replay{now: make([]float32, 4)}
		for range 400 {
			tr.steps = append(tr.steps, v)
		}
		o := Options{Epochs: 100, BatchSize: 4, Average: a}
		if _, err := Fit(t.Context(), driver(tr), sixteen(), Set{}, o); err != nil {
			t.Fatal(err)
		}
		for i, w := range v {
			if tr.now[i] != float32(w) {
				t.Errorf("%T of %v is %v", a, float32(w), tr.now[i])
			}
		}
	}
}

// TestAveragesGoOnToTheSameBits stops a training at each of its steps and at the end of each epoch, while it
// validates, and goes on from its progress.
func TestAveragesGoOnToTheSameBits(t *testing.T) {
	v := loadTraining(t)
	for _, a := range []Averaging{EMA{Decay: 0.7}, EMA{Decay: 0.9, Start: 2}, SWA{Start: 1}, SWA{Start: 2}} {
		o := Options{Epochs: 3, BatchSize: 4, Average: a,
			Stop: &EarlyStopping{Monitor: "val_loss", Patience: 9, Others: []string{"val_mae"}}}
		set := sixteen()
		whole := &replay{steps: v.Steps, now: make([]float32, len(v.Steps[0]))}
		if _, err := Fit(t.Context(), driver(whole), set, set, o); err != nil {
			t.Fatal(err)
		}
		for calls := 1; calls <= 12+3*8; calls++ { // four steps and eight pieces of validation in an epoch
			ctx, cancel := context.WithCancel(t.Context())
			tr := &cancelling{replay: replay{steps: v.Steps, now: make([]float32, len(v.Steps[0]))}, left: calls, cancel: cancel}
			var p *Progress
			first := o
			first.OnProgress = func(q *Progress) error { p = q.Clone(); return nil }
			_, err := Fit(ctx, driver(tr), set, set, first)
			cancel()
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			second := o
			second.Resume = p
			rest := &replay{steps: v.Steps, at: p.Steps, now: make([]float32, len(v.Steps[0]))}
			if _, err := Fit(t.Context(), driver(rest), set, set, second); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(rest.now, whole.now) {
				t.Errorf("%T, stopped in call %d, after %d steps: other numbers", a, calls, p.Steps)
			}
		}
	}
}

// TestAveragesCountTheirWeights compares how many weights an average holds with a count of the moments that it
// takes, one by one; so many epochs and steps as no one counts are told at once.
func TestAveragesCountTheirWeights(t *testing.T) {
	for _, rule := range []averageRule{EMA{Decay: 0.9}, EMA{Decay: 0.9, Start: 1}, EMA{Decay: 0.9, Start: 3},
		SWA{}, SWA{Start: 1}, SWA{Start: 3}} {
		for _, c := range [][3]int{{0, 4, 0}, {0, 4, 3}, {1, 4, 0}, {1, 4, 4}, {2, 1, 0}, {2, 3, 1}, {3, 5, 2}, {7, 5, 0}} {
			for _, ended := range []bool{false, true} {
				want := 0
				count := func(at moment) {
					if rule.share(want, at) > 0 {
						want++
					}
				}
				for epoch := 1; epoch <= c[0]+1; epoch++ {
					steps := c[1]
					if epoch > c[0] {
						steps = c[2]
					}
					for range steps {
						count(moment{epoch: epoch})
					}
					if epoch <= c[0] || ended {
						count(moment{epoch: epoch, end: true})
					}
				}
				if got := rule.holds(c[0], c[1], c[2], ended); got != want {
					t.Errorf("%+v after %v, ended %t: %d weights, want %d", rule, c, ended, got, want)
				}
			}
		}
	}
	many := 1 << (15 * bits.UintSize / 32)
	if got, want := (EMA{Decay: 0.9, Start: 2}).holds(many+1, many, 7, false), many*many+7; got != want {
		t.Errorf("%d weights, want %d", got, want)
	}
	if got, want := (SWA{Start: 2}).holds(many, many, 7, true), many; got != want {
		t.Errorf("%d weights, want %d", got, want)
	}
}

// TestAStopByACallbackLeavesTheProgress stops a training in a step or behind an epoch by ErrStop, at each place, and
// goes on from there.
func TestAStopByACallbackLeavesTheProgress(t *testing.T) {
	v := loadTraining(t)
	for _, a := range []Averaging{nil, EMA{Decay: 0.7}, SWA{Start: 1}} {
		o := Options{Epochs: 3, BatchSize: 4, Average: a, Stop: &EarlyStopping{Monitor: "val_loss", Patience: 9}}
		set := sixteen()
		whole := &replay{steps: v.Steps, now: make([]float32, len(v.Steps[0]))}
		if _, err := Fit(t.Context(), driver(whole), set, set, o); err != nil {
			t.Fatal(err)
		}
		for call := 1; call <= 15; call++ { // four steps and the end of each of three epochs
			left := call
			stop := func() error {
				if left--; left == 0 {
					return ErrStop
				}
				return nil
			}
			var p *Progress
			first := o
			first.OnStep = func(context.Context, int, int, float64, float64) error { return stop() }
			first.OnEpoch = func(context.Context, Epoch) error { return stop() }
			first.OnProgress = func(q *Progress) error { p = q.Clone(); return nil }
			tr := &replay{steps: v.Steps, now: make([]float32, len(v.Steps[0]))}
			if _, err := Fit(t.Context(), driver(tr), set, set, first); err != nil {
				t.Fatal(err)
			}
			if want := (call-1)/5*4 + min((call-1)%5+1, 4); p.Steps != want {
				t.Errorf("%T, stopped in call %d: the progress is that after %d steps, want %d", a, call, p.Steps, want)
			}
			second := o
			second.Resume = p
			rest := &replay{steps: v.Steps, at: p.Steps, now: make([]float32, len(v.Steps[0]))}
			if _, err := Fit(t.Context(), driver(rest), set, set, second); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(rest.now, whole.now) {
				t.Errorf("%T, stopped in call %d: other numbers", a, call)
			}
		}
	}
}

// cancelling ends a context in one of its steps or evaluations.
type cancelling struct {
	replay
	left   int
	cancel func()
}

func (c *cancelling) count() {
	if c.left--; c.left == 0 {
		c.cancel()
	}
}

func (c *cancelling) Gradient(b Set) float64 {
	defer c.count()
	return c.replay.Gradient(b)
}

func (c *cancelling) EvaluatePiece(b Set, out [][]float32) float64 {
	defer c.count()
	return c.replay.EvaluatePiece(b, out)
}

// normalizing is a Trainer with the statistics of its three inputs, of which two norms in turn take a share each time.
type normalizing struct {
	replay
	mean, variance []float32
	cancel         func()
}

func (n *normalizing) Piece() int { return 4 }

func (n *normalizing) Running() []Running {
	return []Running{{n.mean, 1 - 0.9*0.9}, {n.variance, 1 - 0.9*0.9}}
}

func (n *normalizing) Gradient(b Set) float64 {
	if n.cancel != nil {
		n.cancel()
	}
	for range 2 {
		for j := range n.mean {
			mean, sum := 0.0, 0.0
			for i := range b.N {
				mean += float64(b.X[0][3*i+j]) / float64(b.N)
			}
			for i := range b.N {
				d := float64(b.X[0][3*i+j]) - mean
				sum += d * d
			}
			n.mean[j] += 0.1 * (float32(mean) - n.mean[j])
			n.variance[j] += 0.1 * (float32(sum/float64(b.N-1)) - n.variance[j])
		}
	}
	return 0
}

// TestStatisticsComputedAnewAgreeWithPyTorch compares them with those of update_bn.
func TestStatisticsComputedAnewAgreeWithPyTorch(t *testing.T) {
	v := loadTraining(t).Norm
	set := Set{N: 16, X: [][]float32{nil}, Y: [][]float32{nil}}
	for _, x := range v.X {
		set.X[0] = append(set.X[0], float32(x))
	}
	n := &normalizing{mean: []float32{7, 7, 7}, variance: []float32{7, 7, 7}}
	if err := refresh(t.Context(), driver(n), set); err != nil {
		t.Fatal(err)
	}
	for j := range 3 {
		if math.Abs(float64(n.mean[j])-v.Mean[j]) > 1e-6 || math.Abs(float64(n.variance[j])-v.Var[j]) > 1e-6 {
			t.Errorf("mean and variance of feature %d are %v and %v, PyTorch has %v and %v", j, n.mean[j], n.variance[j],
				v.Mean[j], v.Var[j])
		}
	}
	before := slices.Clone(n.mean)
	ctx, cancel := context.WithCancel(t.Context())
	n.cancel = cancel
	if err := refresh(ctx, driver(n), set); !errors.Is(err, context.Canceled) || !slices.Equal(n.mean, before) {
		t.Errorf("cancelled: error %v, mean %v, want %v", err, n.mean, before)
	}
}

// TestStoppingBySeveralMonitors follows two metrics by hand: a goes down until epoch 3, b up until epoch 5.
func TestStoppingBySeveralMonitors(t *testing.T) {
	a := []float64{5, 4, 3, 3, 3, 3, 3, 3, 3, 3}
	b := []float64{1, 2, 3, 4, 5, 5, 4, 3, 2, 1}
	run := func(e EarlyStopping) (stopped, best int) {
		s := newStopper(e)
		for i := range a {
			if s.observe(driver(&several{}), Epoch{Epoch: i + 1, Metrics: []Metric{{"a", a[i], true}, {"b", b[i], false}}}) {
				return i + 1, s.epoch
			}
		}
		return 0, s.epoch
	}
	for _, c := range []struct {
		e             EarlyStopping
		stopped, best int
	}{
		{EarlyStopping{Monitor: "a", Patience: 2}, 5, 3},
		{EarlyStopping{Monitor: "a", Patience: 2, Others: []string{"b"}}, 7, 3},
		{EarlyStopping{Monitor: "b", Patience: 2, Others: []string{"a"}}, 7, 5},
		{EarlyStopping{Monitor: "a", Patience: 2, MinEpochs: 8}, 8, 3},
		{EarlyStopping{Monitor: "a", Patience: 2, MinEpochs: 3}, 5, 3},
		{EarlyStopping{Monitor: "b", Patience: 2, MinDelta: 1.5}, 7, 5}, // 1, 3, 5
		{EarlyStopping{Monitor: "missing", Patience: 1}, 0, 0},
		{EarlyStopping{Monitor: "missing", Patience: 2, Others: []string{"a"}}, 5, 0},
	} {
		if stopped, best := run(c.e); stopped != c.stopped || best != c.best {
			t.Errorf("%+v: stopped in epoch %d, the best %d; want %d and %d", c.e, stopped, best, c.stopped, c.best)
		}
	}
}

// overflowing is a Trainer one of whose updates is not finite.
type overflowing struct {
	replay
	bad int
}

func (o *overflowing) Update(lr float64) {
	o.replay.Update(lr)
	if o.at > o.bad {
		o.now[0] = float32(math.Inf(1))
	}
}

// TestNoProgressHasNumbersThatAreNotFinite overflows in the midst of an epoch, right before a progress is due.
func TestNoProgressHasNumbersThatAreNotFinite(t *testing.T) {
	tr := &overflowing{replay{steps: loadTraining(t).Steps, now: make([]float32, 100)}, 5}
	handed := 0
	o := Options{Epochs: 3, BatchSize: 4, ProgressEvery: 1}
	o.OnProgress = func(p *Progress) error {
		handed++
		for _, v := range p.state[0] {
			if v-v != 0 {
				t.Errorf("after %d steps the progress holds %v", p.Steps, v)
			}
		}
		return nil
	}
	_, err := Fit(t.Context(), driver(tr), sixteen(), Set{}, o)
	if err == nil || handed == 0 {
		t.Errorf("error %v, %d times a progress", err, handed)
	}
}
