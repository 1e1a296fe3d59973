// Package plan decides what the code of a network does: which kernel computes each node, how each parameter is stored,
// and with which arguments each function of the runtime is called.
//
// A kernel is one row of a table: see Kernel. Build picks one for each node of graphs whose values are placed, the
// cheapest that fits, and gives a Plan of typed calls. A primitive without a row is a bug, which Build panics with.
//
// A call does not bound how long the scheduler and the garbage collector wait for a kernel in assembly: the functions
// of the runtime cut what they are given, whatever its sizes. Package runtime says how, and what is left whole.
//
// Predictions of small networks may have kernels made for the network instead, in which whole passes are one function:
// MakeKernels makes them. With `kernels: auto` it does so where they should be faster. A layer takes as long as it has
// multiply-adds, divided by the factor by which made kernels were faster in perceptrons of its width, with functions
// behind the layers (tanh) or without (relu); widths that were not measured lie between those that were, those of whole
// panels of weights apart from the others. So the factor of a network is Σ work / Σ (work / factor of the layer); made
// kernels are taken where that of one prediction times that of a batch is at least 1. The measurements are
// measured.txt, which names the machine that they are from, and are made anew there or on another one by
//
//	go build -o /tmp/nngen ./cmd/nngen
//	/tmp/nngen bench kernels --table >codegen/plan/measured.txt
//
// Steps of recurrent networks whose cells have at most 24 units have a kernel made for the network too: MakeStep. In
// cells of 9 to 24 units, with one output, it took 0.71 to 0.88 of the time of the library with AVX2, and 0.85 to 1.04
// with AVX-512 (an EPYC of the fourth generation that had other work, the least of short runs; the one above 1 is an
// LSTM of 24 units), since little is left of what comes between a state and the next one. Cells of up to 8 units gained
// nothing, so `auto` leaves them to the library.
//
// The choice never changes the bits of a prediction, and does not ask which machine compiles.
//
// Package emit prints the Plan, and decides nothing of this; package c99 prints predictions as C. A new primitive is a
// row here and one in package ir, whose doc says where the function of the runtime stands besides. Rows stand by family:
// gemm.go, conv.go, pool.go, rnn.go, norm.go, quant.go, fake_quant.go, arrange.go for axes in another order and products
// within examples, vec.go for maps, choices and reductions, other.go for the rest. What printers ask beside calls, such
// as whether numbers are drawn, is in facts.go.
package plan
