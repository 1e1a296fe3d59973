package train

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/project"
)

// TestAnInterruptAtTheEdgesOfATraining stops a training whose program has not started yet, and one whose last step is
// over; and once more one before its first step, where the progress is that of the training before.
func TestAnInterruptAtTheEdgesOfATraining(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":   "module example.com/m\n\ngo 1.24\n",
		"data.csv": "a,y\n" + strings.Repeat("1,2\n2,3\n3,5\n", 9),
		"net.yaml": "version: 1\nname: net\ninput: {name: x, shape: [1]}\ntask: regression\nlayers: [output]\n" +
			"training: {epochs: 2, seed: 1}\ndata: {train: {csv: data.csv, header: true, label: y}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := project.Open(filepath.Join(dir, "net.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	early := Options{Log: io.Discard, OnTraining: func(stop func()) {
		if stop != nil {
			stop()
		}
	}}
	_, err = Run(t.Context(), p, early)
	const want = "interrupted before the first step; nothing was trained, and the packages are as they were"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	var stop func()
	for _, when := range []func(e Event) bool{
		func(e Event) bool { return e.Kind == "epoch" && e.Epoch == 2 }, // and then the program ends by itself, or at once
		func(e Event) bool { return e.Kind == "done" },
	} {
		o := Options{Log: io.Discard, OnTraining: func(f func()) { stop = f }, OnEvent: func(e Event) {
			if when(e) {
				stop()
			}
		}}
		_, err = Run(t.Context(), p, o)
		if ended := (*InterruptedError)(nil); !errors.As(err, &ended) || ended.Epochs != 2 {
			t.Errorf("%v, want that the training was interrupted after 2 epochs", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "net", "weights.safetensors")); err == nil {
			t.Error("weights are in place")
		}
	}
	_, err = Run(t.Context(), p, early)
	const older = want + "; the progress that is kept is that of an earlier training, with which --resume would go on"
	if err == nil || err.Error() != older {
		t.Errorf("%v, want %s", err, older)
	}
}
