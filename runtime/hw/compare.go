package hw

import (
	"runtime"
	"sync"
	"time"
)

// A Comparison says how many times as fast something is on several processors as on one.
type Comparison struct {
	Gain    float64
	Seconds float64 // of one call on all of them
	// Loops is how many times as much multiply-adds that share nothing gain at the same moments, or 0 without AVX2: the
	// most that there is to gain. It is below the number of processors where those share a core, or the machine with others.
	Loops float64
}

// The rounds of a comparison: at least so many, and until so many were whole, but at most so many.
const (
	leastRounds = 15
	wholeRounds = 9
	mostRounds  = 40
)

// Compare compares calls of f on several processors with those on one, for some seconds. It measures them by turns, each
// between loops of multiply-adds, which tell what the machine had to give at that moment: where others use it too, or
// the system below it gives its processors no core each, that is now more and now less. So it goes on until there were
// some rounds in which the machine gave all that was seen of it. Of all rounds the best count, since one processor that
// others delay delays all. How many processors f uses follows from GOMAXPROCS.
func Compare(processors int, f func()) Comparison {
	const each = 19 * time.Millisecond
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var rounds []round
	for len(rounds) < leastRounds || len(rounds) < mostRounds && whole(rounds) < wholeRounds {
		var r round
		runtime.GOMAXPROCS(1)
		r.loop = rate(1)
		r.one = Best(each, f)
		runtime.GOMAXPROCS(processors)
		before := rate(processors)
		r.all = Best(each, f)
		r.loops = min(before, rate(processors))
		rounds = append(rounds, r)
	}
	best := bestOf(rounds)
	c := Comparison{Gain: best.one / best.all, Seconds: best.all}
	if available() {
		c.Loops = best.loops / best.loop
	}
	return c
}

// A round is what was measured at about one moment: seconds of a call on one processor and on all, and the rates of
// loops of multiply-adds on one, and on all before and after.
type round struct{ one, all, loop, loops float64 }

// bestOf returns the best of each number.
func bestOf(rounds []round) round {
	best := rounds[0]
	for _, r := range rounds {
		best.one, best.all = min(best.one, r.one), min(best.all, r.all)
		best.loop, best.loops = max(best.loop, r.loop), max(best.loops, r.loops)
	}
	return best
}

// whole returns the number of rounds in which loops were as fast as in any, up to a twentieth, on one processor and on all.
func whole(rounds []round) int {
	const near = 0.95
	best, n := bestOf(rounds), 0
	for _, r := range rounds {
		if r.loop >= near*best.loop && r.loops >= near*best.loops {
			n++
		}
	}
	return n
}

// rate returns how many pieces of multiply-adds so many goroutines do in a second, or 0 without AVX2.
func rate(goroutines int) float64 {
	if !available() {
		return 0
	}
	piece := func() { // about a millisecond: starting a goroutine may take a twentieth of that
		for range 50 {
			multiplyAdd(10_000)
		}
	}
	var all sync.WaitGroup
	return float64(goroutines) / Best(10*time.Millisecond, func() {
		for range goroutines - 1 {
			all.Add(1)
			go func() {
				defer all.Done()
				piece()
			}()
		}
		piece()
		all.Wait()
	})
}
