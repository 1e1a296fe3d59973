package generated

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/generated/digits"
	"github.com/nngen/nngen/generated/digits/digitstrain"
	"github.com/nngen/nngen/generated/iris"
	"github.com/nngen/nngen/generated/iris/iristrain"
	"github.com/nngen/nngen/generated/xor/xortrain"
)

// TestStepGoesOnFromWhatSaveWrote takes 10 steps, saves, loads in a trainer of another seed and rate, and takes 10 more:
// with the bits of 20 steps. digits has dropout and Adam.
func TestStepGoesOnFromWhatSaveWrote(t *testing.T) {
	const n = 32
	x, y := make([]float32, n*digits.InputSize), make([]float32, n*digits.OutputSize)
	for i := range x {
		x[i] = float32(i * 7 % 17)
	}
	for i := range n {
		y[i*digits.OutputSize+i%10] = 1
	}
	steps := func(d *digitstrain.Trainer) (losses []float64) {
		for range 10 {
			losses = append(losses, d.Step(x, y, nil))
		}
		return losses
	}
	whole := digitstrain.New(7)
	whole.LR = 0.004
	steps(whole)
	want := steps(whole)
	first := digitstrain.New(7)
	first.LR = 0.004
	steps(first)
	name := filepath.Join(t.TempDir(), "progress")
	if err := first.Save(name); err != nil {
		t.Fatal(err)
	}
	second := digitstrain.New(8)
	if err := second.Load(name); err != nil {
		t.Fatal(err)
	}
	if n := second.Progress().Steps; n != 10 {
		t.Errorf("%d steps, want 10", n)
	}
	same := func(what string, got []float64) {
		t.Helper()
		for i := range want {
			if math.Float64bits(got[i]) != math.Float64bits(want[i]) {
				t.Errorf("%s: step %d has the loss %v, want %v", what, 11+i, got[i], want[i])
			}
		}
	}
	same("a file", steps(second))
	var b bytes.Buffer
	if err := second.Progress().Write(&b); err != nil {
		t.Fatal(err)
	}
	var c bytes.Buffer
	if err := whole.Progress().Write(&c); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), c.Bytes()) {
		t.Error("after 20 steps weights or the state of the optimizer differ")
	}
	read, err := digitstrain.ReadProgress(&b)
	if err == nil {
		err = second.Restore(read)
	}
	if err != nil {
		t.Fatal(err)
	}
	want = steps(whole)
	same("a reader", steps(second))
}

// TestProgressOfAnotherTrainingIsRefused loads what is of another network, gives what Step left to Fit, and damages files.
func TestProgressOfAnotherTrainingIsRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "progress")
	tr := iristrain.New(1)
	if err := tr.Save(name); err != nil {
		t.Fatal(err)
	}
	wants := func(err error, text string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v, want one line with %q", err, text)
		}
	}
	wants(xortrain.New(1).Load(name), "the progress is of another network: network ")
	o := iristrain.Options()
	var err error
	if o.Resume, err = iristrain.LoadProgress(name); err != nil {
		t.Fatal(err)
	}
	set := iristrain.Set{N: 1, X: [][]float32{make([]float32, iris.InputSize)}, Y: [][]float32{{1, 0, 0}}}
	_, err = tr.Fit(t.Context(), set, iristrain.Set{}, o)
	wants(err, "driven step by step")
	if err := tr.Save(name); err != nil { // that before is name.1 now
		t.Fatal(err)
	}
	damage(t, name)
	wants(tr.Load(name), "the one before, "+name+".1, is whole, after 0 steps")
	if err := tr.Load(name + ".1"); err != nil {
		t.Error(err)
	}
	damage(t, name+".1")
	wants(tr.Load(name), "damaged")
}

// TestTheProgressOfFitIsThatOfATrainer steps on from where Fit was.
func TestTheProgressOfFitIsThatOfATrainer(t *testing.T) {
	set := iristrain.Set{N: 2, X: [][]float32{{5, 3, 1, 0, 6, 3, 5, 2}}, Y: [][]float32{{1, 0, 0, 0, 0, 1}}}
	o := iristrain.Options()
	o.Epochs, o.Stop = 3, nil
	var last *iristrain.Progress
	o.OnProgress = func(p *iristrain.Progress) error {
		last = p.Clone()
		return nil
	}
	a, b := iristrain.New(1), iristrain.New(2)
	if _, err := a.Fit(t.Context(), set, iristrain.Set{}, o); err != nil {
		t.Fatal(err)
	}
	if err := b.Restore(last); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if got, want := b.Step(set.X[0], set.Y[0], nil), a.Step(set.X[0], set.Y[0], nil); got != want {
			t.Errorf("loss %v, want %v", got, want)
		}
	}
}

// damage flips a bit in the middle of a file.
func damage(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
