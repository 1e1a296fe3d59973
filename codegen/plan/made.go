package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nngen/nngen/asm/made"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/rnn"
)

// Assembly is that of kernels made for one network.
type Assembly = made.Assembly

// Made are kernels made for one network, which do what the functions One and Batch of the plan do: see package made of
// asm.
type Made struct {
	One, Lanes string // names of the functions
	// WideOne and WideLanes are these with AVX-512, which are faster where 512 bits are one piece. WideOne is "" of
	// networks of which that for AVX2 is as fast.
	WideOne, WideLanes string
	// OneSignature and LanesSignature are their parameters, as Go has them.
	OneSignature, LanesSignature string
	// Params are the arrays that both take as w1, w2 and so on, behind the outputs and the inputs.
	Params []*Param
	// Rows is the number of examples that Lanes works off at a time, WideRows that of WideLanes, and MostRows that of a
	// call, a multiple of both: kernels do not hold the processor for more than about 0.1 ms.
	Rows, WideRows, MostRows int
	Assembly
}

// callWork is the number of multiply-adds of a call of a kernel, some 4·10⁷ of which a core does a millisecond.
const callWork = 1 << 22

// mostUnits is the most numbers of a layer for which kernels are made, mostOps the most operations of a network, and
// mostWork the most multiply-adds of an example: of a deeper network one round of examples takes too long for a call.
const (
	mostUnits = made.MostUnits
	mostOps   = made.MostOps
	mostWork  = callWork / made.WideRows
)

// MadeFor lists what has kernels made for the network, in words: predictions, steps, gradients.
func (p *Plan) MadeFor() (all []string) {
	if p.Made != nil {
		all = append(all, "predictions")
	}
	if p.MadeStep != nil {
		all = append(all, "steps")
	}
	if p.MadeGradient != nil {
		all = append(all, "gradients")
	}
	return all
}

// Obstacle is why no kernels can be made for a network.
type Obstacle struct {
	Node *ir.Node // of the layer that is in the way; nil for the network as a whole
	What string   // of the layer or the network: has 100 numbers, of which 64 are the most
}

// MadeStep is a kernel made for one step of a stream, which does what the function Step of the plan does behind the
// first step: see package made of asm.
type MadeStep struct {
	Name string // of the function
	Wide string // of the one with AVX-512; "" for none
	// WholeRegisters says that the latter is the faster one only where 512 bits are whole.
	WholeRegisters bool
	// Signature are their parameters, as Go has them.
	Signature string
	// Arrays are those that both take as w1, w2 and so on, behind the outputs and the inputs, and States those that
	// they take then.
	Arrays []MadeArray
	States []*ir.Param
	Assembly
}

// MadeArray is an array of the model that a kernel reads: a parameter, or of a cell that the model prepares its
// weights or its biases.
type MadeArray struct {
	Param  *Param // nil of a cell
	Cell   string // the field of the model
	Method string // Weights or Biases
}

// fewUnits is the most units of cells for which steps are as fast in the library: those of one register.
const fewUnits = 8

// MakeStep makes a kernel for steps, and keeps it in the plan, if the network is one that it is for: recurrent cells
// whose units lie side by side, and small layers. It returns what is in the way; none if it can be made. If auto, it
// is made only where it should be faster: see the doc of the package.
func (p *Plan) MakeStep(pkg string, auto bool) []Obstacle {
	if p.Step == nil {
		return []Obstacle{{What: "can't be run step by step"}}
	}
	d, obstacles := p.Step.describe()
	net := &d.net
	if len(obstacles) == 0 && !slices.ContainsFunc(net.Ops, func(o made.Op) bool { return o.Cell() }) {
		obstacles = []Obstacle{{What: "has no recurrent cell"}}
	}
	if len(obstacles) == 0 && p.Step.Bounded() {
		obstacles = []Obstacle{{What: "has numbers for each step"}}
	}
	if len(obstacles) > 0 {
		return obstacles
	}
	if auto && !slices.ContainsFunc(net.Ops, func(o made.Op) bool { return o.Cell() && o.Size > fewUnits }) {
		return nil
	}
	m := &MadeStep{Name: "stepSIMD", Signature: net.OneSignature(), Arrays: d.arrays, States: d.states}
	if net.Wide() {
		m.Wide, m.WholeRegisters = "stepAVX512", net.WholeRegisters()
	}
	asm, err := made.MakeStep(pkg, m.Name, m.Wide, net)
	if err != nil {
		panic(fmt.Sprintf("BUG: no kernel can be made: %v", err))
	}
	m.Assembly = asm
	p.MadeStep = m
	return nil
}

// MakeKernels makes kernels for predictions, and keeps them in the plan, if the network is one that they are for: small
// layers, each of which reads the one before. It returns what is in the way; none if they can be made. If auto, they
// are made only where measurements tell that they should be faster: see the doc of the package.
func (p *Plan) MakeKernels(pkg string, auto bool) []Obstacle {
	d, obstacles := p.One.describe()
	if len(obstacles) == 0 && slices.ContainsFunc(d.arrays, func(a MadeArray) bool { return a.Param == nil }) {
		obstacles = []Obstacle{{What: "has a recurrent cell"}}
	}
	net := &d.net
	if len(obstacles) > 0 || auto && !pays(net) {
		return obstacles
	}
	var params []*Param
	for _, a := range d.arrays {
		params = append(params, a.Param)
	}
	m := &Made{One: "predictSIMD", Lanes: "predictBatchSIMD", WideLanes: "predictBatchAVX512", Params: params,
		Rows: made.Rows, WideRows: made.WideRows, OneSignature: net.OneSignature(),
		LanesSignature: net.LanesSignature()}
	if net.WideOne() {
		m.WideOne = "predictAVX512"
	}
	asm, err := made.Make(pkg, made.Names{One: m.One, Lanes: m.Lanes, WideOne: m.WideOne, WideLanes: m.WideLanes}, net)
	if err != nil {
		panic(fmt.Sprintf("BUG: no kernel can be made: %v", err))
	}
	m.Assembly = asm
	m.MostRows = callWork / net.Work() / made.WideRows * made.WideRows
	p.Made = m
	return nil
}

// describe describes a function of one example for package made, with the arrays that it reads, or says what has no
// form there.
func (f *Func) describe() (*describer, []Obstacle) {
	d := &describer{f: f, slots: map[*ir.Slot]int{}}
	var obstacles []Obstacle
	whole := func(ok bool, format string, args ...any) {
		if !ok {
			obstacles = append(obstacles, Obstacle{What: fmt.Sprintf(format, args...)})
		}
	}
	in, out := f.Sizes()
	whole(len(in) == 1 && len(out) == 1, "has %d inputs and %d outputs, and kernels are for one of each", len(in),
		len(out))
	if len(obstacles) > 0 {
		return d, obstacles
	}
	d.net.In, d.net.Out = in[0], out[0]
	whole(d.net.In <= mostUnits, "has %d inputs, of which %d are the most", d.net.In, mostUnits)
	whole(d.net.Out <= mostUnits, "has %d outputs, of which %d are the most", d.net.Out, mostUnits)
	for i, s := range f.Graph.Slots {
		d.slots[s] = i
		d.net.Slots = append(d.net.Slots, s.Size)
	}
	for _, p := range f.Paragraphs {
		for _, s := range p.Steps {
			if what := d.step(s); what != "" {
				obstacles = append(obstacles, Obstacle{s.Node, what})
			}
		}
	}
	if len(obstacles) == 0 {
		whole(len(d.net.Ops) <= mostOps, "takes %d operations, of which %d are the most", len(d.net.Ops), mostOps)
		whole(d.net.Work() <= mostWork, "takes %d multiply-adds, of which %d are the most", d.net.Work(), mostWork)
		whole(d.net.Fits() || len(obstacles) > 0, "does nothing")
	}
	return d, obstacles
}

// describer makes the description of a function.
type describer struct {
	f      *Func
	net    made.Net
	arrays []MadeArray // as net.Params
	states []*ir.Param // as net.States
	slots  map[*ir.Slot]int
}

// What is said of layers that have no form.
const (
	otherKind  = "is neither dense nor works on each number or on a softmax"
	otherArray = "reads something else than a whole array of float32"
)

// step adds what a step does; it returns why kernels are not made for it, "" if they are.
func (d *describer) step(s Step) string {
	if s.Node == nil {
		c, ok := s.Stmts[0].(Copy)
		if !ok || len(s.Stmts) != 1 {
			return otherArray
		}
		return d.add(made.Op{Kind: made.Copy, Doc: "the output", Size: d.net.Out}, c.Dst, c.Src)
	}
	n := s.Node
	switch n.Prim {
	case ir.LSTMStep, ir.GRUStep, ir.SimpleStep:
		return d.cell(n)
	case ir.GemmNN, ir.MapPrim, ir.AffinePrim, ir.AddPrim, ir.SoftmaxPrim:
	default:
		return otherKind
	}
	y := n.Results[0]
	o := made.Op{Size: y.Shape.Size()}
	values := []Arg{d.f.b.ref(y)}
	for _, a := range n.Args {
		if a.Def.Prim == ir.ParamPrim {
			i, ok := d.param(a.Def.Param)
			if !ok {
				return otherArray
			}
			o.Params = append(o.Params, i)
			continue
		}
		values = append(values, d.f.b.ref(a))
	}
	o.Doc = d.doc(n, o.Params)
	if alpha, ok := n.Attr("alpha").(float64); ok {
		x := float32(alpha)
		o.Alpha = &x
	}
	switch n.Prim {
	case ir.GemmNN:
		w := n.Args[1]
		if w.Def.Prim != ir.ParamPrim || d.f.b.param(w.Def.Param).Layout.Order != GemmPanels ||
			n.Args[0].Shape.Size() != w.Shape[0] {
			return "is no dense layer of one row"
		}
		e := d.f.b.epilogue(n)
		if e.Saved != nil || e.Act != "" && e.Act != "relu" && e.Act != "leaky_relu" {
			return fmt.Sprintf("has %s in its product, where kernels have relu and leaky_relu", e.Act)
		}
		o.Kind, o.Terms, o.Act = made.Dense, w.Shape[0], e.Act
		o.Chains = gemm.Chains(w.Shape[1], w.Shape[0])
	case ir.MapPrim:
		o.Kind, o.F = made.Map, goName(n.F)
	case ir.AffinePrim:
		o.Kind = made.Affine
		for _, a := range n.Args[1:] {
			if a.Shape.Size() != o.Size {
				return "has one constant for several numbers"
			}
		}
	case ir.AddPrim:
		o.Kind = made.Add
	case ir.SoftmaxPrim:
		o.Kind = made.Softmax
		if last(n.Args[0]) != o.Size {
			return "has several softmaxes"
		}
	}
	switch {
	case o.Size > mostUnits:
		return fmt.Sprintf("has %d numbers, of which %d are the most", o.Size, mostUnits)
	case !o.Fits():
		return fmt.Sprintf("has %s, of which there is no kernel", n.F)
	}
	return d.add(o, values...)
}

// cells are the kinds of steps, with their gates.
var cells = map[*ir.Prim]struct {
	kind  made.Kind
	gates int
}{ir.LSTMStep: {made.LSTM, 4}, ir.GRUStep: {made.GRU, 3}, ir.SimpleStep: {made.Simple, 1}}

// cell adds the step of a recurrent cell; it returns why no kernel is made for it, "" if one is.
func (d *describer) cell(n *ir.Node) string {
	c, row := ir.CellOf(n), cells[n.Prim]
	o := made.Op{Kind: row.kind, Size: c.V.Shape[0], Terms: last(c.X)}
	switch {
	case c.Mask != nil:
		return "has a mask"
	case c.X.Shape.Size() != o.Terms:
		return "has several sequences"
	case o.Size > made.MostCell || !rnn.SideBySide(o.Terms, o.Size, row.gates):
		return fmt.Sprintf("has %d units, of which %d are the most", o.Size, made.MostCell)
	}
	field := cellField(n)
	for _, method := range []string{"Weights", "Biases"} {
		o.Params = append(o.Params, d.array(MadeArray{Cell: field, Method: method}))
	}
	o.Doc = d.doc(n, o.Params)
	values := []Arg{nil, d.f.b.ref(c.X)}
	for _, s := range n.Args[:n.Prim.Cell.Before] {
		values = append(values, d.f.b.ref(s))
	}
	return d.add(o, values...)
}

// doc says what an operation does, and with which arrays: hidden: 4 → 16, relu (w3, w4).
func (d *describer) doc(n *ir.Node, params []int) string {
	const most = 80 // characters
	title := []rune(d.f.b.title(n))
	if len(title) > most {
		title = append(title[:most-1], '…')
	}
	var names []string
	for _, i := range params {
		names = append(names, d.net.Params[i])
	}
	if names == nil {
		return string(title)
	}
	return fmt.Sprintf("%s (%s)", string(title), strings.Join(names, ", "))
}

// add adds an operation with its result and its arguments; it returns what is wrong if one of them is not a whole
// array.
func (d *describer) add(o made.Op, values ...Arg) string {
	for i, a := range values {
		if a == nil { // of a cell, whose results are its states
			continue
		}
		s, ok := a.(Span)
		if !ok || s.From != 0 || s.ByStep {
			return otherArray
		}
		var p made.Place
		switch s.Mem {
		case Slot:
			p = made.Place{Memory: made.Slot, Slot: d.slots[s.Slot]}
		case Input:
			p = made.Place{Memory: made.Input}
		case Output:
			p = made.Place{Memory: made.Output}
		case Carried:
			p = made.Place{Memory: made.State, Slot: d.state(s.Param.Param)}
		default:
			return otherArray
		}
		if i == 0 {
			o.Out = p
			continue
		}
		o.In = append(o.In, p)
	}
	d.net.Ops = append(d.net.Ops, o)
	return ""
}

// param returns the number of a parameter; false if its numbers are not float32.
func (d *describer) param(p *ir.Param) (int, bool) {
	q := d.f.b.param(p)
	if q.Storage != ir.Float32 {
		return 0, false
	}
	return d.array(MadeArray{Param: q}), true
}

// array returns the number of an array.
func (d *describer) array(a MadeArray) int {
	i := slices.Index(d.arrays, a)
	if i < 0 {
		i = len(d.arrays)
		d.arrays = append(d.arrays, a)
		d.net.Params = append(d.net.Params, fmt.Sprint("w", i+1))
	}
	return i
}

// state returns the number of a state.
func (d *describer) state(p *ir.Param) int {
	i := slices.Index(d.states, p)
	if i < 0 {
		i = len(d.states)
		d.states = append(d.states, p)
		d.net.States = append(d.net.States, fmt.Sprint("s", i+1))
	}
	return i
}
