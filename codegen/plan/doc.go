// Package plan decides what the code of a network does: which kernel computes each node, how each parameter is stored,
// and with which arguments each function of the runtime is called.
//
// A kernel is one row of a table: see Kernel. Build picks one for each node of graphs whose values are placed, the
// cheapest that fits, and gives a Plan of typed calls. A primitive without a row is a bug, which Build panics with.
//
// Package emit prints the Plan, and decides nothing of this. So a new primitive is a row here, with a function of the
// runtime, beside its row in package ir.
package plan
