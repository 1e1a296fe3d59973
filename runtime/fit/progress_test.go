package fit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/nngen/nngen/runtime/safetensors"
)

// sample is a progress with something in every field.
func sample() *Progress {
	return &Progress{
		Epoch: 2, Seen: 3, Steps: 17, Note: "a \"note\"\n", sum: 0.1, updates: 1 << 60, seed: 1<<64 - 1, lr: 0.003, origin: origin{"x", "y", "z"},
		History: History{Best: 1, Epochs: []Epoch{
			{Epoch: 1, LR: 0.1, Metrics: []Metric{{"loss", math.Inf(1), true}, {"val_accuracy", 1e-320, false}}},
			{Epoch: 2, LR: 0.01},
		}},
		state: [][]float32{{1, -2.5}, {3}}, optimizer: [][]float32{{4, 5, 6}}, best: [][]float32{{7, 8}, {9}},
		average: [][]float32{{1.5, 2}, {0}}, averaged: 4,
		stop: []float64{1, 2, 0.5, 0.25}, schedule: []float64{1, 0.1, 1, 0, 3},
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
		e := Epoch{Epoch: i + 1, LR: 0.1, Metrics: []Metric{{"loss", math.Pi / float64(i+1), true}, {"val_loss", -1e-300, true}}}
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
	f.Fuzz(func(t *testing.T, b []byte) {
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
