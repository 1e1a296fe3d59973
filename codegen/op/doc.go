// Package op is the tables of kinds, one file each: of layers, with schema, shape rule, float64 reference forward and
// backward, and the lowering of the forward pass into primitives; and of what a training is made of.
//
// The floor exists so that a new kind costs one file: everything that a kind gets (validation and error texts,
// documentation, gradient checks, comparison of generated code with the reference) ranges over these tables. A kind's
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
// Cases of the Def are what these build; random networks draw them too, with no other edit. A kind that PyTorch has
// gets vectors: see testdata/torch.
//
// The lowering speaks the primitives of package ir. One that is missing costs two more places: its row in codegen/ir,
// with shape rule and VJP, and what calls the runtime for it. A function of single elements is a row in ir/funcs.go and
// in asm/vec/kernels.go, with its twin in runtime/vec.
//
// # Adding an optimizer, a schedule, a loss, an initializer or a metric
//
// Each is a file that defines one row, and a function of the runtime:
//
//	optimizer_<kind>.go    defineOptimizer     a type of runtime/optim with the method Step
//	schedule_<kind>.go     defineSchedule      a type of runtime/fit with the method Rate
//	loss_<kind>.go         defineLoss          a function of runtime/loss, named as Loss.Prim says
//	initializer_<kind>.go  defineInitializer   a function of runtime/initial, or none if a mix of others does
//
// A metric is a file metric_<name>.go of runtime/fit, which generated code measures with too, and a place in the table
// of metrics.go, whose order is that of reports.
//
// The row names that type or function as data (Literal, Prim, InitialCall), from which generated code is written; it
// has the reference in float64, and for optimizers the states that are kept. Nothing else knows the kinds by name, but
// for the uses that tests try: TestEveryKindOfTrainingIsTried in codegen/verify and TestSchedulesAreTheirReference in
// codegen say where one is missing, the tests of codegen/ref where there are no vectors of PyTorch. As examples:
// optimizer_lion.go, schedule_inverse_sqrt.go, loss_focal.go.
package op
