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

// recurrence returns the text of the shape of a recurrent layer, from its sequences and its weights for the state.
func recurrence(n *ir.Node, x, v *ir.Value) string {
	s := x.Shape[len(x.Shape)-2:]
	reverse := ""
	if n.Bool("reverse") {
		reverse = ", Reverse: true"
	}
	return fmt.Sprintf("@rnn.Shape{T: %d, F: %d, U: %d%s}", s[0], s[1], v.Shape[0], reverse)
}

// emitRecurrent yields one call, for a layer of 24 units over 12 steps, without a mask, of one example and of a batch:
//
//	m.lstmCell.Run(rnn.Shape{T: 12, F: 1, U: 24}, a.s3[:], x[:])
//	rnn.LSTM(n, rnn.Shape{T: 12, F: 1, U: 24}, a.s3[:n*288], a.s1[:n*1152], a.s2[:n*288], x, p.LstmW[:], p.LstmRecurrentKernel[:], p.LstmB[:], nil)
func (b *body) emitRecurrent(n *ir.Node) string {
	x, v := n.Args[0], n.Args[2]
	if b.rows == "1" && b.params == "m" && b.net.hasCell(n) && ir.MaskOf(n.Args) == nil {
		return fmt.Sprintf("m.%sCell.Run(%s, %s, %s)", fieldName(n.Layer), recurrence(n, x, v), b.ref(n.Results[0]), b.ref(x))
	}
	return fmt.Sprintf("@rnn.%s(%s, %s, %s, %s)", cellName(n), b.count(x, x.Shape[len(x.Shape)-1]*x.Shape[len(x.Shape)-2]), recurrence(n, x, v),
		b.list(n.Results), b.cellArgs(n.Args))
}

func (b *body) emitRecurrentGrad(n *ir.Node) string {
	own := 4 // values before the arguments of the cell
	if n.Prim == ir.SimpleGrad {
		own = 2
	}
	x, v, mask := n.Args[own], n.Args[own+2], "nil"
	if m := ir.MaskOf(n.Args[own:]); m != nil {
		mask = b.ref(m)
	}
	shape := strings.TrimSuffix(recurrence(n, x, v), "}")
	if k := n.Int("truncate"); k > 0 {
		shape += fmt.Sprintf(", Truncate: %d", k)
	}
	return fmt.Sprintf("@rnn.%sGrad(%s, %s}, %s, %s, %s)", cellName(n), b.count(x, x.Shape[len(x.Shape)-1]*x.Shape[len(x.Shape)-2]), shape,
		b.withBias(n.Results, 3, b.list(n.Results)), b.list(n.Args[:own+3]), mask)
}

// hasCell tells whether the model prepares a recurrent layer to run step by step: one sequence for each example.
func (net *Network) hasCell(n *ir.Node) bool {
	_, cell := ir.StepOf[n.Prim]
	return cell && len(n.Args[0].Shape) == 3
}

// emitCells hands out the fields of the model that hold cells, with their types and what prepares them.
func (net *Network) emitCells(write func(name, cell, made string)) {
	body := net.newBody(net.Infer, "1", "m", true)
	for _, n := range net.Infer.Nodes {
		if !net.hasCell(n) {
			continue
		}
		args := n.Args
		if ir.MaskOf(args) != nil {
			args = args[:len(args)-1]
		}
		cell := cellName(n) + "Cell"
		write(fieldName(n.Layer)+"Cell", cell, fmt.Sprintf("@rnn.New%s(%s, %s)", cell, recurrence(n, args[0], args[2]), body.withBias(args, 3, body.list(args[1:]))))
	}
}

// cellArgs lists the arguments of a cell, with nil for a bias or a mask that it lacks.
func (b *body) cellArgs(args []*ir.Value) string {
	mask := "nil"
	if m := ir.MaskOf(args); m != nil {
		mask, args = b.ref(m), args[:len(args)-1]
	}
	return b.withBias(args, 3, b.list(args)) + ", " + mask
}

// withBias appends nil to a list of values that lacks the one for a bias.
func (b *body) withBias(vs []*ir.Value, without int, text string) string {
	if len(vs) == without {
		return text + ", nil"
	}
	return text
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
