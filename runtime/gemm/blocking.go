package gemm

//go:generate go run ../../asm/gemm/gen -kernels tiles -out gemm_amd64.s -stubs zgemm_amd64.go -pkg gemm

// A blocking holds the sizes of the cache blocks, in elements. A panel of B, kc×16, stays in
// the first-level cache while the rows of A pass by; a block of A, mc×kc, in the second.
type blocking struct {
	mc, kc int

	// packRows is the least number of rows for which B is copied to a packed panel on the
	// way, and packStride the least row stride of B.
	packRows, packStride int
}

// blocks suits cores with 32 KiB or more of first-level and 512 KiB or more of second-level
// cache.
var blocks = blocking{mc: 384, kc: 384, packRows: 24, packStride: 128}

// kcMax bounds kc: it is what a scratch panel holds.
const kcMax = 512

// product runs the tile kernel over C = A·B, with m, n, k > 0, cut into s chains or into
// cache blocks of one chain. Row p of the panel of B with columns j to j+15 starts at
// b.x[p·b.rs + j/16·b.cs].
func product(m, n, k, s int, a, b factor, c []float32, ldc int, ep Epilogue) {
	t := tileArgs{
		rsa: 4 * a.rs, csa: 4 * a.cs, ldb: 4 * b.rs, ps: 4 * b.cs, ldc: 4 * ldc, alpha: ep.alpha(),
	}
	lent := -1
	if s == 1 && m >= blocks.packRows && b.cs == nr && b.rs >= blocks.packStride {
		var p *panel
		if p, lent = borrow(); p != nil {
			t.pack = &p[0]
		}
	}
	next, step := flagAdd, k/s
	if s == 1 {
		parts := (k + blocks.kc - 1) / blocks.kc
		next, step = flagAcc, (k+parts-1)/parts
	}
	pack := t.pack
	flags := ep.flags() & flagAcc
	for p := 0; p < k; p += t.k {
		t.k = step
		if k-p < 2*step && s > 1 || k-p <= step {
			t.k = k - p
			flags |= ep.flags() &^ flagAcc
		}
		for i := 0; i < m; i += t.m {
			t.m = min(blocks.mc, m-i)
			t.pack = pack
			if t.m < 6 {
				t.pack = nil
			}
			t.a = &a.x[i*a.rs+p*a.cs]
			t.b = &b.x[p*b.rs]
			t.c = &c[i*ldc]
			t.n = n
			t.flags = flags
			t.v = first(ep.v)
			if ep.grad() {
				t.v = &ep.v[i*ldc]
			}
			gemm6x16AVX2(&t)
		}
		flags = next
	}
	giveBack(lent)
}
