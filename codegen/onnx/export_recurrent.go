package onnx

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// recurrence is what the operator of a recurrent layer gives: all steps, the last state, and how a mask sorted the
// steps.
type recurrence struct {
	sorted *steps // nil without a mask
	all    string
	final  []string
}

// exportRecurrent writes LSTM, GRU or RNN with the steps first, as those operators want.
func exportRecurrent(e *exporter, l *op.Layer) (exported, error) {
	sorted := e.sorted(l)
	all, final := e.cell(l, sorted)
	e.recurrences[l] = recurrence{sorted, all, final}
	if sorted == nil && !l.Node.Bool("return_sequences") {
		return exported{name: e.node("Squeeze", []string{final[0], e.whole(0)})}, nil
	}
	y := e.node("Transpose", []string{e.node("Squeeze", []string{all, e.whole(1)})}, intsAttr("perm", 1, 0, 2))
	if sorted != nil {
		y = e.restored(l, sorted, y)
	}
	if l.Node.Bool("return_sequences") {
		return exported{name: y}, nil
	}
	at := -1
	if l.Node.Bool("go_backwards") {
		at = 0
	}
	return exported{name: e.node("Squeeze", []string{e.node("Gather", []string{y, e.whole(at)}, intAttr("axis", 1)),
		e.whole(1)})}, nil
}

// cell writes the operator of a recurrent layer and returns all steps and the parts of the last state.
func (e *exporter) cell(l *op.Layer, sorted *steps) (all string, final []string) {
	operator := map[string]string{"lstm": "LSTM", "gru": "GRU", "simple_rnn": "RNN"}[l.Def.Kind.Name]
	c, u := cells[operator], l.Node.Int("units")
	x := e.in(l, 0).name
	if sorted != nil {
		x = e.chosen(x, sorted.order, l.InShape(0)[0], l.InShape(0)[1])
	}
	x = e.node("Transpose", []string{x}, intsAttr("perm", 1, 0, 2))
	gates := func(p *ir.Param, suffix string) string {
		rows, n := p.Shape[0], len(c.gates)*u
		data := make([]float64, rows*n)
		for g, to := range c.gates {
			for j := range u {
				for i := range rows {
					data[(to*u+j)*rows+i] = e.params[p][i*n+g*u+j]
				}
			}
		}
		return e.array(fmt.Sprintf("%s.%s%d", p.Name, suffix, e.count), []int{1, n, rows}, data)
	}
	in := []string{x, gates(l.Params[0], "w"), gates(l.Params[1], "r")}
	if len(l.Params) > 2 {
		n := len(c.gates) * u
		b, data := e.params[l.Params[2]], make([]float64, 2*n)
		for part := range len(b) / n {
			for g, to := range c.gates {
				copy(data[part*n+to*u:part*n+(to+1)*u], b[part*n+g*u:part*n+(g+1)*u])
			}
		}
		in = append(in, e.array(fmt.Sprintf("%s.b%d", l.Params[2].Name, e.count), []int{1, 2 * n}, data))
	}
	if sorted != nil || l.States() > 0 { // lengths, then states, behind the biases
		lengths := ""
		if sorted != nil {
			lengths = e.node("Cast", []string{sorted.count}, intAttr("to", typeInt32))
		}
		in = append(append(in, "")[:4], lengths)
		for i := range l.States() {
			in = append(in, e.node("Unsqueeze", []string{e.initial(l, i), e.whole(0)}))
		}
	}
	attrs := []*Attr{intAttr("hidden_size", u)}
	if l.Node.Bool("go_backwards") {
		attrs = append(attrs, wordAttr("direction", "reverse"))
	}
	results := 2
	switch operator {
	case "GRU":
		after := 0
		if l.Node.Bool("reset_after") {
			after = 1
		}
		attrs = append(attrs, intAttr("linear_before_reset", after))
	case "LSTM":
		results = 3
	}
	out := e.nodes(operator, results, in, attrs...)
	return out[0], out[1:]
}

// exportState names the state after the last step: the cells of an LSTM are another result of its operator, and so is
// the last output, or it is a step of the outputs where a mask moved them.
func exportState(e *exporter, l *op.Layer) (exported, error) {
	of := l.StateOf
	r := e.recurrences[of]
	cells := l.Def == op.CellState
	if !cells && r.sorted != nil {
		at := -1
		if of.Node.Bool("go_backwards") {
			at = 0
		}
		last := e.node("Gather", []string{e.in(l, 0).name, e.whole(at)}, intAttr("axis", 1))
		return exported{name: e.node("Squeeze", []string{last, e.whole(1)})}, nil
	}
	part := 0
	if cells {
		part = 1
	}
	y := e.node("Squeeze", []string{r.final[part], e.whole(0)})
	if r.sorted != nil { // without a step the state is as before
		some := e.node("Greater", []string{e.node("Unsqueeze", []string{r.sorted.count, e.whole(-1)}), e.whole(0)})
		y = e.node("Where", []string{some, y, e.initial(of, part)})
	}
	return exported{name: y}, nil
}
