package gemm

import (
	"reflect"
	"slices"
	"strings"
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

// TestSectionsOfLongRowsTakeNoWorkOfTheirLength has NT for one row and numbers of columns and terms that are several
// calls: they have the sections of all these calls, and adding those of many allocates what those of few do.
func TestSectionsOfLongRowsTakeNoWorkOfTheirLength(t *testing.T) {
	for _, k := range []int{64, 1001, rowWork/8 + 3} {
		cols := callCols(1, 1<<30, k)
		for _, rest := range []int{0, 8, 31} {
			for _, n := range []int{2*cols + rest, 3*cols + rest, 7*cols + rest} {
				var each, all Variants
				for left := n; left >= 8; left -= min(cols, left&^7) {
					for p, steps := 0, callSteps(1, n, k); p < k; p += steps {
						for group := range min(cols, left&^7) / 8 {
							each.rowT(8*(group+1), min(steps, k-p), k, None(), p > 0)
						}
					}
				}
				all.NT([]int{1}, n, k, k, None())
				for key, sections := range all.sections {
					for section := range sections {
						if strings.Contains(key, abi.RowKernelT) && !each.sections[key][section] {
							t.Errorf("%d columns, %d terms: %s has section %q of no call", n, k, key, section)
						}
					}
				}
				for _, size := range []int{1, 2, 4} {
					section, w := abi.Rows(8*size), min(cols, n)/8
					if want := w&size != 0 || size == 4 && w >= 4; want && !all.sections[abi.RowKernelT][section] {
						t.Errorf("%d columns, %d terms: no section %q", n, k, section)
					}
				}
			}
		}
		added := func(n, k int) float64 {
			return testing.AllocsPerRun(3, func() { new(Variants).NT([]int{1}, n, k, k, None()) })
		}
		if few, many := added(3*cols, k), added(30*cols, k); few != many {
			t.Errorf("%d terms: %g allocations for 3 calls, %g for 30", k, few, many)
		}
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
					each.transposed(&product{m: m, n: c.n, k: k, ldc: c.n, a: factor{rs: 1, cs: m}, b: factor{rs: c.n, cs: nr}, ep: ep})
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
			if !each.sections[abi.TileKernel][""] && c.n > 1 {
				t.Errorf("%d columns take no tiles", c.n)
			}
		}
	}
}

// TestVariantsOfTNDoNotDependOnTheStrideOfA has TN with A's as they are and far apart: plans ask once for all strides but
// that of one column.
func TestVariantsOfTNDoNotDependOnTheStrideOfA(t *testing.T) {
	for _, m := range []int{1, 2, 6, 16, 100, 300, 3000} {
		for _, n := range []int{1, 4, 33, 300} {
			for _, ep := range []Epilogue{None(), None().Continued(), Bias(nil)} {
				var near, far Variants
				near.TN(m, n, []int{1, 7, 32, 2000}, max(m, 2), n, n, ep)
				far.TN(m, n, []int{1, 7, 32, 2000}, m+4096, n, n, ep)
				if !reflect.DeepEqual(near.sections, far.sections) {
					t.Errorf("%d×%d: other sections with another stride", m, n)
				}
				for _, part := range []string{"several", "broad", "blocked", "copying", "turning", "parted"} {
					if near.Has("", "gemm", part) != far.Has("", "gemm", part) {
						t.Errorf("%d×%d: part %s goes with the stride", m, n, part)
					}
				}
			}
		}
	}
}
