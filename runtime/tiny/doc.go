// Package tiny computes predictions whose weights are constants, for machines with little memory: what packages of
// `generate: {profile: tiny}` call.
//
// Numbers of a network are strings, which Go keeps in read-only data, where a microcontroller has its flash; each is
// decoded where it is read. Nothing here allocates, starts goroutines, or has a variable at package level; what a function
// works in beside its results is the caller's and comes as scratch. There is no assembly, and of the standard library
// nothing is used but math. What reads no constants is called in packages vec, pool and layout of the runtime.
//
// Each function gives the bits of the function of the runtime that its doc names, for one example or several: it performs
// the same operations in the same order on each number. It does not check its arguments, which a compiler made, beyond what
// Go checks of an index.
package tiny
