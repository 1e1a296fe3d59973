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

// collectLess lets the heap grow to heapBase or to half more than is alive, whichever is more, before it is collected.
// It does nothing if the user has set GOGC.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		pace(&collection{})
	}
}

// collection is unreachable, so that its finalizer runs after the next collection.
type collection struct{ _ *byte }

// pace sets when the next collection begins, and does so after each.
func pace(c *collection) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	rtdebug.SetGCPercent(growth(live[0].Value.Uint64()))
	runtime.SetFinalizer(c, pace)
}

// growth returns by how many percent of what is alive the heap may grow.
func growth(live uint64) int {
	// From 4 MB on Go counts in percent of that, whatever is alive.
	return max(50, int(100*heapBase/max(live, 4<<20))-100)
}
