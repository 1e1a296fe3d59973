package c99_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/c99"
	"github.com/nngen/nngen/codegen/plan/plantest"
)

// TestTheTableOfMLPerfTinyHolds compiles the networks of testdata/mlperf_tiny, and holds the table of their sizes in
// its README against what comes out; weights are made up, on which sizes do not depend. Where there is a compiler for
// it, it does the same with what a Cortex-M4 needs of its flash, to a hundredth, since compilers differ.
func TestTheTableOfMLPerfTinyHolds(t *testing.T) {
	const folder = "../../testdata/mlperf_tiny"
	specs, err := filepath.Glob(folder + "/*.yaml")
	if err != nil || len(specs) != 5 {
		t.Fatalf("%v: %v", specs, err)
	}
	readme, err := os.ReadFile(folder + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, file := range specs {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := plantest.Compile(t, file, src, nil)
		weights := plantest.Draw(out, r)
		parameters, macs := 0, int64(0)
		for _, l := range out.Net.Layers {
			for _, p := range l.Params {
				parameters += p.Size()
			}
			macs += l.MACs()
		}
		arrays := c99.Floats(nil)
		for q, a := range plantest.Quantize(t, out, weights,
			[][][]float32{plantest.Example(out, r), plantest.Example(out, r)}) {
			arrays[q.Name] = a
		}
		name := out.Net.Spec.Name
		float, err := c99.Write(c99.Network{Net: out.Net, Name: name, Infer: out.Infer, Weights: c99.Floats(weights)}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		int8, err := c99.Write(c99.Network{Net: out.Net, Name: name + "int8", Infer: out.Int8Infer, Weights: arrays}, "v0")
		if err != nil {
			t.Fatal(err)
		}
		row := fmt.Sprintf("| `%s` | %d | %d | %d | %d | %d | %d |", name, parameters, macs,
			float.Weights+float.Constants, float.Workspace, int8.Weights+int8.Constants, int8.Workspace)
		if !strings.Contains(string(readme), row) {
			t.Errorf("README lacks the row\n%s", row)
		}
		inFlash(t, string(readme), name, int8, float)
	}
}

// inFlash compares the rows of the README that say what the flash of a microcontroller holds of a network, in 8-bit
// integers and in float32.
func inFlash(t *testing.T, readme, name string, networks ...*c99.Files) {
	t.Helper()
	if _, err := exec.LookPath("arm-none-eabi-gcc"); err != nil && os.Getenv("NNGEN_C") == "" {
		return
	}
	row := regexp.MustCompile("(?m)^\\| `" + name + "` \\| (\\d+) \\| (\\d+) \\| [^|]*\\|$").FindStringSubmatch(readme)
	if row == nil {
		t.Fatalf("README does not say what the flash holds of %s", name)
	}
	for i, n := range networks {
		want, err := strconv.ParseFloat(row[1+i], 64)
		if err != nil {
			t.Fatal(err)
		}
		source := []string{name + "int8", name}[i]
		if got := flash(t, source, n); math.Abs(got-want) > want/100 {
			t.Errorf("%s: %.0f bytes of flash, README says %.0f", source, got, want)
		} else {
			t.Logf("%s: %.0f bytes of flash", source, got)
		}
	}
}

// flash compiles C for a Cortex-M4, and returns how many bytes code and constants take.
func flash(t *testing.T, name string, n *c99.Files) float64 {
	t.Helper()
	dir := t.TempDir()
	for end, b := range map[string][]byte{".c": n.Source, ".h": n.Header} {
		if err := os.WriteFile(filepath.Join(dir, name+end), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var said []byte
	for _, command := range []string{
		"arm-none-eabi-gcc -Os -std=c99 -mthumb -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16 -o m.o -c " + name + ".c",
		"arm-none-eabi-size m.o",
	} {
		args := strings.Fields(command)
		c := exec.CommandContext(t.Context(), args[0], args[1:]...)
		c.Dir = dir
		var err error
		if said, err = c.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	m := regexp.MustCompile(`(?m)^\s*(\d+)\s+(\d+)\s`).FindSubmatch(said)
	if m == nil {
		t.Fatalf("arm-none-eabi-size says\n%s", said)
	}
	text, _ := strconv.ParseFloat(string(m[1]), 64)
	data, _ := strconv.ParseFloat(string(m[2]), 64)
	return text + data
}
