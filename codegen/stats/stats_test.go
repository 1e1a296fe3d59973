package stats

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

type vectors struct {
	Classes []struct {
		P                     []float32
		Truth                 []int
		Classes               int
		Precision, Recall, F1 []float64
		Support               []int
		MCC                   float64
		BalancedAccuracy      float64 `json:"balanced_accuracy"`
		LogLoss               float64 `json:"log_loss"`
		AveragePrecision      float64 `json:"average_precision"`
	}
	Decisions struct {
		P, Truth          []float32
		F1, Cost          float64
		RecallAtPrecision float64 `json:"recall_at_precision"`
		PrecisionAtRecall float64 `json:"precision_at_recall"`
		Scores            [][]float64
		Classes           []int
		Temperature, Loss float64
		LossAt1           float64 `json:"loss_at_1"`
	}
	Conformal struct{ Outside, Levels, Radii []float64 }
	Linear    struct {
		X, Y, Ridge, Logistic []float32
		Label                 []int
	}
}

// read reads what scikit-learn gave: see testdata/stats/make.py.
func read(t *testing.T) *vectors {
	b, err := os.ReadFile("../../testdata/stats/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	v := &vectors{}
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatal(err)
	}
	return v
}

func near(t *testing.T, what string, got, want, bound float64) {
	t.Helper()
	if !(math.Abs(got-want) <= bound) {
		t.Errorf("%s is %g, scikit-learn has %g", what, got, want)
	}
}

func TestMeasuresOfClassesAreThoseOfScikitLearn(t *testing.T) {
	for _, v := range read(t).Classes {
		var c *Classes
		if v.Classes == 2 {
			y, truth := make([]float32, len(v.Truth)), make([]float32, len(v.Truth))
			for i, k := range v.Truth {
				y[i], truth[i] = v.P[2*i+1], float32(k)
			}
			c = Binary(y, truth)
		} else {
			truth := make([]float32, len(v.P))
			for i, k := range v.Truth {
				truth[i*v.Classes+k] = 1
			}
			c = Multiclass(v.Classes, v.P, truth)
		}
		for k, class := range c.PerClass() {
			near(t, "precision", class.Precision, v.Precision[k], 1e-12)
			near(t, "recall", class.Recall, v.Recall[k], 1e-12)
			near(t, "f1", class.F1, v.F1[k], 1e-12)
			if class.Support != v.Support[k] {
				t.Errorf("support %d, want %d", class.Support, v.Support[k])
			}
		}
		near(t, "mcc", c.MCC(), v.MCC, 1e-12)
		near(t, "balanced accuracy", c.BalancedAccuracy(), v.BalancedAccuracy, 1e-12)
		near(t, "average precision", c.AveragePrecision(), v.AveragePrecision, 1e-12)
		near(t, "log loss", c.LogLoss(), v.LogLoss, 1e-6) // 1 − p in float32 is no exact sum
	}
}

func TestLinearModelsAreThoseOfScikitLearn(t *testing.T) {
	v := read(t).Linear
	ridge, err := Ridge(len(v.Y), v.X, v.Y)
	if err != nil {
		t.Fatal(err)
	}
	for i, y := range ridge.Predict(len(v.Y), v.X) {
		near(t, "ridge", float64(y), float64(v.Ridge[i]), 1e-5)
	}
	logistic, err := Logistic(v.X, v.Label, 3)
	if err != nil {
		t.Fatal(err)
	}
	y := logistic.Predict(len(v.Label), v.X)
	for i := range v.Label {
		row := []float64{float64(y[3*i]), float64(y[3*i+1]), float64(y[3*i+2])}
		logSoftmax(row, 0)
		for k, p := range row {
			near(t, "logistic", p, float64(v.Logistic[3*i+k]), 2e-3) // the search ends before scikit-learn's
		}
	}
}

// TestWhatCannotBeMeasuredIsNaN has rows of one class, all taken for it.
func TestWhatCannotBeMeasuredIsNaN(t *testing.T) {
	c := Binary([]float32{0.2, 0.4}, []float32{0, 0})
	absent := c.PerClass()[1]
	for what, v := range map[string]float64{"mcc": c.MCC(), "average precision": c.AveragePrecision(),
		"recall":    absent.Recall,
		"precision": absent.Precision, "f1": absent.F1} {
		if v == v {
			t.Errorf("%s is %g", what, v)
		}
	}
	if got := c.BalancedAccuracy(); got != 1 {
		t.Errorf("balanced accuracy %g, want 1: that of the one class", got)
	}
}

// TestCalibrationError has two bins: of ten rows with 0.8, eight are right; of four with 0.6, one is.
func TestCalibrationError(t *testing.T) {
	var y, truth []float32
	for i := range 14 {
		y = append(y, 0.8)
		truth = append(truth, 1)
		switch {
		case i >= 10:
			y[i] = 0.6
			if i > 10 {
				truth[i] = 0
			}
		case i >= 8:
			truth[i] = 0
		}
	}
	near(t, "calibration error", Binary(y, truth).CalibrationError(10), math.Abs(4*0.6-1)/14, 1e-6)
}

func TestMostConfused(t *testing.T) {
	c := &Classes{Truth: []int{0, 0, 1, 2, 2, 2}, P: [][]float64{{1, 0, 0},
		{0, 1, 0}, {0, 1, 0}, {1, 0, 0}, {1, 0, 0}, {0, 0, 1}}}
	got := c.MostConfused(5)
	if len(got) != 2 || got[0] != (Confused{2, 0, 2}) || got[1] != (Confused{0, 1, 1}) {
		t.Errorf("got %v", got)
	}
}

// TestWilson compares with a value of the literature: Newcombe, Two-sided confidence intervals for the single
// proportion, 1998, table I: 81 of 263 is from 0.2553 to 0.3662.
func TestWilson(t *testing.T) {
	low, high := Wilson(81.0/263, 263)
	near(t, "low", low, 0.2553, 5e-5)
	near(t, "high", high, 0.3662, 5e-5)
}

// TestBootstrapOfAMean has the interval of the normal distribution: ±1.96·σ/√n.
func TestBootstrapOfAMean(t *testing.T) {
	const n = 900
	low, high := Bootstrap(n, 2, func(times []int32) []float64 {
		sum := 0.0
		for r, k := range times {
			sum += float64(int(k) * (r % 2))
		}
		return []float64{sum / n, math.NaN()}
	})
	near(t, "low", low[0], 0.5-z*0.5/30, 4e-3)
	near(t, "high", high[0], 0.5+z*0.5/30, 4e-3)
	if low[1] == low[1] {
		t.Error("an interval of what is NaN in each sample")
	}
}

// TestThresholdsAreTheBestOfScikitLearnsCurves compares what the thresholds reach, with 0.7 as the least precision, 0.8
// as the least recall, and 1 and 4 as the costs of the mistakes.
func TestThresholdsAreTheBestOfScikitLearnsCurves(t *testing.T) {
	v := read(t).Decisions
	atLeast := func(of, bound func(Counts) float64, least float64) func(Counts) float64 {
		return func(c Counts) float64 {
			if bound(c) < least {
				return -1
			}
			return of(c)
		}
	}
	for what, c := range map[string]struct {
		score func(Counts) float64
		want  float64
	}{
		"f1":                {Counts.F1, v.F1},
		"cost":              {func(c Counts) float64 { return -c.FP - 4*c.FN }, -v.Cost},
		"recall@precision":  {atLeast(Counts.Recall, Counts.Precision, 0.7), v.RecallAtPrecision},
		"precision@recall":  {atLeast(Counts.Precision, Counts.Recall, 0.8), v.PrecisionAtRecall},
		"all of one class":  {func(c Counts) float64 { return c.TP + c.FP }, float64(len(v.P))},
		"all of the other":  {func(c Counts) float64 { return c.TN + c.FN }, float64(len(v.P))},
		"nothing to choose": {func(Counts) float64 { return 0 }, 0},
	} {
		at := Threshold(v.P, v.Truth, c.score)
		if at <= 0 || at >= 1 {
			t.Errorf("%s: the threshold is %v", what, at)
		}
		near(t, what, c.score(At(v.P, v.Truth, at)), c.want, 1e-12)
	}
	if at := Threshold(v.P, v.Truth, func(Counts) float64 { return 0 }); math.Abs(float64(at)-0.5) > 0.01 {
		t.Errorf("of thresholds that are all alike %v is chosen, not the one nearest to 0.5", at)
	}
}

func TestThresholdsBetweenNeighbours(t *testing.T) {
	low := float32(0.7)
	high := math.Nextafter32(low, 1)
	if at := Threshold([]float32{low, high}, []float32{0, 1}, Counts.F1); at != high {
		t.Errorf("the threshold of %v and %v is %v", low, high, at)
	}
	if at := Threshold([]float32{1, 1, 0.25}, []float32{1, 1, 0}, Counts.F1); at != 0.625 {
		t.Errorf("the threshold of 1 and 0.25 is %v", at)
	}
}

func TestTemperatureIsThatOfTheLeastLogLoss(t *testing.T) {
	v := read(t).Decisions
	got := Temperature(v.Scores, v.Classes)
	near(t, "temperature", got, v.Temperature, 1e-5)
	near(t, "log loss", Tempered(v.Scores, v.Classes, got).LogLoss(), v.Loss, 1e-9)
	near(t, "log loss at 1", Tempered(v.Scores, v.Classes, 1).LogLoss(), v.LossAt1, 1e-9)
	if got := Temperature(nil, nil); math.Abs(got-1) > 1e-6 {
		t.Errorf("without a row the temperature is %v, not 1", got)
	}
}

// TestTemperatureOfFewRowsIsNeverWorseThanNone draws scores that are too sure, or not sure enough, by a factor. On the
// rows that the temperature is fitted to its log loss is at most that without one. On others it loses less to the best
// temperature, in the mean over settings, than a third of what no temperature does.
func TestTemperatureOfFewRowsIsNeverWorseThanNone(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var one, fitted float64
	for _, n := range []int{15, 46, 200} {
		for _, classes := range []int{2, 5} {
			for _, spread := range []float64{1, 3, 8} {
				for _, factor := range []float64{0.4, 1, 2.5} {
					draw := func(n int) (scores [][]float64, truth []int) {
						for range n {
							z, best, most := make([]float64, classes), 0, math.Inf(-1)
							for k := range z {
								s := spread * rng.NormFloat64()
								z[k] = factor * s
								if v := s - math.Log(rng.ExpFloat64()); v > most {
									best, most = k, v
								}
							}
							scores, truth = append(scores, z), append(truth, best)
						}
						return scores, truth
					}
					others, theirs := draw(2000)
					loss := func(at float64) float64 { return Tempered(others, theirs, at).LogLoss() }
					one += loss(1) / loss(factor)
					for range 5 {
						scores, truth := draw(n)
						got := Temperature(scores, truth)
						before, after := Tempered(scores, truth, 1).LogLoss(), Tempered(scores, truth, got).LogLoss()
						if after > before {
							t.Errorf("%d rows of %d classes, spread %v, factor %v: log loss %v → %v by the temperature %v", n,
								classes, spread, factor, before, after, got)
						}
						fitted += loss(got) / loss(factor) / 5
					}
				}
			}
		}
	}
	const settings = 3 * 2 * 3 * 3
	one, fitted = one/settings-1, fitted/settings-1
	t.Logf("log loss is above the least by %.1f %% without a temperature, by %.1f %% with it", 100*one, 100*fitted)
	if fitted > one/3 {
		t.Errorf("log loss is above the least by %v, without a temperature by %v", fitted, one)
	}
}

// TestRowsThatAreAllRightMakeNoSmallTemperature has 46 rows that are all right, and then one that is wrong, which must not
// cost much more than without a temperature.
func TestRowsThatAreAllRightMakeNoSmallTemperature(t *testing.T) {
	var scores [][]float64
	for i := range 46 {
		scores = append(scores, []float64{0, 1.5 + 0.1*float64(i)})
	}
	truth := slices.Repeat([]int{1}, len(scores))
	got := Temperature(scores, truth)
	before, after := Tempered(scores, truth, 1).LogLoss(), Tempered(scores, truth, got).LogLoss()
	if got < 0.4 || got > 0.9 || after >= before {
		t.Errorf("temperature %v, log loss %v → %v", got, before, after)
	}
	truth[len(truth)-1], scores[len(truth)-1] = 0, []float64{0, 3}
	one, after := Tempered(scores, truth, 1).LogLoss(), Tempered(scores, truth, got).LogLoss()
	if after > 1.5*one {
		t.Errorf("one wrong row more makes the log loss %v, without a temperature %v", after, one)
	}
}

// TestRadiiOfIntervalsAreNumpysQuantiles compares with quantiles of how far targets lie outside.
func TestRadiiOfIntervalsAreNumpysQuantiles(t *testing.T) {
	v := read(t).Conformal
	for i, level := range v.Levels {
		got, ok := Conformal(v.Outside, level)
		if !ok {
			t.Fatalf("%d rows are too few for %v", len(v.Outside), level)
		}
		near(t, "radius", got, v.Radii[i], 0)
	}
	for _, c := range []struct {
		level float64
		rows  int
	}{{0.9, 9}, {0.5, 1}, {0.95, 19}, {0.99, 99}, {0.8, 4}} {
		if got := ConformalRows(c.level); got != c.rows {
			t.Errorf("%v takes %d rows, want %d", c.level, got, c.rows)
		}
		if _, ok := Conformal(make([]float64, c.rows), c.level); !ok {
			t.Errorf("%d rows are too few for %v", c.rows, c.level)
		}
		if _, ok := Conformal(make([]float64, c.rows-1), c.level); ok {
			t.Errorf("%d rows are enough for %v", c.rows-1, c.level)
		}
	}
}

// TestFewRowsAreNoDifference compares predictions with those that are all right: five rows of one kind may be chance,
// as in one of 16 cases they are, six are less than one of 20.
func TestFewRowsAreNoDifference(t *testing.T) {
	const rows = 40
	targets := make([]float32, rows)
	for i := range targets {
		targets[i] = float32(i % 2)
	}
	right := Binary(targets, targets)
	for wrong, want := range map[int]bool{0: false, 1: false, 5: false, 6: true, 20: true} {
		y := slices.Clone(targets)
		for i := range wrong {
			y[i] = 1 - y[i]
		}
		c := Binary(y, targets)
		if c.Differs(right) != want || right.Differs(c) != want {
			t.Errorf("%d of %d rows are wrong: differs %t, want %t", wrong, rows, !want, want)
		}
	}
}

func TestOutvotedAreClassesOfAThresholdThatAreLessProbable(t *testing.T) {
	c := Binary([]float32{0.05, 0.2, 0.45, 0.55, 0.95}, []float32{0, 0, 1, 1, 1})
	for _, want := range []struct {
		threshold, confidence float64
		declined, outvoted    int
	}{
		{0, 0.6, 2, 0},
		{0.1, 0.6, 3, 2},
		{0.1, 0.15, 0, 0},
		{0.9, 0.6, 2, 1},
	} {
		c.Threshold = want.threshold
		if declined, outvoted := c.Outvoted(want.confidence); declined != want.declined || outvoted != want.outvoted {
			t.Errorf("threshold %v, confidence %v: %d and %d, want %d and %d", want.threshold, want.confidence, declined,
				outvoted, want.declined, want.outvoted)
		}
	}
}
