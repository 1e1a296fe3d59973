package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// Graphs are those of one network, as the passes leave them, and the names of its ports.
type Graphs struct {
	Infer *ir.Graph
	// Stream, Block, Hidden, Core, Eval and Step may be nil. The output of Hidden is the last of Outputs. Core is a
	// prediction from int8 numbers to int8 numbers.
	Stream, Block, Hidden, Core, Eval, Step *ir.Graph
	Inputs, Outputs                         []string
	Workers                                 bool // several workers share Eval and Step
	Plain                                   bool // no kernels: the model has parameters as weight files do
}

// localLimit is the largest workspace of one example, in bytes, that is a local variable; larger ones come from a pool.
// Locals are zeroed at each call, which for 16 KiB takes about as long as a pool's Get and Put.
const localLimit = 16 << 10

// batchBytes bounds the workspace of a batch, which is worked off in pieces that stay in the second-level cache: half
// of the 512 KiB that the smaller ones have.
const batchBytes = 256 << 10

// weightShare bounds the workspace of a batch too, as a share of the weights, where that is more. Each piece reads all
// weights again, which memory delivers at some 2.5·10⁹ a second and core, for multiply-adds at 5·10¹⁰: pieces of 20
// examples take as long to read as to multiply, and from some hundred on reading does not show. Four layers of 2048
// units come to 128 examples, and take 1.5 times as many a second as in pieces of 16.
const weightShare = 32

// mostRows and leastRows bound the examples of a piece.
const mostRows, leastRows = 256, 8

// mostSteps bounds the steps of a piece of a block: those that read the weights in one go.
const mostSteps = 64

// leastSteps is the number of steps from which on a block takes less time than as many single steps, whose products of
// one row the model has prepared; of networks that convolve, leastConvolved, since a step of a convolution is prepared
// as little as a block. BenchmarkStepBlock with its steps cut into blocks of 1, 2, 3 and 4 shows where it turns.
const leastSteps, leastConvolved = 3, 2

// Pass is what dumps call the making of a plan, beside the passes; PassDoc says what it does.
const (
	Pass    = "pick"
	PassDoc = "picks a kernel for each node; behind all passes, since kernels read values where they are placed"
)

// Build picks a kernel for each node and returns what the code will do.
func Build(g Graphs) *Plan {
	p := &Plan{Plain: g.Plain}
	shared := newWorld(p, g.Inputs, g.Outputs)
	predict := &scope{geometries: &p.Geometries, suffix: "Geometry"}
	shared.layouts(g, predict)
	p.One = shared.function("forward1", g.Infer, predict, builder{single: true})
	p.Batch = shared.function("forward", g.Infer, predict, builder{})
	if g.Stream != nil {
		step := &scope{geometries: &p.StepGeometries, suffix: "StepGeometry"}
		p.Step = shared.function("Step", g.Stream, step, builder{single: true})
		if g.Block != nil {
			p.Block = shared.function("block", g.Block, step, builder{})
		}
	}
	if g.Hidden != nil {
		p.Hidden = shared.function("hidden1", g.Hidden, predict, builder{single: true})
	}
	if g.Core != nil {
		p.Core = shared.function("forward1Int8", g.Core, predict, builder{single: true})
		p.CoreBatch = shared.function("forwardInt8", g.Core, predict, builder{})
		p.CoreRows = p.CoreBatch.piece(mostRows)
	}
	shared.cells(g.Infer, predict)
	if g.Step != nil {
		train := &scope{geometries: &p.TrainGeometries, suffix: "Geometry"}
		of := builder{training: true, watch: true, workers: g.Workers}
		if g.Workers && !g.Plain {
			of.counted = countedSteps(g.Step)
		}
		p.Gradient = shared.function("gradient", g.Step, train, of)
		p.Evaluate = shared.function("evaluate", g.Eval, train, builder{training: true, workers: g.Workers})
	}
	p.placeParams()
	p.BatchRows = p.Batch.piece(mostRows)
	if p.Block != nil {
		p.BlockRows = p.Block.piece(mostSteps)
		if p.Step.Bounded() {
			p.BlockRows = min(p.BlockRows, g.Stream.Stream)
		}
		p.LeastBlock = leastSteps
		if slices.ContainsFunc(g.Block.Nodes, func(n *ir.Node) bool { return n.Prim == ir.ConvSteps }) {
			p.LeastBlock = leastConvolved
		}
	}
	return p
}

// piece returns the number of examples, at most some, that a function works off at a time.
func (f *Func) piece(most int) int {
	for most > leastRows && f.Bytes(most) > max(batchBytes, f.weightBytes()/weightShare) {
		most /= 2
	}
	return most
}

// weightBytes returns the bytes of the parameters that a call of the function reads whole: all but tables of vectors,
// of which an example reads those that it names. Those of 16 bits count as what they are widened to, by each piece
// anew.
func (f *Func) weightBytes() int64 {
	users := f.Graph.Users()
	bytes := int64(0)
	for _, n := range f.Graph.Nodes {
		if n.Prim == ir.ParamPrim && slices.ContainsFunc(users[n.Results[0]],
			func(u *ir.Node) bool { return u.Prim != ir.LookupPrim && u.Prim != ir.QuantRows }) {
			bytes += f.b.param(n.Param).Bytes()
		}
	}
	return bytes
}

// Local tells whether the workspace of the function is a local variable.
func (f *Func) Local() bool { return f.Bytes(1) <= localLimit }

// world is what the functions of a network share.
type world struct {
	plan          *Plan
	ports         map[string]int // by "in " or "out " and name
	ins, outNames []string
	params        map[*ir.Param]*Param
	fields        map[string]Layer // prepared products, by field
}

// scope is what the functions of a file share: its variables.
type scope struct {
	geometries *[]*Geometry
	suffix     string
	byLayer    map[string][]*Geometry
}

// geometry returns the variable for the convolution of a node: one for each layer, unless a layer has several.
func (s *scope) geometry(n *ir.Node) *Geometry {
	want := ir.Geometry(n)
	known := s.byLayer[n.Layer]
	for _, g := range known {
		if g.ConvGeometry == want {
			return g
		}
	}
	g := &Geometry{want, fieldName(n.Layer) + s.suffix + strings.Repeat("2", len(known)), n}
	if s.byLayer == nil {
		s.byLayer = map[string][]*Geometry{}
	}
	s.byLayer[n.Layer] = append(known, g)
	*s.geometries = append(*s.geometries, g)
	return g
}

// layouts decides how the model stores its parameters: as the kernels of all readers want it, else as weight files do;
// and in the type of the files if all readers have kernels for that, else as float32.
func (w *world) layouts(graphs Graphs, vars *scope) {
	g := graphs.Infer
	for _, n := range g.Nodes {
		if n.Prim.Geometry {
			vars.geometry(n)
		}
	}
	users := g.Users()
	for _, n := range g.Nodes {
		if n.Prim != ir.ParamPrim {
			continue
		}
		p := &Param{Param: n.Param}
		var reader *ir.Node
		for i, r := range users[n.Results[0]] {
			want := Layout{}
			if !graphs.Plain {
				want = wanted(r, n.Results[0])
			}
			if i > 0 && want != p.Layout {
				want = Layout{}
			}
			p.Layout, reader = want, r
			if want == (Layout{}) {
				break
			}
		}
		if p.Layout.Order == FilterPanels {
			p.Geometry = vars.geometry(reader)
		}
		w.params[n.Param] = p
	}
	for _, p := range g.Params {
		w.plan.Params = append(w.plan.Params, w.param(p))
	}
	w.storage(graphs)
}

// storage decides in which type the model stores its parameters.
func (w *world) storage(graphs Graphs) {
	float32s := map[*ir.Param]bool{}
	for _, g := range []*ir.Graph{graphs.Infer, graphs.Stream, graphs.Block, graphs.Hidden} {
		if g == nil {
			continue
		}
		users := g.Users()
		for _, n := range g.Nodes {
			if n.Prim == ir.ParamPrim && n.Param.DType != ir.Float32 &&
				slices.ContainsFunc(users[n.Results[0]],
					func(r *ir.Node) bool { return !readsStored(r, n.Results[0], w.param(n.Param)) }) {
				float32s[n.Param] = true
			}
		}
	}
	for _, p := range w.plan.Params {
		if !float32s[p.Param] {
			p.Storage = p.DType
		}
	}
}

// readsStored tells whether a reader has a kernel for a parameter in its layout and the type of the files.
func readsStored(reader *ir.Node, v *ir.Value, p *Param) bool {
	return slices.ContainsFunc(byPrim[reader.Prim], func(k *Kernel) bool {
		if !k.reads(p.DType) || k.Fits != nil {
			return false
		}
		for i, a := range reader.Args {
			if a != v {
				continue
			}
			want := Layout{}
			if k.packs(i) {
				want = k.Wants(reader, i)
			}
			if want != p.Layout || i != k.Weights && i != k.More {
				return false
			}
		}
		return true
	})
}

// wanted returns the layout in which a reader has a kernel for a parameter; that of weight files if it has none, or
// reads it otherwise too.
func wanted(reader *ir.Node, v *ir.Value) Layout {
	for _, k := range byPrim[reader.Prim] {
		if k.Wants == nil {
			continue
		}
		at := slices.Index(reader.Args, v)
		if !k.packs(at) || slices.Contains(reader.Args[at+1:], v) {
			return Layout{}
		}
		return k.Wants(reader, at)
	}
	return Layout{}
}

// param returns the array of a parameter.
func (w *world) param(p *ir.Param) *Param {
	if w.params[p] == nil {
		w.params[p] = &Param{Param: p} // one of a stream, or that predictions do not read
	}
	return w.params[p]
}

// cells prepares the recurrent layers that one example, or a step, runs on: those that see one sequence for each
// example.
func (w *world) cells(g *ir.Graph, vars *scope) {
	b := &builder{world: w, scope: vars, g: g, single: true}
	used := map[string]bool{}
	for _, f := range []*Func{w.plan.One, w.plan.Step, w.plan.Hidden} {
		if f != nil {
			Uses(f.Paragraphs, func(a Arg) bool { c, ok := a.(Call); used[c.Field] = used[c.Field] || ok; return false })
		}
	}
	for _, n := range g.Nodes {
		if !hasCell(n) || !used[cellField(n)] {
			continue
		}
		c, typ := ir.CellOf(n), cellName(n)+"Cell"
		w.plan.Cells = append(w.plan.Cells, Cell{Field: cellField(n), Type: typ, Shape: recurrence(n),
			Weights: b.optional(c.W, c.V, c.Bias), Node: n})
	}
}

// builder makes the body of one function.
type builder struct {
	*world
	*scope
	g        *ir.Graph
	single   bool
	training bool
	portable bool
	outs     map[*ir.Value]Span
	dense    map[*ir.Param]*Param // of a training function
	shapes   map[string]ir.Shape  // of the outputs of layers
	backward bool                 // whether the losses have been passed
	watch    bool                 // whether the outputs of layers are looked at
	workers  bool                 // whether several workers share the function
	ranged   bool                 // whether they share out the examples of the node at hand
	counted  int                  // the steps of an example, where just those that count are rows: see countedSteps
}

// function makes the body of one function of a graph, of the kind that b says.
func (w *world) function(name string, g *ir.Graph, vars *scope, of builder) *Func {
	b := &of
	b.world, b.scope, b.g = w, vars, g
	b.outs, b.dense, b.shapes = map[*ir.Value]Span{}, map[*ir.Param]*Param{}, map[string]ir.Shape{}
	f := &Func{Name: name, Graph: g, Single: b.single, Training: b.training, Workers: b.workers, Counted: b.counted,
		b: b}
	for _, o := range g.Outputs {
		if v := root(o.Value); v.Place == ir.InOutput {
			if _, known := b.outs[v]; !known {
				b.outs[v] = b.typedPort(Output, "out "+o.Name, v)
			}
		}
	}
	for _, l := range g.Layers {
		b.shapes[l.Name] = l.Value.Shape
	}
	b.body(f)
	return f
}

// body fills in the paragraphs of a function.
func (b *builder) body(f *Func) {
	lastLoss := -1
	for i, n := range b.g.Nodes {
		if n.Prim == ir.LossGrad || n.Prim == ir.LossPrim && !b.workers {
			lastLoss = i
		}
	}
	phases := b.g.Phases()
	var losses []*AddLoss
	var current subject
	turns := 0
	var watched *ir.Node // the last of those forward, whose layer may go on
	for i, n := range b.g.Nodes {
		b.backward = lastLoss >= 0 && i > lastLoss
		k := pick(b, n)
		if k.Call == nil {
			continue
		}
		b.ranged = b.workers && phases[n]%2 == 0
		s := Step{Node: n, Kernel: k, Phase: phases[n], Stmts: k.Call(b, n)}
		for _, stmt := range s.Stmts {
			k.check(stmt)
			if l, ok := stmt.(*AddLoss); ok {
				losses = append(losses, l)
			}
		}
		if b.workers && !b.ranged {
			s.Stmts = b.share(k, n, s.Stmts, &turns)
		}
		isLoss := n.Prim == ir.LossPrim || n.Prim == ir.LossGrad
		if b.watch && watched != nil && (n.Layer != watched.Layer || isLoss || b.backward || b.workers &&
			phases[n] != phases[watched]) {
			last := &f.Paragraphs[len(f.Paragraphs)-1]
			last.Steps = append(last.Steps, b.watching(watched, phases[watched]))
		}
		if watched = nil; !isLoss && !b.backward && b.ref(n.Results[0]) != Arg(Nil{}) {
			watched = n
		}
		of := subject{layer: n.Layer, gradient: b.isGrad(n)}
		if b.workers {
			of.phase = phases[n]
		}
		if len(f.Paragraphs) == 0 || of != current {
			current = of
			title := b.title(n)
			if k.Name == squaresRow {
				pool := b.squares(n)
				title += fmt.Sprintf(", and %s → %s", pool.Layer, pool.Results[0].Shape.Row())
			}
			f.Paragraphs = append(f.Paragraphs, Paragraph{Title: title})
		}
		last := &f.Paragraphs[len(f.Paragraphs)-1]
		last.Steps = append(last.Steps, s)
	}
	if len(losses) == 1 && !b.workers {
		losses[0].Only = true
	}
	b.copies(f, phases)
	b.ranged = false
}

// subject is what the steps of a paragraph have in common.
type subject struct {
	layer    string
	gradient bool
	phase    int // 0 where no workers share out the work
}

// watching returns the step that looks at what a node made.
func (b *builder) watching(n *ir.Node, phase int) Step {
	defer func(ranged bool) { b.ranged = ranged }(b.ranged)
	b.ranged = b.workers && phase%2 == 0
	return Step{Phase: phase, Stmts: []Stmt{Watch{"layer " + n.Layer, b.ref(n.Results[0])}}}
}

// share returns statements by which workers share out those of a node that sums over examples. All losses are summed by
// one worker, in order; other things that only one may do go round.
func (b *builder) share(k *Kernel, n *ir.Node, stmts []Stmt, turns *int) []Stmt {
	switch {
	case k.Share != nil:
		d := k.Share(b, n)
		for _, s := range d.Stmts {
			k.check(s)
		}
		return []Stmt{d}
	case n.Prim == ir.LossPrim:
		return []Stmt{Turn{0, stmts}}
	}
	*turns++
	return []Stmt{Turn{*turns, stmts}}
}

// copies ends a function with copies of outputs that are not made in their place.
func (b *builder) copies(f *Func, phases map[*ir.Node]int) {
	for _, o := range b.g.Outputs {
		at := phases[o.Value.Def]
		at += at % 2
		b.ranged = b.workers
		dst, src := Arg(b.typedPort(Output, "out "+o.Name, o.Value)), b.ref(o.Value)
		if dst == src {
			continue
		}
		step := Step{Phase: at, Stmts: []Stmt{Copy{dst, src}}}
		to := len(f.Paragraphs) - 1
		for b.workers && to >= 0 && f.Paragraphs[to].Phase() > at {
			to--
		}
		if to < 0 || b.workers && f.Paragraphs[to].Phase() != at {
			to++
			f.Paragraphs = slices.Insert(f.Paragraphs, to, Paragraph{})
		}
		f.Paragraphs[to].Steps = append(f.Paragraphs[to].Steps, step)
	}
}

// isGrad tells whether a node is part of a gradient: behind the losses, or one that gives its own.
func (b *builder) isGrad(n *ir.Node) bool {
	if b.backward && n.Prim != ir.LossPrim {
		return true
	}
	for _, r := range n.Results {
		if r.Gradient || r.Place == ir.InGrad {
			return true
		}
	}
	return false
}

// title says what a paragraph does: h1: 64 → 32, relu.
func (b *builder) title(n *ir.Node) string {
	if b.isGrad(n) {
		return "gradient of " + n.Layer
	}
	if n.Prim == ir.FakeQuantWeights { // what its layer does is what takes the rounded weights
		for _, m := range b.g.Nodes {
			if m.Layer == n.Layer && slices.Contains(m.Args, n.Results[0]) {
				n = m
				break
			}
		}
	}
	var in []string
	for _, a := range n.Args {
		if a.Shape.Batched() && root(a).Def.Prim != ir.RangePrim {
			in = append(in, a.Shape.Row().String())
		}
	}
	title := n.Layer
	out, known := b.shapes[n.Layer]
	if !known {
		out = n.Results[0].Shape
	}
	if len(in) > 0 && len(out) > 0 {
		title += fmt.Sprintf(": %s → %s", strings.Join(in, ", "), out.Row())
	}
	if act := n.Text("act"); act != "" {
		title += ", " + act
	}
	return title
}

// root returns the value whose storage v is in.
func root(v *ir.Value) *ir.Value {
	for v.Of != nil {
		v = v.Of
	}
	return v
}

// ref returns the range that holds a value; Nil for an optional result that nothing reads.
func (b *builder) ref(v *ir.Value) Arg {
	size := v.Shape.Size()
	v = root(v)
	switch v.Place {
	case ir.Unplaced:
		if v.Def.MayLack(v.Index) {
			return Nil{}
		}
	case ir.InInput:
		return b.typedPort(Input, "in "+v.Def.Text("name"), v)
	case ir.InTarget:
		return b.port(Target, "out "+v.Def.Text("name"))
	case ir.InWeight:
		if output := v.Def.Text("output"); output != "" {
			s := b.port(ClassRows, "out "+output)
			s.Len, s.PerRow = size, true
			return b.part(s)
		}
		return Span{Mem: RowWeights, Len: -1}
	case ir.InParam:
		if v.Def.Prim == ir.RangePrim {
			s := b.ref(v.Def.Args[0]).(Span)
			s.Len, s.ByStep, s.PerRow = size, true, true
			return s
		}
		if v.Def.Prim == ir.AtPrim {
			s := b.ref(v.Def.Args[0]).(Span)
			s.Len, s.ByStep = v.Def.Results[0].Shape.Size(), !v.Def.Bool("alike")
			return s
		}
		return b.parameter(v.Def.Param)
	case ir.InGrad:
		return Span{Mem: Gradient, Param: b.param(v.Grad), Len: -1}
	case ir.InOutput:
		return b.outs[v]
	case ir.InSlot:
		s := Span{Mem: Slot, Slot: v.Slot, Len: size, PerRow: v.Slot.PerRow && !b.single}
		if s.PerRow && b.counted > 0 {
			s.Len /= b.counted
		}
		if !s.PerRow && size == v.Slot.Size {
			s.Len = -1
		}
		return b.part(s)
	}
	panic(fmt.Sprintf("BUG: value %s of %s has no place", v, v.Def))
}

// part returns the part of a range that belongs to the examples of a worker, where examples are shared out.
func (b *builder) part(s Span) Span {
	if b.ranged && s.PerRow {
		s.Part = s.Len
	}
	return s
}

// port returns the array of an input, target or output.
func (b *builder) port(mem Memory, name string) Span {
	i, ok := b.ports[name]
	if !ok {
		panic("BUG: no port " + name)
	}
	return Span{Mem: mem, Port: i, Len: -1}
}

// typedPort returns the array of an input or output that holds a value.
func (b *builder) typedPort(mem Memory, name string, v *ir.Value) Span {
	s := b.port(mem, name)
	s.Int8 = v.DType() == ir.Int8
	return s
}

// parameter returns the array of a parameter.
func (b *builder) parameter(p *ir.Param) Span {
	s := Span{Mem: Parameter, Param: b.param(p), Len: -1}
	if p.Role == ir.Carried {
		s.Mem = Carried
	}
	return s
}

// param returns the array of a parameter, in training as weight files have it.
func (b *builder) param(p *ir.Param) *Param {
	if !b.training {
		return b.world.param(p)
	}
	if b.dense[p] == nil {
		b.dense[p] = &Param{Param: p}
	}
	return b.dense[p]
}

// stores tells whether the parameters that a node reads are stored as a kernel wants them: in its layout and type.
func (b *builder) stores(k *Kernel, n *ir.Node) bool {
	if k.Call == nil {
		return true
	}
	for i, a := range n.Args {
		want := Layout{}
		if k.packs(i) {
			want = k.Wants(n, i)
		}
		have := &Param{}
		if a.Def.Prim == ir.ParamPrim {
			have = b.param(a.Def.Param)
		}
		if have.Layout != want || have.Storage != ir.Float32 && i != k.Weights {
			return false
		}
		if i == k.Weights && !k.reads(have.Storage) {
			return false
		}
	}
	return true
}

// from returns a span without its first elements.
func from(a Arg, offset int) Arg {
	s := a.(Span)
	s.From += offset
	return s
}

// rows returns the number of rows that v has when its last axes have width elements.
func (b *builder) rows(v *ir.Value, width int) Arg {
	per := v.Shape.Size() / width
	switch {
	case b.single || !v.Shape.Batched():
		return Int(per)
	case b.counted > 0 && per%b.counted != 0:
		panic(fmt.Sprintf("BUG: of %d rows of an example some belong to no step", per))
	case b.counted > 0:
		return Count(per / b.counted)
	}
	return Count(per)
}

// refs returns the ranges of values.
func (b *builder) refs(groups ...[]*ir.Value) []Arg {
	var all []Arg
	for _, g := range groups {
		for _, v := range g {
			all = append(all, b.ref(v))
		}
	}
	return all
}

// optional returns the ranges of values, Nil for those that are nil.
func (b *builder) optional(vs ...*ir.Value) []Arg {
	var all []Arg
	for _, v := range vs {
		if v == nil {
			all = append(all, Nil{})
		} else {
			all = append(all, b.ref(v))
		}
	}
	return all
}

// call returns one statement: a call with arguments, each an Arg or a list of them.
func call(pkg, name string, args ...any) []Stmt {
	return []Stmt{invoke(Callee{Pkg: pkg, Name: name}, args...)}
}

// invoke returns a call with arguments, each an Arg or a list of them.
func invoke(f Callee, args ...any) Call {
	c := Call{Callee: f}
	for _, a := range args {
		switch a := a.(type) {
		case []Arg:
			c.Args = append(c.Args, a...)
		case Arg:
			c.Args = append(c.Args, a)
		default:
			panic(fmt.Sprintf("BUG: %T is no argument of %s", a, f.Name))
		}
	}
	return c
}

// fieldName returns a layer's name as an identifier that is not exported.
func fieldName(layer string) string {
	var b strings.Builder
	for _, part := range strings.FieldsFunc(layer, func(r rune) bool { return r == '_' || r == '.' }) {
		first := strings.ToUpper(part[:1])
		if b.Len() == 0 {
			first = strings.ToLower(part[:1])
		}
		b.WriteString(first + part[1:])
	}
	return b.String()
}

// goName turns the name of a function into that of its Go function: leaky_relu becomes LeakyReLU.
func goName(f string) string {
	if s, ok := initialisms[f]; ok {
		return s
	}
	var b strings.Builder
	for _, part := range strings.Split(f, "_") {
		if s, ok := initialisms[part]; ok {
			b.WriteString(s)
			continue
		}
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return b.String()
}

// GoName is goName for those that print names of functions.
func GoName(f string) string { return goName(f) }

var initialisms = map[string]string{
	"relu": "ReLU", "elu": "ELU", "selu": "SELU", "gelu": "GELU", "silu": "SiLU", "mse": "MSE", "mae": "MAE",
	"rmse": "RMSE", "roc": "ROC", "auc": "AUC",
	"crossentropy": "CrossEntropy", "kl": "KL",
}

// shared returns the part of a range that belongs to the things of a worker, each of which has some elements.
func shared(a Arg, each int) Arg {
	s := a.(Span)
	s.Part = each
	return s
}

// begun returns a range from the first thing of a worker on.
func begun(a Arg, each int) Arg {
	s := a.(Span)
	s.Part, s.Open = each, true
	return s
}

// Portable returns the plan of a prediction of one example, in One, of a step of a stream, and of a prediction from
// int8 numbers to int8 numbers, in Core, for a printer of another language: they read parameters as weight files have
// them, and need nothing that a model prepares but the cells that steps name. The values of the graphs are placed;
// those of steps and of the core may be nil.
func Portable(infer, step, core *ir.Graph, inputs, outputs []string) *Plan {
	p := &Plan{}
	w := newWorld(p, inputs, outputs)
	vars := &scope{geometries: &p.Geometries, suffix: "Geometry"}
	p.One = w.function("predict", infer, vars, builder{single: true, training: true, portable: true})
	if step != nil {
		vars := &scope{geometries: &p.StepGeometries, suffix: "StepGeometry"}
		p.Step = w.function("step", step, vars, builder{single: true, training: true, portable: true})
		w.cells(infer, vars)
		p.Step.arena()
	}
	if core != nil {
		p.Core = w.function("predict_int8", core, vars, builder{single: true, training: true, portable: true})
		p.Core.arena()
	}
	p.One.arena()
	return p
}

// newWorld returns what the functions of a network with some ports share.
func newWorld(p *Plan, inputs, outputs []string) *world {
	w := &world{plan: p, ports: map[string]int{}, params: map[*ir.Param]*Param{}, fields: map[string]Layer{}}
	w.ins, w.outNames = inputs, outputs
	for i, name := range inputs {
		w.ports["in "+name] = i
	}
	for i, name := range outputs {
		w.ports["out "+name] = i
	}
	return w
}
