// Package plan decides what the code of a network does: which kernel computes each node, how each parameter is stored,
// and with which arguments each function of the runtime is called.
//
// A kernel is one row of a table: see Kernel. Build picks one for each node of graphs whose values are placed, the
// cheapest that fits, and gives a Plan of typed calls. A primitive without a row is a bug, which Build panics with.
//
// A call does not bound how long the scheduler and the garbage collector wait for a kernel in assembly: the functions
// of the runtime cut what they are given, whatever its sizes. Package runtime says how, and what is left whole.
//
// Package emit prints the Plan, and decides nothing of this; package c99 prints predictions as C. So a new primitive is
// a row here, with a function of the runtime (and its twin in codegen/c99/lib), beside its row in package ir. Rows
// stand by family: gemm.go, conv.go, pool.go, rnn.go, norm.go, arrange.go, vec.go for maps and reductions, other.go for
// the rest.
package plan
