package quant

import "sync"

// room is the memory that recurrent layers work in.
type room struct {
	gates []int32 // of the inputs of some steps, then of the state
	state []int16
	out   []int8 // outputs before a step, and what is multiplied beside them

	words []int16 // rows of a product, widened, or as bytes
	bytes []int8
	sums  []int32 // what those of a row start with, and sums
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// LSTMScratch returns the bytes of scratch space that [LSTM] keeps for later calls when it has n sequences, on a machine
// with AVX2 that reads numbers in 16 bits: of each part of a room, of which calls of this package share what the largest
// needs.
func LSTMScratch(n int, s Steps) []int { return s.scratch(n, 4, lstmCell) }

// GRUScratch is LSTMScratch for [GRU].
func GRUScratch(n int, s Steps) []int { return s.scratch(n, 3, gruCell) }

// GRUBeforeScratch is LSTMScratch for [GRUBefore].
func GRUBeforeScratch(n int, s Steps) []int { return s.scratch(n, 3, gruBeforeCell) }

// SimpleScratch is LSTMScratch for [Simple].
func SimpleScratch(n int, s Steps) []int { return s.scratch(n, 1, simpleCell) }

// scratch returns the bytes of the parts of a room in which a cell with k gates has run over n sequences.
func (s *Steps) scratch(n, k int, c cell) []int {
	var gates, state, words, sums int
	scaled := func(rows, from, to, terms int) {
		w, t := scaledLens(rows, from, to, terms)
		words, sums = max(words, w), max(sums, t)
	}
	cols := k * s.U
	for _, n := range pieces(n, block) {
		some := s.ahead(n, cols)
		gates, state = max(gates, n*(some+1)*cols), max(state, n*s.U)
		for _, count := range pieces(s.T, some) {
			scaled(count, 0, cols, s.F)
		}
		if c == gruBeforeCell {
			scaled(n, 0, 2*s.U, s.U)
			scaled(n, 2*s.U, cols, s.U)
		} else {
			scaled(n, 0, cols, s.U)
		}
	}
	return []int{4 * gates, 2 * state, 2 * state, 2 * words, 4 * sums}
}

// scaledLens returns the elements of the numbers and of the sums of scaled, for columns [from, to) of rows of k.
func scaledLens(rows, from, to, k int) (words, sums int) {
	_, width, most := readings(k)
	count := panels(to - from + from%panel)
	for _, n := range pieces(rows, most) {
		words, sums = max(words, n*width), max(sums, (n+1)*together(n, width, count)*panel)
	}
	return words, sums
}

// pieces returns the different lengths of the pieces of n, each as long as most but for the last.
func pieces(n, most int) []int {
	switch {
	case n <= most:
		return []int{n}
	case n%most == 0:
		return []int{most}
	}
	return []int{most, n % most}
}
