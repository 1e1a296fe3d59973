package generated

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/generated/sunspots"
	"github.com/nngen/nngen/generated/sunspots_conv"
	"github.com/nngen/nngen/generated/sunspots_lstm"
)

const (
	firstYear = 1700
	lags      = 12
)

// periods are the years of training, but for the first that have no twelve years before them, and the two test sets
// of the literature (Weigend, Huberman and Rumelhart, Predicting the future: a connectionist approach, 1990).
var periods = [][2]int{{firstYear + lags, 1920}, {1921, 1955}, {1956, 1979}}

// TestTheREADMEHasTheForecastsOfSunspots computes the table of sunspots/README.md: the mean squared error of each forecast
// of a year from the twelve before it, by the variance of all years to 1979. NNGEN_UPDATE=1 writes it.
func TestTheREADMEHasTheForecastsOfSunspots(t *testing.T) {
	y := sunspotNumbers(t)
	mlp, conv, lstm := sunspots.Default(), sunspots_conv.Default(), sunspots_lstm.Default()
	ar := autoregression(y[:1920-firstYear+1])
	one := func(predict func(x, y []float32)) func(x []float32) float64 {
		return func(x []float32) float64 {
			var out [1]float32
			predict(x, out[:])
			return float64(out[0])
		}
	}
	var got strings.Builder
	for _, f := range []struct {
		name    string
		params  int
		predict func(x []float32) float64
	}{
		{"persistence: the year before", 0, func(x []float32) float64 { return float64(x[lags-1]) }},
		{"AR(12), least squares", lags + 1, func(x []float32) float64 {
			sum := ar[lags]
			for i, v := range x {
				sum += ar[i] * float64(v)
			}
			return sum
		}},
		{"`sunspots`: 8 rectified units on 12 lags", sunspots.NumParams, one(mlp.PredictBatch)},
		{"`sunspots_conv`: two causal convolutions", sunspots_conv.NumParams, one(conv.PredictBatch)},
		{"`sunspots_lstm`: an LSTM and a linear path", sunspots_lstm.NumParams, one(lstm.PredictBatch)},
	} {
		fmt.Fprintf(&got, "| %s | %d |", f.name, f.params)
		for _, p := range periods {
			sum := 0.0
			for year := p[0]; year <= p[1]; year++ {
				at := year - firstYear
				d := f.predict(y[at-lags:at]) - float64(y[at])
				sum += d * d
			}
			fmt.Fprintf(&got, " %.3f |", sum/float64(p[1]-p[0]+1)/variance(y[:1979-firstYear+1]))
		}
		got.WriteString("\n")
	}
	t.Log("\n" + got.String())

	const file = "sunspots/README.md"
	readme, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const head = "| forecast | parameters | 1712–1920, training | 1921–1955 | 1956–1979 |\n|---|---|---|---|---|\n"
	before, rest, ok := strings.Cut(string(readme), head)
	table, after, _ := strings.Cut(rest, "\n\n")
	if !ok {
		t.Fatal("the README lacks the table")
	}
	if os.Getenv("NNGEN_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(before+head+got.String()+"\n"+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table+"\n" != got.String() {
		t.Errorf("the README has\n%s\nbut the models give\n%s", table, got.String())
	}
}

// sunspotNumbers returns the yearly sunspot numbers from the first year on.
func sunspotNumbers(t *testing.T) []float32 {
	f, err := os.Open("../testdata/data/sunspots.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var y []float32
	for i, row := range rows[1:] {
		v, err := strconv.ParseFloat(row[1], 32)
		if err != nil || row[0] != strconv.Itoa(firstYear+i) {
			t.Fatalf("row %d: %v", i, row)
		}
		y = append(y, float32(v))
	}
	return y
}

func variance(y []float32) float64 {
	mean, sum := 0.0, 0.0
	for _, v := range y {
		mean += float64(v) / float64(len(y))
	}
	for _, v := range y {
		sum += (float64(v) - mean) * (float64(v) - mean) / float64(len(y))
	}
	return sum
}

// autoregression fits a year to the ones before it by least squares: coefficients in the order of the years, then the
// constant. It solves the normal equations by elimination with the largest pivots.
func autoregression(y []float32) []float64 {
	const n = lags + 1
	var a [n][n + 1]float64
	for at := lags; at < len(y); at++ {
		x := [n + 1]float64{lags: 1, n: float64(y[at])}
		for i, v := range y[at-lags : at] {
			x[i] = float64(v)
		}
		for i := range n {
			for j := range a[i] {
				a[i][j] += float64(x[i] * x[j])
			}
		}
	}
	for c := range n {
		best := c
		for r := c; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[best][c]) {
				best = r
			}
		}
		a[c], a[best] = a[best], a[c]
		for r := range n {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for j := range a[r] {
				a[r][j] -= float64(f * a[c][j])
			}
		}
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = a[i][n] / a[i][i]
	}
	return w
}
