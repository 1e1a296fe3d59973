package gemm

import (
	"slices"
	"testing"

	"github.com/nngen/nngen/runtime/abi"
)

// TestVariantsKnowProductsOfSeveralCalls has products at and beyond what one call may do, as a tile and as a row.
func TestVariantsKnowProductsOfSeveralCalls(t *testing.T) {
	for _, c := range []struct {
		m, n, k int
		want    bool
	}{
		{1, rowWork / 64, 64, false}, {1, rowWork/64 + 1, 64, true}, {16, 64, work / 1024, false}, {16, 64, work/1024 + 1, true},
		{2, 64, rowWork/64 + 1, true},
	} {
		ms, ks := []int{c.m}, []int{c.k}
		for name, add := range map[string]func(v *Variants){
			"NN":       func(v *Variants) { v.NN(ms, c.n, c.k, c.n, None()) },
			"NNPacked": func(v *Variants) { v.NNPacked(ms, c.n, c.k, None()) },
			"NT":       func(v *Variants) { v.NT(ms, c.n, c.k, c.k, None()) },
			"TN":       func(v *Variants) { v.TN(c.m, c.n, ks, c.m, c.n, c.n, None()) },
		} {
			var v Variants
			if add(&v); v.Has("", "gemm", "several") != c.want {
				t.Errorf("%s of %d×%d×%d: several calls %t, want %t", name, c.m, c.n, c.k, !c.want, c.want)
			}
		}
	}
	var v Variants
	if v.Any(); !v.Has("", "gemm", "several") {
		t.Error("products of any sizes take one call")
	}
}

// TestManyRowsHaveTheSectionsOfEachNumber has TN for all numbers of rows, a unit apart, up to one that is cut into several
// blocks, and for those alone that ManyRows leaves.
func TestManyRowsHaveTheSectionsOfEachNumber(t *testing.T) {
	for _, c := range []struct {
		n, unit, most int
		ks            []int
	}{
		{1, 6 * 49, 300_003, []int{1, 32}}, {1, 6 * 96, 300_000, []int{3}}, {2, 6, 20_001, []int{1, 32, 1000}},
		{3, 6, 30_000, []int{32}}, {8, 6, 20_000, []int{400}}, {17, 6, 20_004, []int{32}}, {300, 6, 10_001, []int{2}},
	} {
		for _, ep := range []Epilogue{None(), None().Continued()} {
			var each, few Variants
			var rows []int
			for m := c.unit; m+c.most%c.unit <= c.most; m += c.unit {
				rows = append(rows, m, m+c.most%c.unit)
			}
			largest := slices.Max(rows)
			for _, m := range rows {
				for _, k := range c.ks {
					undo := each.alone("amd64")
					each.transposed(&product{m: m, n: c.n, k: k, ldc: c.n, a: factor{rs: 1, cs: m}, b: factor{rs: c.n, cs: nr}, ep: ep})
					undo()
				}
				if m < ManyRows || m == largest {
					few.TN(m, c.n, c.ks, m, c.n, c.n, ep)
				}
			}
			for key, sections := range each.sections {
				for s := range sections {
					if !few.sections[key][s] {
						t.Errorf("up to %d×%d×%d, %d rows apart: %s lacks section %q", c.most, c.n, c.ks, c.unit, key, s)
					}
				}
			}
			for _, part := range []string{"several", "broad", "blocked", "copying"} {
				if each.Has("", "gemm", part) != few.Has("", "gemm", part) {
					t.Errorf("up to %d×%d×%d, %d rows apart: part %s is %t", c.most, c.n, c.ks, c.unit, part, few.Has("", "gemm", part))
				}
			}
			if !each.sections[on("amd64", abi.TileKernel)][""] && c.n > 1 {
				t.Errorf("%d columns take no tiles", c.n)
			}
		}
	}
}
