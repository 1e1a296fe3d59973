package data

import (
	"cmp"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/net"
)

// separates tells whether the classes are ranges of x that do not overlap.
func separates(x []float32, o *net.Output, y []float32) bool {
	low, high := map[int]float32{}, map[int]float32{}
	for r, v := range x {
		k := classOf(o, y, r)
		if l, seen := low[k]; !seen || v < l {
			low[k] = v
		}
		if h, seen := high[k]; !seen || v > h {
			high[k] = v
		}
	}
	for a := range low {
		for b := range low {
			if a != b && low[a] <= high[b] && low[b] <= high[a] {
				return false
			}
		}
	}
	return len(low) > 1
}

// correlation returns that of two lists of numbers; 0 if one does not vary.
func correlation(x, y []float32) float64 {
	n := float64(len(x))
	var mx, my float64
	for i := range x {
		mx, my = mx+float64(x[i])/n, my+float64(y[i])/n
	}
	var xx, yy, xy float64
	for i := range x {
		dx, dy := float64(x[i])-mx, float64(y[i])-my
		xx, yy, xy = xx+dx*dx, yy+dy*dy, xy+dx*dy
	}
	if xx == 0 || yy == 0 {
		return 0
	}
	return xy / math.Sqrt(xx*yy)
}

// outliers counts the numbers far from the median, and returns the furthest. A deviation is half of the range that
// holds the middle 68 % of the numbers, which is σ for normal ones and does not grow with what is far out. Where that is
// 0, most numbers are one, and those are far that lonely tells.
func outliers(x []float32) (n int, furthest float32) {
	sorted := slices.Sorted(slices.Values(x))
	at := func(q float64) float64 { return float64(sorted[int(q*float64(len(sorted)-1))]) }
	middle, deviation := at(0.5), (at(0.84)-at(0.16))/2
	if deviation == 0 {
		return lonely(x, middle)
	}
	most := 0.0
	for _, v := range x {
		if d := math.Abs(float64(v)-middle) / deviation; d > deviations {
			n++
			if d > most {
				most, furthest = d, v
			}
		}
	}
	return n, furthest
}

// thousandfold is how many times further from the middle than all others, than 1, and than the middle is from 0, numbers
// are that are far out of a list which has no deviation: no flag, no count and no amount among zeros is, unless it is of
// another kind than the rest.
const thousandfold = 1000

// lonely counts the numbers far from the middle of a list most of whose numbers are one, and returns the furthest: at
// most one in a hundred, or one alone.
func lonely(x []float32, middle float64) (n int, furthest float32) {
	sorted := slices.SortedFunc(slices.Values(x), func(v, w float32) int {
		return cmp.Compare(math.Abs(float64(v)-middle), math.Abs(float64(w)-middle))
	})
	for n := max(1, len(x)/100); n > 0; n-- {
		first := len(x) - n
		if first == 0 {
			continue
		}
		next := math.Abs(float64(sorted[first-1]) - middle)
		if math.Abs(float64(sorted[first])-middle) > thousandfold*max(next, math.Abs(middle), 1) {
			return n, sorted[len(x)-1]
		}
	}
	return 0, 0
}

// heldFar counts the numbers of held that are far from the middle of those for training, isolated times as far as any of
// them, and returns the furthest. Numbers for training that are all one have a thousandfold of it, or of 1.
func heldFar(train, held []float32) (n int, furthest float32) {
	if len(train) == 0 {
		return 0, 0
	}
	middle := float64(median(train))
	distance := func(v float32) float64 { return math.Abs(float64(v) - middle) }
	limit := 0.0
	for _, v := range train {
		limit = max(limit, isolated*distance(v))
	}
	if limit == 0 {
		limit = thousandfold * max(math.Abs(middle), 1)
	}
	for _, v := range held {
		if distance(v) > limit {
			n++
			if distance(v) > distance(furthest) || n == 1 {
				furthest = v
			}
		}
	}
	return n, furthest
}

// sentinel counts how often the least or the largest number of a column comes, if it reads as one that stands for a
// missing value, such as −999, comes again, and is farther from the next than the others are from each other.
func sentinel(x []float32) (n int, code float32) {
	sorted := slices.Sorted(slices.Values(x))
	for _, from := range []int{0, len(sorted) - 1} {
		code := sorted[from]
		if !slices.Contains(sentinels, max(code, -code)) {
			continue
		}
		others := slices.DeleteFunc(slices.Clone(sorted), func(v float32) bool { return v == code })
		if n := len(sorted) - len(others); n > 1 && len(others) > n {
			low, high := float64(others[0]), float64(others[len(others)-1])
			if gap := max(low-float64(code), float64(code)-high); gap > high-low {
				return n, code
			}
		}
	}
	return 0, 0
}

// sentinels are the numbers that stand for missing values in tables which have no other way to say so.
var sentinels = []float32{9, 99, 999, 9999, 99999, 999999, 888, 8888, 777, 7777}

// distance returns the largest difference between the shares of two lists below any number (Kolmogorov, Smirnov).
func distance(x, y []float32) float64 {
	x, y = slices.Sorted(slices.Values(x)), slices.Sorted(slices.Values(y))
	i, j, most := 0, 0, 0.0
	for i < len(x) && j < len(y) {
		v := min(x[i], y[j])
		for i < len(x) && x[i] == v {
			i++
		}
		for j < len(y) && y[j] == v {
			j++
		}
		most = max(most, math.Abs(float64(i)/float64(len(x))-float64(j)/float64(len(y))))
	}
	return most
}

func median(x []float32) float32 {
	return slices.Sorted(slices.Values(x))[len(x)/2]
}
