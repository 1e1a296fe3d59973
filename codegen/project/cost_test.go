package project

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"

	"github.com/nngen/nngen/codegen"
)

// cost is what compiling takes, in bytes: all that is allocated, and the most of it that is in use at once.
type cost struct{ allocated, live int64 }

// costOf compiles a spec with some layers by a function.
func costOf(t *testing.T, layers string, compile func(*Project) (*codegen.Output, error)) cost {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/m\n\ngo 1.22\n",
		"m.yaml": "version: 1\nname: m\ntask: regression\n" + layers,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := Open(filepath.Join(dir, "m.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	defer debug.SetGCPercent(debug.SetGCPercent(20)) // so that what is in use is known to that
	runtime.GC()
	before := inUse()
	var most atomic.Int64
	stop := eachCollection(func() { most.Store(max(most.Load(), inUse())) })
	defer stop()
	var from, to runtime.MemStats
	runtime.ReadMemStats(&from)
	out, err := compile(p)
	if err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&to)
	runtime.KeepAlive(out)
	return cost{int64(to.TotalAlloc - from.TotalAlloc), most.Load() - before}
}

// inUse returns the bytes of the heap that the last collection has left.
func inUse() int64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return int64(s[0].Value.Uint64())
}

// eachCollection calls a function behind each collection until it is stopped.
func eachCollection(f func()) (stop func()) {
	type sentinel struct{ _ *int }
	var stopped atomic.Bool
	var again func(*sentinel)
	again = func(*sentinel) {
		if !stopped.Load() {
			f()
			runtime.SetFinalizer(new(sentinel), again)
		}
	}
	again(nil)
	return func() { stopped.Store(true) }
}

// whole compiles as nngen compile does.
func whole(p *Project) (*codegen.Output, error) { return p.Generate(nil, "") }

// withWeights compiles a network that has weights, without vectors for its self-test.
func withWeights(p *Project) (*codegen.Output, error) {
	network, err := p.Network()
	if err != nil {
		return nil, err
	}
	weights := map[string][]float32{}
	for _, x := range network.Params {
		weights[x.Name] = make([]float32, x.Size())
	}
	return p.Compile(codegen.Options{Embed: true, Weights: weights})
}

// chain is a network of some dense layers one after another, square one with a dense layer of n×n weights.
func chain(layers int) string {
	return fmt.Sprintf("input: {shape: [16]}\nblocks: {link: [{dense: {units: 16, activation: relu}}]}\n"+
		"layers: [{link: {repeat: %d}}, output]\n", layers)
}

func square(n int) string {
	return fmt.Sprintf("input: {shape: [%d]}\nlayers: [{dense: {units: %[1]d, activation: relu}}, output]\n", n)
}

// again returns the cost of a second compilation, for which what all compilations share is there.
func again(t *testing.T, layers string, compile func(*Project) (*codegen.Output, error)) cost {
	t.Helper()
	costOf(t, layers, compile)
	return costOf(t, layers, compile)
}

// TestCompilingAllocatesInProportionToTheLayers compiles a chain and one of eight times as many layers: that takes 3.5 times
// as much memory, twice as much of it in use at once, and may take 4.2 and 3 times. What grows with the square of the layers
// takes up to 64 times.
func TestCompilingAllocatesInProportionToTheLayers(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles 1,800 layers")
	}
	few, many := again(t, chain(100), whole), costOf(t, chain(800), whole)
	if many.allocated > few.allocated*42/10 {
		t.Errorf("100 layers allocate %d bytes, 800 layers %d", few.allocated, many.allocated)
	}
	if most := 3 * few.live; many.live > most {
		t.Errorf("100 layers have %d bytes in use, 800 layers %d, more than %d", few.live, many.live, most)
	}
}

// TestCompilingCopiesWeightsSeldom compiles networks that have weights: for each byte of these, 1.2 bytes are in use at
// once and 3.6 are allocated, one of them by this test; so the passes do not copy them. There may be one more.
func TestCompilingCopiesWeightsSeldom(t *testing.T) {
	small, large := again(t, square(1024), withWeights), again(t, square(2048), withWeights)
	bytes := float64(4 * (2048*2048 - 1024*1024))
	if copies := float64(large.allocated-small.allocated) / bytes; copies > 4.6 {
		t.Errorf("%.2f bytes are allocated for each of the weights", copies)
	}
	if copies := float64(large.live-small.live) / bytes; copies > 2.2 {
		t.Errorf("%.2f bytes are in use at once for each of the weights", copies)
	}
}

// TestSelfTestsTakeBoundedMemory compiles a network of a million weights with the vectors of its self-test, which the
// reference computes in float64 with gradients and bounds of errors: it allocates 580 MB, of which 55 MB are in use at
// once.
func TestSelfTestsTakeBoundedMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("computes gradients of a million weights by the reference")
	}
	c := costOf(t, square(1024), whole)
	if c.allocated > 720e6 || c.live > 85e6 {
		t.Errorf("%d bytes are allocated, %d are in use at once", c.allocated, c.live)
	}
}
