package fit

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/cpu"
	"github.com/nngen/nngen/runtime/safetensors"
	"time"
)

func TestEvaluationOfNaNIsNaN(t *testing.T) {
	nan := float32(math.NaN())
	for task, width := range map[string]int{"regression": 1, "binary": 1, "multiclass": 3} {
		y := []float32{0.5, 0.25, nan, 0.1, 0.2, 0.7}
		targets := []float32{1, 0, 0, 0, 1, 0}
		done := make(chan map[string]float64, 1)
		go func() { done <- Measure(Output{Task: task, Width: width}, Set{N: 6 / width}, y, targets) }()
		select {
		case m := <-done:
			if len(m) != len(Known(task)) {
				t.Errorf("%s: %d metrics, want %d", task, len(m), len(Known(task)))
			}
			for name, v := range m {
				if v == v {
					t.Errorf("%s: %s of a NaN is %v", task, name, v)
				}
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: Measure does not end", task)
		}
	}
}

func TestR2OfTargetsThatDoNotVary(t *testing.T) {
	for _, c := range []struct {
		y, t []float32
		want float64
	}{
		{[]float32{0.1, 0.1, 0.1}, []float32{0.1, 0.1, 0.1}, 1},
		{[]float32{0.1, 0.1, 0.2}, []float32{0.1, 0.1, 0.1}, 0},
		{[]float32{7, 7}, []float32{7, 7}, 1},
	} {
		if got := Measure(Output{Task: "regression", Width: 1}, Set{N: len(c.y)}, c.y, c.t)["r2"]; got != c.want {
			t.Errorf("r2 of %v against %v is %v, want %v", c.y, c.t, got, c.want)
		}
	}
}

// TestDirectionsAreThoseOfTheMetrics stops by each metric of each output, and looks at which way it goes.
func TestDirectionsAreThoseOfTheMetrics(t *testing.T) {
	outputs := []Output{
		{Name: "val_kind", Task: Multiclass, Width: 2, Metrics: AllOf(Multiclass)},
		{Name: "price", Task: Regression, Width: 1, Metrics: AllOf(Regression)},
		{Name: "flag", Task: Binary, Width: 1, Metrics: AllOf(Binary)},
	}
	for _, name := range Monitors(outputs) {
		tr := &several{outputs: outputs}
		set := Set{N: 2, X: [][]float32{{1, 2}}, Y: [][]float32{{1, 0, 0, 1}, {1, 2}, {0, 1}}}
		o := Options{Epochs: 6, LR: 1, Stop: &EarlyStopping{Monitor: name, Patience: 99, RestoreBest: true}}
		if name == "loss" || name == "val_loss" {
			continue // the trainer's own: see TestEarlyStoppingKeepsTheBestState
		}
		h, err := Fit(t.Context(), driver(tr), set, set, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		// The predictions grow worse with each epoch.
		if h.Best != 1 {
			first, _ := h.Epochs[0].Get(name)
			last, _ := h.Epochs[5].Get(name)
			t.Errorf("%s: the best epoch is %d, from %v to %v; want 1", name, h.Best, first, last)
		}
		tr = &several{outputs: outputs}
		o.Stop, o.Schedule = nil, &Plateau{Monitor: name, Factor: 0.5, Patience: 3}
		if h, err = Fit(t.Context(), driver(tr), set, set, o); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if lr := h.Epochs[5].LR; lr != 0.5 {
			t.Errorf("%s: the rate after a plateau is %v, want 0.5", name, lr)
		}
	}
}

// several is a trainer whose predictions are right in the first epoch, and further off in each one after it.
type several struct {
	outputs []Output
	steps   int
}

func (s *several) Gradient(Set) float64 { return 0 }
func (s *several) Gradients() []float32 { return nil }
func (s *several) Update(float64)       { s.steps++ }
func (s *several) EvaluatePiece(b Set, out [][]float32) float64 {
	for i := range out {
		for j, v := range b.Y[i] {
			out[i][j] = v
			if s.steps > 1 {
				out[i][j] = 1 - v + float32(s.steps)/1024
			}
		}
	}
	return 0
}
func (s *several) Piece() int           { return 10 }
func (s *several) Inputs() []int        { return []int{1} }
func (s *several) Measures() []Output   { return s.outputs }
func (s *several) State() [][]float32   { return [][]float32{{0}} }
func (s *several) Optimizer() Trainer   { return Trainer{} }
func (s *several) NonFinite(Set) string { return "" }

func TestPlateausOfNegativeMetrics(t *testing.T) {
	p := &Plateau{Monitor: "r2", Factor: 0.5, Patience: 1, Threshold: 0.01}
	for _, v := range []float64{-5, -5.02, -5.04, -5.06} { // ever worse, by less than a hundredth each
		p.Observe(Epoch{Metrics: []Metric{{Name: "r2", Value: v}}})
	}
	if got := p.Rate(1, Time{}); got != 0.5 {
		t.Errorf("the rate is %v, want 0.5", got)
	}
}

func TestOneCycleHasNoGaps(t *testing.T) {
	for _, c := range []struct {
		name        string
		s           OneCycle
		first, last float64
	}{
		{"the peak is the first step", OneCycle{MaxLR: 1, Total: 10, PctStart: 0.1, DivFactor: 4, FinalDiv: 5, PerStep: true},
			1, 0.05},
		{"the peak is the last step", OneCycle{MaxLR: 1, Total: 10, PctStart: 1, DivFactor: 4, FinalDiv: 5, PerStep: true},
			0.25, 1},
		{"no way up", OneCycle{MaxLR: 1, Total: 10, PctStart: 0, DivFactor: 4, FinalDiv: 5, PerStep: true}, 1, 0.05},
		{"one step", OneCycle{MaxLR: 1, Total: 1, PctStart: 1, DivFactor: 4, FinalDiv: 5, PerStep: true}, 1, 1},
		{"one step, straight",
			OneCycle{MaxLR: 1, Total: 1, PctStart: 1, Linear: true, DivFactor: 4, FinalDiv: 5, PerStep: true}, 1, 1},
		{"one epoch", OneCycle{MaxLR: 1, Total: 1, PctStart: 1, DivFactor: 4, FinalDiv: 5}, 1, 1},
	} {
		var rates []float64
		for k := range c.s.Total {
			r := c.s.Rate(9, Time{Step: k, StepsPerEpoch: 1, Epochs: 99})
			if !(r > 0 && r <= 1) {
				t.Errorf("%s: step %d has the rate %v", c.name, k, r)
			}
			rates = append(rates, r)
		}
		if first := rates[0]; math.Abs(first-c.first) > 0.07 { // pct_start 0 is a step behind the peak
			t.Errorf("%s: it begins at %v, want %v", c.name, first, c.first)
		}
		if last := rates[len(rates)-1]; math.Abs(last-c.last) > 1e-12 {
			t.Errorf("%s: it ends at %v, want %v", c.name, last, c.last)
		}
	}
}

func TestOneCycleComesDownAfterAWarmUp(t *testing.T) {
	for _, perStep := range []bool{true, false} {
		w := Warmup{Steps: 6, Then: OneCycle{MaxLR: 1, PctStart: 0.3, DivFactor: 25, FinalDiv: 1e4, PerStep: perStep}}
		last := Time{Step: 59, StepsPerEpoch: 6, Epochs: 10}
		if got, want := w.Rate(1, last), 1.0/25/1e4; math.Abs(got-want) > 1e-12 {
			t.Errorf("per step %t: the last step has the rate %v, want %v", perStep, got, want)
		}
	}
	// A warm-up longer than the training.
	w := Warmup{Steps: 100, Then: OneCycle{MaxLR: 1, PctStart: 0.3, DivFactor: 25, FinalDiv: 1e4, PerStep: true}}
	if got := w.Rate(1, Time{Step: 9, StepsPerEpoch: 10, Epochs: 1}); !(got > 0 && got <= 1) {
		t.Errorf("in a warm-up without end the rate is %v", got)
	}
}

// lost is a trainer whose loss, gradient, state, optimizer or validation is no number from some step on.
type lost struct {
	stub
	steps, at int
	how       string
	gradient  [3]float32
	moments   [2]float32
	updates   uint64
}

func (s *lost) Gradient(Set) float64 {
	s.steps++
	s.gradient = [3]float32{1, -2, float32(math.MaxFloat32)} // finite, and its squares are not
	if s.steps < s.at {
		return 1
	}
	switch s.how {
	case "loss":
		return math.NaN()
	case "statistics": // which a gradient moves
		s.state[0] = float32(math.NaN())
		return math.NaN()
	case "gradient":
		s.gradient[1] = float32(math.Inf(-1))
	}
	return 1
}

func (s *lost) Gradients() []float32 { return s.gradient[:] }

func (s *lost) Update(float64) {
	if s.steps >= s.at && s.how == "update" {
		s.state[0] = float32(math.Inf(1))
	}
	if s.steps >= s.at && s.how == "optimizer" {
		s.moments[1] = float32(math.Inf(1))
	}
	s.updates++
}

func (s *lost) Optimizer() Trainer {
	return Trainer{Updates: &s.updates, Seed: new(uint64), LR: new(float64), Optimizer: [][]float32{s.moments[:]}}
}

func (s *lost) EvaluatePiece(b Set, out [][]float32) float64 {
	if s.how == "validation" && s.steps >= s.at {
		return math.Inf(1)
	}
	return 0
}

func TestATrainingThatDivergesEndsAndSaysWhere(t *testing.T) {
	set := Set{N: 4, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 2, 3, 4}}}
	for how, want := range map[string]string{
		"loss": "epoch 2, step 3: loss is NaN: the training diverged; " +
			"the first numbers that are not finite are in layer h;",
		"gradient": "epoch 2, step 3: a gradient is not finite: the training diverged; " +
			"the first numbers that are not finite are in layer h;",
		"statistics": "epoch 2, step 3: loss is NaN: the training diverged; " +
			"the first numbers that are not finite are in layer h;",
		"update": "epoch 2, step 3: the update is not finite: the training diverged; " +
			"the first numbers that are not finite are in layer h;",
		"optimizer": "epoch 2, step 3: the state of the optimizer is not finite: the training diverged; " +
			"the first numbers that are not finite are in layer h;",
		"before": "epoch 1, step 1: loss is NaN: the training diverged; " +
			"the first numbers that are not finite are in layer h, from before the training;",
		"validation": "epoch 2, step 4: val_loss is +Inf: the training diverged; " +
			"the first numbers that are not finite are in layer h",
	} {
		s := &lost{stub: stub{state: []float32{0}, where: "layer h"}, at: 3, how: how}
		epochs := 1 // in the history
		if how == "before" {
			s.how, s.at, s.state[0], epochs = "loss", 1, float32(math.NaN()), 0
		}
		h, err := Fit(t.Context(), driver(s), set, set, Options{Epochs: 9, BatchSize: 2, LR: 1})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", how, err, want)
		}
		if len(h.Epochs) != epochs {
			t.Errorf("%s: the history has %d epochs, want the %d before", how, len(h.Epochs), epochs)
		}
		if (how == "loss" || how == "gradient") && s.updates != 2 {
			t.Errorf("%s: %d updates, want the 2 before", how, s.updates)
		}
	}
}

// TestTheHintForADivergedTrainingCanHelp has trainings that diverge before and after the first update.
func TestTheHintForADivergedTrainingCanHelp(t *testing.T) {
	set := Set{N: 4, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 2, 3, 4}}}
	for at, want := range map[int]string{1: "preprocess: [standardize]; or replace activations that grow without a bound, as exp does",
		3: "; lower the learning rate, or bound the norm of gradients: training: {clip_norm: 1}"} {
		s := &lost{stub: stub{state: []float32{0}, where: "layer h"}, at: at, how: "loss"}
		_, err := Fit(t.Context(), driver(s), set, set, Options{Epochs: 9, BatchSize: 2, LR: 1})
		if err == nil || !strings.HasSuffix(err.Error(), want) || strings.Contains(err.Error(), "learning rate") != (at > 1) {
			t.Errorf("step %d: %v, want …%s", at, err, want)
		}
	}
}

// TestWhatIsNotFiniteHasAName finds numbers that are not finite in tensors, and in what layers compute.
func TestWhatIsNotFiniteHasAName(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, c := range []struct {
		kernel, bias, a, b, gradient, moment float32
		want                                 string
	}{
		{kernel: -3, bias: 1, a: 1, b: 2},
		{kernel: nan, bias: inf, a: nan, want: "parameter b.bias (-Inf)"},
		{kernel: nan, a: nan, want: "parameter b.kernel (NaN)"},
		{kernel: -3e18, bias: 1, a: 1, b: inf, want: "the output of layer b (-Inf), whose parameter b.kernel reaches 3e+18"},
		{kernel: 3, bias: 1, a: nan, b: inf, want: "the output of layer a (NaN)"},
		{kernel: 3, gradient: nan, want: "the gradient of b.bias (NaN)"},
		{kernel: 3, moment: inf, gradient: nan, a: nan, want: "the state of the optimizer of b.bias (-Inf)"},
		{bias: inf, moment: inf, want: "parameter b.bias (-Inf)"},
	} {
		params, flat := []float32{0, c.kernel, c.bias, 1e30}, make([]float32, 4)
		tensors := func(params []float32) []safetensors.Tensor {
			return []safetensors.Tensor{{Name: "frozen", Data: []float32{1}}, {Name: "b.kernel", Data: params[:2]},
				{Name: "b.bias", Data: params[2:3]}, {Name: "bb.kernel", Data: params[3:]}}
		}
		n := Trained{Weights: tensors(params), Named: tensors(flat), Flat: flat,
			Gradients: []float32{c.gradient, 1, c.gradient, 2}, Optimizer: [][]float32{{0, 0, c.moment, 0}, {1}}}
		var w Watch
		got := FindNonFinite(n, &w, func() {
			w.See("layer a", []float32{0, c.a})
			w.See("layer b", []float32{0, c.b})
		})
		if got != c.want || w.On || w.First != "" {
			t.Errorf("%+v: got %q, and a watch %+v", c, got, w)
		}
	}
}

// endless is a trainer whose validation would take many pieces.
type endless struct {
	stub
	cancel context.CancelFunc
}

func (s *endless) Piece() int { return 1 }
func (s *endless) EvaluatePiece(Set, [][]float32) float64 {
	s.calls++
	s.cancel()
	return 0
}

func TestEvaluationsEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &endless{stub{state: []float32{0}}, cancel}
	big := Set{N: 1000, X: [][]float32{make([]float32, 1000)}, Y: [][]float32{make([]float32, 1000)}}
	if _, err := Fit(ctx, driver(s), big, big, Options{Epochs: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if s.calls != 1 {
		t.Errorf("%d pieces were evaluated after the end", s.calls-1)
	}
}

func TestTargetsThatALossCannotMean(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		rule Targets
		row  []float32
		want string // "" for fine
	}{
		{Numbers, []float32{-5, 300}, ""}, {Numbers, []float32{nan}, "is not finite"},
		{Numbers, []float32{float32(math.Inf(-1))}, "is not finite"},
		{Counts, []float32{0, 2.5}, ""}, {Counts, []float32{1, -1}, "below 0"},
		{Probabilities, []float32{0, 1, 0.5}, ""}, {Probabilities, []float32{0, 255}, "no probability"},
		{Probabilities, []float32{-0.1}, "no probability"},
		{Distributions, []float32{0, 1, 0}, ""}, {Distributions, []float32{0.2, 0.3, 0.5}, ""},
		{Distributions, []float32{0, 0, 0}, "sum 0"},
		{Distributions, []float32{1, 1, 0}, "sum 2"}, {Distributions, []float32{2, -1, 0}, "no probability"},
		{Distributions, []float32{0.3333, 0.3333, 0.3333}, ""},
		{Sides, []float32{-1, 1, 0}, ""}, {Sides, []float32{0.5}, "no side"}, {Sides, []float32{2}, "no side"},
	} {
		if _, problem := c.rule.Check(c.row); (problem == "") != (c.want == "") || !strings.Contains(problem, c.want) {
			t.Errorf("%q of %v: got %q, want %q", c.rule, c.row, problem, c.want)
		}
	}
	outputs := []Output{{Name: "y", Width: 4, Steps: 2, Targets: Distributions}}
	s := Set{N: 2, X: [][]float32{{1, 2}}, Y: [][]float32{{1, 0, 0, 1, 0, 1, 0, 0}}}
	if err := check(driver(&several{outputs: outputs}), "the set", s, 1); err == nil ||
		!strings.Contains(err.Error(), `target "y" of the set: example 1, step 1: the numbers have the sum 0`) {
		t.Errorf("got %v", err)
	}
	s.W = []float32{1, 1, 1, 0}
	if err := check(driver(&several{outputs: outputs}), "the set", s, 1); err != nil {
		t.Errorf("a step of weight 0: %v", err)
	}
	s.X[0][1] = nan
	if err := check(driver(&several{outputs: outputs}), "the set", s, 1); err == nil ||
		!strings.Contains(err.Error(), "input 0 of the set: number 0 of example 1 is NaN") {
		t.Errorf("got %v", err)
	}
}

// TestAllSmallSeesEachPart puts one large number, or one that is none, in each part of a long array.
func TestAllSmallSeesEachPart(t *testing.T) {
	if !cpu.HasSIMD() {
		t.Skip("without kernels no array is looked at")
	}
	x := make([]float32, 3<<16+1)
	if !allSmall(x) || !allSmall(nil) {
		t.Error("zeros are not small")
	}
	for _, v := range []float32{0x1p41, float32(math.NaN()), float32(math.Inf(-1))} {
		for at := 0; at < len(x); at += 1 << 16 {
			if x[at] = v; allSmall(x) {
				t.Errorf("%v at %d is small", v, at)
			}
			x[at] = 0
		}
	}
}

// TestAScheduleOverAllEpochsIsResumedWithNoOtherNumber stops trainings after 2 of 4 epochs, and resumes them with 4 and
// with 8: where the rates depend on how many there are, the latter would have the bits of no training.
func TestAScheduleOverAllEpochsIsResumedWithNoOtherNumber(t *testing.T) {
	set := Set{N: 4, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 2, 3, 4}}}
	cycle := OneCycle{MaxLR: 1, PctStart: 0.3, DivFactor: 25, FinalDiv: 1e4, PerStep: true}
	stated := cycle
	stated.Total = 16
	for _, c := range []struct {
		schedule Schedule
		refused  bool
	}{{nil, false}, {cycle, true}, {Warmup{Steps: 2, Then: cycle}, true}, {stated, false}} {
		var last *Progress
		o := Options{Epochs: 4, BatchSize: 2, LR: 1, Schedule: c.schedule,
			OnEpoch: func(_ context.Context, e Epoch) error {
				if e.Epoch == 2 {
					return ErrStop
				}
				return nil
			},
			OnProgress: func(p *Progress) error { last = p.Clone(); return nil }}
		fresh := func() parts { return &lost{stub: stub{state: []float32{0}}, at: 1000} }
		if _, err := Fit(t.Context(), driver(fresh()), set, Set{}, o); err != nil || last == nil {
			t.Fatalf("%T: %v, progress %v", c.schedule, err, last)
		}
		o.Resume, o.OnEpoch, o.OnProgress = last, nil, nil
		for _, epochs := range []int{4, 8} {
			o.Epochs = epochs
			_, err := Fit(t.Context(), driver(fresh()), set, Set{}, o)
			const want = "other options: epochs_of_schedule=4, not epochs_of_schedule=8; put back what it had"
			if refused := c.refused && epochs == 8; (err != nil) != refused || refused && !strings.Contains(err.Error(), want) {
				t.Errorf("%T resumed with %d epochs: %v", c.schedule, epochs, err)
			}
		}
	}
}
