package op

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// The state of a recurrent layer after its last step, which return_state makes readable, is a layer of its own in a
// Net: it has no entry in a spec, and costs nothing, since what it gives has been computed.

// StateParts returns the names of the parts of the state that a kind of layer may give.
func StateParts(kind string) []string {
	for _, a := range ByName(kind).Kind.Attrs {
		if len(a.Results) > 0 {
			return a.Results
		}
	}
	return nil
}

// OutputState is the part h of a state: the output of the last step that is taken, of a layer that gives all of them.
var OutputState = &Def{
	Kind:  spec.Kind{Name: "state", Doc: "The output of the last step of a recurrent layer."},
	Shape: func(l *Layer) (ir.Shape, error) { return l.InShape(0)[1:], nil },
	Forward: func(c *Call) {
		c.eachLast(func(x, y int) { c.Y.Data[y] = c.X[0].Data[x] })
	},
	Backward: func(c *Call) {
		c.eachLast(func(x, y int) { c.DX[0].Data[x] += c.DY.Data[y] })
	},
	Lower: func(b *ir.Builder, l *Layer, x []*ir.Value) *ir.Value {
		if l.StateOf.Node.Bool("go_backwards") {
			return b.Step(x[0], 0)
		}
		return b.Step(x[0], l.InShape(0)[0]-1)
	},
	Exact:     exactSums,
	Bound:     func(c *Call) []float64 { return make([]float64, len(c.Y.Data)) },
	GradBound: func(c *Call) (dx, dp [][]float64) { return [][]float64{make([]float64, len(c.X[0].Data))}, nil },
	MACs:      func(*Layer) int64 { return 0 },
}

// eachLast hands out the places, in the input and in the output, of the numbers of the last step that is taken.
func (c *Call) eachLast(f func(x, y int)) {
	t, units, last := c.X[0].Shape[1], c.X[0].Shape[2], 0
	if !c.Layer.StateOf.Node.Bool("go_backwards") {
		last = t - 1
	}
	for y := range c.N * units {
		f((y/units*t+last)*units+y%units, y)
	}
}

// CellState is the part c of the state of lstm. It reads what that reads, with the same weights.
var CellState *Def

func init() {
	d := *LSTM
	d.Kind = spec.Kind{Name: "state", Doc: "The memory of an lstm after the last step."}
	d.Lower = func(b *ir.Builder, l *Layer, _ []*ir.Value) *ir.Value {
		at := slices.IndexFunc(b.Graph.Nodes, func(n *ir.Node) bool {
			return n.Prim == ir.LSTMPrim &&
				n.Layer == l.StateOf.Name
		})
		return b.Graph.Nodes[at].Results[3]
	}
	d.MACs = func(*Layer) int64 { return 0 }
	CellState = &d
}
