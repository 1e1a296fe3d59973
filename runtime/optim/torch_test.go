package optim

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestStepsAgreeWithPyTorch holds every optimizer against vectors in float64; float32 rounds each of
// the eight steps, so that a few roundings of w and of the update remain.
func TestStepsAgreeWithPyTorch(t *testing.T) {
	b, err := os.ReadFile("../../testdata/torch/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Optimizers struct {
			W     []float64
			G     [][]float64
			Cases []struct {
				Kind  string
				Attrs map[string]any
				W     [][]float64
			}
		}
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	round := func(x []float64) []float32 {
		y := make([]float32, len(x))
		for i, e := range x {
			y[i] = float32(e)
		}
		return y
	}
	for _, c := range v.Optimizers.Cases {
		f := func(name string, def float64) float64 {
			if x, ok := c.Attrs[name].(float64); ok {
				return x
			}
			return def
		}
		b1, b2 := 0.9, 0.999
		if x, ok := c.Attrs["betas"].([]any); ok {
			b1, b2 = x[0].(float64), x[1].(float64)
		}
		centered, _ := c.Attrs["centered"].(bool)
		wd := f("weight_decay", 0)
		w := round(v.Optimizers.W)
		n := len(w)
		s1, s2, s3 := make([]float32, n), make([]float32, n), make([]float32, n)
		for k, gs := range v.Optimizers.G {
			g, lr, at := round(gs), 0.05, uint64(k+1)
			if k >= 4 {
				lr = 0.02
			}
			switch c.Kind {
			case "sgd":
				SGD{WeightDecay: wd}.Step(w, g, at, lr, 1)
			case "momentum":
				Momentum{Momentum: f("momentum", 0.9), Dampening: f("dampening", 0), WeightDecay: wd}.Step(w, g, s1, at, lr, 1)
			case "nesterov":
				Nesterov{Momentum: f("momentum", 0.9), WeightDecay: wd}.Step(w, g, s1, at, lr, 1)
			case "adagrad":
				Adagrad{LRDecay: f("lr_decay", 0), InitialAccumulator: f("initial_accumulator_value", 0), Eps: 1e-10, WeightDecay: wd}.Step(w, g, s1, at, lr, 1)
			case "adadelta":
				Adadelta{Rho: f("rho", 0.9), Eps: 1e-6, WeightDecay: wd}.Step(w, g, s1, s2, at, lr, 1)
			case "rmsprop":
				RMSProp{Alpha: 0.99, Eps: 1e-8, Momentum: f("momentum", 0), Centered: centered, WeightDecay: wd}.Step(w, g, s1, s2, s3, at, lr, 1)
			case "adam":
				Adam{b1, b2, 1e-8, wd}.Step(w, g, s1, s2, at, lr, 1)
			case "adamw":
				AdamW{b1, b2, 1e-8, f("weight_decay", 0.01)}.Step(w, g, s1, s2, at, lr, 1)
			case "amsgrad":
				AMSGrad{b1, b2, 1e-8, wd}.Step(w, g, s1, s2, s3, at, lr, 1)
			case "nadam":
				NAdam{b1, b2, 1e-8, wd, f("momentum_decay", 4e-3)}.Step(w, g, s1, s2, at, lr, 1)
			case "adamax":
				Adamax{b1, b2, 1e-8, wd}.Step(w, g, s1, s2, at, lr, 1)
			case "lion":
				if _, set := c.Attrs["betas"]; !set {
					b2 = 0.99
				}
				Lion{b1, b2, wd}.Step(w, g, s1, at, lr, 1)
			default:
				t.Fatalf("no optimizer %s", c.Kind)
			}
			for i, want := range c.W[k] {
				if diff := math.Abs(float64(w[i]) - want); !(diff <= 40*0x1p-24*math.Max(1, math.Abs(want))) {
					t.Errorf("%s %v: step %d, element %d is %v, PyTorch has %v", c.Kind, c.Attrs, k+1, i, w[i], want)
				}
			}
		}
	}
}

func TestClippingKeepsTheNormBelowItsLimit(t *testing.T) {
	g := make([]float32, 37)
	for i := range g {
		g[i] = float32(i) - 18
	}
	square := SumSquares(g)
	if want := 4218.0; square != want {
		t.Errorf("Σg² = %v, want %v", square, want)
	}
	if s := ClipScale(square, 2); math.Abs(float64(s)*math.Sqrt(square)-2) > 1e-5 {
		t.Errorf("the clipped norm is %v, want 2", float64(s)*math.Sqrt(square))
	}
	if s := ClipScale(square, 1000); s != 1 {
		t.Errorf("a gradient within the limit is scaled by %v", s)
	}
}

func TestMaxNormScalesDownLongColumnsOnly(t *testing.T) {
	w := []float32{3, 0.1, 4, 0.2}
	MaxNorm(2, 2, w, 1)
	if w[0] != 0.6 || w[2] != 0.8 || w[1] != 0.1 || w[3] != 0.2 {
		t.Errorf("MaxNorm gives %v", w)
	}
}

func TestStepsDoNotAllocate(t *testing.T) {
	w, g, a, b, c := make([]float32, 99), make([]float32, 99), make([]float32, 99), make([]float32, 99), make([]float32, 99)
	if n := testing.AllocsPerRun(10, func() {
		SGD{}.Step(w, g, 1, 0.1, 1)
		Momentum{}.Step(w, g, a, 1, 0.1, 1)
		Nesterov{}.Step(w, g, a, 1, 0.1, 1)
		Adagrad{Eps: 1}.Step(w, g, a, 1, 0.1, 1)
		Adadelta{Eps: 1}.Step(w, g, a, b, 1, 0.1, 1)
		RMSProp{Eps: 1}.Step(w, g, a, b, c, 1, 0.1, 1)
		Adam{0.9, 0.9, 1, 0}.Step(w, g, a, b, 1, 0.1, 1)
		AdamW{0.9, 0.9, 1, 0}.Step(w, g, a, b, 1, 0.1, 1)
		AMSGrad{0.9, 0.9, 1, 0}.Step(w, g, a, b, c, 1, 0.1, 1)
		NAdam{0.9, 0.9, 1, 0, 0.004}.Step(w, g, a, b, 1, 0.1, 1)
		Adamax{0.9, 0.9, 1, 0}.Step(w, g, a, b, 1, 0.1, 1)
		ClipScale(SumSquares(g), 1)
		MaxNorm(9, 11, w, 1)
	}); n != 0 {
		t.Errorf("%v allocations, want 0", n)
	}
}
