// Package hw measures what the machine can do at most, so that benchmarks can say what
// share of it a kernel reaches in the same run.
//
// Everything here but Compare is for one thread. The limits are the best of many short trials: on a machine
// that others use too, averages would measure them.
package hw

import (
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
func Peak() float64 {
	if !available() {
		return 0
	}
	const steps = 10_000
	return float64(2*lanes()*12*steps) / Best(20*time.Millisecond, func() { multiplyAdd(steps) })
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
