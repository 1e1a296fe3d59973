package ir

import (
	"fmt"
	"slices"
)

// The primitives of a stream: a graph that computes one step of a sequence and carries its state, parameters with the
// role Carried, to the next. In it the axis of steps has one step.
var (
	// WindowPrim gives the new contents of the state, which it also keeps there.
	WindowPrim = row(Prim{Name: "window", Stream: StreamNever, NoVJP: true,
		Doc: "the last steps of a sequence, the first of them dropped and x appended", Args: 2, View: true, Effect: true,
		Infer: func(n *Node) ([]Shape, error) {
			state, x := n.Args[0].Shape, n.Args[1].Shape
			if len(state) != 2 || len(x) != 3 || x[1] != 1 || x[2] != state[1] {
				return nil, fmt.Errorf("a step %s after %s", x, state)
			}
			return []Shape{{N, state[0], state[1]}}, nil
		}})

	LSTMStep = row(Prim{Name: "lstm.step", Stream: StreamNever, Cell: &CellRow{Kind: "lstm", Before: 2}, NoVJP: true,
		Doc: "h of lstm after one more step x, from h, c, x, w, v, b; h and c are replaced", Args: -1, View: true,
		Effect: true, Infer: stepShape(2, 4)})

	GRUStep = row(Prim{Name: "gru.step", Stream: StreamNever, Cell: &CellRow{Kind: "gru", Before: 1}, NoVJP: true,
		Doc: "h of gru after one more step x, from h, x, w, v, b; h is replaced", Args: -1, View: true,
		Effect: true, Infer: stepShape(1, 3)})

	GRUBeforeStep = row(Prim{Name: "gru_before.step", Stream: StreamNever, Cell: &CellRow{Kind: "gru_before", Before: 1},
		NoVJP: true, Doc: "h of gru_before after one more step x, from h, x, w, v, b; h is replaced", Args: -1, View: true,
		Effect: true, Infer: stepShape(1, 3)})

	SimpleStep = row(Prim{Name: "simple_rnn.step", Stream: StreamNever, Cell: &CellRow{Kind: "simple_rnn", Before: 1},
		NoVJP: true, Doc: "h of simple_rnn after one more step x, from h, x, w, v, b; h is replaced", Args: -1, View: true,
		Effect: true, Infer: stepShape(1, 1)})

	// AttentionStep takes the keys and values of all steps that there may be, for q, k, v of one.
	AttentionStep = row(Prim{Name: "attention.step", Stream: StreamNever, NoVJP: true, Effect: true,
		Doc: "causal attention after one more step, from keys, values, q, k, v, and with a mask those kept and whether " +
			"this is; " +
			"the step enters keys, values and kept",
		Args: -1, Attrs: []string{"heads int"}, Infer: attentionStepShape})

	// AtPrim reads what a parameter holds for the current step; with alike that is the same for all.
	AtPrim = row(Prim{Name: "at", Stream: StreamNever, Place: InParam, NoVJP: true,
		Doc: "the numbers of the current step in a parameter that has some for each of steps", Args: 1,
		Attrs: []string{"steps int", "alike flag?"},
		Infer: func(n *Node) ([]Shape, error) {
			size, steps := n.Args[0].Shape.Size(), n.Int("steps")
			if steps < 1 || size%steps != 0 {
				return nil, fmt.Errorf("%s in %d steps", n.Args[0].Shape, steps)
			}
			return []Shape{{size / steps}}, nil
		}})
)

// The primitives of a block: a graph that computes some steps of a stream at once, each as an example, and carries the
// same state.
var (
	// ConvSteps has the state as its Param: the inputs that the filter reaches, as WindowPrim keeps them; nil for a
	// filter that reaches one alone.
	ConvSteps = row(Prim{Name: "conv.steps", Stream: StreamNever, Fuses: true, Geometry: true, NoVJP: true, Effect: true,
		Doc: "y = x ∗ w over the steps at hand and those before them, then the epilogue; the last become the state", Args: -1,
		Attrs: append(slices.Clone(convAttrs), epilogueAttrs...),
		Infer: func(n *Node) ([]Shape, error) {
			if x, w := n.Args[0].Shape, n.Args[1].Shape; len(x) != 3 || x[1] != 1 || len(w) != 3 {
				return nil, fmt.Errorf("steps %s with a filter %s", x, w)
			}
			shapes, err := convShape(filterIn, filterOut, true)(n)
			if err == nil && (n.Param != nil) != (n.Args[1].Shape[0] > 1) {
				err = fmt.Errorf("state for a filter %s: %t", n.Args[1].Shape, n.Param != nil)
			}
			return shapes, err
		}})

	LSTMSteps = row(Prim{Name: "lstm.steps", Stream: StreamNever, Cell: &CellRow{Kind: "lstm", Before: 2}, NoVJP: true,
		Doc:  "h of lstm after each of some more steps x, from h, c, x, w, v, b; h and c become those after the last",
		Args: -1, Effect: true, Infer: stepShape(2, 4)})

	GRUSteps = row(Prim{Name: "gru.steps", Stream: StreamNever, Cell: &CellRow{Kind: "gru", Before: 1}, NoVJP: true,
		Doc:  "h of gru after each of some more steps x, from h, x, w, v, b; h becomes that after the last",
		Args: -1, Effect: true, Infer: stepShape(1, 3)})

	GRUBeforeSteps = row(Prim{Name: "gru_before.steps", Stream: StreamNever,
		Cell: &CellRow{Kind: "gru_before", Before: 1}, NoVJP: true,
		Doc:  "h of gru_before after each of some more steps x, from h, x, w, v, b; h becomes that after the last",
		Args: -1, Effect: true, Infer: stepShape(1, 3)})

	SimpleSteps = row(Prim{Name: "simple_rnn.steps", Stream: StreamNever,
		Cell: &CellRow{Kind: "simple_rnn", Before: 1}, NoVJP: true,
		Doc:  "h of simple_rnn after each of some more steps x, from h, x, w, v, b; h becomes that after the last",
		Args: -1, Effect: true, Infer: stepShape(1, 1)})

	AttentionSteps = row(Prim{Name: "attention.steps", Stream: StreamNever, NoVJP: true, Effect: true,
		Doc: "causal attention after each of some more steps, with the arguments of attention.step; " +
			"the steps enter keys, values and kept",
		Args: -1, Attrs: []string{"heads int"}, Infer: attentionStepShape})

	// RangePrim reads what a parameter holds for the steps at hand.
	RangePrim = row(Prim{Name: "at.steps", Stream: StreamNever, Place: InParam, NoVJP: true,
		Doc: "the numbers of the steps at hand in a parameter that has some for each of steps", Args: 1,
		Attrs: []string{"steps int"},
		Infer: func(n *Node) ([]Shape, error) {
			size, steps := n.Args[0].Shape.Size(), n.Int("steps")
			if steps < 1 || size%steps != 0 {
				return nil, fmt.Errorf("%s in %d steps", n.Args[0].Shape, steps)
			}
			return []Shape{{N, size / steps}}, nil
		}})
)

// stepShape is the shape rule of a step of a cell: some arrays of state come before its usual arguments.
func stepShape(states, gates int) func(n *Node) ([]Shape, error) {
	return func(n *Node) ([]Shape, error) {
		shapes, err := recurrentShape(n, gates)
		if err != nil {
			return nil, err
		}
		h := shapes[0]
		for _, s := range n.Args[:states] {
			if !slices.Equal(s.Shape, h[len(h)-1:]) {
				return nil, fmt.Errorf("state %s of %s", s.Shape, h)
			}
		}
		return shapes, nil
	}
}

// attentionStepShape is the shape rule of a step of attention.
func attentionStepShape(n *Node) ([]Shape, error) {
	if len(n.Args) != 5 && len(n.Args) != 7 {
		return nil, fmt.Errorf("%d arguments, want 5, or 7 with a mask", len(n.Args))
	}
	keys, values, q := n.Args[0].Shape, n.Args[1].Shape, n.Args[2].Shape
	if len(keys) != 2 || !keys.Equal(values) || len(q) != 3 || q[1] != 1 || q[2] != keys[1] ||
		keys[1]%max(1, n.Int("heads")) != 0 {
		return nil, fmt.Errorf("a query %s of keys %s and values %s with %d heads", q, keys, values, n.Int("heads"))
	}
	for _, v := range n.Args[3:5] {
		if !v.Shape.Equal(q) {
			return nil, fmt.Errorf("a step %s of a query %s", v.Shape, q)
		}
	}
	if len(n.Args) == 7 && (n.Args[5].Shape.Size() != keys[0] || n.Args[6].Shape.Size() != 1) {
		return nil, fmt.Errorf("masks %s and %s of keys %s", n.Args[5].Shape, n.Args[6].Shape, keys)
	}
	return []Shape{q}, nil
}
