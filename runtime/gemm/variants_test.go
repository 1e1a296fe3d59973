package gemm

import "testing"

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
