package plan

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
)

// A network whose output has steps, each with a weight of its own, may leave out in training the steps of each example
// behind the last with a weight: the rows of its values are then those of the steps that count, and no others, one
// example behind another; see fit.CountedSteps of the runtime. This holds for networks of tokens, whose only recurrence
// is that of GRU, since of these no step sees those behind it, and all numbers of steps are bounded by the parameters.

// countedSteps returns the steps of the examples of a training of which those that do not count are left out; 0 if none
// are.
func countedSteps(g *ir.Graph) int {
	steps, inputs, targets, products := 0, 0, 0, 0
	gates, behind := false, false // whether there are some, and whether the loss has been passed
	for _, n := range g.Nodes {
		switch n.Prim {
		case ir.InputPrim:
			inputs++
			steps = n.Results[0].Shape.Size()
		case ir.TargetPrim:
			targets++
		case ir.SampleWeightPrim:
			if n.Text("output") != "" {
				return 0
			}
		case ir.ParamPrim:
			if n.Param.Role != ir.Trained {
				return 0
			}
		case ir.GemmNN, ir.GemmNT, ir.GemmTN:
			products++
			if n.Text("act") != "" || n.Text("epilogue") == ir.EpilogueGrad {
				return 0
			}
		case ir.GRUPrim:
			c := ir.CellOf(n)
			if begins(n) || n.Bool("reverse") || c.Mask != nil {
				return 0
			}
			gates, products = true, 0
		case ir.GRUGrad:
			if begins(n) || n.Bool("reverse") || !n.Bool("deltas") || ir.CellOf(n).Mask != nil {
				return 0
			}
		case ir.RecurrentDW:
			if n.F != "gru" || n.Int("initial") > 0 || n.Bool("reverse") {
				return 0
			}
		case ir.LossPrim, ir.LossGrad:
			behind = true
			if n.F != "categorical_crossentropy_logits" {
				return 0
			}
		case ir.LookupPrim, ir.LookupGrad, ir.DropoutPrim, ir.SumRows:
		default:
			return 0
		}
		if products > mostProducts && !behind {
			return 0
		}
	}
	if steps < 2 || inputs != 1 || targets != 1 || !gates {
		return 0
	}
	users := g.Users()
	for _, n := range g.Nodes {
		if n.Prim == ir.InputPrim && slices.ContainsFunc(users[n.Results[0]], func(u *ir.Node) bool {
			return u.Prim != ir.LookupPrim && u.Prim != ir.LookupGrad
		}) {
			return 0
		}
		for _, v := range n.Results {
			// A value of each example has a row for each step, as has what its reader takes for rows.
			if v.Shape.Batched() && (len(v.Shape) < 2 || v.Shape[1] != steps) {
				return 0
			}
		}
	}
	return steps
}

// mostProducts is the most products of dense layers one after another, behind a table or gates, at which what they make
// of parameters up to 2¹⁶, and of as many of them, is far from the largest float32: 2³² for each, and for the table.
const mostProducts = 2

// StepWidth returns the numbers of a row of an input, of targets or of weights, where rows are those of steps that
// count.
func (f *Func) StepWidth(mem Memory) int {
	prims := map[Memory]*ir.Prim{Input: ir.InputPrim, Target: ir.TargetPrim, RowWeights: ir.SampleWeightPrim}
	for _, n := range f.Graph.Nodes {
		if n.Prim == prims[mem] {
			return n.Results[0].Shape.Size() / f.Counted
		}
	}
	panic("BUG: a training without steps has rows of them")
}

// CountedBytes returns what fit.CountedSteps keeps of a piece of some examples whose steps do not all count: numbers,
// targets and a weight, and how many steps of each example count and where they begin. It is 0 where rows are those of
// examples.
func (f *Func) CountedBytes(rows int) int64 {
	if f == nil || f.Counted == 0 {
		return 0
	}
	width := f.StepWidth(Input) + f.StepWidth(Target) + 1
	return 4*int64(rows)*int64(f.Counted)*int64(width) + 4*int64(rows) + 8*int64(rows+1)
}

// Counts is how many steps of the examples at hand count.
type Counts struct{}

func (Counts) arg() {}

// stepsOf returns the shape of a recurrent layer of which steps are counted.
func stepsOf(n *ir.Node) []Arg { return []Arg{Counts{}, recurrence(n)} }

var _ = kernels(
	// rnn.GRUSteps(steps, rnn.Shape{T: 16, F: 16, U: 64}, a.s2[lo*64:hi*64], a.s3[lo*192:hi*192], a.s4[lo*64:hi*64],
	// a.s1[lo*16:hi*16], p.MemoryW[:], p.MemoryRecurrentKernel[:], p.MemoryB[:])
	Kernel{Name: "counted/gru.train", Prim: ir.GRUPrim, Fits: counted, Calls: of("rnn", "GRUSteps"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			c := ir.CellOf(n)
			return call("rnn", "GRUSteps", stepsOf(n), b.refs(n.Results), b.optional(c.X, c.W, c.V, c.Bias))
		}},

	// rnn.GRUStepsGrad(steps, rnn.Shape{T: 16, F: 16, U: 64}, a.s9[lo*16:hi*16], a.s10[lo*256:hi*256], a.s8[lo*64:hi*64],
	// a.s2[lo*64:hi*64], a.s3[lo*192:hi*192], a.s4[lo*64:hi*64], a.s1[lo*16:hi*16], p.MemoryW[:],
	// p.MemoryRecurrentKernel[:])
	Kernel{Name: "counted/gru.grad", Prim: ir.GRUGrad, Cost: -1, Fits: counted, Calls: of("rnn", "GRUStepsGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			c := ir.CellOf(n)
			return call("rnn", "GRUStepsGrad", stepsOf(n), b.ref(n.Results[0]), b.ref(n.Results[len(n.Results)-1]),
				b.refs(n.Args[:4]), b.optional(c.X, c.W, c.V))
		}},

	// dropout.Steps(steps, 16, 64, a.s5[lo*64:hi*64], a.s2[lo*64:hi*64], 0.1, t.seed, 131075, t.step, uint32(first*1024))
	Kernel{Name: "counted/dropout", Prim: ir.DropoutPrim, Cost: -1, Fits: counted, Calls: of("dropout", "Steps"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			size := n.Args[0].Shape.Size()
			return call("dropout", "Steps", Counts{}, Int(b.counted), Int(size/b.counted), b.refs(n.Results, n.Args),
				Real(n.Float("rate")), random(n, size))
		}},

	// rnn.GRUStepsWeights(steps, rnn.Shape{T: 16, F: 16, U: 64, Shares: s.Of}, lo, hi, g.MemoryW[:],
	// g.MemoryRecurrentKernel[:], g.MemoryB[:], a.s10[:n*256], a.s2[:n*64], a.s1[:n*16])
	Kernel{Name: "counted/recurrent.dw", Prim: ir.RecurrentDW, Cost: -1, Fits: counted,
		Calls: of("rnn", "GRUStepsWeights"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return b.countedWeights(n, Int(0), Int(n.Results[0].Shape[0]+n.Results[1].Shape[0]))
		},
		Share: func(b *builder, n *ir.Node) Divide {
			return Divide{Extent{n.Results[0].Shape[0] + n.Results[1].Shape[0], gemmRows},
				b.countedWeights(n, Bound("lo"), Bound("hi"))}
		}},
)

// counted tells whether a function leaves out steps.
func counted(b *builder, _ *ir.Node) bool { return b.counted > 0 }

// countedWeights computes rows of the gradients of the weights of a GRU.
func (b *builder) countedWeights(n *ir.Node, from, to Arg) []Stmt {
	x, h := n.Args[2], n.Args[1]
	shape := ints("rnn", "Shape", "T", b.counted, "F", last(x), "U", last(h))
	shape.Fields = append(shape.Fields, Field{"Shares", Shares{}})
	grads := b.refs(n.Results)
	if len(grads) == 2 {
		grads = append(grads, Nil{})
	}
	return call("rnn", "GRUStepsWeights", Counts{}, shape, from, to, grads, b.refs([]*ir.Value{n.Args[0], h, x}))
}
