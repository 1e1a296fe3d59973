package codegen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// TestALimitOfFlashCountsCode compiles a network of 600 parameters, whose weights alone are within any of the limits.
func TestALimitOfFlashCountsCode(t *testing.T) {
	for limit, want := range map[string]bool{"48KiB": true, "256KiB": false} {
		src := "version: 1\nname: m\ninput: {shape: [4]}\ntask: binary\n" +
			"layers: [{dense: {units: 100}}, output]\nlimits: {flash: " + limit + "}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if problems.Err() == nil {
			_, problems = Compile(s, nil, Options{ImportPath: "m"})
		}
		text := ""
		if err := problems.Err(); err != nil {
			text = err.Error()
		}
		if got := strings.Contains(text, "bytes of flash (code about "); got != want {
			t.Errorf("flash: %s: %q, want an error: %t", limit, text, want)
		}
	}
}

// TestCellsOfAllKindsAreCounted compiles a network of each recurrent kind with a limit of memory, for which what its
// cell holds is counted: its weights lie in the model and once more in panels, of which steps without a state read a
// part, and the biases of those that have a kernel too.
func TestCellsOfAllKindsAreCounted(t *testing.T) {
	for layer, floats := range map[string]int64{
		"simple_rnn: {units: 16}":              (8 + 16 + 1) * 16,
		"lstm: {units: 16}":                    (8 + 16 + 1) * 64,
		"gru: {units: 16}":                     (8 + 16 + 2) * 48,
		"gru: {units: 16, reset_after: false}": (8 + 16) * 48,
	} {
		src := "version: 1\nname: m\ninput: {shape: [5, 8]}\ntask: binary\nlayers: [{" + layer +
			"}, output]\nlimits: {ram: 64MiB}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := Compile(s, nil, Options{ImportPath: "m"})
		if err := problems.Err(); err != nil {
			t.Fatalf("%s: %v", layer, err)
		}
		got := int64(0)
		for _, c := range out.Plan.Cells {
			got += c.Prepared()
		}
		if got != 4*floats {
			t.Errorf("%s: its cell holds %d bytes, want %d", layer, got, 4*floats)
		}
	}
}

// TestALimitOfMemoryCountsWhatKernelsKeep compiles a network whose convolution works on a copy of the image, with a limit
// that its model, activations and static scratch memory are within.
func TestALimitOfMemoryCountsWhatKernelsKeep(t *testing.T) {
	compile := func(limit string) (*Output, error) {
		src := "version: 1\nname: m\ninput: {shape: [32, 32, 3]}\ntask: binary\n" +
			"layers: [{conv2d: {filters: 8, kernel_size: 3, padding: same}}, flatten, output]\nlimits: {ram: " + limit + "}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := Compile(s, nil, Options{ImportPath: "m"})
		return out, problems.Err()
	}
	out, err := compile("64MiB")
	if err != nil {
		t.Fatal(err)
	}
	f := out.Footprint()
	if f.Rooms.Example < 34*34*3*4 {
		t.Errorf("%d bytes on the heap, less than an image with its border", f.Rooms.Example)
	}
	if _, err := compile(fmt.Sprint(f.Model + f.Example + f.Pools)); err == nil {
		t.Error("no error although there is no room for what kernels keep")
	}
	if _, err := compile(fmt.Sprint(f.RAM())); err != nil {
		t.Error(err)
	}
}

// TestALimitHoldsForPackagesOf8BitIntegers compiles a network with limits one byte below what its package of 8-bit integers
// takes, and with just so much.
func TestALimitHoldsForPackagesOf8BitIntegers(t *testing.T) {
	compile := func(int8s bool, limits string) (*Output, string) {
		src := "version: 1\nname: m\ninput: {shape: [12, 4]}\ntask: binary\n" +
			"layers: [{lstm: {units: 8}}, {dense: {units: 5}}, output]\nlimits: {" + limits + "}\n"
		s, problems := spec.Parse("m.yaml", []byte(src), op.Schema())
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		out, problems := Compile(s, nil, Options{ImportPath: "m", Int8: int8s})
		if err := problems.Err(); err != nil {
			return nil, err.Error()
		}
		return out, ""
	}
	out, text := compile(true, "flash: 64MiB")
	if out == nil {
		t.Fatal(text)
	}
	f := out.Int8Footprint()
	if f.Model == 0 || f.Example == 0 || f.Batch <= f.Example || f.Rooms.Example == 0 || f.Rooms.Batch < f.Rooms.Example ||
		f.Trainer != 0 || f.State != 0 {
		t.Errorf("the footprint is %+v", f)
	}
	flash := fmt.Sprintf("a program grows by package mint8 by %d bytes of flash (code about %d, weights %d), the limit is %d",
		f.Flash(), f.Code, f.Weights, f.Flash()-1)
	ram := fmt.Sprintf("predictions by package mint8 take %d bytes of RAM (model %d, activations %d, scratch memory of "+
		"kernels %d), the limit is %d", f.RAM(), f.Model, f.Example, f.Pools+f.Rooms.Example, f.RAM()-1)
	for limits, want := range map[string]string{
		fmt.Sprintf("flash: %d", f.Flash()-1): flash,
		fmt.Sprintf("ram: %d", f.RAM()-1):     ram,
	} {
		if _, text := compile(true, limits); !strings.Contains(text, want) {
			t.Errorf("%s: %q, want %q", limits, text, want)
		}
		if _, text := compile(false, limits); strings.Contains(text, "mint8") {
			t.Errorf("%s: without a package of 8-bit integers: %q", limits, text)
		}
	}
	if _, text := compile(true, fmt.Sprintf("flash: %d, ram: %d", max(f.Flash(), out.Footprint().Flash()),
		max(f.RAM(), out.Footprint().RAM()))); text != "" {
		t.Error(text)
	}
}
