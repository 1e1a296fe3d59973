package emit

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

// rnnEmitters holds those of the primitives in ir/rnn.go.
var rnnEmitters = map[*ir.Prim]emitter{
	ir.LSTMPrim:      (*body).emitRecurrent,
	ir.LSTMGrad:      (*body).emitRecurrentGrad,
	ir.GRUPrim:       (*body).emitRecurrent,
	ir.GRUGrad:       (*body).emitRecurrentGrad,
	ir.GRUBefore:     (*body).emitRecurrent,
	ir.GRUBeforeGrad: (*body).emitRecurrentGrad,
	ir.SimplePrim:    (*body).emitRecurrent,
	ir.SimpleGrad:    (*body).emitRecurrentGrad,
	ir.PlacePrim:     (*body).emitPlace,
}

// recurrence returns the text of the shape of a recurrent layer.
func recurrence(n *ir.Node) string {
	c := ir.CellOf(n)
	s := c.X.Shape[len(c.X.Shape)-2:]
	text := fmt.Sprintf("@rnn.Shape{T: %d, F: %d, U: %d", s[0], s[1], c.V.Shape[0])
	if n.Bool("reverse") {
		text += ", Reverse: true"
	}
	if k := n.Int("truncate"); k > 0 && strings.HasSuffix(n.Prim.Name, ".grad") {
		text += fmt.Sprintf(", Truncate: %d", k)
	}
	return text + "}"
}

// emitRecurrent yields one call, for a layer of 24 units over 12 steps, without a mask, of one example and of a batch:
//
//	m.lstmCell.Run(rnn.Shape{T: 12, F: 1, U: 24}, a.s3[:], x[:])
//	rnn.LSTM(n, rnn.Shape{T: 12, F: 1, U: 24}, a.s3[:n*288], a.s1[:n*1152], a.s2[:n*288], x, p.LstmW[:], p.LstmRecurrentKernel[:], p.LstmB[:], nil)
//
// With an initial state, it is the function or method From.
func (b *body) emitRecurrent(n *ir.Node) string {
	c, from, shape := ir.CellOf(n), "", recurrence(n)
	if len(c.Initial) > 0 || n.Bool("last") {
		from = "From"
	}
	if b.rows == "1" && b.params == "m" && b.net.hasCell(n) && c.Mask == nil {
		args := []string{shape, b.ref(n.Results[0])}
		if from != "" && n.Prim == ir.LSTMPrim {
			last := "nil"
			if n.Bool("last") {
				last = b.ref(n.Results[3])
			}
			args = append(args, last)
		}
		args = append(args, b.ref(c.X))
		if from != "" {
			args = append(args, b.states(n))
		}
		return fmt.Sprintf("m.%sCell.Run%s(%s)", fieldName(n.Layer), from, strings.Join(args, ", "))
	}
	rows := b.count(c.X, c.X.Shape[len(c.X.Shape)-1]*c.X.Shape[len(c.X.Shape)-2])
	results := n.Results
	if n.Bool("last") {
		results = results[:3]
	}
	call := fmt.Sprintf("@rnn.%s%s(%s, %s, %s, %s, %s", cellName(n), from, rows, shape, b.list(results), b.list([]*ir.Value{c.X, c.W, c.V}), b.optional(c.Bias, c.Mask))
	if from != "" {
		call += ", " + b.states(n)
	}
	call += ")"
	if n.Bool("last") {
		call += fmt.Sprintf("\ncopy(%s, @rnn.LastCells(%s, %s, %s))", b.ref(n.Results[3]), rows, shape, b.ref(n.Results[2]))
	}
	return call
}

// emitRecurrentGrad yields one call; with an initial state, or a gradient of the last one, of the function From:
//
//	rnn.LSTMGradFrom(n, shape, dx, dw, dv, db, dh0, dc0, dh, dlast, h, gates, cells, x, w, v, mask, h0, c0)
func (b *body) emitRecurrentGrad(n *ir.Node) string {
	c, made := ir.CellOf(n), n.Args[1:4]
	if n.Prim == ir.SimpleGrad {
		made = n.Args[1:2]
	}
	from, last := "", ""
	if len(c.Initial) > 0 || n.Bool("last") {
		from = "From"
	}
	grads, states := b.list(n.Results[:3])+", nil", n.Results[3:]
	if c.Bias != nil {
		grads, states = b.list(n.Results[:4]), n.Results[4:]
	}
	if from != "" {
		grads += ", " + b.statesOr(n, states)
		if n.Prim == ir.LSTMGrad {
			last = "nil, "
			if n.Bool("last") {
				last = b.ref(n.Args[4]) + ", "
			}
		}
	}
	call := fmt.Sprintf("@rnn.%sGrad%s(%s, %s, %s, %s, %s%s, %s, %s", cellName(n), from, b.count(c.X, c.X.Shape[len(c.X.Shape)-1]*c.X.Shape[len(c.X.Shape)-2]), recurrence(n),
		grads, b.ref(n.Args[0]), last, b.list(made), b.list([]*ir.Value{c.X, c.W, c.V}), b.optional(c.Mask))
	if from != "" {
		call += ", " + b.states(n)
	}
	return call + ")"
}

// states lists the initial state of a cell, nil for each part of one that begins without.
func (b *body) states(n *ir.Node) string { return b.statesOr(n, ir.CellOf(n).Initial) }

// statesOr lists values that belong to the parts of the state of a cell, nil for each if there are none.
func (b *body) statesOr(n *ir.Node, vs []*ir.Value) string {
	if len(vs) > 0 {
		return b.list(vs)
	}
	if cellName(n) == "LSTM" {
		return "nil, nil"
	}
	return "nil"
}

// optional lists values, nil for those that are.
func (b *body) optional(vs ...*ir.Value) string {
	var refs []string
	for _, v := range vs {
		if v == nil {
			refs = append(refs, "nil")
		} else {
			refs = append(refs, b.ref(v))
		}
	}
	return strings.Join(refs, ", ")
}

// hasCell tells whether the model prepares a recurrent layer to run step by step: one sequence for each example.
func (net *Network) hasCell(n *ir.Node) bool {
	_, cell := ir.StepOf[n.Prim]
	return cell && len(n.Args[0].Shape) == 3
}

// emitCells hands out the fields of the model that hold cells, with their types and what prepares them.
func (net *Network) emitCells(write func(n *ir.Node, name, cell, made string)) {
	body := net.newBody(net.Infer, "1", "m", true)
	for _, n := range net.Infer.Nodes {
		if !net.hasCell(n) {
			continue
		}
		c, cell := ir.CellOf(n), cellName(n)+"Cell"
		write(n, fieldName(n.Layer)+"Cell", cell, fmt.Sprintf("@rnn.New%s(%s, %s)", cell, recurrence(n), body.optional(c.W, c.V, c.Bias)))
	}
}

// cellName returns the function of a cell, without Grad or Cell.
func cellName(n *ir.Node) string {
	cell, _, _ := strings.Cut(n.Prim.Name, ".")
	return map[string]string{"lstm": "LSTM", "gru": "GRU", "gru_before": "GRUBefore", "simple_rnn": "Simple"}[cell]
}

// emitPlace clears the result and copies the columns.
func (b *body) emitPlace(n *ir.Node) string {
	x, y := n.Args[0], n.Results[0]
	width, total := x.Shape[len(x.Shape)-1], y.Shape[len(y.Shape)-1]
	dst := b.ref(y)
	if offset := n.Int("offset"); offset > 0 {
		dst = from(dst, offset)
	}
	return fmt.Sprintf("clear(%s)\n@vec.CopyCols(%s, %d, %s, %d, %s, %d)", b.ref(y), b.count(x, width), width, dst, total, b.ref(x), width)
}
