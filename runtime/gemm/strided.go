package gemm

import "github.com/nngen/nngen/runtime/cpu"

// Strided computes C = A·B and applies the epilogue, each sum one chain from k = 0 on, whatever the shape:
// for loops that build longer chains of it with [Epilogue.Continued]. Rows and columns of A may overlap,
// and B lies in panels of 16 columns.
//
//	A  m×k  A[i,p] = a[i·ars + p·acs]
//	B  k×n  B[p,j] = b[j/16·bps + p·brs + j%16]
//	C  m×n, row stride ldc ≥ n
//
// C must not overlap A, B or a slice of the epilogue. If m or n is 0, nothing is done; k is at least 1.
// Strided panics if a size or stride is negative or above 2³¹−1, k is 0 or a slice too short.
func Strided(m, n, k int, a []float32, ars, acs int, b []float32, brs, bps int, c []float32, ldc int, ep Epilogue) {
	checkSizes(m, n, k, ars|acs|brs|bps|ldc)
	if m == 0 || n == 0 {
		return
	}
	last := (n - 1) / nr
	switch {
	case k == 0 || (m-1)*ars+(k-1)*acs >= len(a):
		panic(badA)
	case last*bps+(k-1)*brs+n-last*nr > len(b) || last > 0 && (last-1)*bps+(k-1)*brs+nr > len(b):
		panic(badB)
	}
	checkC(m, n, c, ldc, ep)
	if !cpu.HasSIMD() {
		width := n
		if bps == 0 {
			width = nr // gemmGeneric takes a stride of 0 for that of a plain matrix
		}
		for j := 0; j < n; j += width {
			gemmGeneric(m, min(width, n-j), k, 1, factor{a, ars, acs}, panels{factor: factor{b, brs, 1}, ps: bps}, c[j:], ldc, ep.Part(j, j))
		}
		return
	}
	if m == 1 {
		var r rowArgs
		r.xs, r.b, r.ldb, r.ps = 4*acs, &b[0], 4*brs, 4*bps
		r.v, r.n, r.k = first(ep.v), n, k
		r.flags, r.alpha = ep.flags(), ep.alpha()
		r.split(1)
		r.runRows(1, a, 0, b, c, 0, ep)
		return
	}
	if blocked && !oneCall(m, n, k) {
		x := product{m, n, k, factor{a, ars, acs}, factor{b, brs, bps}, c, ldc, ep}
		x.runBlocks()
		return
	}
	runTiles(m, n, k, 1, a, ars, acs, b, brs, bps, c, ldc, ep)
}
