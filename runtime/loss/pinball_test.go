package loss

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// TestPinballIsThatOfScikitLearn compares with mean_pinball_loss, by itself and as blocks of three quantiles: see
// testdata/stats/make.py.
func TestPinballIsThatOfScikitLearn(t *testing.T) {
	b, err := os.ReadFile("../../testdata/stats/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Conformal struct {
			Y, T    []float32
			Pinball []float64
		}
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	c, quantiles := v.Conformal, []float32{0.05, 0.5, 0.9}
	sum := 0.0
	for k, q := range quantiles {
		want := c.Pinball[k]
		sum += want / 3
		if got := Pinball(len(c.Y), 1, c.Y, c.T, nil, 1, nil, q) / float64(len(c.Y)); math.Abs(got-want) > 1e-7 {
			t.Errorf("quantile %v: %v, scikit-learn has %v", q, got, want)
		}
	}
	var y, target []float32
	for i := range c.Y {
		y, target = append(y, c.Y[i], c.Y[i], c.Y[i]), append(target, c.T[i], c.T[i], c.T[i])
	}
	dy := make([]float32, len(y))
	if got := Pinball(len(c.Y), 3, y, target, nil, 1, dy, quantiles...) / float64(len(c.Y)); math.Abs(got-sum) > 1e-7 {
		t.Errorf("three quantiles: %v, want %v", got, sum)
	}
	for i, d := range dy {
		want := -quantiles[i%3] / 3
		if y[i] > target[i] {
			want = (1 - quantiles[i%3]) / 3
		}
		if math.Abs(float64(d-want)) > 1e-7 {
			t.Errorf("derivative %d is %v, want %v", i, d, want)
		}
	}
	nan := float32(math.NaN())
	if v := Pinball(1, 1, []float32{nan}, []float32{0}, nil, 1, dy, 0.5); v == v || dy[0] == dy[0] {
		t.Errorf("NaN gives %v and %v", v, dy[0])
	}
	w := []float32{0, 2}
	if got := Pinball(2, 1, []float32{5, 1}, []float32{0, 3}, w, 1, nil, 0.25); got != 1 {
		t.Errorf("weighted: %v, want 2·0.25·2", got)
	}
	if a := testing.AllocsPerRun(10, func() { Pinball(len(c.Y), 3, y, target, nil, 1, dy, 0.05, 0.5, 0.9) }); a != 0 {
		t.Errorf("it allocates %v times", a)
	}
}
