package generated

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
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
	wants(xortrain.New(1).Load(name), "the progress is of another network: ")
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

// TestFitRefusesAProgressBeyondItsEpochs resumes from each progress of a training of three epochs of four steps, with
// fewer epochs, as many and more.
func TestFitRefusesAProgressBeyondItsEpochs(t *testing.T) {
	const examples, steps = 8, 4
	set := iristrain.Set{N: examples, X: [][]float32{make([]float32, examples*iris.InputSize)}}
	y := make([]float32, 3*examples)
	for i := range examples {
		set.X[0][i*iris.InputSize], y[3*i+i%3] = float32(i), 1
	}
	set.Y = [][]float32{y}
	o := iristrain.Options()
	o.Epochs, o.BatchSize, o.Stop, o.ProgressEvery = 3, examples/steps, nil, 1
	var all []*iristrain.Progress
	o.OnProgress = func(p *iristrain.Progress) error {
		all = append(all, p.Clone())
		return nil
	}
	cut, stop := context.WithCancel(t.Context())
	defer stop()
	o.OnStep = func(_ context.Context, epoch, seen int, _, _ float64) error {
		if epoch == 2 && seen == examples/2 {
			stop()
		}
		return nil
	}
	if _, err := iristrain.New(1).Fit(cut, set, iristrain.Set{}, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	midst := all[len(all)-1]
	o.OnStep, o.Resume = nil, midst
	if _, err := iristrain.New(1).Fit(t.Context(), set, iristrain.Set{}, o); err != nil {
		t.Fatal(err)
	}
	end := all[len(all)-1]
	o.OnProgress = nil
	for _, c := range []struct {
		from   *iristrain.Progress
		epochs int
		want   string // "" for no error
	}{
		{midst, 0, "stands in epoch 2, at example 4; epochs: 0 would be less; ask for 2 or more"},
		{midst, 1, "stands in epoch 2, at example 4; epochs: 1 would be less; ask for 2 or more"},
		{midst, 2, ""},
		{end, 2, "stands at the end of epoch 3; epochs: 2 would be less; ask for 3 or more"},
		{end, 3, ""},
		{end, 4, ""},
	} {
		o.Epochs, o.Resume = c.epochs, c.from
		tr := iristrain.New(1)
		arrays := tr.Weights.Tensors()
		trained := arrays[len(arrays)-1].Data
		before := slices.Clone(trained)
		h, err := tr.Fit(t.Context(), set, iristrain.Set{}, o)
		switch {
		case c.want == "" && (err != nil || len(h.Epochs) != c.epochs):
			t.Errorf("%d epochs: %v, with %d in the history", c.epochs, err, len(h.Epochs))
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%d epochs: got %v, want %q", c.epochs, err, c.want)
		case c.want != "" && !slices.Equal(before, trained):
			t.Errorf("%d epochs: the weights were set in spite of the error", c.epochs)
		}
	}
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
