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
	for name, layers := range map[string]func(n int) string{"chain": chain, "skips": skips, "joins": joins, "shared": shared} {
		short, long := allocated(t, layers(100)), allocated(t, layers(800))
		if ratio := float64(long) / float64(short); ratio > 8*1.25 {
			t.Errorf("%s: 800 layers allocate %.1f times what 100 do (%d and %d bytes), want about 8 times", name, ratio, long,
				short)
		}
	}
}

// TestFilesAreLinearInTheInputsOfALayer compares the files of networks whose last layer reads all others, as do those with
// many skips.
func TestFilesAreLinearInTheInputsOfALayer(t *testing.T) {
	files := func(n int) (size int) {
		var b strings.Builder
		names := make([]string, n)
		for i := range names {
			names[i] = fmt.Sprintf("d%d", i)
			fmt.Fprintf(&b, "  - dense: {name: d%d, units: 4}\n", i)
		}
		fmt.Fprintf(&b, "  - add: {from: [%s]}\n  - output\n", strings.Join(names, ", "))
		for _, f := range compiled(t, b.String()).Files {
			size += len(f)
		}
		return size
	}
	if few, many := files(120), files(960); many > 8*few {
		t.Errorf("files of 960 inputs have %d bytes, those of 120 %d", many, few)
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

// skips returns n layers, each second of which adds what the one before reads.
func skips(n int) string {
	var b strings.Builder
	b.WriteString("  - dense: {name: l0, units: 4}\n")
	for i := range n / 2 {
		fmt.Fprintf(&b, "  - dense: {name: d%d, units: 4, activation: relu}\n"+
			"  - add: {name: l%[2]d, from: [l%[1]d, d%[1]d]}\n", i, i+1)
	}
	return b.String() + "  - output\n"
}

// joins returns n layers in blocks, each of whose layers reads all before it in the block, as a DenseNet has them.
func joins(n int) string {
	var b strings.Builder
	for i := range n / 8 {
		fmt.Fprintf(&b, "  - dense: {name: c%d_0, units: 8}\n  - relu\n", i)
		for k := range 3 {
			fmt.Fprintf(&b, "  - dense: {name: d%d_%d, units: 4, activation: relu}\n"+
				"  - concatenate: {name: c%[1]d_%[3]d, from: [c%[1]d_%[2]d, d%[1]d_%[2]d]}\n", i, k, k+1)
		}
	}
	return b.String() + "  - output\n"
}

// shared returns n layers of the same parameters.
func shared(n int) string {
	return "  - dense: {name: first, units: 4}\n" +
		strings.Repeat("  - dense: {units: 4, share: first, activation: relu}\n", n-1) + "  - output\n"
}

// allocated returns the bytes that the compilation of layers allocates.
func allocated(t *testing.T, layers string) uint64 {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	compiled(t, layers)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// compiled compiles layers.
func compiled(t *testing.T, layers string) *codegen.Output {
	t.Helper()
	src := "version: 1\nname: chain\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" + layers
	s, problems := spec.Parse("chain.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	out, problems := codegen.Compile(s, nil, codegen.Options{ImportPath: "example.com/chain"})
	if out == nil {
		t.Fatal(problems)
	}
	return out
}
