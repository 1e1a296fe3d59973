package codegen

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/pass"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/spec"
)

// RuntimePath is the import path of the runtime, for packages that import it instead of a copy.
const RuntimePath = "github.com/nngen/nngen/runtime"

// Options steer a compilation.
type Options struct {
	ImportPath string // of the inference package
	Version    string // of nngen, for the headers
	// Runtime, if not "", is the import path of a copy of the runtime that several packages share and
	// the caller makes; RuntimePin is its constant, see SharedRuntime.
	Runtime, RuntimePin string
	// Fitted is what the columns of the inputs hold that is fitted to training rows; nil before a training.
	Fitted net.Fitted
	// Weights are the trained ones by name, which a package of the tiny profile has as constants; nil before a training.
	Weights map[string][]float32
	// Embed asks for the file that embeds weights.safetensors, which the output folder then holds.
	Embed bool
	// Int8 asks for the package of 8-bit integers, whose weights the output folder then holds: see Int8Package.
	Int8 bool
	// Int8Weights is the file of those weights, which a package of the tiny profile has as constants; nil for none.
	Int8Weights []byte
	// Plain compiles without the passes that are only for speed, and gives every value memory of
	// its own. The bits stay the same: verification compares both.
	Plain bool
	// MaxErrors are bounds of the errors of the outputs with the embedded weights; nil for none.
	MaxErrors []emit.MaxError
	// Trace adds functions that hand out every value by name, and with Plain the gradients of the inputs: code that is
	// shipped has none.
	Trace bool
	// Piece, if not 0, is the number of examples whose gradients are computed at once: see net.Net.Piece.
	Piece int
	// Settings are specs of the network with whose options it is trained beside its own: the training package names their
	// schedules too.
	Settings []*spec.Spec
	// Workers says whether the training package is made for several workers.
	Workers Workers
	// Dump receives the graphs after the pass that DumpPass names, or after each for "all".
	Dump     io.Writer
	DumpPass string
	// PlanOnly ends with the plan: the output has no files, and no limits of them are checked.
	PlanOnly bool
}

// Pass names a step of a compilation, after which Options.Dump shows what there is.
type Pass struct{ Name, Doc string }

// Passes returns the passes in order, and behind them the making of the plan.
func Passes() []Pass {
	var all []Pass
	for _, p := range pass.All() {
		all = append(all, Pass{p.Name, p.Doc})
	}
	return append(all, Pass{plan.Pass, plan.PassDoc})
}

// Output is what a compilation gives.
type Output struct {
	Net *net.Net
	// Files maps slash-separated paths below the folder of the inference package to contents.
	Files map[string][]byte
	// Infer, Eval and Step are the graphs of a prediction, of an evaluation with losses, and of a
	// training step, as they were emitted. The last two are nil if no training package is wanted.
	Infer, Eval, Step *ir.Graph
	// Stream is the graph of one step of a stream; nil for a network that has nothing to remember between steps, or
	// that can't be run step by step, for which Whole says why.
	Stream *ir.Graph
	Whole  *pass.Refusal
	// Block is the graph of some steps of a stream at once; nil without Stream, and for a network with a layer that has no
	// such form.
	Block *ir.Graph
	// Hidden is the graph of the last hidden layer, which a guard reads; nil without one.
	Hidden *ir.Graph
	// Plan is what the code does.
	Plan *plan.Plan
	// Int8 is the network in 8-bit integers; nil if neither the spec nor the caller asks for it.
	Int8 *quant.Network
	// Int8Infer is the graph of its predictions, if the caller asks for the package.
	Int8Infer *ir.Graph
	// Int8Core is the graph of predictions from int8 numbers to int8 numbers; nil unless the spec asks for it.
	Int8Core *ir.Graph
	// Int8Plan is what the code of the package of 8-bit integers does, if the caller asks for it.
	Int8Plan *plan.Plan

	network, int8Network *emit.Network // the latter nil unless the caller asks for the package of 8-bit integers
}

// ForgetPlan gives up the plan and the graphs, which for a network of many layers take more memory than its files.
func (out *Output) ForgetPlan() { *out = Output{Net: out.Net, Files: out.Files, Int8: out.Int8} }

// Compile compiles a spec. Files that it names, such as masks, are read from files. The list holds
// warnings too; the output is nil if it holds an error.
func Compile(s *spec.Spec, files fs.FS, o Options) (*Output, spec.ErrorList) {
	network, problems := net.Build(s, files)
	if problems.Err() != nil {
		return nil, problems
	}
	identify(network.Params)

	out := &Output{Net: network, Infer: net.Lower(network, net.Infer)}
	if out.divide(o, &problems); problems.Err() != nil {
		return nil, problems
	}
	passes := pass.Options{Plain: o.Plain, Trace: o.Trace && o.Plain, Dump: o.Dump, DumpPass: o.DumpPass,
		Joins: plan.Joins}
	pass.Run(out.Infer, pass.Inference, passes)
	identify(out.Infer.Params)
	if s.Generate.Stream != "never" {
		out.stream(passes, &problems)
	}
	if g := network.Guard; g != nil {
		out.Hidden = pass.Until(out.Infer, g.Layer.Name, emit.HiddenPort, g.Pooled)
		pass.Run(out.Hidden, pass.Forward, passes)
	}
	pass.Run(out.Infer, pass.Forward, passes)
	training := passes // predictions, those in 8-bit integers too, have no workers, and only they join nodes
	training.Joins = nil
	if s.Generate.Train {
		training.Workers = o.Workers == ManyWorkers || o.Workers == WorkersBySize && SharesSteps(network)
		out.Eval, out.Step = net.Lower(network, net.Evaluate), net.Lower(network, net.Train)
		pass.Run(out.Eval, pass.Forward, training)
		pass.Run(out.Step, pass.Training, training)
	}

	graphs := out.graphs()
	graphs.Workers = training.Workers
	graphs.Plain = out.few() && s.Generate.Kernels != "made"
	out.Plan = plan.Build(graphs)
	if o.Int8 {
		out.planInt8(passes)
	}
	if o.Dump != nil && (o.DumpPass == plan.Pass || o.DumpPass == "all") {
		fmt.Fprintf(o.Dump, "; after %s\n%s", plan.Pass, out.Plan)
	}

	out.network = describe(out, o)
	if n := out.network; n.Tiny && n.ConstantBytes() > mostConstants {
		at := out.Net.Spec.Generate.Pos
		problems.Add("limit", at, "generate", "write `profile: full`",
			"weights of %d bytes are too many for constants: the tiny profile takes %d", n.ConstantBytes(), mostConstants)
		return nil, problems
	}
	out.kernels(o, &problems)
	if o.Int8 {
		out.int8Network = out.describeInt8(out.network, o.Int8Weights)
	}
	if o.PlanOnly {
		return out, problems
	}
	all, err := write(out.network, out.int8Network, o)
	var clashes emit.Clashes
	if errors.As(err, &clashes) {
		return nil, append(problems, clashErrors(clashes)...)
	}
	if err != nil {
		panic(fmt.Sprintf("BUG: %s: emitted code is not Go: %v", s.File, err))
	}
	out.Files = all
	limits(out, &problems)
	if problems.Err() != nil {
		return nil, problems
	}
	return out, problems
}

// graphs returns what a plan is made of.
func (out *Output) graphs() plan.Graphs {
	g := plan.Graphs{Infer: out.Infer, Stream: out.Stream, Block: out.Block, Hidden: out.Hidden, Eval: out.Eval,
		Step: out.Step}
	for _, l := range out.Net.Inputs {
		g.Inputs = append(g.Inputs, l.Name)
	}
	for _, o := range out.Net.Outputs {
		g.Outputs = append(g.Outputs, o.Name)
	}
	if out.Hidden != nil {
		g.Outputs = append(g.Outputs, emit.HiddenPort)
	}
	return g
}
