package quant

// Packed weights are in panels of panel columns. What a filter reads of x one number after another is a run: k rows of
// weights, in quads of four that follow one another, the last one filled up with 0. A panel holds for each quad of each
// run the four weights of its first column, those of its second, and so on, and behind them, for each column, 128 times
// the sum of its weights, as int32 whose lowest byte is first. Columns that are missing in the last panel are 0.
const (
	panel = 16
	quad  = 4
)

// PackedLen returns the length of packed weights of n columns for runs of k rows each.
func PackedLen(runs, k, n int) int { return panels(n) * panelLen(runs, k) }

func panelLen(runs, k int) int { return (runs*quads(k) + 1) * quad * panel }

func panels(n int) int { return (n + panel - 1) / panel }

func quads(k int) int { return (k + quad - 1) / quad }

// Pack packs weights w, (runs·k)×n, row-major, into dst. For Dense, all rows are one run; for Conv, which reads the taps of
// a row of the filter at once, there are FH runs of FW·C rows, and FH·FW of C if the filter is dilated along its rows.
// Pack panics if a slice is too short.
func Pack(runs, k, n int, w, dst []int8) {
	if runs < 0 || k < 0 || n < 0 || len(w) < runs*k*n || len(dst) < PackedLen(runs, k, n) {
		panic(badShape)
	}
	clear(dst[:PackedLen(runs, k, n)])
	size := panelLen(runs, k)
	for j := range n {
		column := dst[j/panel*size:][:size]
		var sum int32
		for i := range runs * k {
			v := w[i*n+j]
			sum += int32(v)
			row := i/k*quads(k)*quad + i%k
			column[(row/quad*panel+j%panel)*quad+row%quad] = v
		}
		for i := range 4 {
			column[size-(panel-j%panel)*4+i] = int8(sum << 7 >> (8 * i))
		}
	}
}
