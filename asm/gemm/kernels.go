// Package gemm emits the kernels of runtime/gemm with avo: a kernel of register tiles for
// products of matrices, row kernels for a row times a matrix, and kernels that pack and
// transpose.
//
// Each takes a pointer to a struct of arguments that runtime/gemm defines, because a long
// list would be copied twice on the way into assembly. The loops over k take an outer
// product a step: the row of B is loaded once, in one register for 8 columns, and an
// element of A is broadcast for each row. So each element of C is one chain of multiply-adds in the
// order of k, whatever the shape of the tile.
//
// The kernels for AVX-512 are emitted by wide.go, widerow.go, wideslide.go, small.go, sweep.go and nonzero.go: other
// tiles and masks in place of the code for edges, and the same epilogue, which an isa tells how to compare and to
// choose. That of gathered rows stands beside that for AVX2.
//
// The kernels of tiles, rows, gathered rows and panels are for NEON too, as package asm/internal/neon prints those for
// AVX2.
package gemm

import "github.com/nngen/nngen/runtime/abi"

// A Tile is a register tile: MR rows of NR columns, in 8-lane registers. With Pairs, the last
// 4 columns of two rows share a register, so that 9 to 12 columns take one and a half
// registers a row and not two.
type Tile struct {
	abi.Tile
	NR    int
	Tail  bool // the last register of a row may hold less columns than it could
	Pairs bool
}

// Tiles are the tiles of the kernel, by the columns that are left. The sums, the row of B, an
// element of A and a mask must fit in 16 registers. At full height each has 8 sums or more,
// which hides a latency of 4 cycles at two multiply-adds a cycle.
var Tiles = []Tile{
	{Tile: abi.Tiles[0], NR: 16},
	{Tile: abi.Tiles[1], NR: 16, Tail: true},
	{Tile: abi.Tiles[2], NR: 12, Tail: true, Pairs: true},
	{Tile: abi.Tiles[3], NR: 8, Tail: true},
}
