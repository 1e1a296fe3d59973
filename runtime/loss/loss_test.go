package loss

import (
	"math"
	"math/rand"
	"testing"
)

type lossFunc func(n, f int, y, t, w []float32, scale float32, dy []float32) float64

// A row is a loss with its float64 form for one example.
type row struct {
	name    string
	f       lossFunc
	exact   func(y, t []float64) float64
	targets string // real, unit, binary, simplex, positive
	rates   bool   // y must be positive
}

func meanOf(term func(y, t float64) float64) func(y, t []float64) float64 {
	return func(y, t []float64) float64 {
		s := 0.0
		for j := range y {
			s += term(y[j], t[j])
		}
		return s / float64(len(y))
	}
}

func logSoftmax(y []float64) []float64 {
	s := 0.0
	for _, v := range y {
		s += math.Exp(v)
	}
	out := make([]float64, len(y))
	for j, v := range y {
		out[j] = v - math.Log(s)
	}
	return out
}

func cross(smoothing float64) func(y, t []float64) float64 {
	return func(y, t []float64) float64 {
		s := 0.0
		for j, l := range logSoftmax(y) {
			s -= (t[j]*(1-smoothing) + smoothing/float64(len(y))) * l
		}
		return s
	}
}

func binaryFocal(gamma, alpha float32) lossFunc {
	return func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
		return BinaryFocalCrossEntropyLogits(n, f, y, t, w, scale, dy, gamma, alpha)
	}
}

func binaryFocalExact(gamma, alpha float64) func(y, t []float64) float64 {
	return meanOf(func(y, t float64) float64 {
		p := 1 / (1 + math.Exp(-y))
		right, balance := p*t+(1-p)*(1-t), 1.0
		if alpha >= 0 {
			balance = alpha*t + (1-alpha)*(1-t)
		}
		return balance * math.Pow(1-right, gamma) * (-t*math.Log(p) - (1-t)*math.Log(1-p))
	})
}

func categoricalFocal(gamma, alpha float32) lossFunc {
	return func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
		return CategoricalFocalCrossEntropyLogits(n, f, y, t, w, scale, dy, gamma, alpha)
	}
}

func categoricalFocalExact(gamma, alpha float64) func(y, t []float64) float64 {
	return func(y, t []float64) float64 {
		s := 0.0
		for j, l := range logSoftmax(y) {
			s -= alpha * t[j] * math.Pow(1-math.Exp(l), gamma) * l
		}
		return s
	}
}

// TestFocalLossesOfSureScores looks at scores whose exponentials overflow, and at those that are surely right or wrong.
func TestFocalLossesOfSureScores(t *testing.T) {
	for _, gamma := range []float32{0, 0.5, 1, 2, 5} {
		for _, y := range [][]float32{{1000, -1000}, {-1000, 1000}, {90, 0}, {0, 0}} {
			for name, f := range map[string]lossFunc{"binary": binaryFocal(gamma, 0.25), "categorical": categoricalFocal(gamma, 1)} {
				dy := make([]float32, 2)
				loss := f(1, 2, y, []float32{1, 0}, nil, 1, dy)
				if !(loss >= 0) || math.IsInf(loss, 0) || dy[0] != dy[0] || dy[1] != dy[1] || math.Abs(float64(dy[0])) > 2000 {
					t.Errorf("%s, gamma %v, scores %v: loss %v, gradient %v", name, gamma, y, loss, dy)
				}
			}
		}
	}
}

var rows = []row{
	{"MSE", MSE, meanOf(func(y, t float64) float64 { return (y - t) * (y - t) }), "real", false},
	{"MAE", MAE, meanOf(func(y, t float64) float64 { return math.Abs(y - t) }), "real", false},
	{"Huber", func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
		return Huber(n, f, y, t, w, scale, dy, 0.75)
	}, meanOf(func(y, t float64) float64 {
		if d := math.Abs(y - t); d > 0.75 {
			return 0.75 * (d - 0.375)
		} else {
			return d * d / 2
		}
	}), "real", false},
	{"LogCosh", LogCosh, meanOf(func(y, t float64) float64 { return math.Log(math.Cosh(y - t)) }), "real", false},
	{"BinaryCrossEntropyLogits", BinaryCrossEntropyLogits, meanOf(func(y, t float64) float64 {
		p := 1 / (1 + math.Exp(-y))
		return -t*math.Log(p) - (1-t)*math.Log(1-p)
	}), "unit", false},
	{"BinaryFocal", binaryFocal(2, 0.25), binaryFocalExact(2, 0.25), "unit", false},
	{"BinaryFocalUnbalanced", binaryFocal(0.5, -1), binaryFocalExact(0.5, -1), "binary", false},
	{"BinaryFocalPlain", binaryFocal(0, 0.5), binaryFocalExact(0, 0.5), "binary", false},
	{"CategoricalFocal", categoricalFocal(2, 0.25), categoricalFocalExact(2, 0.25), "simplex", false},
	{"CategoricalFocalPlain", categoricalFocal(0, -1), cross(0), "simplex", false},
	{"CategoricalFocalSteep", categoricalFocal(3.5, 1), categoricalFocalExact(3.5, 1), "binary", false},
	{"CategoricalCrossEntropyLogits", func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
		return CategoricalCrossEntropyLogits(n, f, y, t, w, scale, dy, 0)
	}, cross(0), "simplex", false},
	{"smoothed", func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
		return CategoricalCrossEntropyLogits(n, f, y, t, w, scale, dy, 0.125)
	}, cross(0.125), "simplex", false},
	{"unnormalised", func(n, f int, y, t, w []float32, scale float32, dy []float32) float64 {
		return CategoricalCrossEntropyLogits(n, f, y, t, w, scale, dy, 0)
	}, cross(0), "unit", false},
	{"KLDivergenceLogits", KLDivergenceLogits, func(y, t []float64) float64 {
		s := 0.0
		for j, l := range logSoftmax(y) {
			if t[j] > 0 {
				s += t[j] * (math.Log(t[j]) - l)
			}
		}
		return s
	}, "simplex", false},
	{"Poisson", Poisson, meanOf(func(y, t float64) float64 { return y - t*math.Log(y+1e-7) }), "positive", true},
	{"PoissonLog", PoissonLog, meanOf(func(y, t float64) float64 { return math.Exp(y) - t*y }), "positive", false},
	{"Hinge", Hinge, meanOf(func(y, t float64) float64 { return math.Max(0, 1-(2*t-1)*y) }), "binary", false},
	{"Perceptron", Perceptron, func(y, t []float64) float64 {
		s := 0.0
		for j := range y {
			s += math.Max(0, -(2*t[j]-1)*y[j])
		}
		return s
	}, "binary", false},
}

func (l *row) draw(r *rand.Rand, n, f int) (y, t, w []float32) {
	y, t, w = make([]float32, n*f), make([]float32, n*f), make([]float32, n)
	for i := range y {
		y[i] = float32(2 * r.NormFloat64())
		if l.rates {
			y[i] = 0.1 + float32(math.Abs(float64(y[i])))
		}
		switch l.targets {
		case "real":
			t[i] = float32(r.NormFloat64())
		case "unit":
			t[i] = r.Float32()
		case "binary":
			t[i] = float32(r.Intn(2))
		case "positive":
			t[i] = float32(r.Intn(5))
		}
	}
	for i := range w {
		w[i] = r.Float32()
		if l.targets != "simplex" {
			continue
		}
		s := float32(0)
		for j := range f {
			t[i*f+j] = r.Float32()
			s += t[i*f+j]
		}
		for j := range f {
			t[i*f+j] /= s
		}
	}
	return
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestAgainstFloat64 compares each loss with its formula and its gradient with the central
// difference of the formula.
func TestAgainstFloat64(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for _, l := range rows {
		t.Run(l.name, func(t *testing.T) {
			for _, size := range [][2]int{{0, 3}, {1, 1}, {3, 3}, {5, 10}, {2, 33}} {
				n, f := size[0], size[1]
				y, tt, w := l.draw(r, n, f)
				for _, weights := range [][]float32{nil, w} {
					dy := make([]float32, n*f)
					got := l.f(n, f, y, tt, weights, 0.25, dy)
					if again := l.f(n, f, y, tt, weights, 0.25, nil); again != got {
						t.Fatalf("without gradient %g, with it %g", again, got)
					}
					want := 0.0
					for i := range n {
						wi := float64(weight(weights, i))
						yi, ti := wide(y[i*f:][:f]), wide(tt[i*f:][:f])
						want += wi * l.exact(yi, ti)
						for j := range f {
							const h = 1e-5
							v := yi[j]
							yi[j] = v + h
							up := l.exact(yi, ti)
							yi[j] = v - h
							down := l.exact(yi, ti)
							yi[j] = v
							g := 0.25 * wi * (up - down) / (2 * h)
							if math.Abs(g-float64(dy[i*f+j])) > 1e-6 {
								t.Fatalf("n=%d f=%d: dy[%d,%d] = %g, want %g", n, f, i, j, dy[i*f+j], g)
							}
						}
					}
					if math.Abs(got-want) > 1e-6*(1+math.Abs(want)) {
						t.Errorf("n=%d f=%d: %g, want %g", n, f, got, want)
					}
					inPlace := append([]float32(nil), y...)
					l.f(n, f, inPlace, tt, weights, 0.25, inPlace)
					for i := range dy {
						if inPlace[i] != dy[i] {
							t.Fatalf("dy in place of y: %g, else %g", inPlace[i], dy[i])
						}
					}
				}
			}
			y, tt, w := l.draw(r, 4, 10)
			dy := make([]float32, 40)
			if n := testing.AllocsPerRun(10, func() { l.f(4, 10, y, tt, w, 1, dy) }); n != 0 {
				t.Errorf("%g allocations", n)
			}
			func() {
				defer func() {
					if recover() == nil {
						t.Error("a short target does not panic")
					}
				}()
				l.f(4, 10, y, tt[:39], w, 1, dy)
			}()
		})
	}
}

// TestSparseIsDense compares integer labels with the same labels as one-hot rows.
func TestSparseIsDense(t *testing.T) {
	r := rand.New(rand.NewSource(2))
	n, f := 6, 10
	y, hot, labels := make([]float32, n*f), make([]float32, n*f), make([]int32, n)
	for i := range y {
		y[i] = float32(3 * r.NormFloat64())
	}
	for i := range labels {
		labels[i] = int32(r.Intn(f))
		hot[i*f+int(labels[i])] = 1
	}
	a, b := make([]float32, n*f), make([]float32, n*f)
	la := CategoricalCrossEntropyLogits(n, f, y, hot, nil, 0.5, a, 0)
	lb := SparseCrossEntropyLogits(n, f, y, labels, nil, 0.5, b)
	if la != lb {
		t.Errorf("dense %g, sparse %g", la, lb)
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			t.Errorf("dy[%d]: dense %g, sparse %g", i, a[i], b[i])
		}
	}
}

// TestPerceptronIsRosenblatt holds the gradient to step(y) − t for all combinations.
func TestPerceptronIsRosenblatt(t *testing.T) {
	y, tt, dy := []float32{-1, -1, 0, 0, 2, 2}, []float32{0, 1, 0, 1, 0, 1}, make([]float32, 6)
	Perceptron(6, 1, y, tt, nil, 1, dy)
	for i, want := range []float32{0, -1, 1, 0, 1, 0} {
		if dy[i] != want {
			t.Errorf("y=%g t=%g: dy = %g, want %g", y[i], tt[i], dy[i], want)
		}
	}
}

// TestSparseValueAlone checks that the value does not depend on whether the gradient is
// wanted, and that a class with no chance at all, a logit of −∞, gives no NaN.
func TestSparseValueAlone(t *testing.T) {
	r := rand.New(rand.NewSource(4))
	for _, f := range []int{1, 7, 64, 65, 200} {
		n := 3
		y, dy, labels := make([]float32, n*f), make([]float32, n*f), make([]int32, n)
		for i := range y {
			y[i] = float32(r.NormFloat64())
		}
		if f > 1 {
			y[1] = float32(math.Inf(-1))
		}
		with := SparseCrossEntropyLogits(n, f, y, labels, nil, 1, dy)
		if alone := SparseCrossEntropyLogits(n, f, y, labels, nil, 1, nil); alone != with || alone != alone {
			t.Errorf("f=%d: %g with the gradient, %g without", f, with, alone)
		}
		for j, g := range dy {
			if g != g {
				t.Fatalf("f=%d: dy[%d] is NaN", f, j)
			}
		}
	}
}

func BenchmarkSparseCrossEntropy(b *testing.B) {
	n, f := 128, 10
	y, dy, labels := make([]float32, n*f), make([]float32, n*f), make([]int32, n)
	for b.Loop() {
		SparseCrossEntropyLogits(n, f, y, labels, nil, 1, dy)
	}
}
