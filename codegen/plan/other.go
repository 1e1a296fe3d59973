package plan

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/attention"
	"github.com/nngen/nngen/runtime/sparse"
)

// What draws random numbers, looks up rows, attends, multiplies by masked matrices, and measures losses.
var _ = kernels(
	// dropout.Apply(a.s1[:n*64], x, 0.25, t.seed, 5, t.step, uint32(first*64))
	drawn(ir.DropoutPrim, "Apply", "rate"),
	// dropout.Noise(a.s1[:n*64], x, 0.1, t.seed, 5, t.step, uint32(first*64))
	drawn(ir.NoisePrim, "Noise", "stddev"),
	// dropout.Gaussian(a.s1[:n*64], x, 0.5, t.seed, 5, t.step, uint32(first*64))
	drawn(ir.GaussianDropoutPrim, "Gaussian", "stddev"),

	// dropout.Channels(n, 49, 16, a.s1[:n*784], a.s2[:n*784], 0.25, t.seed, 5, t.step, uint32(first*16))
	Kernel{Name: "dropout.channels", Prim: ir.DropChannels, Calls: of("dropout", "Channels"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x := n.Args[0]
			return call("dropout", "Channels", b.rows(x, x.Shape.Size()), Int(x.Shape.Size()/last(x)),
				Int(last(x)), b.refs(n.Results, n.Args),
				Real(n.Float("rate")), random(n, last(x)))
		}},

	// lookup.Rows(n*16, 28, 24, lookup.None, a.s1[:n*384], x, p.EmbeddingW[:])
	Kernel{Name: "lookup", Prim: ir.LookupPrim, Calls: of("lookup", "Rows"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			w := n.Args[1].Shape
			return call("lookup", "Rows", b.rows(n.Args[0], 1), Int(w[0]), Int(w[1]), padding(n), b.refs(n.Results, n.Args))
		}},

	// lookup.RowsHalf(half.Float16, n*16, 28, 24, lookup.None, a.s1[:n*384], x, m.embeddingW[:])
	Kernel{Name: "lookup/half", Prim: ir.LookupPrim, Weights: 1, Stores: halves, Calls: of("lookup", "RowsHalf"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			w := n.Args[1].Shape
			return call("lookup", "RowsHalf", format(b.param(n.Args[1].Def.Param)), b.rows(n.Args[0], 1), Int(w[0]), Int(w[1]),
				padding(n), b.refs(n.Results, n.Args))
		}},

	// lookup.RowsGrad(n*16, 28, 24, lookup.None, g.EmbeddingW[:], a.s1[:n*384], x)
	Kernel{Name: "lookup.grad", Prim: ir.LookupGrad, Calls: of("lookup", "RowsGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			w := n.Results[0].Shape
			return call("lookup", "RowsGrad", b.rows(n.Args[1], 1), Int(w[0]), Int(w[1]), padding(n), b.refs(n.Results, n.Args))
		}},

	withScratch(attending(ir.AttentionPrim, "Forward", 0), func(_ *builder, n *ir.Node, _ int) []int {
		return attention.ForwardScratch(attentionShape(n, 0), len(n.Args) > 3)
	}),
	attending(ir.AttentionGrad, "Backward", 1),

	// attention.Steps(int(s.steps), n, attention.Shape{TQ: 16, TK: 16, Heads: 4, Dim: 8, Causal: true}, a.s2[:n*32],
	//	s.attendKeys[:], s.attendValues[:], a.s3[:n*32], a.s4[:n*32], a.s5[:n*32], nil, nil)
	withScratch(attends(ir.AttentionSteps, "Steps", Count(1)), func(_ *builder, n *ir.Node, rows int) []int {
		return attention.StepsScratch(rows, stepsShape(n), len(n.Args) > 5)
	}),
	// attention.Step(int(s.steps), attention.Shape{TQ: 16, TK: 16, Heads: 4, Dim: 8, Causal: true}, a.s2[:],
	//	s.attendKeys[:], s.attendValues[:], a.s3[:32], a.s4[:], a.s5[:], nil, nil)
	withScratch(attends(ir.AttentionStep, "Step"), func(_ *builder, n *ir.Node, _ int) []int {
		return attention.ForwardScratch(stepsShape(n), len(n.Args) > 5)
	}),

	withScratch(masked(ir.SparseNN, "Forward"), func(b *builder, n *ir.Node, rows int) []int {
		return sparse.ForwardScratch(b.count(n.Args[0], last(n.Args[0]), rows), last(n.Args[0]), last(n.Results[0]))
	}),
	masked(ir.SparseDX, "DX"),
	masked(ir.SparseDW, "DW"),

	loss(),
	lossGrad(),
)

// drawn draws a number for each element, whose strength an attribute holds.
func drawn(prim *ir.Prim, name, attr string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("dropout", name), Call: func(b *builder, n *ir.Node) []Stmt {
		return call("dropout", name, b.refs(n.Results, n.Args), Real(n.Float(attr)), random(n, n.Args[0].Shape.Size()))
	}}
}

// random returns the place in a stream of random numbers, of which each example has some.
func random(n *ir.Node, each int) []Arg {
	return []Arg{Seed{}, Int(n.Int("stream")), StepNumber{}, FirstElement(each)}
}

// padding returns the token whose row counts as 0.
func padding(n *ir.Node) Arg {
	if p := n.Int("padding"); p >= 0 {
		return Int(p)
	}
	return Name{"lookup", "None"}
}

// attending calls a function of 4 heads of 16 columns over 64 steps; the queries are an argument of the node:
//
//	attention.Forward(n, attention.Shape{TQ: 64, TK: 64, Heads: 4, Dim: 16, Causal: true}, a.s4[:n*4096], a.s1[:n*4096], …)
func attending(prim *ir.Prim, name string, queries int) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("attention", name), Call: func(b *builder, n *ir.Node) []Stmt {
		q, s := n.Args[queries], attentionShape(n, queries)
		args := b.refs(n.Results, n.Args)
		if len(n.Args) == queries+3 {
			args = append(args, Nil{}) // no mask
		}
		return call("attention", name, b.rows(q, s.TQ*last(q)), attentionStruct(s), args)
	}}
}

// attentionShape returns the extents of a node, of whose arguments one is the queries.
func attentionShape(n *ir.Node, queries int) attention.Shape {
	q, k, heads := n.Args[queries], n.Args[queries+1], n.Int("heads")
	return attention.Shape{TQ: q.Shape[len(q.Shape)-2], TK: k.Shape[len(k.Shape)-2], Heads: heads, Dim: last(q) / heads,
		Causal: n.Bool("causal")}
}

// stepsShape returns the extents of the steps that there may be of a node that takes some.
func stepsShape(n *ir.Node) attention.Shape {
	steps, width, heads := n.Args[0].Shape[0], n.Args[0].Shape[1], n.Int("heads")
	return attention.Shape{TQ: steps, TK: steps, Heads: heads, Dim: width / heads, Causal: true}
}

// attentionStruct returns extents as an argument.
func attentionStruct(s attention.Shape) Struct {
	a := ints("attention", "Shape", "TQ", s.TQ, "TK", s.TK, "Heads", s.Heads, "Dim", s.Dim)
	if s.Causal {
		a.Fields = append(a.Fields, Field{"Causal", Flag(true)})
	}
	return a
}

// attends calls a function of the steps that there may be, behind the number of those before, and of those at hand.
func attends(prim *ir.Prim, name string, rows ...Arg) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("attention", name), Call: func(b *builder, n *ir.Node) []Stmt {
		args := b.refs(n.Results, n.Args)
		if len(n.Args) == 5 {
			args = append(args, Nil{}, Nil{}) // no mask
		}
		return call("attention", name, Taken{}, rows, attentionStruct(stepsShape(n)), args)
	}}
}

// masked multiplies by the connections of a sparse parameter:
//
//	sparse.Forward(n, &h1KernelPattern, a.s1[:n*32], x, m.h1W[:])
func masked(prim *ir.Prim, name string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("sparse", name), Call: func(b *builder, n *ir.Node) []Stmt {
		pattern := Var{Name: PatternName(n.Param), Model: b.training}
		return call("sparse", name, b.rows(n.Args[0], last(n.Args[0])), pattern, b.refs(n.Results, n.Args))
	}}
}

// PatternName names the variable that holds the connections of a sparse parameter.
func PatternName(p *ir.Param) string { return p.Ident + "Pattern" }

// loss adds the loss of some examples:
//
//	sum += loss.Huber(n, 3, a.s1[:n*3], y, weights, scale, a.s2[:n*3], 1)
func loss() Kernel {
	return Kernel{Name: "loss", Prim: ir.LossPrim, Calls: of("loss", ""), Call: func(b *builder, n *ir.Node) []Stmt {
		return []Stmt{&AddLoss{Weight: lossWeight(n), Loss: b.loss(n, b.ref(n.Results[1]))}}
	}}
}

// lossGrad computes the gradient of a loss alone:
//
//	loss.Huber(n, 3, a.s1[lo*3:hi*3], y, weights, scale, a.s2[lo*3:hi*3], 1)
func lossGrad() Kernel {
	return Kernel{Name: "loss_grad", Prim: ir.LossGrad, Calls: of("loss", ""), Call: func(b *builder, n *ir.Node) []Stmt {
		return []Stmt{b.loss(n, b.ref(n.Results[0]))}
	}}
}

func lossWeight(n *ir.Node) float64 {
	if w, ok := n.Attr("weight").(float64); ok {
		return w
	}
	return 1
}

// loss calls the function of a loss, which writes its gradient to dy.
func (b *builder) loss(n *ir.Node, dy Arg) Call {
	width := last(n.Args[0])
	c := invoke(Callee{Pkg: "loss", Name: goName(n.F)}, b.rows(n.Args[0], width), Int(width), b.refs(n.Args[:3]),
		LossScale(lossWeight(n)), dy)
	if args := n.Text("args"); args != "" {
		for _, word := range strings.Split(args, ",") {
			v, err := strconv.ParseFloat(word, 64)
			if err != nil {
				panic(fmt.Sprintf("BUG: argument %q of %s is no number", word, n))
			}
			c.Args = append(c.Args, Real(v))
		}
	}
	return c
}
