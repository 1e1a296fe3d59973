package quant

// Packed weights are in panels of panel columns. A panel holds for each pair of rows the two weights of its first column,
// those of its second, and so on: VPMADDWD adds the products of neighbours. What is missing at the edges is 0.
const panel = 8

// PackedLen returns the length of packed weights k×n.
func PackedLen(k, n int) int { return panels(n) * pairs(k) * 2 * panel }

func panels(n int) int { return (n + panel - 1) / panel }

func pairs(k int) int { return (k + 1) / 2 }

// Pack packs weights w, k×n, row-major, into dst. It panics if a slice is too short.
func Pack(k, n int, w, dst []int8) {
	if k < 0 || n < 0 || len(w) < k*n || len(dst) < PackedLen(k, n) {
		panic(badShape)
	}
	clear(dst[:PackedLen(k, n)])
	for i := range k {
		for j := range n {
			dst[((j/panel*pairs(k)+i/2)*panel+j%panel)*2+i%2] = w[i*n+j]
		}
	}
}
