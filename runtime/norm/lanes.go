package norm

import "github.com/nngen/nngen/runtime/cpu"

// lanes is how many partial sums run side by side in a row.
const lanes = 32

// tile is how many columns the twins of batch norm work on at a time.
const tile = 16

// slice is the number of elements that a kernel gets at a time.
const slice = cpu.CallElements
