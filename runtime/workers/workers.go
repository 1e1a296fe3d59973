// Package workers shares one piece of work after another out to several goroutines.
//
// Work is cut by what it computes, never inside a sum: so the results have the same bits whatever the number of workers.
package workers

import (
	"runtime"
	"sync/atomic"
	"time"
)

// leastWork is the number of multiply-adds from which a worker is worth its call. A core does some 2·10⁴ of them in a
// microsecond, so that they take about 25 µs; calling a worker that is awake, and waiting for it, takes about 1 µs, and
// one that has to be started some 5 to 150 µs, as the system finds it.
const leastWork = 1 << 19

// leastAwake is the same for a worker that is awake already: some 6 µs of work.
const leastAwake = 1 << 17

// linger is how long a worker looks for the next piece of work before it ends, and how long the caller looks for the end
// of a piece before it sleeps. It is several times what starting a worker or waking the caller may take, on a virtual
// machine some 150 µs: a worker that is started late ends late, and were the caller asleep by then, and the worker gone
// when the caller is awake, each piece would begin with another start.
const linger = 500 * time.Microsecond

// Count returns the number of workers for some multiply-adds: at most most, or GOMAXPROCS if that is 0, and so few that
// each has enough to do; at least 1.
func Count(most int, work int64) int {
	if work < 2*leastWork {
		return 1
	}
	if most <= 0 {
		most = runtime.GOMAXPROCS(0)
	}
	return int(max(1, min(int64(most), work/leastWork)))
}

// Share is the part that one worker has in a piece of work: that of Worker, from 0 on, of Of.
type Share struct{ Worker, Of int }

// Range returns the share [lo, hi) of n things. Shares follow each other, are as equal as can be, and begin at
// multiples of unit.
func (s Share) Range(n, unit int) (lo, hi int) {
	units := (n + unit - 1) / unit
	return min(n, units*s.Worker/s.Of*unit), min(n, units*(s.Worker+1)/s.Of*unit)
}

// Turn tells whether the worker is the one that does thing i, of those that only one may do. They go round, the last
// worker first: of things that do not divide evenly, it has the smaller share.
func (s Share) Turn(i int) bool { return s.Of-1-i%s.Of == s.Worker }

// Team is the workers of one T, which calls them from one goroutine at a time: that is worker 0. The others start when
// they are first needed, and end when they have found nothing to do for a while: none outlives a T for longer than that. The
// zero Team is ready for use; it must not be copied. A Team allocates only as its number of workers grows.
type Team[T any] struct {
	of    *T
	phase func(*T, Share)
	count int
	// left counts the workers at work; asleep is added to it by a caller that sleeps until done has something.
	left    atomic.Int32
	done    chan struct{}
	workers []*worker[T]
	failure atomic.Pointer[failure]
}

// asleep marks a counter of workers that the caller waits for in its sleep.
const asleep = 1 << 30

// A failure is what a worker panicked with.
type failure struct{ value any }

// worker is one of a team, other than the caller.
type worker[T any] struct {
	team  *Team[T]
	index int
	state atomic.Uint32
	run   func() // the method, kept so that starting it does not allocate
	_     [64]byte
}

// The states of a worker.
const (
	absent = iota // it has no goroutine
	idle          // it looks for work
	called        // it works
)

// Run has count workers do phase for t, each its share, and returns when all are done. If one panics, Run panics with its
// value once the others are done.
func (m *Team[T]) Run(t *T, count int, phase func(*T, Share)) {
	if count <= 1 {
		phase(t, Share{0, 1})
		return
	}
	m.grow(count)
	m.of, m.phase, m.count = t, phase, count
	m.left.Store(int32(count - 1))
	for _, w := range m.workers[:count-1] {
		if !w.state.CompareAndSwap(idle, called) {
			w.state.Store(called)
			go w.run()
		}
	}
	defer m.end()
	phase(t, Share{0, count})
}

// Count is the function Count for work that follows other work of the team: a worker that is still awake takes part in
// less.
func (m *Team[T]) Count(most int, work int64) int {
	n := Count(most, work)
	if most <= 0 {
		most = runtime.GOMAXPROCS(0)
	}
	for n < most && work >= int64(n+1)*leastAwake && n <= len(m.workers) && m.workers[n-1].state.Load() == idle {
		n++
	}
	return n
}

// grow makes room for a number of workers.
func (m *Team[T]) grow(count int) {
	if m.done == nil {
		m.done = make(chan struct{}, 1)
	}
	for len(m.workers) < count-1 {
		w := &worker[T]{team: m, index: len(m.workers) + 1}
		w.run = w.loop
		m.workers = append(m.workers, w)
	}
}

// end waits for the workers, and passes on what one of them panicked with.
func (m *Team[T]) end() {
	if !await(func() bool { return m.left.Load() == 0 }) && m.left.Add(asleep) != asleep {
		<-m.done
	}
	m.of, m.phase = nil, nil
	if f := m.failure.Swap(nil); f != nil {
		panic(f.value)
	}
}

// loop works as long as there is something to do.
func (w *worker[T]) loop() {
	for {
		w.work()
		// Once the caller sees that all are done, it may call again: so the worker is idle before it counts as done.
		w.state.Store(idle)
		if w.team.left.Add(-1) == asleep {
			w.team.done <- struct{}{}
		}
		if !await(func() bool { return w.state.Load() == called }) && w.state.CompareAndSwap(idle, absent) {
			return
		}
	}
}

// work does the worker's share.
func (w *worker[T]) work() {
	defer func() {
		if r := recover(); r != nil {
			w.team.failure.CompareAndSwap(nil, &failure{r})
		}
	}()
	m := w.team
	m.phase(m.of, Share{w.index, m.count})
}

// await waits a while for a condition, without sleeping, and tells whether it came to hold. Others that want the
// processor have it.
func await(holds func() bool) bool {
	for start := time.Now(); ; {
		for range 100 {
			if holds() {
				return true
			}
		}
		if time.Since(start) > linger {
			return false
		}
		runtime.Gosched()
	}
}
