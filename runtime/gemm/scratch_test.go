package gemm

import (
	"math/rand"
	"sync"
	"testing"

	"github.com/nngen/nngen/runtime/internal/kerneltest"
)

// TestBlocksFit checks that the scratch space holds what the blocking asks of it.
func TestBlocksFit(t *testing.T) {
	if max(blocks.kc, blocks.kcT) > kcMax || blocks.mc > blockStride || blocks.mc*blocks.kc > blockMax || blockStride*blocks.kcT > blockMax {
		t.Errorf("%+v does not fit in panels of %d rows and blocks of %d elements", blocks, kcMax, blockMax)
	}
	if smallPack > kcMax*nr {
		t.Errorf("smallPack is %d, a panel %d", smallPack, kcMax*nr)
	}
	if blockStride/nr%2 == 0 {
		t.Errorf("blockStride is %d, want an odd multiple of %d", blockStride, nr)
	}
}

// TestWithoutScratch takes all scratch space away and wants the same bits.
func TestWithoutScratch(t *testing.T) {
	var panels, blocks []int
	for {
		_, i := panelPool.borrow()
		if i < 0 {
			break
		}
		panels = append(panels, i)
	}
	for {
		_, i := blockPool.borrow()
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
			panelPool.giveBack(i)
		}
		for _, i := range blocks {
			blockPool.giveBack(i)
		}
		if p, b := panelPool.lent.Load(), blockPool.lent.Load(); p != 0 || b != 0 {
			t.Errorf("still lent: panels %b, blocks %b", p, b)
		}
	}()
	compareAll(t, rand.New(rand.NewSource(12)))
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
		for _, s := range [][]int{{30, 300, 80, 700}, {70, 20, 400, 0}} {
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
