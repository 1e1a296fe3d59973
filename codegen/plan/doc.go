// Package plan decides what the code of a network does: which kernel computes each node, how each parameter is stored,
// and with which arguments each function of the runtime is called.
//
// A kernel is one row of a table: see Kernel. Build picks one for each node of graphs whose values are placed, the
// cheapest that fits, and gives a Plan of typed calls. A primitive without a row is a bug, which Build panics with.
//
// The printer does not read a Plan yet: package emit decides by tables of its own, and TestExamplesHavePlans holds each
// statement of a Plan against the code that it writes, so that one can take the other's place family by family.
package plan
