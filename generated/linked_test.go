package generated

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestAProgramThatPredictsOneExampleHoldsItsKernelsAlone links a program that calls Predict, and looks for kernels that
// only batches need.
func TestAProgramThatPredictsOneExampleHoldsItsKernelsAlone(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("kernels of amd64")
	}
	if testing.Short() {
		t.Skip("builds programs, whatever tags this test is built with")
	}
	dir := t.TempDir()
	src := "package main\n\nimport \"github.com/nngen/nngen/generated/digits\"\n\nfunc main() {\n" +
		"\tvar x [digits.InputSize]float32\n\tvar y [digits.OutputSize]float32\n\tdigits.Default().CALL\n\tprintln(y[0])\n}\n"
	for call, batch := range map[string]bool{"Predict(&x, &y)": false, "PredictBatch(x[:], y[:])": true} {
		file, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
		if err := os.WriteFile(file, []byte(strings.Replace(src, "CALL", call, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command("go", "build", "-o", exe, file).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		symbols, err := exec.Command("go", "tool", "nm", exe).Output()
		if err != nil {
			t.Fatal(err)
		}
		for kernel, want := range map[string]bool{
			"digits.predictSIMD": !batch, "digits.predictBatchSIMD": batch, "gemm.gemm6x16SIMD": batch,
		} {
			if got := strings.Contains(string(symbols), kernel); got != want {
				t.Errorf("%s: %s linked: %t, want %t", call, kernel, got, want)
			}
		}
	}
}
