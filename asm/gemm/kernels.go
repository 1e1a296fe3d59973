// Package gemm emits the kernels of runtime/gemm with avo: register tiles for products of
// matrices, panel kernels for a row times a matrix, and the transposing pack.
//
// The emitters are parameterised by the shape of the register tile. Each kernel takes one
// pointer to a block of arguments, whose layout is given here as offsets, so that a Go loop
// changes only what differs between two calls. The loops over k have one vector of B per
// column block, loaded once, and one broadcast of A per row: an outer product per step, so
// that each element of C is one chain of multiply-adds in the order of k.
package gemm

// A Tile is a register tile: MR rows of NR columns, in 8-lane registers. With Pairs, the last
// 4 columns of two rows share a register, so that 9 to 12 columns take one and a half
// registers a row and not two.
type Tile struct {
	Name   string
	MR, NR int
	Min    int  // the least columns that are left for which it is chosen
	Tail   bool // the last register of a row may hold less columns than it could
	Pairs  bool
}

// Tiles are the tiles that runtime/gemm has kernels of, widest first. MR·NR/8 sums, NR/8
// registers for B, one for A, and a mask must fit in 16 registers. Of 6×16 and 8×8 each has
// enough independent sums to hide the latency of the multiply-add.
var Tiles = []Tile{
	{Name: "tile6x16", MR: 6, NR: 16, Min: 16},
	{Name: "tile6x16tail", MR: 6, NR: 16, Min: 13, Tail: true},
	{Name: "tile6x12pairs", MR: 6, NR: 12, Min: 9, Tail: true, Pairs: true},
	{Name: "tile8x8tail", MR: 8, NR: 8, Min: 1, Tail: true},
}

// Bits of the flags field. The op of the epilogue, as numbered in runtime/gemm, starts at opShift.
const (
	flagAcc  = 1 << 0 // the chains start at C
	flagBias = 1 << 1 // the bias is added
	opShift  = 8
)

const (
	opReLU = 1 + iota
	opLeakyReLU
	opReLUGrad
	opLeakyReLUGrad
	opSigmoidGrad
	opTanhGrad
)
