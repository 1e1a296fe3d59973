package data

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"

	"github.com/nngen/nngen/spec"
)

// TestReadingATableTakesBoundedMemory reads a table of short fields, and one of long ones: at no time is more in use
// than three times the file, whose bytes are not kept.
func TestReadingATableTakesBoundedMemory(t *testing.T) {
	const size = 6 << 20
	_, network := network(t, regression)
	for _, row := range []string{"1,2,3\n", "0.12345,1.5,-17.250\n"} {
		file := write(t, "x.csv", fmt.Appendf(nil, "u,v,y\n%s", bytes.Repeat([]byte(row), size/len(row))))
		src := &spec.Source{Format: "csv", Path: file}
		most, allocated := peak(func() {
			set, _, err := Read(src, "", network, Options{})
			if err != nil || set.N != size/len(row) {
				t.Errorf("%d examples, %v", set.N, err)
			}
		})
		t.Logf("%q: %.2f in use, %.2f allocated for each byte", row, float64(most)/size, float64(allocated)/size)
		if most > 3*size {
			t.Errorf("rows %q: %d bytes are in use at once for a file of %d", row, most, size)
		}
	}
}

// peak returns the most bytes of the heap that collections leave while a function runs, and all that it allocates.
func peak(f func()) (most, allocated int64) {
	defer debug.SetGCPercent(debug.SetGCPercent(5)) // so that what is in use is known to that
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	var before, after runtime.MemStats
	runtime.GC()
	metrics.Read(live)
	runtime.ReadMemStats(&before)
	base, running := int64(live[0].Value.Uint64()), true
	type sentinel struct{ _ *int }
	var again func(*sentinel)
	again = func(*sentinel) {
		if running {
			metrics.Read(live)
			most = max(most, int64(live[0].Value.Uint64())-base)
			runtime.SetFinalizer(new(sentinel), again)
		}
	}
	again(nil)
	f()
	running = false
	runtime.ReadMemStats(&after)
	return most, int64(after.TotalAlloc - before.TotalAlloc)
}
