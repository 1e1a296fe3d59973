package codegen_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestCompileIsLinearInTheLayers compares what compilations of chains of layers allocate: a map or a string made anew
// for each layer over all layers shows there, whatever the machine does beside.
func TestCompileIsLinearInTheLayers(t *testing.T) {
	short, long := allocated(t, chain(100)), allocated(t, chain(800))
	if ratio := float64(long) / float64(short); ratio > 8*1.25 {
		t.Errorf("800 layers allocate %.1f times what 100 do (%d and %d bytes), want about 8 times", ratio, long, short)
	}
}

// TestCompileDoesNotGrowWithTheWidth compiles layers of ten million units, whose kernels are chosen for all parts of their
// rows that workers may take: for each of them alone it took a minute.
func TestCompileDoesNotGrowWithTheWidth(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles three times")
	}
	wide := func(units int) time.Duration {
		start := fuzzing.Processors()
		allocated(t, fmt.Sprintf("  - dense: {units: %d}\n  - dense: {units: 3}\n  - output\n", units))
		return fuzzing.Processors() - start
	}
	wide(10_000) // reads the runtime
	if narrow, broad := wide(10_000), wide(10_000_000); broad > 20*narrow {
		t.Errorf("layers of ten million units take %v, those of ten thousand %v", broad, narrow)
	}
}

// chain returns n layers.
func chain(n int) string {
	return strings.Repeat("  - dense: {units: 4, activation: relu}\n  - batch_norm\n", n/2) + "  - output\n"
}

// allocated returns the bytes that the compilation of layers allocates.
func allocated(t *testing.T, layers string) uint64 {
	t.Helper()
	src := "version: 1\nname: chain\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" + layers
	s, problems := spec.Parse("chain.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/chain"})
	runtime.ReadMemStats(&after)
	if out == nil {
		t.Fatal(problems)
	}
	return after.TotalAlloc - before.TotalAlloc
}
