// Package op is the tables of kinds, one file each: of layers, with schema, shape rule, float64 reference forward and
// backward, and the lowering of the forward pass into primitives; and of what a training is made of.
//
// The floor exists so that what a kind is stands in one file: what a kind gets of the compiler (validation and error
// texts, documentation, gradient checks, comparison of generated code with the reference) ranges over these tables, and
// other printers and readers of networks have a row for each kind, which tests ask for: see below. A kind's
// reference shares no code with its lowering or with the runtime, which is what makes their agreement worth something.
// Package net makes a network of kinds.
//
// # Adding a kind of layer
//
// Write codegen/op/<kind>.go: the doc with formulas and shapes, and one Def. What several kinds share has a function
// that makes the Def: defineCurve for functions of single elements, defineConv, definePool, definePreprocess. Then
//
//	NNGEN_UPDATE=1 go test ./codegen -run Golden                        writes testdata/op/<kind>.txtar
//	go test ./codegen/op                                                Backward against central differences
//	NNGEN_KINDS=<kind> go test ./codegen/verify -run TestEveryKind      generated code against the reference
//	go run ./cmd/nngen docs -w codegen/op/README.md                     the tables of kinds
//
// Cases of the Def are what these build; random networks draw them too, with no other edit: each ends in cases of some
// kinds by turns, so that all have theirs. A kind that PyTorch has gets vectors: see testdata/torch.
//
// Packages that say of each kind what lowering does not tell have a row for it, and a test that names the kind without:
//
//	codegen/bounds/rules.go        rules             how intervals pass it, or affineKinds; TestEachKindHasARule of
//	                                                 codegen/bounds lists those of which nothing is known
//	codegen/pytorch/rows.go        rows              its expression or module: TestEveryKindHasAForm of codegen/pytorch
//	codegen/onnx/export_kinds.go   exporters         its operators: the tests of codegen/onnx
//	codegen/audit/kinds.go         rows              the functions that its paragraphs call: TestEveryKindPasses of
//	                                                 codegen/audit. Whose gradient a gradient may take is in behind of
//	                                                 gradient.go, which knows no kind that adds that of its result, as it
//	                                                 is, to what its functions make of it
//	codegen/golden/probe_test.go   never             why it has no cell Exact, if it has none:
//	                                                 TestKindsAreExactOnWholeNumbers
//	spec/sections.go               formless          its name, if it has no integers: TestKindsWithoutIntegersAreListed of
//	                                                 codegen
//
// No test asks for what other tools call the parameters of a kind (weights/torch.go, weights/keras.go), nor for the
// operators that become it (onnx/operators.go, onnx/keras_layers.go). Its vectors are held from the next
// NNGEN_UPDATE=1 go test ./codegen/golden -run Edition on.
//
// They are not cells of the Def: what an interval, PyTorch, ONNX or a reader of Go makes of a kind is above this floor.
//
// The lowering speaks the primitives of package ir. One that is missing costs more: package ir has the list. A function
// of single elements is a row in ir/funcs.go and what package asm lists for one.
//
// # Adding an optimizer, a schedule, a loss, an initializer or a metric
//
// Each is a file that defines one row, and a function of the runtime:
//
//	optimizer_<kind>.go    defineOptimizer     a type of runtime/optim with the method Step; its kernel, if it has one,
//	                                           is a row of asm/optim and of kernels_test.go there
//	schedule_<kind>.go     defineSchedule      a type of runtime/fit with the method Rate; and divisor if it
//	                                           divides by a time, which may not be 0
//	loss_<kind>.go         defineLoss          a function of runtime/loss, named as Loss.Prim says, and a row of the
//	                                           table of loss_test.go there
//	initializer_<kind>.go  defineInitializer   a function of runtime/initial, or none if a mix of others does
//
// A metric is a file metric_<name>.go of runtime/fit, which generated code measures with too, and a place in the table
// of runtime/fit/metrics.go, whose order is that of reports; its Go name is what plan.GoName makes of the other. How it is
// resampled for intervals is in codegen/train/resample.go: TestResampledIsWhatSamplesMeasure of codegen/train.
//
// The row names that type or function as data (Literal, Prim, InitialCall), from which generated code is written; it
// has the reference in float64, and for optimizers the states that are kept. Nothing else has to know them by name but
//
//	codegen/audit/kinds.go    lossCalls    the function of a loss: TestEveryLossHasItsFunction of codegen/audit
//	codegen/audit/calls.go    signatures   what that reads and writes
//
// and the uses that tests try:
//
//	codegen/verify/random_test.go      optimizers, outputs, triedInitializers    TestEveryKindOfTrainingIsTried
//	codegen/training_test.go           scheduleTypes, and the uses of each       TestSchedulesAreTheirReference
//	testdata/torch/vectors.py          vectors, with their cases in torch_test.go of runtime/optim and runtime/fit: the
//	                                   tests of codegen/ref say where they are missing
//	codegen/audit/update_test.go       the update of an optimizer: TestEachOptimizerIsRead
//	codegen/golden/updates_test.go     constants of an optimizer, which golden vectors must tell
//
// No test asks for the last, nor for rows in loss_test.go and kernels_test.go of the runtime. What is new in the
// runtime stands in runtime/abi/testdata/edition.txt: NNGEN_UPDATE=1 go test ./runtime -run Edition. The tables of
// codegen/op/README.md are written as those of layers. As examples:
// optimizer_lion.go, schedule_inverse_sqrt.go, loss_focal.go.
package op
