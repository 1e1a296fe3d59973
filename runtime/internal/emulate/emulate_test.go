package emulate_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/internal/emulate"
)

// packages are those whose kernels are emulated, and which of their tests run then; wide ones have kernels for AVX-512.
var packages = []struct {
	name, tests string
	wide        bool
}{
	{"gemm", "TestKernels$|TestCubes$|TestLayer|TestPack", true},
	{"vec", "Kernels", true},
	{"optim", "Kernels", true},
	{"norm", "Kernels", true},
	{"loss", "Kernels", true},
	{"pool", "Kernels", true},
	{"dropout", "Kernels", true},
	{"half", "Kernels", false},
	{"sparse", "Kernels", false},
	{"quant", "IsExact|AreExact|Pools|Quantize", true},
	{"conv", "Chains|Bits", false},
	{"rnn", "Kernels", true},
}

// TestKernelsEmulated holds the kernels of all instruction sets, those too that this machine lacks, to the bits of
// their twins: by the tests of their packages, in which this package takes the place of the assembler. With
// NNGEN_EMULATE=1 it takes its time, and emulates kernels that the machine can run too, by which the emulator itself is tested.
func TestKernelsEmulated(t *testing.T) {
	if testing.Short() {
		t.Skip("builds packages for amd64, whatever this test is built for")
	}
	runtime, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var folders []string
	for _, p := range packages {
		folders = append(folders, filepath.Join(runtime, p.name))
	}
	overlay, err := emulate.Overlay(t.TempDir(), runtime, folders)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range packages {
		if !p.wide && os.Getenv("NNGEN_EMULATE") == "" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			cmd := exec.Command("go", "test", "-short", "-vet=off", "-v", "-overlay", overlay, "-run", p.tests,
				filepath.Join(runtime, p.name))
			cmd.Env = append(os.Environ(), "GOARCH=amd64")
			out, err := cmd.CombinedOutput()
			if err != nil || strings.Contains(string(out), "no tests to run") {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
}

// TestEveryInstructionHasARow reads all assembly for amd64 of the runtime but what asks for the processor.
func TestEveryInstructionHasARow(t *testing.T) {
	files, err := filepath.Glob("../../*/*_amd64.s")
	if err != nil || len(files) < 100 {
		t.Fatal(len(files), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := emulate.Parse(string(text)); err != nil && filepath.Base(name) != "cpu_amd64.s" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
