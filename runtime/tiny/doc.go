// Package tiny computes predictions whose weights are constants, for machines with little memory: what packages of
// `generate: {profile: tiny}` call.
//
// Numbers of a network are strings, which Go keeps in read-only data, where a microcontroller has its flash; each is
// decoded where it is read. Nothing here allocates, starts goroutines, or has a variable at package level; what a
// function works in beside its results is the caller's and comes as scratch. There is no assembly, and of the standard
// library nothing is used but math. That is what TinyGo needs, but TinyGo was not run: tests hold the imports, what
// escapes, and what a program starts with, of Go's own compiler. What reads no constants is called in packages vec, pool
// and layout of the runtime.
//
// Networks of 8-bit integers have their weights as such, and int8 activations: the functions that package quant has too.
//
// Each function gives the bits of the function of the runtime that its doc names, for one example or several: it
// performs the same operations in the same order on each number. It does not check its arguments, which a compiler
// made, beyond what Go checks of an index.
//
// # Size
//
// What a stripped program has of networks, in bytes beside one that imports nothing, by nngen bench --profiles. The
// full profile decodes its weights, which come on top of the code of both; its memory is that of amd64. A tiny package
// has no data that can be written to: memory is that of a Workspace.
//
//	                     weights  code, full  code, tiny  memory, full  memory, tiny
//	perceptron    amd64       20      282993        6548           468             4
//	              arm         20      293590        5846                           4
//	              wasm        20      597067       10149                           4
//	digits        amd64    26792      314764       10905         28672           512
//	              arm      26792      302650       10019                         512
//	              wasm     26792      612258       18102                         512
//	lenet_digits  amd64   153640      375428       15233       1916864         12288
//	              arm     153640      313609       13585                       12288
//	              wasm    153640      631830       28155                       12288
//	names_gru     amd64    71724      390311       21557       1918280         21760
//	              arm      71724      327112       18833                       21760
//	              wasm     71724      660965       36085                       21760
package tiny
