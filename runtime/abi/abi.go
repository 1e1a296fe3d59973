// Package abi holds what the kernels in assembly, the Go code that calls them, and the compiler that leaves parts of them
// out of copies agree on: numbers, and the names of those parts.
//
// A kernel may consist of sections, one within another, with names like tile6x16/rows5. A copy of the runtime has those
// alone that the calls of its network come to; where another would be needed, a trap ends the program. Sections change
// neither the instructions that are left nor their order, so a copy gives the bits of the whole.
package abi

import "strconv"

// NR is the number of columns of a panel of a packed matrix, and of the widest register tile.
const NR = 16

// Bits of the flags that the kernels of package gemm take. The op of the epilogue starts at OpShift.
const (
	FlagAcc  = 1 << 0 // the chains start at C
	FlagBias = 1 << 1 // the bias is added
	OpShift  = 8
)

// The last step of an epilogue.
const (
	OpNone          = 0
	OpReLU          = 1
	OpLeakyReLU     = 2
	OpReLUGrad      = 3 // from here on, those that read a saved output
	OpLeakyReLUGrad = 4
	OpSigmoidGrad   = 5
	OpTanhGrad      = 6
)

// Op returns the name of the section of an op.
func Op(op int) string {
	return [...]string{
		OpReLU: "relu", OpLeakyReLU: "leaky_relu",
		OpReLUGrad: "relu_grad", OpLeakyReLUGrad: "leaky_relu_grad", OpSigmoidGrad: "sigmoid_grad", OpTanhGrad: "tanh_grad",
	}[op]
}

// The kernels of products.
const (
	TileKernel   = "gemm6x16SIMD"
	SmallKernel  = "gemmSmallAVX2"
	SmallKernelT = "gemmSmallTAVX2"
	CubeKernel   = "gemmCubeAVX2"
	RowKernel    = "gemvSIMD"
	RowKernel2   = "gemvSplit2SIMD"
	RowKernel4   = "gemvSplit4SIMD"
	RowKernelT   = "gemvTSIMD"

	WideTileKernel = "gemm14x32AVX512"
	WideRowKernel  = "gemvAVX512"

	GatherKernel = "gatherSIMD"
	SlideKernel  = "slideAVX2"
	SlimKernel   = "slimAVX2"

	WideGatherKernel   = "gatherAVX512"
	WideSlideKernel    = "slide6AVX512"
	WideSlideMaxKernel = "slideMax6AVX512"

	NonzeroKernel     = "nonzeroAVX2"
	NonzeroSumsKernel = "nonzeroSumsAVX2"
	NonzeroListKernel = "nonzeroListAVX2"

	WideNonzeroKernel     = "nonzeroAVX512"
	WideNonzeroSumsKernel = "nonzeroSumsAVX512"
	WideNonzeroListKernel = "nonzeroListAVX512"
)

// A Sweep is a kernel of convolutions for AVX-512 that goes over some rows, for filters of some taps in a row.
type Sweep struct {
	Name       string
	Taps, Rows int
}

// Sweeps are the kernels of convolutions whose filters have three or five taps in a row.
var Sweeps = [...]Sweep{
	{"sweep3x4AVX512", 3, 4},
	{"sweep3x5AVX512", 3, 5},
	{"sweep5x4AVX512", 5, 4},
	{"sweep5x5AVX512", 5, 5},
}

// The kernels of products that leave out factors of 0 take rows of C in parts of NonzeroVecs registers at most: those of
// AVX2 a multiple of NonzeroStep, those of AVX-512 any number.
const (
	NonzeroVecs = 10
	NonzeroStep = 2
)

// The kernels of cubes of 4, 8, 16 and 32 rows, of matrices without gaps. Those of 8 are for AVX2 and for
// AVX-512 at full width, those of 16 and 32 for AVX-512 in two halves and at full width.
const (
	Whole4Kernel  = "gemmWhole4AVX2"
	Whole8Kernel  = "gemmWhole8AVX2"
	Whole16Kernel = "gemmWhole16AVX512"
	Whole32Kernel = "gemmWhole32AVX512"
	Full8Kernel   = "gemmFull8AVX512"
	Full16Kernel  = "gemmFull16AVX512"
	Full32Kernel  = "gemmFull32AVX512"
)

// HalfRowKernels are the kernels for one row and panels of 16 bits, for each format of package half: for 1, 2 and 4 chains,
// as RowKernel, RowKernel2 and RowKernel4.
var HalfRowKernels = [...][3]string{
	{"gemvFloat16SIMD", "gemvSplit2Float16SIMD", "gemvSplit4Float16SIMD"},
	{"gemvBFloat16SIMD", "gemvSplit2BFloat16SIMD", "gemvSplit4BFloat16SIMD"},
}

// Further sections of the kernels of products.
const (
	Acc     = "acc"    // the sums start at C
	Bias    = "bias"   // is added
	Saved   = "saved"  // for the ops that read a saved output: its addresses
	Chained = "chains" // sums of several chains
	PackB   = "pack"   // the first tile copies its columns of B
	Masked  = "masked" // the last panel of B has just the columns that are there
	Padded  = "padded" // it has all
	Single  = "single" // there is one, with no epilogue but a bias
	Far     = "far"    // rows of B that lie FarRows bytes apart or more
	Rest    = "rest"   // columns of B that are no multiple of 4
	FarRows = 1024     // a cache line of each row may be evicted before it is read to its end
)

// Rows returns the name of the section for a tile of some rows.
func Rows(rows int) string { return "rows" + strconv.Itoa(rows) }

// A Tile is a shape of register tile.
type Tile struct {
	Name string
	MR   int // the most rows
	Min  int // the least columns that are left for which it is chosen
	Next []NextRows
}

// NextRows says how many rows the next tile has if at least so many are left.
type NextRows struct{ Least, Rows int }

// MinRows is the least number of rows of a tile. Where fewer are left, some are computed twice: with less than four rows
// of two registers, the latency of the multiply-adds is what a step takes.
const MinRows = 4

// Tiles are the tiles of TileKernel, by the columns that are left. A step of a tile of 6 rows of two registers takes 6
// cycles, of 4 rows 4: the last rows are cut into tiles such that the sum is least.
var Tiles = [...]Tile{
	{"tile6x16", 6, 16, sixRows},
	{"tile6x16tail", 6, 13, sixRows},
	{"tile6x12pairs", 6, 9, sixRows},
	{"tile8x8tail", 8, 1, []NextRows{{7, 8}, {5, 6}, {1, 4}}},
}

// WideTiles are the tiles of WideTileKernel, by the columns that are left: of two panels side by side, which has a mask
// for the second one if it is narrow, and of one panel under a mask. A step of a tile takes a cycle for each row of two
// registers, at least 4.
var WideTiles = [...]Tile{
	{"tile14x32", 14, 32, fourteenRows},
	{"tile14x32tail", 14, 17, fourteenRows},
	{"tile14x16tail", 14, 1, fourteenRows},
}

// GatherTiles are the tiles of GatherKernel, by the columns that are left. Rows are cut into tiles of about the same
// height, of which each has 8 sums or more where there are enough.
var GatherTiles = [...]Tile{
	{"gather6x16", 6, 16, gatherSix},
	{"gather6x16tail", 6, 9, gatherSix},
	{"gather12x8tail", 12, 1, gatherTwelve},
}

// WideGatherTile is the tile of WideGatherKernel: of one register a row, under a mask.
var WideGatherTile = Tile{"gather12x16", 12, 1, gatherTwelve}

var (
	gatherSix    = []NextRows{{16, 6}, {13, 5}, {11, 6}, {9, 5}, {7, 4}, {6, 6}, {5, 5}, {1, 4}}
	gatherTwelve = []NextRows{{34, 12}, {28, 10}, {25, 9}, {21, 12}, {19, 10}, {17, 9}, {13, 8}, {11, 12}, {10, 10},
		{9, 9}, {7, 8}, {5, 6}, {1, 4}}
)

var fourteenRows = []NextRows{{17, 14}, {15, 8}, {13, 14}, {9, 6}, {7, 8}, {5, 6}, {1, 4}}

var sixRows = []NextRows{{9, 6}, {7, 4}, {5, 6}, {1, 4}}

// A SlideTile is a shape of register tile for rows that slide over an array: 8·Vecs of them, of at most some columns.
type SlideTile struct {
	Name          string
	Columns, Vecs int
}

// SlideTiles are the tiles of SlideKernel: the first one that has the columns is chosen. Each has 8 sums or more, which
// hides a latency of 4 cycles at two multiply-adds a cycle, and all but the first one load less than once for each.
var SlideTiles = [...]SlideTile{{"slide1", 1, 8}, {"slide2", 2, 4}, {"slide4", 4, 3}, {"slide6", 6, 2}}

// Rows returns the rows of the next tile when some, at least 1, are left; there may be more than these.
func (t *Tile) Rows(left int) int {
	i := 0
	for left < t.Next[i].Least {
		i++
	}
	return t.Next[i].Rows
}

// A row kernel has several panels of B in flight: Panels, or at the end as LastPanels says, and MaxPanels at most: two
// sums each, two masks, and the three temporaries of the epilogue are 15 registers.
const (
	Panels    = 4
	MaxPanels = 5
)

// LastPanels says how many panels are taken together if so many are left.
var LastPanels = [...]struct{ Left, Panels int }{{6, 3}, {9, 5}, {10, 5}}

// NextPanels returns how many panels are taken together when some are left.
func NextPanels(left int) int {
	if left <= MaxPanels {
		return left
	}
	for _, l := range LastPanels {
		if left == l.Left {
			return l.Panels
		}
	}
	return Panels
}

// WidePanels is the most panels of B that WideRowKernel has in flight: eight sums hide a latency of 4 cycles at two
// multiply-adds a cycle.
const WidePanels = 8

// NextWidePanels returns how many panels are taken together when some are left.
func NextWidePanels(left int) int {
	if left > WidePanels {
		return min(WidePanels, (left+1)/2)
	}
	return left
}

// FullPanels returns the name of the section for some panels, TailPanels for as many of which the last one is narrow.
func FullPanels(panels int) string { return "panels" + strconv.Itoa(panels) }

// TailPanels is documented at FullPanels.
func TailPanels(panels int) string { return "tail" + strconv.Itoa(panels) }

// RowsT are the numbers of eights of rows of B that RowKernelT takes together.
var RowsT = [...]int{4, 2, 1}

// PartAVX512 is the section of a kernel for AVX2 that does the same with AVX-512, and the variable of its package that
// tells whether that may run: a pointer to HasSplitAVX512 of package cpu.
const PartAVX512 = "avx512"

// InHalves are the kernels whose part for AVX-512 copies for small networks keep, which have no other: it is the faster one
// also where 512 bits are two halves, however small the network.
var InHalves = map[string]bool{"lstmStepSIMD": true, "gruStepSIMD": true, "simpleStepSIMD": true}
