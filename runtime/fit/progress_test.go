package fit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/runtime/safetensors"
)

// sample is a progress with something in every field.
func sample() *Progress {
	return &Progress{
		Epoch: 2, Seen: 3, Steps: 17, Note: "a \"note\"\n", sum: 0.1, updates: 1 << 60, seed: 1<<64 - 1, lr: 0.003,
		origin: origin{"x", "y", "z"},
		History: History{Best: 1, Epochs: []Epoch{
			{Epoch: 1, LR: 0.1, Metrics: []Metric{{"loss", math.Inf(1), true}, {"val_accuracy", 1e-320, false}}},
			{Epoch: 2, LR: 0.01},
		}},
		state: [][]float32{{1, -2.5}, {3}}, optimizer: [][]float32{{4, 5, 6}}, best: [][]float32{{7, 8}, {9}},
		average: [][]float32{{1.5, 2}, {0}}, averaged: 4,
	}
}

func encoded(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sample().Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAProgressComesBackAsItWas(t *testing.T) {
	p, err := ReadProgress(bytes.NewReader(encoded(t)))
	if err != nil {
		t.Fatal(err)
	}
	if want := sample(); !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v, want %+v", p, want)
	}
	if c := p.Clone(); !reflect.DeepEqual(c, p) || &c.state[0][0] == &p.state[0][0] {
		t.Error("a clone is not the same, or shares memory")
	}
	bare := &Progress{state: [][]float32{{1}}}
	var b bytes.Buffer
	if err := bare.Write(&b); err != nil {
		t.Fatal(err)
	}
	if p, err = ReadProgress(&b); err != nil || !reflect.DeepEqual(p, bare) {
		t.Errorf("got %+v, %v, want %+v", p, err, bare)
	}
}

// TestAHistoryIsFewBytesOfAProgress adds epochs, first of two metrics and then of three, as where a callback measures
// more: each number takes eight bytes.
func TestAHistoryIsFewBytesOfAProgress(t *testing.T) {
	const n = 1000
	p, bytesOf := sample(), func(p *Progress) int {
		var b bytes.Buffer
		if err := p.Write(&b); err != nil {
			t.Fatal(err)
		}
		return b.Len()
	}
	p.History.Epochs = nil
	bare := bytesOf(p)
	for i := range n {
		e := Epoch{Epoch: i + 1, LR: 0.1, Metrics: []Metric{{"loss", math.Pi / float64(i+1), true},
			{"val_loss", -1e-300, true}}}
		if i >= n/2 {
			e.Metrics = append(e.Metrics, Metric{"val_accuracy", math.NaN(), false})
		}
		p.History.Epochs = append(p.History.Epochs, e)
	}
	const most = n/2*8*(3+4) + 200 // and words
	if got := bytesOf(p) - bare; got > most {
		t.Errorf("%d epochs take %d bytes, want at most %d", n, got, most)
	}
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	got, err := ReadProgress(bytes.NewReader(whole))
	if err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := got.Write(&b); err != nil || !bytes.Equal(b.Bytes(), whole) {
		t.Errorf("what was read is written in other bytes, or not: %v", err)
	}
	for i, e := range got.History.Epochs {
		if want := p.History.Epochs[i]; fmt.Sprint(e) != fmt.Sprint(want) {
			t.Fatalf("got %v, want %v", e, want)
		}
	}
}

// TestEveryByteOfAProgressCounts flips one bit of each byte, and cuts the file at each.
func TestEveryByteOfAProgressCounts(t *testing.T) {
	whole := encoded(t)
	for i := range whole {
		b := bytes.Clone(whole)
		b[i] ^= 1 << (i % 8)
		if _, err := ReadProgress(bytes.NewReader(b)); err == nil {
			t.Fatalf("a flipped bit in byte %d of %d is not seen", i, len(whole))
		}
		if _, err := ReadProgress(bytes.NewReader(whole[:i])); err == nil {
			t.Fatalf("cut at byte %d of %d it is read", i, len(whole))
		}
	}
}

func TestTheProgressBeforeIsKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "p")
	for i := range 3 {
		p := sample()
		p.Epoch = 2 + i
		if err := p.Save(name); err != nil {
			t.Fatal(err)
		}
		if got, err := LoadProgress(name); err != nil || got.Epoch != 2+i || got.Damaged != nil {
			t.Fatalf("save %d: %+v, %v", i, got, err)
		}
	}
	if got, err := load(before(name)); err != nil || got.Epoch != 3 {
		t.Errorf("the one before: %+v, %v", got, err)
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadProgress(name); err != nil || got.Epoch != 3 || !errors.Is(got.Damaged, fs.ErrNotExist) {
		t.Errorf("without the newest: %+v, %v", got, err)
	}
	if err := os.WriteFile(before(name), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadProgress(name); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without the newest, and a damaged one before: %v", err)
	}
}

// TestOnlyRegularFilesAreAProgress gives folders and devices, which have no end or no contents.
func TestOnlyRegularFilesAreAProgress(t *testing.T) {
	for _, name := range []string{t.TempDir(), os.DevNull} {
		if _, err := LoadProgress(name); err == nil || !strings.Contains(err.Error(), name+" is not a regular file") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// FuzzReadProgress: no bytes make the reader panic, with a checksum that is wrong or right; a progress that it takes is
// written and read as it is.
func FuzzReadProgress(f *testing.F) {
	f.Add(encoded(f))
	f.Add([]byte("{}"))
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) {
		p, err := ReadProgress(bytes.NewReader(b))
		if err != nil {
			if p, err = ReadProgress(bytes.NewReader(summed(b))); err != nil {
				return
			}
		}
		var first, second bytes.Buffer
		if err := p.Clone().Write(&first); err != nil {
			return // its texts are no UTF-8
		}
		again, err := ReadProgress(bytes.NewReader(first.Bytes()))
		if err == nil {
			err = again.Write(&second)
		}
		if err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
			t.Errorf("%q is written as %q, and that as %q, error %v", b, first.Bytes(), second.Bytes(), err)
		}
	})
}

// summed returns a file with the checksum of its contents, if it has a place for one.
func summed(b []byte) []byte {
	f, err := safetensors.Open(b)
	if err != nil || len(f.Meta["sha256"]) != len(unsummed) {
		return b
	}
	b = bytes.Replace(b, []byte(f.Meta["sha256"]), []byte(unsummed), 1)
	return bytes.Replace(b, []byte(unsummed), []byte(checksum(b)), 1)
}

// TestEveryFieldOfAProgressCounts edits each number and word of a progress, and a number of each of its arrays, one
// at a time. As the checksum is not that of the edit, it is always told. With a checksum made anew, as who edits by
// a program may, what Fit can tell from the rest is an error, or does not matter: the same bits come out. What
// nothing else in the file tells (the numbers of the model, of the optimizer and of the best epoch, the loss so far,
// measured values, the seed of a trainer of its own) stands as it is written.
func TestEveryFieldOfAProgressCounts(t *testing.T) {
	free := map[string]bool{"state.0": true, "best.0": true, "average.0": true, "history": true, "note": true}
	// Of the state they are updates, seed, rate and loss so far, and of the metrics the names.
	freeWord := func(name string, i int) bool {
		return name == "state" && i >= 3 && i <= 6 || name == "metrics" && i > 0
	}
	steps := [][]float64{}
	for i := range 16 {
		steps = append(steps, []float64{float64((i*7)%5) + 0.5, float64(i)})
	}
	for _, average := range []Averaging{EMA{Decay: 0.5}, SWA{Start: 2}} {
		o := Options{Epochs: 4, BatchSize: 4, Average: average,
			Schedule: &Plateau{Monitor: "val_loss", Factor: 0.5, Patience: 0},
			Stop:     &EarlyStopping{Monitor: "val_loss", Patience: 3, RestoreBest: true, Others: []string{"val_mae"}}}
		trainer := func(at int) *replay { return &replay{steps: steps, at: at, now: make([]float32, 2)} }
		whole := trainer(0)
		want, err := Fit(t.Context(), driver(whole), sixteen(), sixteen(), o)
		if err != nil {
			t.Fatal(err)
		}
		var kept [][]byte // within an epoch, behind its last step, and behind its end
		for _, left := range []int{1, 4, 6, 99} {
			first := o
			first.Schedule = &Plateau{Monitor: "val_loss", Factor: 0.5, Patience: 0}
			first.OnStep = func(context.Context, int, int, float64, float64) error {
				if left--; left == 0 {
					return ErrStop
				}
				return nil
			}
			var last bytes.Buffer
			first.OnProgress = func(p *Progress) error {
				last.Reset()
				return p.Write(&last)
			}
			if _, err := Fit(t.Context(), driver(trainer(0)), sixteen(), sixteen(), first); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, last.Bytes())
		}
		// resume returns the error of a file, or how it goes on.
		resume := func(b []byte) (string, error) {
			p, err := ReadProgress(bytes.NewReader(b))
			if err != nil {
				return "", err
			}
			second, tr := o, trainer(min(max(0, p.Steps), len(steps)-1))
			second.Resume, second.Schedule = p, &Plateau{Monitor: "val_loss", Factor: 0.5, Patience: 0}
			h, err := Fit(t.Context(), driver(tr), sixteen(), sixteen(), second)
			return fmt.Sprint(h, tr.now), err
		}
		edits := 0
		for _, b := range kept {
			f, err := safetensors.Open(b)
			if err != nil {
				t.Fatal(err)
			}
			arrays := slices.DeleteFunc([]string{"state.0", "best.0", "average.0", "history"}, func(name string) bool {
				_, ok := f.Tensor(name)
				return !ok
			})
			if got, err := resume(b); err != nil || got != fmt.Sprint(want, whole.now) {
				t.Fatalf("without an edit: %v, %s, want %s", err, got, fmt.Sprint(want, whole.now))
			}
			try := func(what string, free bool, change func(meta map[string]string, tensors []safetensors.Tensor)) {
				edits++
				meta := maps.Clone(f.Meta)
				var tensors []safetensors.Tensor
				for _, name := range arrays {
					x, _ := f.Tensor(name)
					tensors = append(tensors, safetensors.Tensor{Name: name, Shape: x.Shape, Data: slices.Clone(x.Data)})
				}
				change(meta, tensors)
				edited, err := safetensors.Encode(meta, tensors)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := ReadProgress(bytes.NewReader(edited)); err == nil || !strings.HasPrefix(err.Error(), "fit: ") {
					t.Errorf("%s: got the error %v", what, err)
				}
				got, err := resume(summed(edited))
				if err == nil && !free && got != fmt.Sprint(want, whole.now) {
					t.Errorf("%s: %q goes on to %s, want %s", what, f.Meta["state"], got, fmt.Sprint(want, whole.now))
				}
			}
			for name, text := range f.Meta {
				words := strings.Split(text, " ")
				for i, w := range words {
					for _, to := range []string{"0", "1", "2", "7", "-1", "1e9", "NaN", "true", "false", "word", ""} {
						if to == w {
							continue
						}
						what := fmt.Sprintf("%s, word %d, %q becomes %q", name, i, w, to)
						try(what, free[name] || freeWord(name, i),
							func(meta map[string]string, _ []safetensors.Tensor) {
								other := slices.Clone(words)
								other[i] = to
								meta[name] = strings.Join(other, " ")
							})
					}
				}
			}
			for i, name := range arrays {
				if x, _ := f.Tensor(name); len(x.Data) > 0 {
					try(name+", a number less", false, func(_ map[string]string, tensors []safetensors.Tensor) {
						x := &tensors[i]
						x.Data = x.Data[:len(x.Data)-1]
						x.Shape = []int{len(x.Data)}
					})
					try(name+", a number", free[name], func(_ map[string]string, tensors []safetensors.Tensor) {
						tensors[i].Data[0] += 3
					})
				}
				try(name+", a number more", false, func(_ map[string]string, tensors []safetensors.Tensor) {
					x := &tensors[i]
					x.Data = append(x.Data, 1)
					x.Shape = []int{len(x.Data)}
				})
			}
		}
		t.Logf("%T: %d edits of %d files", average, edits, len(kept))
	}
}
