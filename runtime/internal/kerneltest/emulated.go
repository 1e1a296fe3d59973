package kerneltest

import "os"

// Emulated tells whether the kernels are run by package emulate: then those for instruction sets that the machine lacks
// are tested too, with fewer sizes, and allocations are not counted.
const Emulated = false

// everything tells whether emulation shall take its time: for kernels that the machine can run too, which holds the
// emulator to what it emulates, and for more sizes.
func everything() bool { return os.Getenv("NNGEN_EMULATE") != "" }
