// Package hw measures what the machine can do at most, so that benchmarks can say what
// share of it a kernel reaches in the same run.
//
// Everything here but Compare is for one thread. The limits are the best of many short trials: on a machine
// that others use too, averages would measure them.
package hw

import (
	"math"
	"slices"
	"time"
)

// trial is how long one trial takes at least.
const trial = 200 * time.Microsecond

// Best returns the seconds that one call of f takes in the best of many trials, which
// together take at least the given time.
func Best(total time.Duration, f func()) float64 { return trials(total, f)[0] }

// Median returns the seconds that one call of f takes in the median of such trials.
func Median(total time.Duration, f func()) float64 {
	t := trials(total, f)
	return t[len(t)/2]
}

// trials returns the seconds of one call in each of many trials, sorted.
func trials(total time.Duration, f func()) []float64 {
	f()
	calls := 1
	for {
		start := time.Now()
		for range calls {
			f()
		}
		if d := time.Since(start); d >= trial/2 {
			calls = max(1, int(float64(calls)*float64(trial)/float64(d)))
			break
		}
		calls *= 2
	}
	const atLeast = 7 // trials, of calls that take long
	var seconds []float64
	begin := time.Now()
	for i := 0; i < atLeast || time.Since(begin) < total; i++ {
		start := time.Now()
		for range calls {
			f()
		}
		seconds = append(seconds, time.Since(start).Seconds()/float64(calls))
	}
	slices.Sort(seconds)
	return seconds
}

// Peak returns the float32 multiply-add rate in FLOP/s, two for each multiply-add, of the instruction set that package cpu
// chose, AVX-512 or AVX2; or 0 without AVX2. Each call measures it anew, for some 20 ms, since the clock of a processor
// changes: call it right beside what it is compared with.
func Peak() float64 { return probe().Best }

// Rates are rates of multiply-adds as Peak returns them: that of the best trial, and that of the median, which is far
// below where others use the processor too.
type Rates struct{ Best, Median float64 }

// steady is the share of the best rate that the median has on a processor that does nothing else.
const steady = 0.95

// Steady tells whether the median is near a peak, such as the best of many.
func (r Rates) Steady(peak float64) bool { return r.Median >= steady*peak }

func probe() Rates {
	if !available() {
		return Rates{}
	}
	const steps = 10_000
	t := trials(20*time.Millisecond, func() { multiplyAdd(steps) })
	flop := float64(2 * lanes() * 12 * steps)
	return Rates{flop / t[0], flop / t[len(t)/2]}
}

// Around calls f, and returns the rates of multiply-adds right before and right behind: the best of both, and the lesser
// median.
func Around(f func()) Rates {
	before := probe()
	f()
	after := probe()
	return Rates{math.Max(before.Best, after.Best), math.Min(before.Median, after.Median)}
}

// Beside returns Median with the rates around it. If these are not steady it measures anew, a few times at most, and returns
// what had the best median.
func Beside(total time.Duration, f func()) (seconds float64, rates Rates) {
	const most = 4
	for try := range most {
		s := 0.0
		now := Around(func() { s = Median(total, f) })
		if try == 0 || now.Median > rates.Median {
			seconds, rates.Median = s, now.Median
		}
		if rates.Best = math.Max(rates.Best, now.Best); rates.Steady(rates.Best) {
			break
		}
	}
	return seconds, rates
}

// Bandwidth returns the rate at which loads of that instruction set pass over a block of some bytes again and
// again, in bytes per second, or 0 without AVX2. The size chooses the level of cache.
func Bandwidth(bytes int) float64 {
	if !available() {
		return 0
	}
	x := make([]float32, bytes/4+80)
	for i := range x {
		x[i] = 1
	}
	lines := max(1, bytes/256)
	times := 1 + 1<<18/bytes
	return float64(lines*256*times) / Best(50*time.Millisecond, func() { load(x, lines, times) })
}
