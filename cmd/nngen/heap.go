package main

import (
	"os"
	"runtime"
	rtdebug "runtime/debug"
	"runtime/metrics"
)

// heapBase is the size in bytes up to which the heap grows before the first collection, and between any two: a command
// such as compile is over before its graphs and syntax trees are worth collecting, which else takes a sixth of it. It
// is half of what compile may take beside the parameters.
const heapBase = 96 << 20

// beside is what the runtime of Go takes beside the heap, in bytes: stacks, tables of spans, and free pages that it has
// not given back yet.
const beside = 16 << 20

// collectLess lets the heap grow to heapBase or to half more than is alive, whichever is more, before it is collected.
// It does nothing if the user has set GOGC.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		pace(&collection{})
	}
}

// collection is unreachable, so that its finalizer runs after the next collection.
type collection struct{ _ *byte }

// pace sets when the next collection begins, and does so after each. Go counts in percent of what is alive, which are
// those of the last collection until the finalizer has its turn: where little was alive then and much is now, they
// stand for several times what is meant. So a limit in bytes says the same, unless the user has set GOMEMLIMIT.
func pace(c *collection) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	n := live[0].Value.Uint64()
	rtdebug.SetGCPercent(growth(n))
	if os.Getenv("GOMEMLIMIT") == "" {
		rtdebug.SetMemoryLimit(int64(grown(n) + beside))
	}
	runtime.SetFinalizer(c, pace)
}

// grown returns the size that the heap may grow to, given what is alive.
func grown(live uint64) uint64 { return max(heapBase, live*3/2) }

// growth returns by how many percent of what is alive the heap may grow.
func growth(live uint64) int {
	// From 4 MB on Go counts in percent of that, whatever is alive.
	return max(50, int(100*heapBase/max(live, 4<<20))-100)
}
