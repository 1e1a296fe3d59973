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
