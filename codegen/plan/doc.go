// Package plan decides what the code of a network does: which kernel computes each node, how each parameter is stored,
// and with which arguments each function of the runtime is called.
//
// A kernel is one row of a table: see Kernel. Build picks one for each node of graphs whose values are placed, the
// cheapest that fits, and gives a Plan of typed calls. A primitive without a row is a panic when the program starts, a
// node that no row fits one of Build.
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
// Gradients of small networks have kernels made for the network too, if one worker has all there is to do:
// MakeGradient. A step took so many times as long by the library, all of whose kernels for AVX-512 it had (an EPYC of
// the fifth generation, lower quartiles of runs in turns, update included; for AVX2 behind the stroke):
//
//	                        multiply-adds  1 example    16           20           32           64           256
//	4 → 4 → 4 → 1, tanh                36  1.95 / 1.62  1.62 / 1.50  1.41 / 1.29  1.53 / 1.48  1.57 / 1.55  1.34 / 1.41
//	8 → 8 → 1, relu                    72  1.32 / 1.05  1.46 / 1.34  1.31 / 1.23  1.47 / 1.29  1.44 / 1.38  1.30 / 1.25
//	4 → 16 → 3, relu                  112  1.31 / 1.26  1.51 / 1.48  1.40 / 1.29  1.52 / 1.36  1.41 / 1.30  1.12 / 1.07
//	30 → 16 → 1, relu                 496  0.92 / 0.73  1.39 / 1.02  1.12 / 0.85  1.36 / 1.04  1.40 / 1.08  1.10 / 1.04
//	4 → 32 → 16 → 4, tanh             704  0.91 / 0.66  1.77 / 1.27  1.31 / 0.93  1.62 / 1.15  1.27 / 1.08  1.03 / 1.00
//	32 → 32 → 32 → 10, relu          2368  0.78 / 0.54  1.51 / 0.94  1.21 / 0.76  1.17 / 0.98  1.07 / 0.95  1.08 / 0.91
//	64 → 64 → 10, relu               4736  0.70 / 0.55  1.08 / 0.88  0.85 / 0.71  1.06 / 0.89  0.96 / 0.89  0.92 / 0.87
//
// The gain is what calls take, and lanes that widths of a few numbers leave empty: of many examples and whole panels
// the library does with AVX2 what the units can. So `auto` makes these kernels where both are at least about 1:
// for up to 256 multiply-adds an example, and for up to 1024 where pieces of a batch are whole rounds of 16 examples.
//
// The choice never changes the bits of a prediction or of a training, and does not ask which machine compiles: a package
// is one for all, and has its kernels for amd64 and for arm64. What decides was measured on amd64. Of arm64 only
// instructions are counted, under emulation: see ../bench/README.md.
//
// Package emit prints the Plan, and decides nothing of this; package c99 prints predictions as C. A new primitive is a
// row here and one in package ir, whose doc says where the function of the runtime stands besides. Rows stand by family:
// gemm.go, conv.go, pool.go, rnn.go, norm.go, quant.go, fake_quant.go, arrange.go for axes in another order and products
// within examples, vec.go for maps, choices and reductions, counted.go for steps that are counted, other.go for the rest.
// kernel.go has the table and pick, which chooses; build.go calls it, and settles by what rows want how each parameter is
// packed: see Layout in plan.go. What printers ask beside calls, such as whether numbers are drawn, is in facts.go.
package plan
