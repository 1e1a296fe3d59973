package ir

import (
	"fmt"
	"slices"
)

// The primitives of recurrence. They work on the last two axes, t×f; all axes before those are rows. With the
// attribute reverse, steps are taken from the last to the first, each output staying at its step; with truncate, the
// gradient of the state goes no further back than to a step whose number, in the order in which steps are taken, is a
// multiple of it. Behind the bias there may be a mask …×t: a step where it is not above ½ leaves the state, and the
// output, as they were. The last arguments, as many as the attribute initial says, are the state before the first step,
// …×u each; without it, that is 0.
var (
	// LSTMPrim also gives the gates after their functions and the cells of each step, in an order of its own; with the
	// attribute last, also those of the last step, …×u.
	LSTMPrim = row(Prim{Name: "lstm", Stream: StreamCell, Optional: []int{1}, Cell: &CellRow{Kind: "lstm",
		Step: LSTMStep, Steps: LSTMSteps, State: []string{"h", "c"}},
		Doc: "h of a long short-term memory over the steps of x with weights w, v and bias b; also gates and cells", Args: -1,
		Attrs: append(slices.Clone(recurrentAttrs), "last flag?"), Infer: func(n *Node) ([]Shape, error) {
			shapes, err := recurrentShape(n, 4, 5, 1)
			if err == nil && n.Bool("last") {
				shapes = append(shapes, stateShape(shapes[0]))
			}
			return shapes, err
		}})

	// GRUPrim also gives the gates after their functions and h·V of the candidate.
	GRUPrim = row(Prim{Name: "gru", Stream: StreamCell, Optional: []int{1, 2},
		Cell: &CellRow{Kind: "gru", Step: GRUStep, Steps: GRUSteps, State: []string{"h"}},
		Doc: "h of a gated recurrent unit, reset after the product, over the steps of x with weights w, v and biases b; " +
			"also gates and h·V", Args: -1,
		Attrs: recurrentAttrs, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 3, 3, 1) }})

	// GRUBefore also gives the gates after their functions and r∘h.
	GRUBefore = row(Prim{Name: "gru_before", Stream: StreamCell, Optional: []int{1, 2},
		Cell: &CellRow{Kind: "gru_before", Step: GRUBeforeStep, Steps: GRUBeforeSteps, State: []string{"h"}},
		Doc: "h of a gated recurrent unit, reset before the product, over the steps of x with weights w, v and bias b; " +
			"also gates and r∘h", Args: -1,
		Attrs: recurrentAttrs, Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 3, 3, 1) }})

	// The gradients follow dh and what the cell made with its arguments, and give those of all but the mask, in their
	// order. With the attribute deltas they give, behind those, the gradients of the sums of the gates at each step,
	// and none of the weights: recurrent.dw computes those of the former.
	GRUGrad = row(Prim{Name: "gru.grad", Stream: StreamNever, Cell: &CellRow{Kind: "gru", Before: 4, Grad: true, Width: 4},
		NoVJP: true, Doc: "dx, dw, dv, db of gru from dh, h, gates, h·V, x, w, v, b", Args: -1,
		Attrs: append(slices.Clone(recurrentAttrs), "deltas flag?"), Optional: recurrentOptional, Infer: recurrentGradShape})

	GRUBeforeGrad = row(Prim{Name: "gru_before.grad", Stream: StreamNever,
		Cell: &CellRow{Kind: "gru_before", Before: 4, Grad: true, Width: 4}, NoVJP: true,
		Doc: "dx, dw, dv, db of gru_before from dh, h, gates, r∘h, x, w, v, b", Args: -1,
		Attrs: append(slices.Clone(recurrentAttrs), "deltas flag?"), Optional: recurrentOptional, Infer: recurrentGradShape})

	// LSTMGrad has, with the attribute last, behind the cells their gradient after the last step.
	LSTMGrad = row(Prim{Name: "lstm.grad", Stream: StreamNever,
		Cell: &CellRow{Kind: "lstm", Before: 4, Grad: true, Width: 4}, NoVJP: true,
		Doc: "dx, dw, dv, db of lstm from dh, h, gates, cells, x, w, v, b", Args: -1,
		Attrs:    append(slices.Clone(recurrentAttrs), "last flag?", "deltas flag?"),
		Optional: recurrentOptional, Infer: recurrentGradShape})

	SimplePrim = row(Prim{Name: "simple_rnn", Stream: StreamCell,
		Cell: &CellRow{Kind: "simple_rnn", Step: SimpleStep, Steps: SimpleSteps, State: []string{"h"}},
		Doc:  "h = tanh(x·w + h·v + b) over the steps of x", Args: -1, Attrs: recurrentAttrs,
		Infer: func(n *Node) ([]Shape, error) { return recurrentShape(n, 1) }})

	SimpleGrad = row(Prim{Name: "simple_rnn.grad", Stream: StreamNever,
		Cell: &CellRow{Kind: "simple_rnn", Before: 2, Grad: true, Width: 1}, NoVJP: true,
		Doc: "dx, dw, dv, db of simple_rnn from dh, h, x, w, v, b", Args: -1,
		Attrs: append(slices.Clone(recurrentAttrs), "deltas flag?"), Optional: recurrentOptional,
		Infer: recurrentGradShape})

	// RecurrentDW is what a gradient with the attribute deltas leaves out; an initial state is h alone.
	RecurrentDW = row(Prim{Name: "recurrent.dw", Stream: StreamNever, NoVJP: true,
		Doc: "dw, dv and, if there is a bias, db of a cell from its deltas, h, x, and the state before the first step if " +
			"there was one", F: []string{"lstm", "gru", "gru_before", "simple_rnn"}, Args: -1,
		Attrs: append(slices.Clone(recurrentAttrs), "bias flag?"), Infer: func(n *Node) ([]Shape, error) {
			if len(n.Args) != 3+n.Int("initial") {
				return nil, fmt.Errorf("%d arguments, want %d", len(n.Args), 3+n.Int("initial"))
			}
			f, u := n.Args[2].Shape[len(n.Args[2].Shape)-1], n.Args[1].Shape[len(n.Args[1].Shape)-1]
			gates := map[string]int{"lstm": 4, "simple_rnn": 1}[n.F]
			if gates == 0 {
				gates = 3
			}
			shapes := []Shape{{f, gates * u}, {u, gates * u}}
			switch {
			case n.Bool("bias") && n.F == "gru":
				shapes = append(shapes, Shape{2, gates * u})
			case n.Bool("bias"):
				shapes = append(shapes, Shape{gates * u})
			}
			return shapes, nil
		}})

	// PlacePrim is the gradient of slice.
	PlacePrim = row(Prim{Name: "place", Stream: StreamNever, NoVJP: true,
		Doc: "x in the columns [offset, …) of the last axis of width, 0 in the others", Args: 1,
		Attrs: []string{"offset int", "width int"},
		Infer: func(n *Node) ([]Shape, error) {
			x, o, w := n.Args[0].Shape, n.Int("offset"), n.Int("width")
			if o < 0 || o+x[len(x)-1] > w {
				return nil, fmt.Errorf("%s at %d of %d", x, o, w)
			}
			return lastAxis(x, w), nil
		}})
)

var recurrentAttrs = []string{"reverse flag?", "truncate int?", "initial int?"}

// Apart splits the gradient of a cell for workers, who share out sequences and then weights: it takes the gradients of
// the weights from a node, which gives deltas from now on, and returns a node that makes them of those.
func Apart(n *Node) *Node {
	c := CellOf(n)
	weights := 2
	if c.Bias != nil {
		weights++
	}
	d := &Node{Prim: RecurrentDW, F: n.Prim.Cell.Kind, Layer: n.Layer, Pos: n.Pos}
	for _, a := range n.Attrs {
		if a.Name == "reverse" || a.Name == "truncate" {
			d.Attrs = append(d.Attrs, a)
		}
	}
	if c.Bias != nil {
		d.Set("bias", true)
	}
	for i := range weights {
		r := n.Results[1+i]
		n.Results[1+i] = &Value{Shape: r.Shape, Def: n, Index: 1 + i}
		r.Def, r.Index = d, i
		d.Results = append(d.Results, r)
	}
	n.Set("deltas", true)
	shapes, _ := recurrentGradShape(n)
	deltas := &Value{Shape: shapes[len(shapes)-1], Def: n, Index: len(n.Results)}
	n.Results = append(n.Results, deltas)
	d.Args = []*Value{deltas, n.Args[1], c.X}
	if len(c.Initial) > 0 {
		d.Args = append(d.Args, c.Initial[0])
		d.Set("initial", 1)
	}
	return d
}

// recurrentOptional are the gradients that there may be no use for: of x, and of the initial state.
var recurrentOptional = []int{0, 3, 4, 5}

// CellRow is the cell of a primitive that is one, the gradient of one, or a step of one.
type CellRow struct {
	Kind   string // lstm, gru, gru_before or simple_rnn
	Before int    // the arguments that come before those of the cell: what it made, or the state of a step
	Grad   bool   // it is the gradient
	Width  int    // of the deltas of a gradient: how many numbers for each unit
	// Step is one step of the cell, Steps some of them, and State the names of what it carries; nil for gradients and
	// steps.
	Step, Steps *Prim
	State       []string
}

// Cell holds the arguments of a cell by their meaning.
type Cell struct {
	X, W, V, Bias, Mask *Value   // Bias and Mask may be nil
	Initial             []*Value // the state before the first step
}

// CellOf returns the arguments of the cell of a node, which may be its gradient or a step of it.
func CellOf(n *Node) Cell {
	args := n.Args[n.Prim.Cell.Before:]
	if n.Prim.Cell.Grad && n.Bool("last") {
		args = args[1:]
	}
	states := len(args) - n.Int("initial")
	c := Cell{X: args[0], W: args[1], V: args[2], Initial: args[states:]}
	for _, a := range args[3:states] {
		if a.Shape.Batched() {
			c.Mask = a
		} else {
			c.Bias = a
		}
	}
	return c
}

// learned returns the arguments that have gradients.
func (c *Cell) learned() []*Value {
	all := []*Value{c.X, c.W, c.V}
	if c.Bias != nil {
		all = append(all, c.Bias)
	}
	return append(all, c.Initial...)
}

// recurrentShape is the shape rule of a cell with a number of gates: outputs, and further results of some
// multiples of their width.
func recurrentShape(n *Node, gates int, more ...int) ([]Shape, error) {
	if args := len(n.Args) - n.Prim.Cell.Before - n.Int("initial"); args < 3 || args > 5 {
		return nil, fmt.Errorf("%d arguments beside the state, want 3 to 5", args)
	}
	c := CellOf(n)
	x, w, v := c.X.Shape, c.W.Shape, c.V.Shape
	if c.Mask != nil && !slices.Equal(c.Mask.Shape, x[:len(x)-1]) {
		return nil, fmt.Errorf("a mask %s of %s", c.Mask.Shape, x)
	}
	if len(x) < 3 || len(w) != 2 || len(v) != 2 || x[len(x)-1] != w[0] || w[1] != v[1] || v[1] != gates*v[0] {
		return nil, fmt.Errorf("a sequence %s with weights %s and %s", x, w, v)
	}
	shapes := lastAxis(x, v[0])
	for _, a := range c.Initial {
		if want := stateShape(shapes[0]); !slices.Equal(a.Shape, want) {
			return nil, fmt.Errorf("an initial state %s, want %s", a.Shape, want)
		}
	}
	for _, m := range more {
		shapes = append(shapes, lastAxis(x, m*v[0])...)
	}
	return shapes, nil
}

// stateShape returns the shape of the state of a cell with outputs …×t×u: …×u.
func stateShape(h Shape) Shape { return append(slices.Clone(h[:len(h)-2]), h[len(h)-1]) }

// recurrentGradShape is the shape rule of the gradient of a cell.
func recurrentGradShape(n *Node) ([]Shape, error) {
	c := CellOf(n)
	shapes := gradShapes(c.learned())
	if n.Bool("deltas") {
		width := n.Prim.Cell.Width * c.V.Shape[0]
		shapes = append(shapes, lastAxis(c.X.Shape, width)...)
	}
	return shapes, nil
}

// gradShapes returns the shapes of some arguments.
func gradShapes(args []*Value) []Shape {
	var shapes []Shape
	for _, a := range args {
		shapes = append(shapes, a.Shape)
	}
	return shapes
}

// Recurrent appends a cell over the steps of x, with the attributes given as name, value, ….
func (b *Builder) Recurrent(prim *Prim, c Cell, attrs ...any) *Node {
	args := []*Value{c.X, c.W, c.V}
	for _, more := range []*Value{c.Bias, c.Mask} {
		if more != nil {
			args = append(args, more)
		}
	}
	if len(c.Initial) > 0 {
		args = append(args, c.Initial...)
		attrs = append(attrs, "initial", len(c.Initial))
	}
	return b.Node(prim, "", args, attrs...)
}

// Step returns step t of a sequence, …×t×f: …×f.
func (b *Builder) Step(x *Value, t int) *Value {
	row := x.Shape.Row()
	steps, f := row[len(row)-2], row[len(row)-1]
	outer := slices.Clone(row[:len(row)-2])
	flat := b.Reshape(x, append(outer, steps*f))
	return b.Slice(flat, t*f, f)
}

func init() {
	for cell, grad := range map[*Prim]*Prim{LSTMPrim: LSTMGrad, GRUPrim: GRUGrad,
		GRUBefore: GRUBeforeGrad, SimplePrim: SimpleGrad} {
		cell.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
			dh := dy[0]
			if dh == nil {
				dh = b.one(ZeroPrim, "", []*Value{n.Results[0]})
			}
			args := append([]*Value{dh}, n.Results[:min(3, len(n.Results))]...)
			g := &Node{Prim: grad, Layer: b.Layer, Pos: b.Pos}
			for _, a := range n.Attrs {
				if a.Name != "last" {
					g.Attrs = append(g.Attrs, a)
				}
			}
			if n.Bool("last") && dy[3] != nil {
				args = append(args, dy[3])
				g.Set("last", true)
			}
			g.Args = slices.Concat(args, n.Args)
			d := b.Append(g).Results
			if CellOf(n).Mask != nil {
				d = slices.Insert(slices.Clone(d), len(n.Args)-n.Int("initial")-1, nil)
			}
			return d
		}
	}
	SlicePrim.VJP = func(b *Builder, n *Node, dy []*Value) []*Value {
		x := n.Args[0].Shape
		return []*Value{b.one(PlacePrim, "", []*Value{dy[0]}, "offset", n.Int("offset"), "width", x[len(x)-1])}
	}
}
