// Package net turns a spec into a network: its layers in order of evaluation, with names, shapes, parameters and losses
// settled, and that into the graphs of primitives that the compiler works on.
//
// The floor exists so that kinds know nothing of how they are put together. Package op says what a layer is; here
// stands what it reads, which name it has, with whom it shares parameters, and what is wrong with it, in the order in
// which Build goes through a spec. The main files:
//
//	inputs.go         inputs with their vocabularies, their preprocessing, and what puts their channels last
//	layers.go         each entry of the list after those that it reads; the shorthands in output.go, bidirectional.go,
//	                  state.go
//	params.go         the parameters of a layer, its own or shared; sparsity.go has its connections
//	finish.go         what no output needs goes; parameters get their numbers and initialisers
//	training.go       the training section and the schedule against the outputs
//	lower.go          the network in primitives
package net
