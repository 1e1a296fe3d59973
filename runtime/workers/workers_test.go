package workers

import (
	"runtime"
	"sync/atomic"
	"testing"
	"time"
)

// job counts what its workers do.
type job struct {
	team  Team[job]
	did   [1000]int
	calls atomic.Int32
	fail  int
}

func (j *job) count(s Share) {
	j.calls.Add(1)
	lo, hi := s.Range(len(j.did), 7)
	for i := lo; i < hi; i++ {
		j.did[i]++
	}
}

func (j *job) panics(s Share) {
	if s.Worker == j.fail {
		panic("share")
	}
	j.count(s)
}

// TestEachThingIsDoneOnce runs many pieces of work with changing numbers of workers, some after pauses in which the
// workers end.
func TestEachThingIsDoneOnce(t *testing.T) {
	j := &job{}
	for run := range 2000 {
		count := 1 + run*7%9
		j.calls.Store(0)
		j.team.Run(j, count, (*job).count)
		if got := int(j.calls.Load()); got != count {
			t.Fatalf("run %d: %d workers worked, want %d", run, got, count)
		}
		for i, n := range j.did {
			if n != run+1 {
				t.Fatalf("run %d: thing %d was done %d times", run, i, n)
			}
		}
		if run%500 == 499 {
			time.Sleep(2 * linger)
		}
	}
}

func TestSharesCoverAll(t *testing.T) {
	for _, n := range []int{0, 1, 5, 6, 7, 100} {
		for _, unit := range []int{1, 6, 16} {
			for of := 1; of < 12; of++ {
				next := 0
				for w := range of {
					lo, hi := Share{w, of}.Range(n, unit)
					if lo != next || hi < lo || hi > n || lo%unit != 0 && lo != n {
						t.Fatalf("worker %d of %d has [%d, %d) of %d by %d, after %d", w, of, lo, hi, n, unit, next)
					}
					next = hi
				}
				if next != n {
					t.Fatalf("%d workers have %d of %d", of, next, n)
				}
			}
		}
	}
	for of := 1; of < 5; of++ {
		for i := range 9 {
			have := 0
			for w := range of {
				if (Share{w, of}).Turn(i) {
					have++
				}
			}
			if have != 1 {
				t.Errorf("%d of %d workers do thing %d", have, of, i)
			}
		}
	}
}

// TestAWorkerThatIsAwakeTakesLess asks how many workers there are to be before, right after and long after two worked.
func TestAWorkerThatIsAwakeTakesLess(t *testing.T) {
	j := &job{}
	if got := j.team.Count(4, 4*leastAwake); got != 1 {
		t.Errorf("before work, %d workers, want 1", got)
	}
	if got := j.team.Count(4, 2*leastWork); got != 2 {
		t.Errorf("before much work, %d workers, want 2", got)
	}
	awake := func(want, most int, work int64) bool {
		for range 1000 { // others may keep a worker from looking for work in time
			j.team.Run(j, 2, (*job).count)
			if j.team.Count(most, work) == want {
				return true
			}
		}
		return false
	}
	for _, c := range []struct {
		want, most int
		work       int64
	}{{2, 4, 4 * leastAwake}, {2, 2, 2 * leastAwake}, {4, 4, 4 * leastWork}} {
		if !awake(c.want, c.most, c.work) {
			t.Errorf("right after work of two, never %d workers of %d for %d", c.want, c.most, c.work)
		}
	}
	for range 100 {
		j.team.Run(j, 2, (*job).count)
		if got := j.team.Count(4, 2*leastAwake-1); got != 1 {
			t.Fatalf("right after work, %d workers for too little, want 1", got)
		}
		if got := j.team.Count(1, 2*leastWork); got != 1 {
			t.Fatalf("right after work, %d workers of 1", got)
		}
	}
	time.Sleep(20 * linger)
	if got := j.team.Count(4, 4*leastAwake); got != 1 {
		t.Errorf("long after work, %d workers, want 1", got)
	}
}

func TestCountFollowsWork(t *testing.T) {
	for _, c := range []struct {
		most int
		work int64
		want int
	}{{0, 0, 1}, {8, leastWork, 1}, {8, 2*leastWork - 1, 1}, {8, 2 * leastWork, 2}, {8, 100 * leastWork, 8}, {1, 1 << 62, 1}, {3, 1 << 62, 3}} {
		if got := Count(c.most, c.work); got != c.want {
			t.Errorf("Count(%d, %d) = %d, want %d", c.most, c.work, got, c.want)
		}
	}
	if got := Count(0, 1<<62); got != runtime.GOMAXPROCS(0) {
		t.Errorf("Count(0, …) = %d, want GOMAXPROCS", got)
	}
}

// TestPanicsReachTheCaller panics in the caller's share and in another's, after which the team works on.
func TestPanicsReachTheCaller(t *testing.T) {
	j := &job{}
	for fail := range 4 {
		j.fail = fail
		func() {
			defer func() {
				if r := recover(); r != "share" {
					t.Errorf("worker %d panicked, and the caller had %v", fail, r)
				}
			}()
			j.team.Run(j, 4, (*job).panics)
		}()
	}
	j.calls.Store(0)
	j.team.Run(j, 4, (*job).count)
	if j.calls.Load() != 4 {
		t.Error("no team after a panic")
	}
}

// TestWorkersEnd waits for the goroutines of a team that has nothing to do.
func TestWorkersEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	j := &job{}
	j.team.Run(j, 8, (*job).count)
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines, before %d", runtime.NumGoroutine(), before)
}

// TestRunDoesNotAllocate counts allocations once the workers are there, while they wait for work and after they ended.
func TestRunDoesNotAllocate(t *testing.T) {
	j := &job{}
	var before, after runtime.MemStats
	for warm := range 2 {
		runtime.ReadMemStats(&before)
		for i := range 300 {
			j.team.Run(j, 4, (*job).count)
			if i%100 == 0 {
				time.Sleep(2 * linger)
			}
		}
		runtime.ReadMemStats(&after)
		if n := after.Mallocs - before.Mallocs; warm == 1 && n > 30 { // the runtime's own: goroutines, timers
			t.Errorf("300 runs allocate %d times", n)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	j := &job{}
	for range b.N {
		j.team.Run(j, 2, func(*job, Share) {})
	}
}
