package gemm

import "github.com/nngen/nngen/runtime/abi"

// What other packages that end their sums with an [Epilogue] ask of it.

// CheckSlice panics unless the slice of e is long enough for a C of n columns that has size elements.
func (e Epilogue) CheckSlice(n, size int) {
	if e.bias() && n > len(e.v) {
		panic(badBias)
	}
	if e.grad() && size > len(e.v) {
		panic(badSaved)
	}
}

// Continues tells whether the sums continue what C holds.
func (e Epilogue) Continues() bool { return e.acc() }

// Saved tells whether the epilogue holds saved outputs.
func (e Epilogue) Saved() bool { return e.grad() }

// Plain tells whether e stores sums as they are.
func (e Epilogue) Plain() bool { return uint32(e.mode)&^abi.FlagAcc == 0 }

// Part returns e for the part of C that begins in column j, at index at.
func (e Epilogue) Part(j, at int) Epilogue {
	switch {
	case e.bias():
		e.v = e.v[j:]
	case e.grad():
		e.v = e.v[at:]
	}
	return e
}

// Stored returns what is stored for the sum s in column j, at being the index in C.
func (e Epilogue) Stored(s float32, j, at int) float32 { return e.apply(s, j, at) }
