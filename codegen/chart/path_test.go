package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// TestAPathOfManyPointsCoversTheSame draws a noisy curve of a million points: few are left, and at each place of the
// picture they reach as far up and down as all do. One of few points goes through each.
func TestAPathOfManyPointsCoversTheSame(t *testing.T) {
	const n, per = 1_000_000, 1000 // points of a column
	// The points of a column lie at one place, so that what is written tells which column they are of.
	at := func(i int) (x, y float64) {
		return column * float64(i/per), 100 + 50*math.Sin(float64(i)*0.7) + float64(i)/n
	}
	type extent struct{ low, high string }
	want := map[string]extent{}
	for i := 0; i < n; i += per {
		low, high := math.Inf(1), math.Inf(-1)
		for k := range per {
			_, y := at(i + k)
			low, high = min(low, y), max(high, y)
		}
		x, _ := at(i)
		want[fmt.Sprintf("%.1f", x)] = extent{fmt.Sprintf("%.1f", low), fmt.Sprintf("%.1f", high)}
	}
	points := strings.Split(strings.TrimPrefix(Path(n, at), "M"), "L")
	if len(points) > 4*n/per {
		t.Errorf("%d points are left, want at most %d", len(points), 4*n/per)
	}
	lows, highs := map[string]bool{}, map[string]bool{}
	for _, p := range points {
		x, y, _ := strings.Cut(p, " ")
		if e, ok := want[x]; !ok {
			t.Fatalf("there is no point at %s", x)
		} else {
			lows[x], highs[x] = lows[x] || y == e.low, highs[x] || y == e.high
		}
	}
	for x, e := range want {
		if !lows[x] || !highs[x] {
			t.Fatalf("at %s the path does not reach from %s to %s", x, e.low, e.high)
		}
	}
	few := [][2]float64{{1, 2}, {1, 9}, {1.1, 3}, {1.2, 4}, {7, 1}}
	if d := Path(len(few), func(i int) (x, y float64) { return few[i][0], few[i][1] }); d !=
		"M1.0 2.0L1.0 9.0L1.1 3.0L1.2 4.0L7.0 1.0" {
		t.Errorf("got %s", d)
	}
}
