package gemm

import (
	"math/rand"
	"sync"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestBlocksFit checks that the scratch space holds what the blocking asks of it, for parts of k of any length.
func TestBlocksFit(t *testing.T) {
	for _, c := range []struct {
		b    *blocking
		tile int
		kc   int
	}{{&blocks, tileRows, kcMax}, {&wideBlocks, wideRows, kcWide}} {
		if c.b.kc > c.kc || max(c.b.kcT, c.b.kcNT) > kcMax {
			t.Errorf("%+v does not fit in panels of %d rows", *c.b, c.kc)
		}
		for step := 1; step <= c.kc; step++ {
			rows := product{m: 1 << 20, a: factor{rs: 1 << 20, cs: 1}}
			m := rows.blockRows(c.b, true, step, c.tile)
			if size := m * oddLines(step); size > blockMax || m%c.tile != 0 {
				t.Fatalf("%+v: %d rows of %d terms take %d elements of %d", *c.b, m, step, size, blockMax)
			}
			columns := product{m: 1 << 20, a: factor{rs: 1, cs: 1 << 20}}
			m = columns.blockRows(c.b, true, step, c.tile)
			if size := step * oddLines(m); size > blockMax || m%c.tile != 0 {
				t.Fatalf("%+v: %d terms of %d rows take %d elements of %d", *c.b, step, m, size, blockMax)
			}
		}
	}
	for n := 1; n < 1000; n++ {
		if odd := oddLines(n); odd < n || odd >= n+2*nr || odd%nr != 0 || odd/nr%2 == 0 {
			t.Errorf("rows of %d elements get %d, want an odd multiple of %d", n, odd, nr)
		}
	}
	if smallPack > kcMax*nr || len(panel{}) < kcMax*wideCols || 2*len(panel{}) < kcWide*wideCols {
		t.Errorf("smallPack is %d, a panel %d", smallPack, len(panel{}))
	}
}

// TestRowsOfScratch lends single panels and pairs until there is none, and wants no panel lent twice.
func TestRowsOfScratch(t *testing.T) {
	var p pool[[1]float32, [4][1]float32]
	for _, counts := range [][]int{{2, 2, 1}, {1, 2, 2, 1, 1}, {1, 1, 1, 2, 1}, {2, 1, 2, 1}} {
		var lent uint32
		var given [][2]int
		for _, count := range counts {
			item, i := p.borrow(count)
			free := 0
			for n := range len(p.items) - count + 1 {
				if lent>>n&(1<<count-1) == 0 {
					free++
				}
			}
			if (item != nil) != (free > 0) || (i >= 0) != (free > 0) {
				t.Fatalf("%v: %d of %04b: %v, %d", counts, count, lent, item, i)
			}
			if item == nil {
				continue
			}
			if mask := uint32(1<<count-1) << i; lent&mask != 0 || item != &p.items[i] {
				t.Fatalf("%v: %d of %04b: item %d", counts, count, lent, i)
			} else if lent |= mask; p.lent.Load() != lent {
				t.Fatalf("%v: %04b are lent, not %04b", counts, p.lent.Load(), lent)
			}
			given = append(given, [2]int{i, count})
		}
		for _, g := range given {
			p.giveBack(g[0], g[1])
		}
		if p.lent.Load() != 0 {
			t.Fatalf("%v: %04b are still lent", counts, p.lent.Load())
		}
	}
}

// TestWithoutScratch takes all scratch space away, and then all but single panels, and wants the same bits; panels that are
// lent to others stay as they are.
func TestWithoutScratch(t *testing.T) {
	var panels, blocks []int
	for {
		_, i := panelPool.borrow(1)
		if i < 0 {
			break
		}
		panels = append(panels, i)
	}
	for {
		_, i := blockPool.borrow(1)
		if i < 0 {
			break
		}
		blocks = append(blocks, i)
	}
	if len(panels) != len(panelPool.items) || len(blocks) != len(blockPool.items) {
		t.Fatalf("borrowed %d panels and %d blocks", len(panels), len(blocks))
	}
	defer func() {
		for _, i := range panels {
			panelPool.giveBack(i, 1)
		}
		for _, i := range blocks {
			blockPool.giveBack(i, 1)
		}
		if p, b := panelPool.lent.Load(), blockPool.lent.Load(); p != 0 || b != 0 {
			t.Errorf("still lent: panels %b, blocks %b", p, b)
		}
	}()
	compareAll(t, rand.New(rand.NewSource(12)))
	var kept []int
	for _, i := range panels {
		if panelPool.items[i] = (panel{}); i%2 == 0 {
			panelPool.giveBack(i, 1)
		} else {
			kept = append(kept, i)
		}
	}
	panels = kept
	compareAll(t, rand.New(rand.NewSource(13)))
	for _, i := range panels {
		if panelPool.items[i] != (panel{}) {
			t.Errorf("panel %d, which another product has, was written to", i)
		}
	}
}

// TestConcurrent runs more products at once than there is scratch space for.
func TestConcurrent(t *testing.T) {
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			compareAll(t, rand.New(rand.NewSource(int64(i))))
		}()
	}
	wg.Wait()
}

// compareAll compares each form with its twin on shapes that use all scratch space.
func compareAll(t *testing.T, r *rand.Rand) {
	for i := range forms {
		f := &forms[i]
		for _, s := range [][]int{{30, 300, 80, 700}, {70, 20, 400, 0}, {66, 64, 600, 400}} {
			x := f.shape(s)
			a, b, got := draw(r, x.lenA), draw(r, x.lenB), draw(r, x.lenC)
			want := append([]float32(nil), got...)
			f.got(x.m, x.n, x.k, a, x.lda, b, x.ldb, got, x.ldc, Accumulate())
			f.want(x.m, x.n, x.k, a, x.lda, b, x.ldb, want, x.ldc, Accumulate())
			if at := kerneltest.Diff(got, want); at >= 0 {
				t.Errorf("%s %v: differs at %d", f.name, s, at)
			}
		}
	}
}
