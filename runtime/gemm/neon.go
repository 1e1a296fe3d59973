package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// A neonArgs is what a tile kernel for arm64 takes: sums of the m×k matrix A with a few columns of B, which are stored
// to C as they are. Strides are in bytes.
type neonArgs struct {
	a        *float32 // A[0,0]
	rsa, csa int      // from a row of A to the next, and from a column
	b        *float32 // B[0,0]
	ldb      int      // from a row of B to the next
	c        *float32 // C[0,0]
	ldc      int      // from a row of C to the next
	m        int      // 6, 4, 2 or 1
	k        int      // at least 1
	acc      int      // not 0 if the chains start at C
}

// neonRows is the most rows of a tile.
const neonRows = 6

// tileRows returns how many of the rows that are left make the next tile.
func tileRows(left int) int {
	switch {
	case left >= neonRows:
		return neonRows
	case left >= 4:
		return 4
	case left >= 2:
		return 2
	}
	return 1
}

// A tile is room for sums.
type tile [neonRows * nr]float32

// multiply computes C = A·B over s chains, as gemmGeneric defines it, by the kernels for arm64 if there are any: for
// the m×k factor a and the k×n factor b, m and n being at least 1. A C that continues sums has one chain.
func multiply(m, n, k, s int, a factor, b panels, c []float32, ldc int, ep Epilogue) {
	if cpu.HasNEON && k > 0 {
		multiplyTiles(m, n, k, s, a, b, c, ldc, ep)
		return
	}
	gemmGeneric(m, n, k, s, a, b, c, ldc, ep)
}

// multiplyTiles is multiply by kernels, with k at least 1.
func multiplyTiles(m, n, k, s int, a factor, b panels, c []float32, ldc int, ep Epilogue) {
	if b.cs != 1 && m > 1 {
		if buf, lent := panelPool.borrow(1); buf != nil {
			multiplyTransposed(buf, m, n, k, a, b, c, ldc, ep)
			panelPool.giveBack(lent, 1)
			return
		}
	}
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		at := j * b.cs
		if b.ps > 0 {
			at = j / nr * b.ps
		}
		for i, rows := 0, 0; i < m; i += rows {
			rows = tileRows(m - i)
			x := factor{a.x[i*a.rs:], a.rs, a.cs}
			tileSums(rows, w, k, s, x, factor{b.x[at:], b.rs, b.cs}, c[i*ldc+j:], ldc, ep, i*ldc+j, j)
		}
	}
}

// multiplyTransposed is multiply for one chain and the factor B of stride b.cs between columns and 1 between rows: panels of it are
// transposed first, in parts of kcMax rows.
func multiplyTransposed(buf *panel, m, n, k int, a factor, b panels, c []float32, ldc int, ep Epilogue) {
	for j := 0; j < n; j += nr {
		w := min(nr, n-j)
		for p := 0; p < k; p += kcMax {
			cpu.Preempt()
			steps := min(kcMax, k-p)
			pa := packArgs{b: &b.x[j*b.cs+p], ldb: 4 * b.cs, p: &buf[0], k: steps, n: w}
			packTSIMD(&pa)
			e := ep
			if p+steps < k {
				e = None() // the sums of a part wait in C
			}
			if p > 0 || ep.acc() {
				e = e.Continued()
			}
			for i, rows := 0, 0; i < m; i += rows {
				rows = tileRows(m - i)
				x := factor{a.x[i*a.rs+p*a.cs:], a.rs, a.cs}
				tileSums(rows, w, steps, 1, x, factor{buf[:], nr, 1}, c[i*ldc+j:], ldc, e, i*ldc+j, j)
			}
		}
	}
}

// tileSums computes a tile of C with its epilogue: rows ≤ 6, w ≤ 16 columns, which start at c; at is the index of the
// first element in C, and j its column.
func tileSums(rows, w, k, s int, a, b factor, c []float32, ldc int, ep Epilogue, at, j int) {
	cols := tileCols(w, k, b)
	if s == 1 && ep.Plain() && cols == w {
		sums(rows, w, k, a, b, c, ldc, ep.acc())
		return
	}
	var sum, part tile
	if ep.acc() {
		for r := range rows {
			copy(sum[r*nr:][:w], c[r*ldc:])
		}
	}
	sums(rows, cols, end(0, s, k), a, b, sum[:], nr, ep.acc())
	for t := 1; t < s; t++ {
		from := end(t-1, s, k)
		x, y := factor{a.x[from*a.cs:], a.rs, a.cs}, factor{b.x[from*b.rs:], b.rs, b.cs}
		sums(rows, cols, end(t, s, k)-from, x, y, part[:], nr, false)
		for i := range rows * nr {
			sum[i] += part[i]
		}
	}
	for r := range rows {
		ep.storeRow(sum[r*nr:][:w], c[r*ldc:][:w], j, at+r*ldc)
	}
}

// tileCols returns how many columns are computed for w of them: those of one kernel, if B holds anything where it reads
// more than is wanted. What it computes there is not stored.
func tileCols(w, k int, b factor) int {
	cols := 16
	for cols/2 >= w && cols > 4 {
		cols /= 2
	}
	if w == 1 || b.cs != 1 || (k-1)*b.rs+cols > len(b.x) {
		return w
	}
	return cols
}

// storeRow stores a row of sums from column j on, whose first element has index at in C.
func (e Epilogue) storeRow(sum, out []float32, j, at int) {
	switch flags := e.flags() &^ abi.FlagAcc; flags {
	case abi.FlagBias, abi.FlagBias | abi.OpReLU<<abi.OpShift:
		bias := e.v[j:][:len(sum)]
		for x, s := range sum {
			s += bias[x]
			if flags != abi.FlagBias && 0 > s {
				s = 0
			}
			out[x] = s
		}
	default:
		for x, s := range sum {
			out[x] = e.apply(s, j+x, at+x)
		}
	}
}

// sums runs kernels over w ≤ 16 columns: those of 16, 8 and 4 where the columns lie side by side, else one by one. A call
// has a bounded number of terms: see work.
func sums(rows, w, k int, a, b factor, c []float32, ldc int, acc bool) {
	x := neonArgs{rsa: 4 * a.rs, csa: 4 * a.cs, ldb: 4 * b.rs, ldc: 4 * ldc, m: rows}
	for p, steps := 0, max(1, work/neonRows/nr); p < k; p += steps {
		x.a, x.k, x.acc = &a.x[p*a.cs], min(steps, k-p), 0
		if acc || p > 0 {
			x.acc = 1
		}
		cpu.Preempt()
		for j := 0; j < w; {
			x.b, x.c = &b.x[p*b.rs+j*b.cs], &c[j]
			switch left := w - j; {
			case b.cs == 1 && left == 16:
				tile6x16NEON(&x)
				j += 16
			case b.cs == 1 && left >= 8:
				tile6x8NEON(&x)
				j += 8
			case b.cs == 1 && left >= 4:
				tile6x4NEON(&x)
				j += 4
			default:
				tile6x1NEON(&x)
				j++
			}
		}
	}
}
