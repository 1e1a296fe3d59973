// Package asm is the parent of the packages that describe kernels in assembly and write them. It has no code of its
// own; this page says how a kernel is added.
//
// A kernel is described once, as a row of a table or an expression, and printed for each instruction set: for x86 by
// avo, for arm64 by package internal/neon and a printer of Plan 9 text. AVX-512 is a second part of a kernel of
// elements, rows or columns, whose first instructions choose (see internal/emit), and a kernel of its own for products.
// Its Go twin in package runtime is the definition: the same operations in the same order, whose bits the kernel has on
// every machine. So the twin comes first, and a kernel that wins nowhere is not added.
//
// # Adding a function of single elements
//
// For y = max(x, 0), as in relu:
//
//	runtime/vec/scalar           the formula of one element, in operations that IEEE 754 defines: the definition
//	runtime/vec/relu.go          the function over slices: doc, check of lengths, twin, dispatch; and relu_grad.go
//	asm/vec/kernels.go           Elementwises: a row with the formula as an expression, and one for the gradient
//	runtime/vec/kernels_test.go  elementwise: a row of the table of kernels for each
//	runtime/vec/maths_test.go    layers: both beside float64
//
// No test asks for the rows of the last two.
//
// and those that package ir lists under «A new primitive» for functions of package runtime.
//
// # Adding another kernel
//
// Beside its like: tiles and rows of products in asm/gemm, sums over rows and columns in asm/vec, updates in asm/optim.
// A generator is one function for each phase of the algorithm (load, multiply-add, reduce, store), above it the
// formula. Masks do the edges, and nothing beyond a slice is read, be it thrown away. A call holds the processor some
// 0.1 ms at most: the function that calls the kernel cuts what is longer, see package runtime.
//
// The line of go generate in runtime/<package>, in generate.go or doc.go, says which files are written; then
//
//	go generate ./runtime/vec                           the assembly and the Go declarations of it
//	go vet ./runtime/vec                                compares the two
//	go test ./runtime/vec                               the twin's bits at all sizes, alignments and kinds of value; nothing
//	                                                    beyond a slice; inputs as they were; no allocation
//	NNGEN_UPDATE=1 go test ./runtime/vec -run Golden    testdata/bits.txt, which packages vec, norm, gemm and loss have
//	go test -run NONE -bench ReLU ./runtime/vec         what it takes beside the twin
//	.ci/run gen                                         that the tree holds what the descriptions give
//
// The tests come with the table (package runtime/internal/kerneltest): they run with assembly, with what is switched
// off at run time, and in a purego build, and put each slice before memory that may not be read.
//
// A kernel changes the sizes of code, and a function that is new or declared otherwise is listed elsewhere too: package
// ir says where, under «A new primitive». An instruction that no kernel had is a row of runtime/internal/emulate. A new
// function always has the first and the last of these, and any kernel the second:
//
//	codegen/audit/calls.go              signatures: what the function reads and writes
//	codegen/footprint/symbols.txt       the sizes: NNGEN_UPDATE=1 go test ./codegen/footprint -run Symbols
//	runtime/abi/testdata/edition.txt    what the runtime exports: NNGEN_UPDATE=1 go test ./runtime -run Edition; where
//	                                    what was there changes, the number in runtime/abi/edition.go is raised before
//
// Package made writes kernels of one network, all its layers in one call, by the same expressions.
package asm
