// Package ir is the intermediate representation of networks: graphs of values made by a closed set
// of primitives.
//
// The floor exists so that layer kinds, passes and kernels meet in one small language. A layer kind
// lowers its forward pass into primitives, and adds nothing here.
//
// # A new primitive
//
// A function of single elements, as x³, is none: it is a row of functions in funcs.go, which the primitives map and
// grad apply, and what package asm lists. Else it is a row of the table here, Prim, in a file beside its like such as
// rms_norm.go, with all that passes ask of it: attributes with their types, of attrTypes, shape rule, vector–Jacobian
// product (VJP, itself made of primitives), what becomes of it in a step of a stream, whether a bias, an activation or
// a norm goes into it, and where its results lie. A row that lacks a cell, or that reads as another in the text form,
// is a panic when the program starts or builds its first graph. In package plan it has kernel rows in the file of its
// family, such as norm.go, each of which calls functions of the runtime; a primitive without one is such a panic too.
// The printer of Go knows no primitive. Passes know those that they are about: products and functions that they fuse,
// norms over a batch that they fold, these and losses, whose phases they part, pools before which masks move, and, in
// streams, lookups and attention, which take a mask or tokens as a whole.
//
// A function of the runtime that the rows call, if none is there already, has these places besides its own; tests name
// most of them where one is missing:
//
//	codegen/audit/calls.go               signatures      what it reads and writes, as its doc says
//	codegen/c99/lib.go                   files           where its C twin is, a file of codegen/c99/lib, if predictions
//	                                                     call it
//	codegen/plan/plantest/functions.go   functions       its name, if predictions call it
//	codegen/plan/tiny.go                 constantCalls   its twin in runtime/tiny, if it reads parameters
//	codegen/plan/variants.go             longRowsOf      which argument is the length of its rows, if one that it calls
//	                                                     has another way for long ones
//	codegen/quant/lower.go               movers          what moves int8 numbers as it does others, if it only moves them;
//	                                                     acrossElements in divide.go knows those that mix them
//	codegen/footprint/symbols.txt        the sizes of its code: NNGEN_UPDATE=1 go test ./codegen/footprint -run Symbols
//	runtime/abi/testdata/edition.txt     what the runtime exports: NNGEN_UPDATE=1 go test ./runtime -run Edition; where
//	                                     what was there changes, the number in runtime/abi/edition.go is raised before
//
// # Layout
//
// Activations are N×features, row-major, N being the rows of the batch (written n in shapes, since a
// batch may be smaller than the largest). Images are N×h×w×c, sequences N×t×c. Dense weights are
// stored in×out, so that y = x·W + b is a gemm of form NN.
//
// # Text form
//
// A graph prints as one line per node: results, primitive with its function, arguments, attributes, shapes with the
// slots that results are in, and behind a semicolon the place in the spec. Parse reads it back, and passes make the
// same of what is read:
//
//	graph digits
//	  v1 = input name=image shape=64       n×64                      ; digits.yaml:5 image
//	  v2 = param name=h1.kernel            64×32                     ; digits.yaml:9 h1
//	  v3 = gemm.nn v1 v2                   n×32 [s1]                 ; digits.yaml:9 h1
//	  v4 = map.relu v3                     n×32 [s1]                 ; digits.yaml:9 h1
//	  output probabilities v4
package ir
