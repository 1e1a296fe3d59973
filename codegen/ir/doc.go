// Package ir is the intermediate representation of networks: graphs of values made by a closed set
// of primitives.
//
// The floor exists so that layer kinds, passes and emitters meet in one small language. A layer kind
// lowers its forward pass into primitives; a primitive is one row of the table in prims.go, with a
// shape rule and a vector–Jacobian product (VJP) that is itself made of primitives. A new layer kind
// adds nothing here; a new primitive is a deliberate act: a row here, an emitter, a runtime call.
//
// # Layout
//
// Activations are N×features, row-major, N being the rows of the batch (written n in shapes, since a
// batch may be smaller than the largest). Images are N×h×w×c, sequences N×t×c. Dense weights are
// stored in×out, so that y = x·W + b is a gemm of form NN.
//
// # Text form
//
// A graph prints as one line per node and parses back:
//
//	graph digits
//	  v1 = input image                 n×64
//	  v2 = param h1.kernel             64×32
//	  v3 = gemm.nn v1 v2               n×32          ; digits.yaml:9 h1
//	  v4 = map.relu v3                 n×32          ; digits.yaml:9 h1
//	  output probabilities v4
package ir
