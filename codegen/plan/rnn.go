package plan

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/gemm"
	"github.com/nngen/nngen/runtime/rnn"
)

// Recurrent layers: package rnn of the runtime. One example runs on the cell that the model prepared, unless there is a
// mask.
var _ = kernels(
	cellRun(ir.LSTMPrim), cellRun(ir.GRUPrim), cellRun(ir.GRUBefore), cellRun(ir.SimplePrim),
	recurrent(ir.LSTMPrim), recurrent(ir.GRUPrim), recurrent(ir.GRUBefore), recurrent(ir.SimplePrim),
	recurrentGrad(ir.LSTMGrad), recurrentGrad(ir.GRUGrad), recurrentGrad(ir.GRUBeforeGrad), recurrentGrad(ir.SimpleGrad),
	// rnn.GRUWeights(n, rnn.Shape{T: 12, F: 8, U: 24, Shares: s.Of}, lo, hi, g.GruW[:], g.GruRecurrentKernel[:],
	// g.GruB[:], a.s4[:n*1152], a.s2[:n*288], x, nil)
	Kernel{Name: "recurrent.dw", Prim: ir.RecurrentDW, Calls: of("rnn",
		"LSTMWeights", "GRUWeights", "GRUBeforeWeights", "SimpleWeights"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return b.recurrentWeights(n, Int(0), Int(n.Results[0].Shape[0]+n.Results[1].Shape[0]))
		},
		Share: func(b *builder, n *ir.Node) Divide {
			return Divide{Extent{n.Results[0].Shape[0] + n.Results[1].Shape[0], gemmRows},
				b.recurrentWeights(n, Bound("lo"), Bound("hi"))}
		}},
	cellStep(ir.LSTMStep), cellStep(ir.GRUStep), cellStep(ir.GRUBeforeStep), cellStep(ir.SimpleStep),
	cellSteps(ir.LSTMSteps), cellSteps(ir.GRUSteps), cellSteps(ir.GRUBeforeSteps), cellSteps(ir.SimpleSteps),

	// copy(s.convLast[:], s.convLast[8:])
	// copy(s.convLast[16:], x[:])
	Kernel{Name: "window", Prim: ir.WindowPrim, Calls: []Callee{builtin}, Call: func(b *builder, n *ir.Node) []Stmt {
		state, width, size := b.ref(n.Args[0]), n.Args[0].Shape[1], n.Args[0].Shape.Size()
		return []Stmt{Copy{state, from(state, width)}, Copy{from(state, size-width), b.ref(n.Args[1])}}
	}},
)

// cellNames holds the names that package rnn has for cells.
var cellNames = map[string]string{"lstm": "LSTM", "gru": "GRU", "gru_before": "GRUBefore", "simple_rnn": "Simple"}

// cellName returns the function of a cell, without Grad or Cell.
func cellName(n *ir.Node) string { return cellNamed(n.Prim) }

func cellNamed(prim *ir.Prim) string { return cellNames[prim.Cell.Kind] }

// cellField returns the field of the model that holds the cell of a node.
func cellField(n *ir.Node) string { return fieldName(n.Layer) + "Cell" }

// hasCell tells whether the model prepares a recurrent layer to run step by step: one sequence for each example.
func hasCell(n *ir.Node) bool {
	return n.Prim.Stream == ir.StreamCell && len(n.Args[0].Shape) == 3
}

// recurrence returns the shape of a recurrent layer.
func recurrence(n *ir.Node) Struct {
	c := ir.CellOf(n)
	s := ints("rnn", "Shape", "T", c.X.Shape[len(c.X.Shape)-2], "F", last(c.X), "U", c.V.Shape[0])
	if n.Bool("reverse") {
		s.Fields = append(s.Fields, Field{"Reverse", Flag(true)})
	}
	if k := n.Int("truncate"); k > 0 && n.Prim.Cell.Grad {
		s.Fields = append(s.Fields, Field{"Truncate", Int(k)})
	}
	return s
}

// Prepared returns the bytes that the cell has beside the parameters of the model: those of LSTM, GRU and small plain
// layers as their kernels read them, biases too, and of others panels, stacked as products of one row read them.
func (c Cell) Prepared() int64 {
	f, u := 0, 0
	for _, field := range c.Shape.Fields {
		switch n, _ := field.Arg.(Int); field.Name {
		case "F":
			f = int(n)
		case "U":
			u = int(n)
		}
	}
	panels := gemm.PackedLen
	switch c.Type {
	case "SimpleCell":
		return 4 * int64(rnn.SimpleCellLen(f, u))
	case "LSTMCell":
		return 4 * int64(rnn.CellLen(f, u, 4, 1))
	case "GRUCell":
		return 4 * int64(rnn.CellLen(f, u, 3, 2))
	case "GRUBeforeCell":
		return 4 * int64(panels(f+u, 2*u)+panels(f+u, u))
	}
	panic("BUG: there is no cell " + c.Type)
}

// sequences returns the number of sequences of a cell.
func (b *builder) sequences(c ir.Cell) Arg {
	return b.rows(c.X, last(c.X)*c.X.Shape[len(c.X.Shape)-2])
}

// begins tells whether a layer begins with a state, or gives its last one: that is the function or method From.
func begins(n *ir.Node) bool { return n.Int("initial") > 0 || n.Bool("last") }

// states returns values that belong to the parts of the state of a cell, Nil for each if there are none.
func (b *builder) states(n *ir.Node, vs []*ir.Value) []Arg {
	switch {
	case len(vs) > 0:
		return b.refs(vs)
	case cellName(n) == "LSTM":
		return []Arg{Nil{}, Nil{}}
	}
	return []Arg{Nil{}}
}

// cellRun runs the cell of one example, or with a state to begin with:
//
//	m.lstmCell.Run(rnn.Shape{T: 12, F: 1, U: 24}, a.s3[:], x[:])
//	m.lstmCell.RunFrom(rnn.Shape{T: 12, F: 1, U: 24}, h, last, x[:], h0, c0)
func cellRun(prim *ir.Prim) Kernel {
	return Kernel{Name: prim.Name + "/cell", Prim: prim, Cost: 0, Calls: of("rnn", "Run", "RunFrom"),
		Fits: func(b *builder, n *ir.Node) bool {
			return b.single && !b.training && hasCell(n) && ir.CellOf(n).Mask == nil
		},
		Scratch: func(_ *builder, n *ir.Node, _ int) []int {
			return cellScratch(n, 1, func(s rnn.Scratch) int { return s.Run })
		},
		Call: func(b *builder, n *ir.Node) []Stmt {
			c, f := ir.CellOf(n), Callee{"rnn", "Run", cellField(n)}
			if !begins(n) {
				return []Stmt{invoke(f, recurrence(n), b.ref(n.Results[0]), b.ref(c.X))}
			}
			f.Name = "RunFrom"
			args := []Arg{recurrence(n), b.ref(n.Results[0])}
			switch {
			case n.Bool("last"):
				args = append(args, b.ref(n.Results[3]))
			case n.Prim == ir.LSTMPrim:
				args = append(args, Nil{})
			}
			return []Stmt{invoke(f, args, b.ref(c.X), b.states(n, c.Initial))}
		}}
}

// recurrent runs a layer over the sequences of a batch; with an initial state, or one that is given at the end, it is
// the function From:
//
//	rnn.LSTM(n, rnn.Shape{T: 12, F: 1, U: 24}, a.s3[:n*288], a.s1[:n*1152], a.s2[:n*288], x, p.LstmW[:], p.LstmRecurrentKernel[:], p.LstmB[:], nil)
func recurrent(prim *ir.Prim) Kernel {
	name := cellNamed(prim)
	return Kernel{Name: prim.Name, Prim: prim, Cost: 100, Calls: append(of("rnn", name, name+"From", "LastCells"),
		builtin),
		Scratch: func(b *builder, n *ir.Node, rows int) []int {
			x := ir.CellOf(n).X
			return cellScratch(n, b.count(x, last(x)*x.Shape[len(x.Shape)-2], rows),
				func(s rnn.Scratch) int { return s.Sequences })
		},
		Call: func(b *builder, n *ir.Node) []Stmt {
			c, shape, rows := ir.CellOf(n), recurrence(n), b.sequences(ir.CellOf(n))
			args := []Arg{rows, shape}
			if n.Bool("last") {
				args = append(args, b.refs(n.Results[:3])...)
			} else {
				args = append(args, b.refs(n.Results)...)
			}
			args = append(args, b.optional(c.X, c.W, c.V, c.Bias, c.Mask)...)
			if !begins(n) {
				return call("rnn", name, args)
			}
			all := call("rnn", name+"From", args, b.states(n, c.Initial))
			if n.Bool("last") {
				all = append(all, Copy{b.ref(n.Results[3]), invoke(Callee{Pkg: "rnn", Name: "LastCells"},
					rows, shape, b.ref(n.Results[2]))})
			}
			return all
		}}
}

// recurrentGrad computes the gradients of a layer; with an initial state, or a gradient of the last one, it is the
// function From:
//
//	rnn.LSTMGradFrom(n, shape, dx, dw, dv, db, deltas, dh0, dc0, dh, dlast, h, gates, cells, x, w, v, mask, h0, c0)
func recurrentGrad(prim *ir.Prim) Kernel {
	name := cellNamed(prim) + "Grad"
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("rnn", name, name+"From"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			c, made := ir.CellOf(n), n.Args[1:4]
			if n.Prim == ir.SimpleGrad {
				made = n.Args[1:2]
			}
			grads, states := append(b.refs(n.Results[:3]), Nil{}), n.Results[3:]
			if c.Bias != nil {
				grads, states = b.refs(n.Results[:4]), n.Results[4:]
			}
			deltas := Arg(Nil{})
			if n.Bool("deltas") {
				deltas, states = b.ref(states[len(states)-1]), states[:len(states)-1]
			}
			head := []any{b.sequences(c), recurrence(n), grads}
			tail := []any{b.refs(made), b.optional(c.X, c.W, c.V, c.Mask)}
			if !begins(n) && !n.Bool("deltas") {
				return call("rnn", name, append(append(head, b.ref(n.Args[0])), tail...)...)
			}
			head = append(head, deltas, b.states(n, states), b.ref(n.Args[0]))
			switch {
			case n.Bool("last"):
				head = append(head, b.ref(n.Args[4]))
			case n.Prim == ir.LSTMGrad:
				head = append(head, Nil{})
			}
			return call("rnn", name+"From", append(append(head, tail...), b.states(n, c.Initial))...)
		}}
}

// recurrentWeights computes rows of the gradients of the weights of a layer, of whose sequences workers had shares.
func (b *builder) recurrentWeights(n *ir.Node, from, to Arg) []Stmt {
	deltas, h, x := n.Args[0], n.Args[1], n.Args[2]
	steps, f := x.Shape[len(x.Shape)-2], last(x)
	shape := ints("rnn", "Shape", "T", steps, "F", f, "U", last(h))
	if n.Bool("reverse") {
		shape.Fields = append(shape.Fields, Field{"Reverse", Flag(true)})
	}
	shape.Fields = append(shape.Fields, Field{"Shares", Shares{}})
	if each := x.Shape.Size() / (f * steps); each > 1 {
		shape.Fields = append(shape.Fields, Field{"Each", Int(each)})
	}
	grads, initial := b.refs(n.Results), Arg(Nil{})
	if len(grads) == 2 {
		grads = append(grads, Nil{})
	}
	if len(n.Args) > 3 {
		initial = b.ref(n.Args[3])
	}
	return call("rnn", cellNames[n.F]+"Weights", b.rows(x, f*steps), shape, from, to, grads,
		b.refs([]*ir.Value{deltas, h, x}), initial)
}

// cellStep takes one step of a stream on the cell that the model prepared; with a mask, where that is set:
//
//	m.lstmCell.Step(s.steps == 0, s.lstmH[:], s.lstmC[:], x[:])
func cellStep(prim *ir.Prim) Kernel {
	k := Kernel{Name: prim.Name, Prim: prim, Calls: of("rnn", "Step"), Call: func(b *builder, n *ir.Node) []Stmt {
		c := ir.CellOf(n)
		states := n.Args[:prim.Cell.Before]
		step := invoke(Callee{"rnn", "Step", cellField(n)}, Started{}, b.refs(states, []*ir.Value{c.X}))
		if c.Mask != nil {
			return []Stmt{Guarded{b.ref(c.Mask), step}}
		}
		return []Stmt{step}
	}}
	return withScratch(k, func(_ *builder, n *ir.Node, _ int) []int {
		return cellScratch(n, 1, func(s rnn.Scratch) int { return s.Step })
	})
}

// cellSteps takes the steps at hand on the cell that the model prepared:
//
//	m.lstmCell.Steps(s.steps == 0, n, a.s1[:n*24], s.lstmH[:], s.lstmC[:], x, nil)
func cellSteps(prim *ir.Prim) Kernel {
	k := Kernel{Name: prim.Name, Prim: prim, Calls: of("rnn", "Steps"), Call: func(b *builder, n *ir.Node) []Stmt {
		c := ir.CellOf(n)
		return []Stmt{invoke(Callee{"rnn", "Steps", cellField(n)}, Started{}, Count(1),
			b.refs(n.Results, n.Args[:prim.Cell.Before], []*ir.Value{c.X}), b.optional(c.Mask))}
	}}
	return withScratch(k, func(_ *builder, n *ir.Node, rows int) []int {
		return cellScratch(n, rows, func(s rnn.Scratch) int { return s.Steps })
	})
}
