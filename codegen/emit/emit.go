// Package emit prints a plan as Go: an inference package and a training package for one network.
//
// The floor exists so that one place knows how Go is printed. What the code does is decided by package plan, down to
// the arguments of each call; what is decided here is how the code reads. It is the only package that knows jennifer.
//
// Declarations are built from jennifer's constructs by small functions, one for each shape of statement, above each the
// Go that it yields (print.go has those that all share). A declaration that is the same in every package is not built
// at all: it stands in the Go packages below fixed, which the compiler, vet and the tests of their like check, and is
// copied by name (fixed.go), since Go reads better as Go. The statements of a plan, each shape of them, are in
// statement.go.
//
// Of an inference package infer.go lists the files, model.go has the declarations, forward.go the passes, stream.go the
// steps of a stream, row.go the columns of tables, guard.go Check, made.go kernels made for the network, tiny.go and
// integers.go the profile tiny and 8-bit integers, selftest.go the self-test. Of a training package train.go has the
// Trainer, gradient.go the passes over a batch, chunks.go and workers.go what shares them out, update.go the optimizer,
// fitstats.go what is fitted to the training set, fit.go the loop, traindoc.go the package doc, traintest.go the
// self-test; lanes.go calls kernels made for gradients. Of both, words.go, tokens.go and picture.go are of inputs and
// classes, conv.go of the extents of convolutions; file.go is a file under construction, layout.go breaks lines, pieces.go
// cuts long functions, and trace.go serves verify.
//
// Text of users passes text.go: one function for literals, one for comments. Every name passes the table of its package
// (symbols.go), so that a clash is found where it is declared, with both origins; the names by which a file knows other
// packages are settled by that table and by the locals of the file. A line is broken where a list is built, by the
// width of its items.
package emit

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// Network is all that emission needs to know.
type Network struct {
	Name     string // package name
	SpecBase string // base name of the spec file
	Checksum string // of the spec, short: it stands in one file of the packages
	ModelSum string // of what weights depend on
	Version  string // of nngen
	// ImportPath is that of the inference package; Runtime that of the folder that holds gemm, vec, ….
	ImportPath string
	Runtime    string
	// Pin is the constant of package Runtime by which its packages name the state of a shared runtime that they were
	// compiled for; "" where none is shared.
	Pin string
	// Edition is the like in package abi of a runtime that is imported; "" where it is not.
	Edition string
	// Int8 says that it is a package of 8-bit integers, whose weights may not be set to whole numbers at will.
	Int8 bool
	// Trained is how many parameters training changed, of a package of 8-bit integers, whose Params are others.
	Trained int
	// Borders say what the int8 numbers stand for that it takes and gives; nil for none, and without weights.
	Borders *Borders
	// About is said of the package beside what its doc says of each; "" for nothing.
	About string
	// Table describes the layers for the package doc, one row each.
	Table []Row

	// Missing are the fields of a row that stand for no value; DecimalComma tells how its numbers are written.
	Missing      []string
	DecimalComma bool

	Inputs  []Port
	Outputs []Port
	Params  []*ir.Param
	Guard   *Guard // nil for none
	Steps   int    // rows of the outputs of one example, each with a weight: see net.Net

	// Undecided are the constants that nngen train chooses when a training is over, and Fit does not.
	Undecided []Undecided

	Plan *plan.Plan
	// PredictWork is that of an example in a prediction, in multiply-adds, where workers share out a batch: see package
	// workers of the runtime. It is 0 where one does it all.
	PredictWork int64

	Train *Training // nil if no training package is wanted
	Trace bool      // whether the training package hands out every value by name
	// Tiny says that the package is one of constants, see Tiny; Constants are its numbers by the names of parameters,
	// as package tiny of the runtime has them, nil before a training.
	Tiny      bool
	Constants map[string][]byte

	Embed bool // whether trained weights lie beside the package, to be embedded
	// InPlace says that the weights of which the plan says so stay where they are embedded.
	InPlace bool
	// MaxErrors are bounds of the errors of the outputs with the embedded weights; nil for none.
	MaxErrors []MaxError
	Pos       spec.Pos // of Name
}

// Undecided is such a constant, and what its first value means.
type Undecided struct {
	Param *ir.Param
	Means string
}

// Row is one row of the architecture table.
type Row struct {
	Layer, Kind, Input, Output string
	Params, MACs               int64
}

// Port is an input or output of the network.
type Port struct {
	Name  string // of the spec
	Ident string // exported identifier, such as Image
	Shape ir.Shape
	Pos   spec.Pos
	// Holds says what the numbers are, such as the columns of a series or a target; "" for what the name says.
	Holds string
	// Series are the columns of each step of a window, or of several that are foretold; nil for what is none.
	Series []string
	// Columns are the columns of a table that an input is read from; nil if the spec names none.
	Columns []Column
	// Rows are rows of that table, by which the self-test tries how they are read; nil for none.
	Rows []TableRow
	// Vocabulary is that of an input of tokens; nil for other numbers.
	Vocabulary *Vocabulary
	// Picture says that an input is read from pictures.
	Picture bool
	// ChannelsFirst says that an input has its channels before its other axes.
	ChannelsFirst bool
	// The rest is for outputs.
	Task    string   // regression, binary or multiclass
	Metrics []string // those of the training package, by their names in package fit
	Classes []string // labels; nil for regression
	// NextToken says that the classes are the tokens of the one input, of which the output foretells the next.
	NextToken bool
	Targets   string // which targets the loss gives a meaning: see fit.Targets
	// ClassWeights multiply the weights of the examples in training, by class; nil if all are 1.
	ClassWeights []float64
	// Threshold is the constant from which on the second of two classes is chosen; nil for ½. Confidence is the least
	// probability of a class that is chosen; 0 for any.
	Threshold  *ir.Param
	Confidence float64
	Quantiles  []float64
	// Interval is the probability with which intervals hold their targets, and Radius the constant by which they are
	// wider than the predictions; 0 and nil for none.
	Interval float64
	Radius   *ir.Param
	Ratio    bool // Radius is a factor: see net.Output
	Balanced bool // they are fitted to the training set
	Index    bool // the target is one class index for each example, not a vector
}

// TableRow is a row of a table: its fields, and the numbers that they are by the reference.
type TableRow struct {
	Fields  []string
	Numbers []float32
}

// HiddenPort is the name of the output of the graph that a guard reads.
const HiddenPort = "hidden"

// Guard is what tells inputs that are unlike the training set: see net.Guard.
type Guard struct {
	Layer                     string
	Features                  int
	Pooled                    bool
	Low, High                 []*ir.Param // of each input
	Mean, Whiten, Limit, Rate *ir.Param
}

// Vocabulary is what the tokens of an input stand for: see package token of the runtime.
type Vocabulary struct {
	Kind  string   // characters, bytes or words
	Texts []string // of the tokens from 1 on
	// Column says that the texts are those of a column of a table: see token.Reader. Most is the number of its words.
	Column bool
	Lower  bool
	Most   int
	Known  bool // no training row has a word beyond Texts
}

// Column is one column of an input, as package encode has it: Kind, Layout and Parts are names of its constants, "" for
// the first.
type Column struct {
	Name                      string
	Kind                      string
	Values                    []string
	Most                      int // words with a number each, if Values may hold fewer
	Other, Missing, Indicator bool
	Fill, Unit                string
	Yes                       int // which value of a flag true stands for; −1 for none
	Layout                    string
	Parts                     []string
	Fixed                     []Fixed // numbers that are the same in all training rows
}

// Fixed is the number at a place of a column, from 0 on.
type Fixed struct {
	At    int
	Value float32
}

// ScheduleType is a type of package fit, with the names of its fields.
type ScheduleType struct {
	Type   string
	Fields []string
}

// Training is what the training package needs beside graphs.
type Training struct {
	Batch int // rows of the largest batch that is worked off in one piece
	// Whole says that the batches of the spec are no larger.
	Whole bool
	Seed  uint64
	// Chunks is the number of pieces of a batch whose gradients are added in a tree; 0 for a batch that is one.
	Chunks int
	// Work is that of an example in a gradient and in an evaluation, and that of adding up and of updating all
	// parameters, in multiply-adds: see package workers of the runtime.
	Work Work
	// Shared is the number of examples of a batch with enough to do for three workers, at most those of a piece.
	Shared    int
	ClipNorm  float64
	ClipValue float64
	LR        float64 // the first learning rate
	// Optimizer is the value whose method Step updates parameters by gradients, and takes the states that Update names
	// in order, "" for one that it does without. States names the arrays of optimizer state, each like the parameters.
	Optimizer plan.Struct
	Update    []string
	States    []string
	// Initial are the calls that give the parameters their initial values.
	Initial map[*ir.Param][]InitialCall
	// Schedules are the types of schedules that the package names, with their fields.
	Schedules []ScheduleType
	// Stops says that the package names early stopping, and Averages that it names the averages of weights.
	Stops, Averages bool
	// Options is a fit.Options.
	Options plan.Struct
	Monitor string // what early stopping goes by; "" without it
	// Targets holds for each output the constants that turn its predictions back and those that standardize its
	// targets; nil for an output that takes them as they are.
	Targets [][]*ir.Param
	// Scaling names for each of them the method of fit.Affine that fits them: Targets, RangeTargets or LogTargets.
	Scaling []string
	// Preprocess holds for each input its steps of preprocessing, in order.
	Preprocess [][]Preprocess
}

// Work holds numbers of multiply-adds: see Training.
type Work struct{ Gradient, Evaluate, Add, Update int64 }

// Preprocess is a step of preprocessing: y = (x − Center)∘Scale.
type Preprocess struct {
	Kind          string // standardize or min_max, which are fitted to examples, or rescale
	Center, Scale *ir.Param
	Min, Max      float64 // of min_max
}

// Files maps slash-separated paths, relative to the folder of the inference package, to contents.
type Files map[string][]byte

// InitialCall is a call of package initial on a part of a parameter, all of it if To is 0: Func(values, args…), and
// behind those seed and stream if it draws at random.
type InitialCall struct {
	Func     string
	From, To int
	Args     []any
	Random   bool
}
