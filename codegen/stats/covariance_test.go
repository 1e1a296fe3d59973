package stats

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/guard"
)

// TestMahalanobisDistancesAreThoseOfScikitLearn compares with LedoitWolf of testdata/stats/guard.py: tables of full
// rank and less, with a column that never changes, with fewer rows than columns, with one column, and far from zero.
func TestMahalanobisDistancesAreThoseOfScikitLearn(t *testing.T) {
	b, err := os.ReadFile("../../testdata/stats/guard.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Name            string
		Columns, Rank   int
		X, Probes       []float32
		Mean, Distances []float64
		Covariance      [][]float64
		Shrinkage       float64
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	near := func(t *testing.T, what string, got, want, bound float64) {
		t.Helper()
		if !(math.Abs(got-want) <= bound*max(math.Abs(want), 1)) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	for _, v := range cases {
		t.Run(v.Name, func(t *testing.T) {
			c := Shrunk(len(v.X)/v.Columns, v.X)
			if c.Rank != v.Rank {
				t.Errorf("rank %d, want %d", c.Rank, v.Rank)
			}
			if v.Columns > 1 { // of one column nothing is shrunk, however much it is said to be
				near(t, "shrinkage", c.Shrinkage, v.Shrinkage, 1e-9)
			}
			at := 0
			for i, row := range v.Covariance {
				near(t, "mean", c.Mean[i], v.Mean[i], 1e-12)
				for _, want := range row[:i+1] {
					near(t, "covariance", c.Lower[at], want, 1e-9)
					at++
				}
			}
			mean, l := float32s(c.Mean), float32s(c.Whiten())
			for i, want := range v.Distances {
				// the mean and the triangle are rounded to float32, of numbers up to 10⁴ standard deviations from 0
				near(t, "distance", float64(guard.Distance(v.Probes[i*v.Columns:][:v.Columns], mean, l)), want, 2e-3)
			}
		})
	}
}

func float32s(x []float64) []float32 {
	var y []float32
	for _, v := range x {
		y = append(y, float32(v))
	}
	return y
}

// TestTheCovarianceOfWhatNeverChangesIsTheUnitMatrix has distances that are those of Euclid.
func TestTheCovarianceOfWhatNeverChangesIsTheUnitMatrix(t *testing.T) {
	c := Shrunk(3, []float32{2, 5, 2, 5, 2, 5})
	if want := []float64{1, 0, 1}; !slices.Equal(c.Lower, want) || c.Rank != 0 || !slices.Equal(c.Whiten(), want) {
		t.Errorf("covariance %v of rank %d, whitened by %v; want %v of rank 0", c.Lower, c.Rank, c.Whiten(), want)
	}
	if d := guard.Distance([]float32{5, 9}, float32s(c.Mean), float32s(c.Whiten())); d != 5 {
		t.Errorf("distance %v, want 5", d)
	}
}

// TestALimitIsExceededAsOftenAsItSays draws the value that comes next, and the share of those beyond the limit.
func TestALimitIsExceededAsOftenAsItSays(t *testing.T) {
	for _, c := range []struct {
		n        int
		rate     float64
		limit    float64
		expected float64
	}{
		{199, 0.005, 199, 0.005}, // the largest of just enough
		{399, 0.005, 398, 0.005},
		{9, 0.005, 9, 0.1}, // too few: the largest, exceeded by one of ten
		{1, 0.005, 1, 0.5},
	} {
		values := make([]float64, c.n)
		for i := range values {
			values[i] = float64(c.n - i)
		}
		limit, expected := Exceeded(values, c.rate)
		if limit != c.limit || math.Abs(expected-c.expected) > 1e-12 {
			t.Errorf("%d values at %v: limit %v exceeded by %v, want %v by %v", c.n, c.rate, limit,
				expected, c.limit, c.expected)
		}
	}
}
