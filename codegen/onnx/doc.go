// Package onnx turns a model in the ONNX format into a spec and weights, and back.
//
// The spec stays the only door of the compiler: what comes out is YAML that a person could have written, and arrays
// under the names that the network gives them. The stages, each in a file of its own:
//
//	import.go    the door, Import: the options, the two runs that must agree, what a result holds
//	wire.go      protobuf to Model, with every size checked before anything is allocated
//	sound.go     nodes without an input that their operator needs are refused, and arrays beyond all memory
//	origin.go    the spec that a file of an export names as its own, with the file's numbers: believed only if an
//	             export of it gives the very file, byte for byte, and the stages below are for all other files
//	tensor.go    initializers and constants to numbers, whatever their storage
//	inline.go    functions of the model, and the branch that an If takes, become nodes like others
//	simplify.go  patterns of nodes that stand for one operator (gelu, layer norm, …) become that operator
//	simplify_masks.go, simplify_steps.go, simplify_own.go
//	             patterns of masks, of masked recurrence, and of what nngen itself wrote, which comes back to the bit
//	offsets.go   constants that are added to codes choose the rows of tables beforehand
//	importer.go  the nodes in order, and the memory that they may take
//	input_ports.go
//	             the inputs: which axis is the batch, where channels are
//	table_input.go
//	             an input that is a table becomes its columns, and one input again in the end
//	value.go, layers.go, axes.go
//	             what is known of a value, the layers that are made, and the atoms of which each axis is made, so that
//	             layouts, heads and batches are followed, not guessed
//	constants.go, constants_arrays.go, constants_parts.go, constants_products.go, constants_shapes.go
//	             arithmetic on constants and shapes
//	dispatch.go  which operators may read what, and the call of an operator's row
//	operators.go a table with a row for each operator: how it becomes layers
//	arithmetic.go, affine.go, join.go, broadcast.go, logic.go, reduce.go, quantize.go
//	             families of operators: sums and products of two values, with constants, of several; stretching,
//	             comparisons, reductions, rounded numbers
//	structure.go, gather.go, slice.go, concat.go
//	             operators that move numbers: reshapes, choices by number, parts, values side by side
//	convolutions.go, pools.go, einsum.go, recurrent.go, unrolled.go
//	             more families: windows over images, sums over labelled axes, cells
//	stepwise.go  layers on each step of a sequence, whose steps the model takes for examples, become time_distributed
//	attention.go, attention_heads.go, attention_masks.go, attention_layer.go, attention_operator.go
//	             products of queries and keys, softmax and values become multi_head_attention
//	labels.go, linear_models.go
//	             operators that name classes, and the models of scikit-learn
//	outputs.go   the last layers become outputs, with their task, classes and loss
//	columns.go   fillers and encoders of tables become the columns of inputs
//	sparse.go    weights that are stored sparse, or multiplied by a mask, become connections
//	tied.go      numbers that the model has once for several of the spec's are not trained
//	circular.go  paddings that an exporter is known to write otherwise than the module has them are told
//	faults.go    what can't be imported: every node, with the attribute at fault and what to change
//	report.go    what became of each node, and the stages as text
//	write.go     layers to YAML, parameters to the order and layout of the spec
//
// The way back, from a spec and weights to a model:
//
//	export.go    the door, Export: a graph from the network's own layers
//	exporter.go  names, arrays and nodes of the graph that is made
//	export_kinds.go
//	             a table with a row for each kind of layer: the nodes that it becomes; larger families in the other
//	             files export_*.go
//	into.go      weights put back into the file that they were imported from, of which only numbers change
//
// Keras' own files come in by keras.go, and its kinds are rows of keras_layers.go.
//
// # Layout
//
// ONNX keeps channels first, a spec last. A value of the graph is followed by its atoms: indivisible pieces of axes,
// such as the channels of an image or the heads of an attention. A transposition only reorders atoms, and a reshape
// only regroups them; so neither becomes a layer unless the order in memory is asked for. Where a dense layer reads
// axes in another order than the spec's value has them, the rows of its weights are permuted instead.
//
// # Batch
//
// The batch is an atom too. A dimension that the model leaves open gets a prime number, and the import is done for two
// of them; it is an error if the results differ. A batch that the exporter fixed is divided out of every reshape, since
// its atom is known. Where examples do not lie along the first axis, they lie along the only open one, or along the
// second of a sequence that a recurrent operator reads. With Options.NoBatch a model's arrays are one example each.
//
// # What holds it
//
// ONNX's own tests of operators (testdata/onnx/nodes.tsv has their outcomes), a model for each pattern, and files of
// PyTorch and scikit-learn, each compared with what its author's library gives. operators.md is the table of operators.
//
// An import computes constants in float64, in an amount that is bounded by the size of the model, so that no file
// takes more than its share of memory.
//
// Sources: ONNX, Open Neural Network Exchange, operator schemas of ai.onnx and ai.onnx.ml, onnx.proto3.
package onnx
