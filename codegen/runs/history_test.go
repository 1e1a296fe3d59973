package runs

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestAHistoryHoldsItsEpochsInFewBytes adds many epochs, whose names change once, and reads them back.
func TestAHistoryHoldsItsEpochsInFewBytes(t *testing.T) {
	const n, change = 100_000, 54_321
	names := func(i int) []string {
		if i < change {
			return []string{"epoch", "lr", "loss"}
		}
		return []string{"epoch", "lr", "loss", "val_loss"}
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	h := &History{}
	for i := range n {
		e := Epoch{Names: names(i), Values: []float64{float64(i + 1), 0.5, 1 / float64(i+1), 3}}
		e.Values = e.Values[:len(e.Names)]
		h.Add(e)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	const most = 8*4 + 8
	if each := float64(after.HeapAlloc-before.HeapAlloc) / n; each > most {
		t.Errorf("an epoch takes %.0f bytes, want at most %d", each, most)
	}
	if h.Len() != n {
		t.Fatalf("%d epochs, want %d", h.Len(), n)
	}
	seen := 0
	for i, e := range h.All() {
		if i != seen || e.Get("epoch") != float64(i+1) || e.Get("loss") != 1/float64(i+1) ||
			math.IsNaN(e.Get("val_loss")) != (i < change) {
			t.Fatalf("epoch %d is %v", i, e)
		}
		seen++
	}
	if seen != n {
		t.Errorf("%d epochs were ranged over, want %d", seen, n)
	}
	for _, i := range []int{0, perBlock - 1, perBlock, change - 1, change, n - 1} {
		if e := h.At(i); e.Get("epoch") != float64(i+1) || len(e.Values) != len(names(i)) {
			t.Errorf("epoch %d is %v", i, e)
		}
	}
	if got := h.Names(); len(got) != 4 || got[3] != "val_loss" {
		t.Errorf("the names are %v", got)
	}
}

// TestAHistoryHasSoManyNames reads files of lines that each have a name of their own.
func TestAHistoryHasSoManyNames(t *testing.T) {
	name := filepath.Join(t.TempDir(), "history.jsonl")
	read := func(lines int) (*History, error) {
		var b []byte
		for i := range lines {
			b = fmt.Appendf(b, "{\"m%d\":1}\n", i)
		}
		if err := os.WriteFile(name, b, 0o644); err != nil {
			t.Fatal(err)
		}
		return ReadHistory(name)
	}
	h, err := read(maxNames)
	if err != nil || h.Len() != maxNames || len(h.Names()) != maxNames || h.Names()[1] != "m1" {
		t.Errorf("of %d names: %v", maxNames, err)
	}
	want := fmt.Sprintf("%s:%d: more than %d different names", name, maxNames+1, maxNames)
	if _, err := read(4 * maxNames); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("of more names: got %v, want %s", err, want)
	}
}
