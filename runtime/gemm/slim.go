package gemm

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/cpu"
)

// slim says that some product has so few columns that a kernel of its own computes it.
const slim = true //nngen:part plan

// slimChains is the number of chains that the kernel adds up for a sum.
const slimChains = 4

// A slimArgs is what the kernel for few columns takes, with strides in bytes.
type slimArgs struct {
	a      *float32
	lda    int
	chain  int      // from a term of a chain to that of the next
	b      *float32 // for each term of a chain four numbers for each chain: those of a row of B
	blocks int      // four terms each of a chain
	c      *float32
	ldc    int
	m      int      // rows, at least three
	n      int      // columns, one to four
	bias   *float32 // four numbers, or nil
}

// slimSizes tells whether the kernel for few columns is the faster one for a product: where the lanes of a register are
// columns, most are empty.
func slimSizes(m, n, k int) bool {
	const leastRows = 16 // below, putting B in order takes as long
	return m >= leastRows && 2 <= n && n <= 4 && k%(4*slimChains) == 0 && 0 < k && k <= kcMax*wideCols/4
}

// isSlim tells whether the kernel takes a product of s chains.
func isSlim(m, n, k, s int, ep Epilogue) bool {
	return cpu.HasAVX2FMA && s == slimChains && slimSizes(m, n, k) && slimEpilogue(ep)
}

// slimEpilogue tells whether an epilogue is none but a bias.
func slimEpilogue(ep Epilogue) bool { return ep.flags()&^abi.FlagBias == 0 }

// multiplySlim computes NN by the kernel, and tells whether there was scratch space for B.
func multiplySlim(m, n, k int, a []float32, lda int, b []float32, ldb int, c []float32, ldc int, ep Epilogue) bool {
	buf, lent := panelPool.borrow(1)
	if buf == nil {
		return false
	}
	defer panelPool.giveBack(lent, 1)
	chain := k / slimChains
	for p := range chain {
		for i := range slimChains {
			to, row := (*[4]float32)(buf[4*(slimChains*p+i):]), b[(i*chain+p)*ldb:]
			switch n { // a loop over the columns takes as long as the kernel does for a small batch
			case 2:
				to[0], to[1], to[2], to[3] = row[0], row[1], 0, 0
			case 3:
				to[0], to[1], to[2], to[3] = row[0], row[1], row[2], 0
			default:
				*to = [4]float32(row)
			}
		}
	}
	x := slimArgs{lda: 4 * lda, chain: 4 * chain, b: &buf[0], blocks: chain / 4, ldc: 4 * ldc, n: n}
	var bias [4]float32
	if ep.bias() {
		copy(bias[:], ep.v[:n])
		x.bias = &bias[0]
	}
	for i, most := 0, slimRows(k); i < m; i += most {
		cpu.Preempt()
		t := x
		t.m = min(most, m-i)
		if t.m < 3 { // the kernel takes three at least, some of them once more
			i, t.m = m-3, 3
		}
		t.a, t.c = &a[i*lda], &c[i*ldc]
		slimAVX2(&t)
	}
	return true
}

// slimRows returns how many rows a call may take.
func slimRows(k int) int { return max(3, work/(4*slimChains)/k) }
