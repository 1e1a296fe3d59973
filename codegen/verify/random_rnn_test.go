package verify

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

func init() { families = append(families, (*network).recurrent, (*network).attention) }

// recurrent appends a recurrent layer, if what it reads is a sequence.
func (n *network) recurrent(from node) bool {
	if len(from.shape) != 2 || from.shape[0] > 8 {
		return false
	}
	units, sequences := 1+n.IntN(9), n.IntN(2) == 0
	shape := ir.Shape{units}
	if sequences {
		shape = ir.Shape{from.shape[0], units}
	}
	kind, more := pick(n.Rand, "simple_rnn", "lstm", "gru"), ""
	if kind == "gru" {
		more = fmt.Sprintf(", reset_after: %t", n.IntN(2) == 0)
	}
	n.write(kind, from, fmt.Sprintf("units: %d, return_sequences: %t, go_backwards: %t, use_bias: %t%s", units, sequences, n.IntN(3) == 0, n.IntN(4) > 0, more), shape)
	return true
}

// attention appends a layer that mixes the steps of a sequence, or tells their places.
func (n *network) attention(from node) bool {
	if len(from.shape) != 2 {
		return false
	}
	switch n.IntN(3) {
	case 0:
		n.write("positional_encoding", from, "encoding: "+pick(n.Rand, "sinusoidal", "learned"), from.shape)
	default:
		read := from
		for _, other := range n.layers {
			if len(other.shape) == 2 && n.IntN(2) == 0 {
				read = other
			}
		}
		names, causal := from.name, n.IntN(2) == 0
		if read.name != from.name {
			names += ", " + read.name
			causal = causal && read.shape[0] == from.shape[0]
		}
		for _, other := range n.layers {
			if len(other.shape) == 1 && other.shape[0] == read.shape[0] {
				names += ", " + other.name
				break
			}
		}
		n.write("multi_head_attention", node{name: "[" + names + "]"}, fmt.Sprintf("num_heads: %d, key_dim: %d, causal: %t, use_bias: %t",
			1+n.IntN(3), 1+n.IntN(5), causal, n.IntN(3) > 0), from.shape)
	}
	return true
}
