package onnx

import (
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"
)

// mostMemory is what an import of a small file may hold at once, whatever the file asks for, and mostAllocated what it
// may allocate in all: a measure of its work that no load of the machine changes. What hangs without memory ends by the
// deadline of all tests.
const mostMemory, mostAllocated = 1 << 30, 4 << 30

// bounded runs f, an import of a small file, and fails where it takes too much.
func bounded(t *testing.T, f func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := peakOf(f)
	runtime.ReadMemStats(&after)
	allocated := after.TotalAlloc - before.TotalAlloc
	t.Logf("%d MiB of %d MiB at once", peak>>20, allocated>>20)
	if peak > mostMemory || allocated > mostAllocated {
		t.Errorf("it held %d MiB at once and allocated %d MiB in all", peak>>20, allocated>>20)
	}
}

// peakOf returns the most memory that the heap held while f ran, beside what it held before, to within a millisecond.
func peakOf(f func()) uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	before := sample[0].Value.Uint64()
	var peak atomic.Uint64
	done, over := make(chan bool), make(chan bool)
	go func() {
		defer close(over)
		for {
			metrics.Read(sample)
			peak.Store(max(peak.Load(), sample[0].Value.Uint64()))
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-over
	return max(peak.Load(), before) - before
}

// TestSmallFilesTakeBoundedMemory imports files of some kilobytes that ask for much: constants again and again, copies
// of weights, layers that are written out.
func TestSmallFilesTakeBoundedMemory(t *testing.T) {
	chain := func(count int, next func(i int, in, out string) *Node) []*Node {
		var nodes []*Node
		in := "x"
		for i := range count {
			out := fmt.Sprintf("h%d", i)
			nodes = append(nodes, next(i, in, out))
			in = out
		}
		return append(nodes, apply("Relu", "last", in, "y"))
	}
	numbers := func(n int) []float32 {
		all := make([]float32, n)
		for i := range all {
			all[i] = float32(math.Sin(float64(i)))
		}
		return all
	}
	rnn := []*Tensor{floats("w", []int64{1, 1, 1}, 0.5), floats("r", []int64{1, 1, 1}, 1),
		int64s("steps", -1, 4, 1), int64s("back", -1, 4)}
	for name, m := range map[string]*Model{
		"expanded": tiny([]*Node{apply("Expand", "e", "one size", "big"), apply("Add", "a", "big big", "b2"),
			apply("Mul", "m", "b2 big", "b3"),
			apply("MatMul", "p", "x b3", "y")}, floats("one", []int64{1, 1}, 1), int64s("size", 4, 1<<21)),
		"ranges": tiny(append(chain(200, func(i int, in, out string) *Node {
			return apply("Range",
				"", "zero most step", out)
		}),
			apply("Add", "", "x h199", "z")), &Tensor{Name: "zero", Type: 7, Dims: []int64{}, Int64s: []int64{0}},
			&Tensor{Name: "most", Type: 7, Dims: []int64{}, Int64s: []int64{1 << 23}},
			&Tensor{Name: "step", Type: 7, Dims: []int64{}, Int64s: []int64{1}}),
		"weights": tiny(chain(3000, func(i int, in, out string) *Node { return apply("MatMul", "", in+" w", out) }),
			floats("w", []int64{4, 4}, numbers(16)...)),
		"sums": tiny(chain(20000, func(i int, in, out string) *Node { return apply("CumSum", "", in+" one", out) }),
			&Tensor{Name: "one", Type: 7, Dims: []int64{}, Int64s: []int64{1}}),
		"unrolled": tiny(chain(4000, func(i int, in, out string) *Node {
			if i%2 == 0 {
				return apply("Reshape", "", in+" steps", out)
			}
			return apply("RNN", "", in+" w r", out, &Attr{Name: "hidden_size", I: 1},
				&Attr{Name: "activations", Strings: []string{"Relu"}}, &Attr{Name: "layout", I: 1})
		}), rnn...),
		"functions": tiny(chain(60000, func(i int, in, out string) *Node { return apply("Identity", "", in, out) })),
		"parts": tiny(chain(5000, func(i int, in, out string) *Node {
			return apply("Gather", "", in+" back", out, &Attr{Name: "axis", I: 1})
		}), int64s("back", 3, 1, 2, 0)),
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			bounded(t, func() { _, err = m.imported(Options{Name: "m"}) })
			t.Logf("error %.100v", err)
		})
	}
}
