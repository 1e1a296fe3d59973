package fit

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestMetricsByHand has examples small enough to count.
func TestMetricsByHand(t *testing.T) {
	near := func(what string, got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	// Predictions 2, 0, 1, 0 of classes 2, 1, 1, 0.
	y := []float32{0.1, 0.2, 0.7, 0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.4, 0.3, 0.3}
	c := []float32{0, 0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 0}
	m := Measure(Output{Task: "multiclass", Width: 3}, Set{N: 4}, y, c)
	near("accuracy", m["accuracy"], 0.75)
	near("top_2", m["top_2"], 1)
	near("precision", m["precision"], (0.5+1+1)/3)
	near("recall", m["recall"], (1+0.5+1)/3)
	near("f1", m["f1"], (2.0/3+2.0/3+1)/3)

	// One of each: hit, miss, false alarm, rightly rejected; 3 of 4 pairs are in order.
	m = Measure(Output{Task: "binary", Width: 1}, Set{N: 4}, []float32{0.9, 0.4, 0.6, 0.1}, []float32{1, 1, 0, 0})
	near("accuracy", m["accuracy"], 0.5)
	near("precision", m["precision"], 0.5)
	near("recall", m["recall"], 0.5)
	near("f1", m["f1"], 0.5)
	near("roc_auc", m["roc_auc"], 0.75)
	near("roc_auc of ties", auc([]float32{1, 1}, []float32{0, 1}), 0.5)

	m = Measure(Output{Task: "regression", Width: 1}, Set{N: 3}, []float32{1, 2, 4}, []float32{1, 3, 2})
	near("mse", m["mse"], 5.0/3)
	near("rmse", m["rmse"], math.Sqrt(5.0/3))
	near("mae", m["mae"], 1)
	near("r2", m["r2"], 1-5.0/2)
}

// stub is a trainer whose loss is what the test says.
type stub struct {
	losses []float64
	calls  int
	state  []float32
	where  string
}

// regressed is an output of one number with all metrics of its task.
var regressed = Output{Name: "y", Task: Regression, Width: 1, Metrics: AllOf(Regression)}

func (s *stub) Gradient(Set) float64 { return 0 }
func (s *stub) Gradients() []float32 { return nil }
func (s *stub) Update(float64)       { s.state[0]++ }
func (s *stub) EvaluatePiece(b Set, _ [][]float32) float64 {
	s.calls++
	return s.losses[s.calls-1] * float64(b.N)
}
func (s *stub) Piece() int           { return 10 }
func (s *stub) Inputs() []int        { return []int{1} }
func (s *stub) Measures() []Output   { return []Output{regressed} }
func (s *stub) NonFinite(Set) string { return s.where }
func (s *stub) State() [][]float32   { return [][]float32{s.state} }
func (s *stub) Optimizer() Trainer   { return Trainer{} }

// parts are the methods of a trainer of tests.
type parts interface {
	Gradient(b Set) float64
	Update(lr float64)
	EvaluatePiece(b Set, out [][]float32) float64
	NonFinite(b Set) string
	Inputs() []int
	Measures() []Output
	Piece() int
	State() [][]float32
	Gradients() []float32
	Optimizer() Trainer
}

// driver returns what Fit takes.
func driver(p parts) Trainer {
	t := p.Optimizer()
	if t.LR == nil {
		t.LR = new(float64)
	}
	t.Gradient, t.Apply, t.Evaluate, t.NonFinite = p.Gradient, func() { p.Update(*t.LR) }, p.EvaluatePiece, p.NonFinite
	t.Inputs, t.Outputs, t.Piece, t.State, t.Gradients = p.Inputs(), p.Measures, p.Piece(), p.State(), p.Gradients()
	if r, ok := p.(interface{ Running() []Running }); ok {
		t.Running = r.Running
	}
	return t
}

// TestAResumedTrainingMeasuresByItsThreshold goes on in a trainer whose model had another threshold.
func TestAResumedTrainingMeasuresByItsThreshold(t *testing.T) {
	judged := func(threshold float32) Trainer {
		model := []float32{threshold}
		return Trainer{
			Gradient:  func(Set) float64 { return 0 },
			Apply:     func() {},
			Evaluate:  func(b Set, out [][]float32) float64 { copy(out[0], slices.Repeat([]float32{0.4}, b.N)); return 0 },
			NonFinite: func(Set) string { return "" },
			Outputs: func() []Output {
				return []Output{{Name: "y", Task: Binary, Width: 1, Metrics: AllOf(Binary), Threshold: model[0]}}
			},
			Inputs: []int{1}, Piece: 10, State: [][]float32{model}, Seed: new(uint64), Updates: new(uint64), LR: new(float64),
		}
	}
	set := Set{N: 4, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 1, 0, 1}}}
	accuracy := func(threshold float32, o Options) float64 {
		t.Helper()
		o.BatchSize, o.Metrics = 4, []string{"accuracy"}
		h, err := Fit(t.Context(), judged(threshold), set, set, o)
		if err != nil {
			t.Fatal(err)
		}
		v, _ := h.Epochs[len(h.Epochs)-1].Get("val_accuracy")
		return v
	}
	var kept *Progress
	accuracy(0.3, Options{Epochs: 1, OnProgress: func(p *Progress) error { kept = p.Clone(); return nil }})
	got, want := accuracy(0.9, Options{Epochs: 2, Resume: kept}), accuracy(0.3, Options{Epochs: 2})
	if got != want || want != 0.75 {
		t.Errorf("the accuracy is %v, want %v, and 0.75", got, want)
	}
}

func TestEarlyStoppingKeepsTheBestState(t *testing.T) {
	set := Set{N: 4, X: [][]float32{{1, 2, 3, 4}}, Y: [][]float32{{1, 2, 3, 4}}}
	s := &stub{losses: []float64{5, 4, 4.5, 3.99, 4.2, 4.1, 9, 9, 9}, state: []float32{0}}
	h, err := Fit(t.Context(), driver(s), set, set, Options{Epochs: 9, BatchSize: 3,
		Stop: &EarlyStopping{Monitor: "val_loss", Patience: 3, MinDelta: 0.1, RestoreBest: true}})
	if err != nil {
		t.Fatal(err)
	}
	// 3.99 is no improvement of 4 by more than 0.1, so epochs 3 to 5 do not improve.
	if len(h.Epochs) != 5 || !h.Stopped || h.Best != 2 {
		t.Errorf("%d epochs, stopped %t, best %d; want 5, true, 2", len(h.Epochs), h.Stopped, h.Best)
	}
	if s.state[0] != 4 { // two epochs of two steps: the last, partial batch is trained on
		t.Errorf("the state is that after %v steps, want 4", s.state[0])
	}
}

// TestBadSetsAndOptionsAreErrors gives Fit and Evaluate what they cannot work with.
func TestBadSetsAndOptionsAreErrors(t *testing.T) {
	x := func(n int) [][]float32 { return [][]float32{make([]float32, n)} }
	good := Set{N: 4, X: x(4), Y: x(4)}
	for _, c := range []struct {
		name       string
		train, val Set
		o          Options
		want       string
	}{
		{"empty", Set{}, Set{}, Options{}, "the training set has 0 examples"},
		{"negative", Set{N: -1, X: x(4), Y: x(4)}, Set{}, Options{}, "-1 examples"},
		{"short input", Set{N: 4, X: x(2), Y: x(4)}, Set{}, Options{}, "input 0 of the training set has 2 numbers, want 4"},
		{"no input", Set{N: 4, Y: x(4)}, Set{}, Options{}, "0 inputs and 1 targets, the network has 1 and 1"},
		{"long target", Set{N: 4, X: x(4), Y: x(8)}, Set{}, Options{},
			`target "y" of the training set has 8 numbers, want 4`},
		{"weights", Set{N: 4, X: x(4), Y: x(4), W: make([]float32, 3)}, Set{}, Options{}, "3 weights, want 4"},
		{"a weight that is none", Set{N: 4, X: x(4), Y: x(4), W: []float32{1, 1, float32(math.NaN()), 1}}, Set{}, Options{},
			"weight 2 of the training set is NaN, want a number from 0 on"},
		{"an endless weight", Set{N: 4, X: x(4), Y: x(4), W: []float32{float32(math.Inf(1)), 1, 1, 1}}, Set{}, Options{},
			"weight 0 of the training set is +Inf"},
		{"a negative weight", good, Set{N: 4, X: x(4), Y: x(4), W: []float32{1, -2, 1, 1}}, Options{},
			"weight 1 of the validation set is -2"},
		{"no weight", Set{N: 4, X: x(4), Y: x(4), W: make([]float32, 4)}, Set{}, Options{},
			"all weights of the training set are 0, so that no example counts"},
		{"validation", good, Set{N: 3, X: x(4), Y: x(3)}, Options{}, "input 0 of the validation set has 4 numbers, want 3"},
		{"epochs", good, Set{}, Options{Epochs: -1}, "-1 epochs"},
		{"batch", good, Set{}, Options{BatchSize: -1}, "batches of -1"},
		{"rate", good, Set{}, Options{LR: -0.5}, "a learning rate of -0.5, want one from 0 on"},
		{"no rate", good, Set{}, Options{LR: math.NaN()}, "a learning rate of NaN"},
		{"endless rate", good, Set{}, Options{LR: math.Inf(1)}, "a learning rate of +Inf"},
		{"monitor", good, Set{}, Options{Stop: &EarlyStopping{Monitor: "val_f1"}},
			`no metric "val_f1" to monitor; there are loss, mse`},
		{"schedule", good, Set{}, Options{Schedule: Warmup{Steps: 1, Then: &Plateau{Monitor: "los"}}},
			`no metric "los" to monitor`},
		{"length", good, Set{}, Options{Schedule: Warmup{Steps: 1, Then: WarmRestarts{T0: 3}}},
			"a schedule fit.Warmup with 0 steps or epochs"},
		{"metric", good, Set{}, Options{Metrics: []string{"accuracy"}}, `no metric "accuracy"; there are mse, rmse, mae, r2`},
	} {
		s := &stub{state: []float32{0}}
		if _, err := Fit(t.Context(), driver(s), c.train, c.val, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
		if s.state[0] != 0 {
			t.Errorf("%s: trained nevertheless", c.name)
		}
	}
	for _, bad := range []Set{{}, {N: 2, X: x(1), Y: x(2)}} {
		if _, err := Evaluate(driver(&stub{}), bad, nil); err == nil {
			t.Errorf("Evaluate(%v): no error", bad)
		}
	}
	if _, err := Evaluate(driver(&stub{}), good, []string{"f1"}); err == nil {
		t.Error("Evaluate with an unknown metric: no error")
	}
}

// TestWhatIsMonitoredIsMeasured has early stopping and a schedule that go by metrics which nothing else asks for.
func TestWhatIsMonitoredIsMeasured(t *testing.T) {
	set := Set{N: 2, X: [][]float32{{1, 2}}, Y: [][]float32{{1, 2}}}
	s := &stub{losses: make([]float64, 99), state: []float32{0}}
	h, err := Fit(t.Context(), driver(s), set, set, Options{
		Epochs: 9, LR: 1, Stop: &EarlyStopping{Monitor: "mae", Patience: 4}, Metrics: []string{"r2"},
		Schedule: Warmup{Steps: 1, Then: &Plateau{Monitor: "val_mse", Factor: 0.5}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range h.Epochs[0].Metrics {
		names = append(names, m.Name)
	}
	if got, want := strings.Join(names, " "), "loss mae val_loss val_r2 val_mse"; got != want {
		t.Errorf("measured are %s, want %s", got, want)
	}
	if len(h.Epochs) != 5 || !h.Stopped { // the stub predicts 0 for ever
		t.Errorf("%d epochs, stopped %t; want 5, true", len(h.Epochs), h.Stopped)
	}
	if lr := h.Epochs[4].LR; lr != 0.125 {
		t.Errorf("the rate ends at %v, want 0.125", lr)
	}
}

// TestMetricsGoByTheThreshold counts a unit as 1 from 0.3 on, in place of 0.5.
func TestMetricsGoByTheThreshold(t *testing.T) {
	y, truth := []float32{0.1, 0.3, 0.4, 0.6}, []float32{0, 1, 0, 1}
	for threshold, want := range map[float32][3]float64{0: {0.75, 1, 0.5}, 0.5: {0.75, 1, 0.5}, 0.3: {0.75, 2.0 / 3, 1}} {
		m := Measure(Output{Task: "binary", Width: 1, Threshold: threshold}, Set{N: 4}, y, truth)
		if got := [3]float64{m["accuracy"], m["precision"], m["recall"]}; got != want {
			t.Errorf("threshold %v: accuracy, precision and recall %v, want %v", threshold, got, want)
		}
	}
}
