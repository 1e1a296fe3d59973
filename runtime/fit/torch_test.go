package fit

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

func TestSchedulesAgreeWithPyTorch(t *testing.T) {
	b, err := os.ReadFile("../../testdata/torch/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Schedules map[string][]float64
		Plateau   struct{ Metric, Rates []float64 }
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	schedules := map[string]Schedule{
		"StepDecay":            StepDecay{StepSize: 7, Gamma: 0.3},
		"MultiStep":            MultiStep{Milestones: []int{5, 11, 30}, Gamma: 0.5},
		"Exponential":          Exponential{Gamma: 0.9},
		"Polynomial":           Polynomial{Total: 25, Power: 1.7},
		"Cosine":               Cosine{TMax: 39, MinLR: 0.001},
		"WarmRestarts":         WarmRestarts{T0: 5, TMult: 2, MinLR: 0.001},
		"Cyclical/triangular":  Cyclical{MinLR: 0.01, MaxLR: 0.2, StepSize: 6, Mode: "triangular"},
		"Cyclical/triangular2": Cyclical{MinLR: 0.01, MaxLR: 0.2, StepSize: 6, Mode: "triangular2"},
		"Cyclical/exp_range":   Cyclical{MinLR: 0.01, MaxLR: 0.2, StepSize: 6, Mode: "exp_range", Gamma: 0.95},
		"InverseSqrt":          InverseSqrt{Timescale: 9},
		"InverseTime":          InverseTime{DecayRate: 0.5, DecaySteps: 4},
		"InverseTime/stairs":   InverseTime{DecayRate: 0.5, DecaySteps: 4, Staircase: true},
		"OneCycle/cos":         OneCycle{MaxLR: 0.3, Total: 40, PctStart: 0.3, DivFactor: 25, FinalDiv: 1e4},
		"OneCycle/linear":      OneCycle{MaxLR: 0.3, Total: 40, PctStart: 0.4, DivFactor: 25, FinalDiv: 1e4, Linear: true},
	}
	if len(schedules) != len(v.Schedules) {
		t.Errorf("%d schedules, but vectors for %d", len(schedules), len(v.Schedules))
	}
	for name, s := range schedules {
		for i, want := range v.Schedules[name] {
			got := s.Rate(0.1, Time{Step: i, StepsPerEpoch: 1, Epochs: 40})
			if math.Abs(got-want) > 1e-12*math.Max(want, 0.1) {
				t.Errorf("%s at %d: %v, PyTorch has %v", name, i, got, want)
			}
		}
	}
	p := &Plateau{Monitor: "loss", Factor: 0.5, Patience: 2, Threshold: 0.01, Cooldown: 1, MinLR: 0.02}
	for i, want := range v.Plateau.Rates {
		if got := p.Rate(0.1, Time{}); math.Abs(got-want) > 1e-15 {
			t.Errorf("Plateau at %d: %v, PyTorch has %v", i, got, want)
		}
		p.Observe(Epoch{Metrics: []Metric{{Name: "loss", Value: v.Plateau.Metric[i], Lower: true}}})
	}
}

func TestWarmupGrowsLinearlyIntoTheSchedule(t *testing.T) {
	w := Warmup{Steps: 4, Then: Exponential{Gamma: 0.5, PerStep: true}}
	for i, want := range []float64{0.25, 0.5, 0.75, 1, 1, 0.5, 0.25} {
		if got := w.Rate(1, Time{Step: i, StepsPerEpoch: 1}); got != want {
			t.Errorf("step %d: %v, want %v", i, got, want)
		}
	}
}

func TestWarmupAloneKeepsTheRate(t *testing.T) {
	w := Warmup{Steps: 2}
	w.Observe(Epoch{})
	for i, want := range []float64{0.5, 1, 1} {
		if got := w.Rate(1, Time{Step: i, StepsPerEpoch: 1}); got != want {
			t.Errorf("step %d: %v, want %v", i, got, want)
		}
	}
	if _, divides := length(w); divides {
		t.Error("a warm-up alone divides by a time")
	}
}

func TestOwnFunctionsAgreeWithMath(t *testing.T) {
	for i := range 2001 {
		x := float64(i) / 1000
		if d := math.Abs(cosPi(x) - math.Cos(math.Pi*x)); d > 2e-15 {
			t.Errorf("cosPi(%v) is off by %v", x, d)
		}
		if x <= 1 {
			if d := math.Abs(pow(x, 1.7) - math.Pow(x, 1.7)); d > 4e-15 {
				t.Errorf("pow(%v, 1.7) is off by %v", x, d)
			}
		}
	}
}
