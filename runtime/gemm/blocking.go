package gemm

// blocking holds the sizes of the cache blocks, in elements. A panel of B, kc×16, stays in
// the first-level cache while the rows of A pass by; a block of A, mc×kc, in the second.
type blocking struct {
	mc, kc int

	// packRows is the least number of rows for which B is copied to a packed panel on the
	// way, and packStride the least row stride of B.
	packRows, packStride int
}

// avx2Blocking suits cores with 32 KiB or more of first-level and 512 KiB or more of
// second-level cache.
var avx2Blocking = blocking{mc: 384, kc: 384, packRows: 24, packStride: 64}

// kcMax bounds kc: it is what a scratch panel holds.
const kcMax = 512
