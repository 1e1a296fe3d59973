package plan

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/asm/made"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/gemm"
)

// MadeGradient are kernels made for one network, which do what the function Gradient of the plan does before its loss
// and behind it: see made.Training of asm.
type MadeGradient struct {
	// TrainingNames are those of the functions.
	made.TrainingNames
	// ForwardSignature and BackwardSignature are their parameters, as Go has them.
	ForwardSignature, BackwardSignature string
	Params                              []*Param // the arrays that the kernels take as w1, w2 and so on
	Grads                               []*Param // those whose gradients they take as g1, g2 and so on
	Saved                               []Span   // the slots that they take as a1, a2 and so on
	Outputs, Loss                       Span     // the slots that the loss reads, and where it writes its gradients
	Stmts                               []Stmt   // the loss
	In, Out                             int      // numbers of an example, and of what the loss reads
	Rows                                int      // examples that kernels work off at a time
	Assembly
}

// passes is how many products a step has for each that a prediction has. Functions have fewer: a derivative takes a few
// operations.
const passes = 3

// MakeGradient makes kernels for gradients, whose pieces have some examples, and keeps them in the plan, if the network
// is one that they are for: small layers, each of which reads the one before, one loss, and too little to do for
// several workers. It returns what is in the way; none if they can be made. If auto, they are made only where they
// should be faster: see the doc of the package.
func (p *Plan) MakeGradient(pkg string, rows int, auto bool) []Obstacle {
	if p.Gradient == nil {
		return []Obstacle{{What: "is not trained"}}
	}
	d, obstacles := p.Gradient.describeTraining()
	if work := passes * d.training.Work() * rows; len(obstacles) == 0 && work > callWork {
		obstacles = []Obstacle{{What: fmt.Sprintf("takes %d multiply-adds a step, of which %d are the most", work, callWork)}}
	}
	if len(obstacles) > 0 || auto && !trainingPays(&d.training, rows) {
		return obstacles
	}
	t := &d.training
	names := made.TrainingNames{Forward: "forwardSIMD", Backward: "backwardSIMD", WideForward: "forwardAVX512",
		WideBackward: "backwardAVX512"}
	m := &MadeGradient{TrainingNames: names, Params: d.params, Grads: d.grads, Saved: d.saved,
		ForwardSignature: t.ForwardSignature(), BackwardSignature: t.BackwardSignature(), Outputs: d.outputs, Loss: d.loss,
		Stmts: d.stmts, In: t.In, Out: t.Out, Rows: made.Rows}
	asm, err := made.MakeTraining(pkg, names, t)
	if err != nil {
		panic(fmt.Sprintf("BUG: no kernel can be made: %v", err))
	}
	m.Assembly = asm
	p.MadeGradient = m
	return nil
}

// Steps of networks that do at most littleWork multiply-adds forward for an example are faster with kernels made for
// them whatever their examples; those of networks that do at most someWork only if they have whole rounds of examples.
const littleWork, someWork = 256, 1024

// trainingPays tells whether made kernels of gradients are the faster ones, for pieces of some examples: see the doc of
// the package.
func trainingPays(t *made.Training, rows int) bool {
	products := t.Products()
	return products <= littleWork || products <= someWork && rows%made.Rows == 0
}

// trainingDescriber makes the description of a gradient.
type trainingDescriber struct {
	f             *Func
	training      made.Training
	params, grads []*Param // as Params and Grads of training
	saved         []Span   // as Saved of training
	outputs, loss Span
	stmts         []Stmt
	lossNode      *ir.Node
	back          map[*ir.Value]bool // values that nodes behind the loss read
	places        map[*ir.Value]made.Place
	locals        map[*ir.Slot]int
}

// describeTraining describes a gradient for package made, or says what has no form there.
func (f *Func) describeTraining() (*trainingDescriber, []Obstacle) {
	d := &trainingDescriber{f: f, back: map[*ir.Value]bool{}, places: map[*ir.Value]made.Place{},
		locals: map[*ir.Slot]int{}}
	if f.Workers {
		return d, []Obstacle{{What: "has steps that workers share"}}
	}
	var steps []Step
	for _, p := range f.Paragraphs {
		for _, s := range p.Steps {
			if s.Node != nil {
				steps = append(steps, s)
			}
		}
	}
	at := slices.IndexFunc(steps, func(s Step) bool { return s.Node.Prim == ir.LossPrim })
	in, _ := f.Sizes()
	if at < 0 || len(in) != 1 || slices.ContainsFunc(steps[at+1:], func(s Step) bool {
		return s.Node.Prim == ir.LossPrim || s.Node.Prim == ir.LossGrad
	}) {
		return d, []Obstacle{{What: "has several inputs or losses, and kernels are for one of each"}}
	}
	if what := d.begin(steps[at], in[0]); what != "" {
		return d, []Obstacle{{steps[at].Node, what}}
	}
	for _, s := range steps[at+1:] {
		for _, a := range s.Node.Args {
			d.back[root(a)] = true
		}
	}
	var obstacles []Obstacle
	for i, s := range steps {
		if i == at {
			continue
		}
		step := d.forward
		if i > at {
			step = d.backward
		}
		if what := step(s.Node); what != "" {
			obstacles = append(obstacles, Obstacle{s.Node, what})
		}
	}
	t := &d.training
	if len(obstacles) == 0 && !t.Fits() {
		obstacles = []Obstacle{{What: "takes no operations, or too many"}}
	}
	return d, obstacles
}

// begin describes the loss; it returns what is in the way.
func (d *trainingDescriber) begin(s Step, in int) string {
	n := s.Node
	y, dy := n.Args[0], n.Results[1]
	var ok, okLoss bool
	d.outputs, ok = d.whole(y)
	d.loss, okLoss = d.whole(dy)
	if !ok || !okLoss || d.outputs.Mem != Slot || d.loss.Mem != Slot {
		return otherArray
	}
	t := &d.training
	t.In, t.Out, d.lossNode, d.stmts = in, y.Shape.Size(), n, s.Stmts
	if most := max(in, t.Out); most > mostUnits {
		return fmt.Sprintf("has %d numbers, of which %d are the most", most, mostUnits)
	}
	d.places[root(y)], d.places[root(dy)] = made.Place{Memory: made.Output}, made.Place{Memory: made.Loss}
	return ""
}

// whole returns the range of a value that is all that its memory holds of an example; false of others.
func (d *trainingDescriber) whole(v *ir.Value) (Span, bool) {
	s, ok := d.f.b.ref(v).(Span)
	return s, ok && s.From == 0 && !s.ByStep && s.DType() == ir.Float32 && root(v).Shape.Size() == v.Shape.Size() &&
		(s.Mem != Slot || s.PerRow)
}

// place returns where a value is; forward tells whether what computes it comes before the loss.
func (d *trainingDescriber) place(v *ir.Value, forward bool) (made.Place, bool) {
	r := root(v)
	if p, ok := d.places[r]; ok {
		return p, true
	}
	s, ok := d.whole(v)
	if !ok {
		return made.Place{}, false
	}
	t := &d.training
	var p made.Place
	switch {
	case s.Mem == Input:
		p = made.Place{Memory: made.Input}
	case s.Mem != Slot:
		return made.Place{}, false
	case forward && d.back[r]:
		if slices.ContainsFunc(d.saved, func(other Span) bool { return other.Slot == s.Slot }) {
			return made.Place{}, false
		}
		p = made.Place{Memory: made.Saved, Slot: len(d.saved)}
		d.saved, t.Saved = append(d.saved, s), append(t.Saved, v.Shape.Size())
	default:
		i, known := d.locals[s.Slot]
		if !known {
			i = len(t.Locals)
			d.locals[s.Slot], t.Locals = i, append(t.Locals, 0)
		}
		t.Locals[i] = max(t.Locals[i], v.Shape.Size())
		p = made.Place{Memory: made.Local, Slot: i}
	}
	d.places[r] = p
	return p, true
}

// param returns the number of a parameter that kernels read as rows.
func (d *trainingDescriber) param(v *ir.Value) (int, bool) {
	s, ok := d.f.b.ref(v).(Span)
	if !ok || s.Mem != Parameter || s.From != 0 || s.ByStep || v.Def.Prim != ir.ParamPrim {
		return 0, false
	}
	i := slices.Index(d.params, s.Param)
	if i < 0 {
		i = len(d.params)
		d.params = append(d.params, s.Param)
		d.training.Params = append(d.training.Params, fmt.Sprint("w", i+1))
	}
	return i, true
}

// gradient returns the number of the gradient that is a result, in rows of some numbers.
func (d *trainingDescriber) gradient(v *ir.Value, cols int) (int, bool) {
	s, ok := d.f.b.ref(v).(Span)
	if !ok || s.Mem != Gradient || s.From != 0 || slices.Contains(d.grads, s.Param) {
		return 0, false
	}
	d.grads = append(d.grads, s.Param)
	d.training.Grads = append(d.training.Grads, made.Shape{Rows: v.Shape.Size() / cols, Cols: cols})
	return len(d.grads) - 1, true
}

// operation returns an operation on values, all but the parameters of a node, with its result.
func (d *trainingDescriber) operation(n *ir.Node, forward bool) (made.Op, string) {
	y := n.Results[0]
	o := made.Op{Size: y.Shape.Size()}
	for _, a := range n.Args {
		if a.Def.Prim == ir.ParamPrim {
			i, ok := d.param(a)
			if !ok {
				return o, otherArray
			}
			o.Params = append(o.Params, i)
			continue
		}
		p, ok := d.place(a, true)
		if !ok {
			return o, otherArray
		}
		o.In = append(o.In, p)
	}
	if alpha, ok := n.Attr("alpha").(float64); ok {
		x := float32(alpha)
		o.Alpha = &x
	}
	o.Doc = d.f.b.title(n)
	if root(y).Place == ir.InGrad {
		return o, ""
	}
	p, ok := d.place(y, forward)
	if !ok {
		return o, otherArray
	}
	if o.Out = p; o.Size > mostUnits {
		return o, fmt.Sprintf("has %d numbers, of which %d are the most", o.Size, mostUnits)
	}
	return o, ""
}

// forward adds what a node before the loss does; it returns why kernels are not made for it, "" if they are.
func (d *trainingDescriber) forward(n *ir.Node) string {
	switch n.Prim {
	case ir.GemmNN, ir.MapPrim, ir.AffinePrim:
	default:
		return otherKind
	}
	o, what := d.operation(n, true)
	if what != "" {
		return what
	}
	switch n.Prim {
	case ir.GemmNN:
		e, w := d.f.b.epilogue(n), n.Args[1]
		if w.Def.Prim != ir.ParamPrim || n.Args[0].Shape.Size() != w.Shape[0] || e.Saved != nil || len(o.In) != 1 {
			return "is no dense layer of one row"
		}
		o.Kind, o.Terms, o.Chains = made.Dense, w.Shape[0], gemm.Chains(w.Shape[1], w.Shape[0])
		if e.Act != "" {
			o.Act = goName(e.Act)
		}
	case ir.MapPrim:
		o.Kind, o.F = made.Map, goName(n.F)
	case ir.AffinePrim:
		o.Kind = made.Affine
		for _, a := range n.Args[1:] {
			if a.Shape.Size() != o.Size || a.Def.Prim != ir.ParamPrim {
				return "has one constant for several numbers"
			}
		}
	}
	if o.F != "" && !o.Fits() {
		return fmt.Sprintf("has %s, of which there is no kernel", n.F)
	}
	d.training.Forward = append(d.training.Forward, o)
	return ""
}

// backward adds what a node behind the loss does, as forward does.
func (d *trainingDescriber) backward(n *ir.Node) string {
	switch n.Prim {
	case ir.ZeroPrim:
		if root(n.Results[0]).Place == ir.InGrad {
			return "" // all gradients begin at 0
		}
		return otherKind
	case ir.GemmNT, ir.GemmTN, ir.SumRows, ir.GradPrim:
	default:
		return otherKind
	}
	o, what := d.operation(n, false)
	if what != "" {
		return what
	}
	ok := true
	switch n.Prim {
	case ir.GemmNT:
		w := n.Args[1]
		e := d.f.b.epilogue(n)
		if w.Def.Prim != ir.ParamPrim || n.Args[0].Shape.Size() != w.Shape[1] || e.Bias != nil ||
			len(o.In) != 1+len(n.Args[2:]) {
			return "is no dense layer of one row"
		}
		o.Kind, o.Terms = made.Back, w.Shape[1]
		if e.Act != "" {
			o.Act = goName(e.Act)
		}
	case ir.GemmTN:
		dw := n.Results[0].Shape
		if n.Text("epilogue") != "" || len(o.In) != 2 || n.Args[0].Shape.Size() != dw[0] || n.Args[1].Shape.Size() != dw[1] {
			return "is no dense layer of one row"
		}
		o.Kind, o.Terms, o.Size = made.Weights, dw[0], dw[1]
		o.Params = make([]int, 1)
		o.Params[0], ok = d.gradient(n.Results[0], dw[1])
	case ir.SumRows:
		if n.Args[0].Shape.Size() != o.Size {
			return "is no dense layer of one row"
		}
		o.Kind, o.Params = made.Biases, make([]int, 1)
		o.Params[0], ok = d.gradient(n.Results[0], o.Size)
	case ir.GradPrim:
		o.Kind, o.F = made.Derive, goName(n.F)+"Grad"
		if !(made.Op{Kind: made.Map, F: o.F, Size: o.Size}).Fits() {
			return fmt.Sprintf("has %s, of whose gradient there is no kernel", n.F)
		}
	}
	if !ok {
		return otherArray
	}
	d.training.Backward = append(d.training.Backward, o)
	return ""
}
