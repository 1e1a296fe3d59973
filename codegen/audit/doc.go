// Package audit reads generated packages as a stranger would, and holds them against the network of the spec.
//
// It exists so that «the code does what the spec says» does not rest on the code that wrote it: it parses the Go,
// rebuilds the flow of data from calls, offsets and sizes, and compares that with the layers. It shares nothing with
// lowering, the passes, the plan or the printer; what it knows of them is the form of their output, written down here.
//
// source.go and build.go read the declarations, flow.go the statements of a pass, one after another; check.go takes the
// calls among them, whose arguments operands.go evaluates by the signatures in calls.go; memory.go and values.go know
// what lies where, and roles.go what it may be taken for. finish.go closes a paragraph by the table in kinds.go,
// gradient.go and loss.go those of a training, step.go and block.go those of a stream; update.go reads the optimizer,
// fit.go the loop, int8.go the package of 8-bit integers, guard.go Check, kernels.go what is made for the network.
//
// # The form of generated code
//
// The inference package declares Params and Stats, structs of arrays of constant length, and the method Tensors of
// Weights, which gives each array its name in weight files, layer.role. The function build makes a Model of the tensors
// w[0], w[1] …, in the order of Tensors: copy, gemm.Pack, conv.Pack and norm.Fold fill a field each, and NewLayer or
// New…Cell bind fields to what runs one example. Weights that may stay in place are packed by Set of a field behind
// theirs, NAMERows, whose Layer binds them. The methods forward1 (one example) and forward (n of them) compute the
// outputs; the training package has gradient and evaluate, as one function or as phases, methods of the same name with
// Phase1, Phase2 … behind it, that run one after another. A phase takes a share of the examples (lo, hi := s.Range(c.n,
// 1)), or shares out what sums over them: if s.Turn(i) is one worker's, and if lo, hi := s.Range(extent, …); lo < hi a
// stretch of rows of a parameter. A gradient that leaves out the steps of examples behind the last with a weight is
// read as if all counted: see counted.go.
//
// Their bodies are paragraphs of straight-line statements under a comment each:
//
//	// NAME: shapes → shape        computes the layer NAME, with what is fused into it: a batch norm, an activation, a pool
//	//                             of the maxima over squares
//	// gradient of NAME            from the gradient of its output those of its inputs and parameters
//	// gradient of NAME loss       the gradient of the scores that the loss of output NAME reads
//	// NAME loss                   its sum
//	// NAME loss: shapes → shape   the targets as the output learns them: their logarithms, and less target_center, times
//	//                             target_scale, where it has such; in evaluate the sum is in the same paragraph
//
// The gradient of a ReLU may stand before that of the max-pool of its result, and then reads the result of the pool; or
// the product that makes the gradient of that result takes it in.
//
// A statement is a call of the runtime, whose arguments are sizes, slices of arrays and constants, or clear, or
// t.watch.See, which computes nothing. Arrays are the inputs x…, the outputs y… and out…, targets y… and weights of a
// training, the slots of a workspace (a.s1, a.s2 …), parameters (m.…, p.…, p.Stats.…) and their gradients (g.…). The
// result of a paragraph is what its last statements write. Layers that change nothing, as flatten does, and in
// inference dropout, have no paragraph.
//
// # What is checked
//
// Every slice lies in its array, and has the length that the call reads or writes, by the documented shapes of the
// runtime (calls.go), for one example and for several. Nothing is read that was not written before in the same pass,
// and each value is whole when it is read. A paragraph reads the results of just the layers that its layer has as
// inputs, and all of their numbers; all parameters of the layer and of what is fused into it and no others, each in its
// role; its calls are those of the kind (kinds.go), its constants attributes of the layer. Every layer that an output
// needs is computed, every output written as a whole, every parameter read. In a gradient, what a paragraph takes for
// the gradient of its layer's output is the sum of what all layers behind it contributed; every trained parameter has
// its gradient written as a whole. A loss reads the scores of its output and its targets, scaled by the constants of
// that output where it standardizes them, with its weight, its constants and, in training, the weights of its classes;
// each quantile is the one before plus the softplus of its own block of scores. A call of a gradient takes what the
// forward call of its layer had for the same argument; the gradient of what attention reads is the sum of its products
// with the query, key and value kernels, each once; what is cleared is just what is read. So buffers that are used again while
// their value is still needed, and operands that overlap, come up as wrong values.
//
// Apply, or update, of which a worker does a share, makes steps of the optimizer of the spec, with its constants: they
// take the parameters, the gradients and states of their own, each element once, with the learning rate times the
// factor of its layer, gradients clipped as the spec has it. Each penalty is in the loss and in the gradient once.
//
// Step of State is held against the network for one step of its sequence. Its statements are those of forward1 and:
//
//	if cond { panic(…) }                        what it refuses: a token in no table, a step behind the last
//	m.nameCell.Step(s.steps == 0, s.nameH[:], …) a recurrent cell moves its fields of State on
//	if mask[0] > 0.5 { … }                      where there is a mask, if it is 1
//	copy(s.nameLast[:], s.nameLast[F:])         the rows that a causal convolution sees move up by one
//	copy(s.nameLast[(K-1)*F:], x[:])            and the step comes behind them
//	s.steps = 1, s.steps++                      counts the step: each, if a layer has numbers for each
//
// Each field of State is of one layer and one role, moves on in each step, and is listed under its name to be saved.
//
// Of weights of 16 bits the type in weight files is that of the spec, and so is the format that calls name.
//
// A training that rounds as 8-bit integers do takes the weights of products that quant.FakeWeights rounded, and no
// others.
//
// The package of 8-bit integers is read too. Its tensors are int8, int32 and float32 arrays, named by the layer whose
// numbers they make. build copies them, and packs matrices by quant.Pack. A paragraph of a product takes in the batch
// norm and the rectifier behind it, which are in its numbers: they have none of their own. A layer's result may be
// there as int8 and as float32 numbers, by quant.Quantize and quant.Dequantize, at the end of its paragraph or in one
// of the same name. Calls, extents, the packing of matrices, which arrays go where, and that every one is read are
// checked; what the numbers are is in the file of weights: those go test holds against the reference.
//
// A kernel made for the network has a doc that names an array of the model for each parameter: calls give it those, and
// only where the machine was asked for its instructions. Options of Fit are those of the training section, and what Fit
// hands to the passes are the inputs, targets and weights of a set in their order; of a schedule only whether there is
// one is looked at. Each field of the fit.Trainer that Fit drives is what the network makes it, and forFit does nothing
// else. A progress holds all weights and each state of the optimizer.
//
// Of a guard hidden1 computes the features, by paragraphs as those of forward1, or of the means over all places that one
// named hidden takes. Check compares each input with its own range, low and high, and the features with their mean, the
// matrix that whitens them and the limit, and nothing else.
//
// What is not read, such as the exported functions around forward, what the kernels do that they call in its place,
// what counts drift, copies of the runtime with the loop of Fit, and int8 numbers in and out, Report lists as Unread,
// one function by one. Packages of the profile tiny have another form: Run says in one line that it does not read them.
package audit
