package pytorch

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

func timeDistributed(w *writer, l *op.Layer) (value, error) {
	inner := op.Inner(l)
	row := rows[inner.Def.Kind.Name]
	if row == nil {
		return value{}, fmt.Errorf("no form of PyTorch is known for a %s", inner.Def.Kind.Name)
	}
	w.values[inner.In[0]] = value{text: fmt.Sprintf("%s.flatten(0, 1)", w.in(l, 0).text), shape: inner.InShape(0)}
	y, err := row(w, inner)
	y.shape = inner.Shape
	return value{text: fmt.Sprintf("%s.reshape(-1, %s)", operand(w.last(y).text), extents(l.Shape))}, err
}

// gates are the places of a spec's gates in the order of PyTorch: z r g to r z n, or i f g o.
var gates = map[string][]int{"gru": {1, 0, 2}, "lstm": nil, "simple_rnn": nil}

// recurrent writes LSTM, GRU or RNN; the steps of one that goes backwards are turned round before and behind.
func recurrent(w *writer, l *op.Layer) (value, error) {
	states := l.States()
	if len(l.In)-states > 1 {
		return value{}, fmt.Errorf("its mask has no counterpart in PyTorch: pack_padded_sequence wants lengths")
	}
	kind, u, f := l.Def.Kind.Name, l.Node.Int("units"), l.InShape(0)[1]
	p := l.Params
	name := w.layers[p[0]]
	switch {
	case name != "":
	case kind == "gru" && !l.Node.Bool("reset_after"):
		name = w.field("", "%s(%d, %d, bias=%s)", w.help("ResetBeforeGRU"), f, u, boolean(len(p) > 2))
		for i, field := range []string{"kernel", "recurrent", "bias"}[:len(p)] {
			w.copy(name+"."+field, p[i], "")
		}
	default:
		name = w.field("", "nn.%s(%d, %d, batch_first=True, bias=%s)",
			map[string]string{"lstm": "LSTM", "gru": "GRU", "simple_rnn": "RNN"}[kind], f, u, boolean(len(p) > 2))
		rows := func(suffix string) string { // gates in the order of PyTorch
			if gates[kind] == nil {
				return suffix
			}
			return fmt.Sprintf("%s.reshape(3, %d, -1)[[1, 0, 2]].reshape(%d, -1)", suffix, u, 3*u)
		}
		w.copy(name+".weight_ih_l0", p[0], rows(".T"))
		w.copy(name+".weight_hh_l0", p[1], rows(".T"))
		switch {
		case len(p) < 3:
		case kind == "gru":
			w.copy(name+".bias_ih_l0", p[2], "[0]"+rows("")+".flatten()")
			w.copy(name+".bias_hh_l0", p[2], "[1]"+rows("")+".flatten()")
		default:
			w.copy(name+".bias_ih_l0", p[2], "")
			w.load = append(w.load, name+".bias_hh_l0.zero_()")
		}
	}
	w.share(p[0], name)
	x := w.in(l, 0).text
	if l.Node.Bool("go_backwards") {
		x += ".flip(1)"
	}
	initial := ""
	for i := range states {
		initial += fmt.Sprintf(", %s[None].contiguous()", w.in(l, len(l.In)-states+i).text)
	}
	if states > 1 {
		initial = ", (" + initial[2:] + ")"
	}
	steps, state := w.name(w.prefix+"_steps"), w.name(w.prefix+"_state")
	w.states[l] = state
	w.line("%s, %s = %s(%s%s)", steps, state, name, x, initial)
	if !l.Node.Bool("return_sequences") {
		return value{text: steps + "[:, -1]"}, nil
	}
	if l.Node.Bool("go_backwards") {
		return value{text: steps + ".flip(1)"}, nil
	}
	return value{text: steps}, nil
}

// state is what a recurrent layer keeps after its last step.
func state(w *writer, l *op.Layer) (value, error) {
	kept := w.states[l.StateOf]
	if len(l.Params) > 0 { // of an lstm: its cells
		return value{text: kept + "[1][0]"}, nil
	}
	if l.StateOf.Def == op.LSTM {
		return value{text: kept + "[0][0]"}, nil
	}
	return value{text: kept + "[0]"}, nil
}

func attention(w *writer, l *op.Layer) (value, error) {
	p := map[string]*ir.Param{}
	for _, q := range l.Params {
		p[q.Name[strings.LastIndexByte(q.Name, '.')+1:]] = q
	}
	x := w.in(l, 0).text
	args := []string{x, x}
	mask := ""
	for i := 1; i < len(l.In); i++ {
		if len(l.InShape(i)) == 2 {
			args[1] = w.in(l, i).text
		} else {
			mask = ", " + w.in(l, i).text
		}
	}
	q, k, heads := p["query_kernel"].Shape, p["key_kernel"].Shape, l.Node.Int("num_heads")
	name := w.layers[l.Params[0]]
	if name == "" {
		more := ""
		if p["query_bias"] == nil {
			more += ", bias=False"
		}
		if l.Node.Bool("causal") {
			more += ", causal=True"
		}
		name = w.field("", "%s(%d, %d, %d, %d%s)", w.help("Attention"), q[0], k[0], heads, q[1]/heads, more)
		for _, role := range []string{"query", "key", "value", "output"} {
			w.copy(name+"."+role+".weight", p[role+"_kernel"], ".T")
			if b := p[role+"_bias"]; b != nil {
				w.copy(name+"."+role+".bias", b, "")
			}
		}
		w.share(l.Params[0], name)
	}
	return value{text: fmt.Sprintf("%s(%s%s)", name, strings.Join(args, ", "), mask)}, nil
}
