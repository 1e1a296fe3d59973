package codegen

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/pass"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/runtime"
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/encode"
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
	passes := pass.Options{Plain: o.Plain, Trace: o.Trace && o.Plain, Dump: o.Dump, DumpPass: o.DumpPass}
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
	if s.Generate.Train {
		passes.Workers = o.Workers == ManyWorkers || o.Workers == WorkersBySize && SharesSteps(network)
		out.Eval, out.Step = net.Lower(network, net.Evaluate), net.Lower(network, net.Train)
		pass.Run(out.Eval, pass.Forward, passes)
		pass.Run(out.Step, pass.Training, passes)
	}

	graphs := out.graphs()
	graphs.Workers = passes.Workers
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

// kernels makes kernels for the network, if they are wanted. It is an error if the spec asks for them and there can be
// none.
func (out *Output) kernels(o Options, problems *spec.ErrorList) {
	g := out.Net.Spec.Generate
	switch {
	case g.Kernels == "made" && g.Profile == spec.Tiny:
		problems.Add("kernels", g.KernelsPos, "generate", "leave out `kernels: made`, or `profile: tiny`",
			"the tiny profile has no assembly")
		return
	case o.Plain || g.Profile == spec.Tiny || g.Kernels == "library" || g.Kernels == "auto" && out.Plan.Plain:
		return
	}
	obstacles := out.Plan.MakeKernels(out.Net.Spec.Name, g.Kernels == "auto")
	if m := out.Plan.Made; m != nil {
		m.Assembly = bundle.Compact(m.Assembly)
	} else if out.Plan.Step != nil {
		steps := out.Plan.MakeStep(out.Net.Spec.Name, g.Kernels == "auto")
		if m := out.Plan.MadeStep; m != nil {
			m.Assembly = bundle.Compact(m.Assembly)
			obstacles = nil // of predictions of whole sequences
		} else {
			obstacles = append(obstacles, steps...)
		}
	}
	if g.Kernels != "made" {
		return
	}
	told := map[string]bool{}
	for _, o := range obstacles {
		at, subject := g.KernelsPos, "generate"
		what := "the network " + o.What
		if o.Node != nil {
			at, subject, what = o.Node.Pos, fmt.Sprintf("layer %q", o.Node.Layer), "it "+o.What
		}
		once := subject // one for each layer, and each of the network as a whole
		if o.Node == nil {
			once = what
		}
		if !told[once] {
			told[once] = true
			problems.Add("kernels", at, subject, fmt.Sprintf("leave out `kernels: made` at line %d:%d", g.KernelsPos.Line,
				g.KernelsPos.Col), "no kernels can be made: %s", what)
		}
	}
}

// clashErrors says which names of the spec become the same in Go.
func clashErrors(clashes emit.Clashes) (problems spec.ErrorList) {
	for _, c := range clashes {
		at, other := c.Second, c.First
		if at.What == "" {
			panic(fmt.Sprintf("BUG: %s is declared twice %s", c.Name, c.Scope))
		}
		what := "a name that every such package has"
		if other.What != "" {
			what = fmt.Sprintf("%s at line %d:%d", other.What, other.Pos.Line, other.Pos.Col)
		}
		problems.Add("name-clash", at.Pos, at.What, "give one of them another name",
			"it becomes %s %s, and so does %s", c.Name, c.Scope, what)
	}
	return problems
}

// stream makes the graph of one step from that of a prediction. It is an error if the spec asks for it and it can't be.
func (out *Output) stream(passes pass.Options, problems *spec.ErrorList) {
	for _, in := range out.Net.Spec.Inputs {
		if in.Layout != spec.ChannelsFirst || len(in.Shape) != 2 {
			continue
		}
		if out.Net.Spec.Generate.Stream == "always" {
			problems.Add("stream", in.LayoutPos, fmt.Sprintf("input %q", in.Name),
				"leave out layout, and write shape: [steps, channels]; or leave out `stream: always`",
				"the network can't be run step by step: with layout: channels_first no step lies together")
		}
		return
	}
	step, err := pass.Stream(out.Infer)
	errors.As(err, &out.Whole)
	switch g := out.Net.Spec.Generate; {
	case step != nil:
		identify(step.Params)
		if g.Profile != spec.Tiny {
			out.Block = pass.Block(out.Infer, step)
		}
		pass.Run(step, pass.Forward, passes)
		out.Stream = step
		if out.Block != nil {
			pass.Run(out.Block, pass.Forward, passes)
		}
	case g.Stream == "always" && err != nil:
		problems.Add("stream", out.Whole.Node.Pos, "generate",
			"leave out `stream: always`, or use causal and forward layers alone",
			"the network can't be run step by step: %s", err)
	case g.Stream == "always":
		problems.Add("stream", g.Pos, "generate", "leave out `stream: always`",
			"no layer remembers anything from one step to the next")
	}
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

// write emits the packages and adds the files of the runtime that they need. int8s is the package of 8-bit integers,
// nil for none.
func write(n, int8s *emit.Network, o Options) (map[string][]byte, error) {
	print := emit.Inference
	if n.Tiny {
		print = emit.Tiny
	}
	all, err := print(n)
	if err != nil {
		return nil, err
	}
	if n.Train != nil {
		train, err := emit.TrainPackage(n)
		if err != nil {
			return nil, err
		}
		maps.Copy(all, train)
	}
	if int8s != nil {
		if err := writeInt8(int8s, all); err != nil {
			return nil, err
		}
	}
	if n.Runtime != n.ImportPath+"/internal" {
		return all, nil
	}
	rows := 0
	if n.Train != nil {
		rows = n.Train.Batch
	}
	c := bundle.Config{Plain: n.Tiny || n.Plan.Plain, Narrow: !wide(n, rows), Source: runtime.Source, From: RuntimePath,
		To: n.Runtime, Header: runtimeHeader(o.Version)}
	if !n.Tiny {
		c.Variants = func(elsewhere func(pkg, name string) bool) func(machine, kernel, section string) bool {
			if int8s != nil {
				return plan.Variants(rows, elsewhere, n.Plan, int8s.Plan)
			}
			return plan.Variants(rows, elsewhere, n.Plan)
		}
	}
	copies, err := bundle.Files(c, all)
	if err != nil {
		return nil, err
	}
	for name, src := range copies {
		all[path.Join("internal", name)] = src
	}
	return all, nil
}

// mostConstants bounds the weights of a tiny package, in bytes: four characters of Go each, and what the largest
// microcontrollers have of flash.
const mostConstants = 16 << 20

// fewest is the number of elements and of multiply-adds up to which a network does without kernels: the perceptron of
// the examples, with 4, has a tenth of the source without, and takes some ten nanoseconds longer for a prediction.
const fewest = 16

// few tells whether a network does so few operations that kernels gain nothing.
func (out *Output) few() bool {
	large := func(g *ir.Graph) bool {
		return g != nil && slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool {
			return slices.ContainsFunc(n.Results, func(v *ir.Value) bool { return v.Shape.Size() > fewest })
		})
	}
	return work(out.Net).Evaluate <= fewest && !large(out.Infer) && !large(out.Stream)
}

// wide tells whether a network is to have the kernels for AVX-512.
func wide(n *emit.Network, rows int) bool {
	most := int64(0)
	for _, r := range n.Table {
		most = max(most, r.MACs)
	}
	return plan.Wide(rows, most, n.Plan)
}

// SharedRuntime returns the files of the runtime that packages of one module share, by path below the folder that they
// import it from: all of it, the same bytes for one version of nngen whatever the networks. A file in the folder itself
// declares a constant, pin, whose name changes with what the runtime does. Packages name the one that they were compiled
// for, so that none builds with another by accident.
func SharedRuntime(importPath, version string) (files map[string][]byte, pin string, err error) {
	header := runtimeHeader(version)
	files, err = bundle.Whole(bundle.Config{Source: runtime.Source, From: RuntimePath, To: importPath, Header: header})
	if err != nil {
		return nil, "", err
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text := bytes.TrimPrefix(files[name], []byte(header)) // neither version nor place count
		text = bytes.ReplaceAll(text, []byte(`"`+importPath+`/`), []byte(`"`+RuntimePath+`/`))
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	pin = fmt.Sprintf("RunNngenCompile%x", sum.Sum(nil)[:6])
	name := path.Base(importPath)
	files[name+".go"] = fmt.Appendf(nil, `%s

// Package %s holds the runtime that packages of this module share, compiled with generate: {runtime: shared}.
package %[2]s

// %[3]s is named by the packages that were compiled for this runtime. One that does not build for want
// of another name was compiled for another: run nngen compile for its spec, by the nngen that wrote this.
const %[3]s = true
`, header, name, pin)
	return files, pin, nil
}

// runtimeHeader begins each copy of a file of the runtime: its origin, and the notice that its licence asks for, which
// goes wherever the copy goes.
func runtimeHeader(version string) string {
	return fmt.Sprintf("// Code generated by nngen %s from its runtime; DO NOT EDIT.\n", version) +
		"// SPDX-License-Identifier: MIT\n// SPDX-FileCopyrightText: 2026 The nngen authors"
}

// describe gathers what emission needs to know.
func describe(out *Output, o Options) *emit.Network {
	s := out.Net.Spec
	n := &emit.Network{
		Name: s.Name, SpecBase: filepath.Base(s.File), Checksum: out.Net.Sum()[:12],
		ModelSum: out.Net.ModelSum(), Version: o.Version,
		ImportPath: o.ImportPath, Runtime: o.ImportPath + "/internal",
		Params: out.Net.Params, Steps: out.Net.Steps, Plan: out.Plan, Embed: o.Embed, MaxErrors: o.MaxErrors,
		Pos: s.NamePos, Trace: o.Trace,
	}
	if s.Generate.Profile == spec.Tiny {
		g := out.graphs()
		n.Tiny, n.Plan = true, plan.Tiny(out.Infer, out.Stream, nil, g.Inputs, g.Outputs)
		if o.Weights != nil {
			n.Constants = map[string][]byte{}
			for name, x := range plan.Folded(out.Infer, o.Weights) {
				n.Constants[name] = littleEndian(x)
			}
		}
	}
	switch {
	case o.Runtime != "":
		n.Runtime, n.Pin = o.Runtime, o.RuntimePin
	case s.Generate.Runtime == "import":
		n.Runtime, n.Edition = RuntimePath, abi.Edition
	}
	format := net.Format(s)
	n.Missing, n.DecimalComma = format.Missing, format.Comma
	for i, l := range out.Net.Inputs {
		port := emit.Port{Name: l.Name, Ident: spec.Ident(l.Name), Shape: l.Shape, Pos: l.Pos,
			Columns: columns(s.Inputs[i], o.Fitted), ChannelsFirst: s.Inputs[i].Layout == spec.ChannelsFirst}
		if v := l.Vocabulary; v != nil {
			port.Vocabulary = &emit.Vocabulary{Kind: v.Kind, Texts: v.Texts, Column: v.Column != "",
				Lower: v.Lower, Most: v.Most, Known: o.Fitted.KnowsAll(l.Name)}
			if v.Column != "" && v.Texts == nil {
				port.Vocabulary.Texts = o.Fitted.Words(l.Name)
			}
		}
		if port.Columns != nil {
			for _, r := range golden.Rows(o.Fitted.Columns(s.Inputs[i]), format) {
				port.Rows = append(port.Rows, emit.TableRow(r))
			}
		}
		port.Series = steps(s)
		if port.Series != nil {
			port.Holds = short(port.Series) + " of each step, the oldest first, as in the table"
		}
		port.Picture = s.Data != nil && s.Data.Train != nil && s.Data.Train.Image != nil
		n.Inputs = append(n.Inputs, port)
	}
	for _, p := range out.Net.Outputs {
		n.Outputs = append(n.Outputs, emit.Port{Name: p.Name, Ident: spec.Ident(p.Name), Shape: p.Layer.Shape,
			Pos: p.Layer.Pos, Task: p.Task, Classes: p.Classes, NextToken: p.NextToken,
			Metrics: metrics(p, len(out.Net.Outputs) == 1, append([]*spec.Spec{s}, o.Settings...)),
			Holds:   short(target(out.Net, p)), Series: foretold(out.Net, p),
			Targets: string(p.Rule()), ClassWeights: p.ClassWeights, Balanced: p.Balanced,
			Threshold: p.Threshold, Confidence: p.Confidence, Quantiles: p.Quantiles,
			Interval: p.Interval, Radius: p.Radius, Ratio: p.Ratio()})
	}
	if g := out.Net.Guard; g != nil {
		n.Guard = &emit.Guard{Layer: g.Layer.Source, Features: g.Features, Pooled: g.Pooled,
			Low: g.Low, High: g.High, Mean: g.Mean, Whiten: g.Whiten, Limit: g.Limit, Rate: g.Rate}
	}
	n.Undecided = undecided(out.Net)
	n.Table = Table(out.Net)
	n.PredictWork = predictWork(out.Net, o.Workers)
	if out.Step != nil {
		rows := o.Piece
		if rows == 0 {
			rows = out.Net.Piece()
		}
		n.Train = training(out.Net, rows, o.Settings)
		if o.Trace { // its values are those of a batch that is one
			n.Train.Chunks = 0
		}
		if o.Workers == ManyWorkers {
			n.Train.Work = emit.Work{Gradient: plenty, Evaluate: plenty, Add: plenty, Update: plenty}
		}
	}
	return n
}

// undecided returns the constants that are chosen when a training is over, with what they mean before.
func undecided(network *net.Net) (all []emit.Undecided) {
	for _, o := range network.Outputs {
		if o.Temperature != nil {
			all = append(all, emit.Undecided{Param: o.Temperature.Params[1],
				Means: "1, which leaves probabilities as they are trained"})
		}
		if o.Decision != nil && o.Decision.Rule != net.FixedThreshold {
			all = append(all, emit.Undecided{Param: o.Threshold, Means: "½, whatever the spec asks of the threshold"})
		}
		if o.Radius != nil {
			all = append(all, emit.Undecided{Param: o.Radius, Means: "so large that intervals hold everything"})
		}
	}
	if g := network.Guard; g != nil {
		all = append(all, emit.Undecided{Param: g.Limit,
			Means: "so small that Check calls everything unlike the training data"})
	}
	return all
}

// steps returns the columns of each step of the one input of a series; nil for no series.
func steps(s *spec.Spec) []string {
	if s.Data == nil || s.Data.Train == nil || s.Data.Train.Series == nil || s.Inputs[0].Tokens != nil {
		return nil
	}
	return s.Data.Train.Series.Columns
}

// foretold returns the columns of each of several steps that an output foretells; nil for one step, and for no series.
func foretold(network *net.Net, o *net.Output) []string {
	names := target(network, o)
	if steps(network.Spec) == nil || network.Spec.Data.Train.Series.Steps < 2 || o.Quantiles != nil || names == nil {
		return nil
	}
	return names
}

// target names the columns that a regression foretells, if the spec names them; nil if not.
func target(network *net.Net, o *net.Output) []string {
	s := network.Spec
	if s.Data == nil || s.Data.Train == nil || len(network.Outputs) != 1 || o.Task != "regression" {
		return nil
	}
	names := s.Data.Train.Label
	if n := s.Data.Train.Series; n != nil && names == nil {
		names = n.Columns
	}
	if slices.ContainsFunc(names, func(n string) bool {
		_, err := strconv.Atoi(n)
		return err == nil || n == "last" || n == "first" || strings.HasPrefix(n, "#")
	}) {
		return nil
	}
	return names
}

// short lists names as they may stand behind a size in a line.
func short(names []string) string {
	const most = 40 // characters
	text := []rune(strings.Join(names, ", "))
	if len(text) > most {
		text = append(text[:most-1], '…')
	}
	return string(text)
}

// columns returns the columns of an input as they are printed; nil if it names none, or is fed by other means too.
func columns(in spec.Input, fitted net.Fitted) []emit.Column {
	if len(in.Columns) != ir.Shape(in.Shape).Size() && !slices.ContainsFunc(in.Columns, spec.Column.Encoded) {
		return nil
	}
	var list []emit.Column
	for _, c := range fitted.Columns(in) {
		e := emit.Column{
			Name: c.Name, Kind: [...]string{"", "Words", "Flag", "Date"}[c.Kind], Values: c.Values, Most: c.Most,
			Other: c.Other, Missing: c.Missing, Fill: c.Fill, Indicator: c.Indicator,
			Unit: c.Unit, Yes: c.Yes(),
		}
		if c.Layout != encode.YearFirst {
			e.Layout = [...]string{"", "DayFirst", "MonthFirst", "Unix", "UnixMillis"}[c.Layout]
		}
		for _, p := range c.Parts {
			e.Parts = append(e.Parts, [...]string{"Year", "Month", "Day", "Weekday", "Hour", "YearDay"}[p])
		}
		for _, p := range c.Fixed {
			e.Fixed = append(e.Fixed, emit.Fixed(p))
		}
		list = append(list, e)
	}
	return list
}

// identify gives each parameter its name in generated code: h1.kernel becomes H1W.
func identify(params []*ir.Param) {
	short := map[string]string{"kernel": "W", "bias": "B"}
	for _, p := range params {
		dot := strings.LastIndexByte(p.Name, '.')
		layer, role := p.Name[:dot], p.Name[dot+1:]
		if s, ok := short[role]; ok {
			role = s
		} else {
			role = spec.Ident(role)
		}
		p.Ident = spec.Ident(layer) + role
	}
}
