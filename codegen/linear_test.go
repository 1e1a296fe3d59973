package codegen_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestCompileIsLinearInTheLayers compares what compilations of chains of layers allocate: a map or a string made anew
// for each layer over all layers shows there, whatever the machine does beside.
func TestCompileIsLinearInTheLayers(t *testing.T) {
	short, long := allocated(t, 100), allocated(t, 800)
	if ratio := float64(long) / float64(short); ratio > 8*1.25 {
		t.Errorf("800 layers allocate %.1f times what 100 do (%d and %d bytes), want about 8 times", ratio, long, short)
	}
}

// allocated returns the bytes that the compilation of a chain of n dense layers allocates.
func allocated(t *testing.T, n int) uint64 {
	t.Helper()
	src := "version: 1\nname: chain\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" +
		strings.Repeat("  - dense: {units: 4, activation: relu}\n  - batch_norm\n", n/2) + "  - output\n"
	s, problems := spec.Parse("chain.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: fmt.Sprintf("example.com/chain%d", n)})
	runtime.ReadMemStats(&after)
	if out == nil {
		t.Fatal(problems)
	}
	return after.TotalAlloc - before.TotalAlloc
}
