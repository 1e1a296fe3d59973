package plantest

import (
	"fmt"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
)

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
	attrs := fmt.Sprintf("units: %d, return_sequences: %t, go_backwards: %t, use_bias: %t%s", units, sequences,
		n.IntN(3) == 0, n.IntN(4) > 0, more)
	if n.IntN(3) == 0 {
		attrs += fmt.Sprintf(", truncate: %d", 1+n.IntN(from.shape[0]))
	}
	for _, other := range n.layers {
		if len(other.shape) == 1 && other.shape[0] == from.shape[0] && n.IntN(2) == 0 {
			from.name = fmt.Sprintf("[%s, %s]", from.name, other.name) // a mask
			break
		}
	}
	if n.IntN(4) == 0 {
		n.translator(from, kind, units, attrs)
		return true
	}
	if n.IntN(3) == 0 {
		mode := pick(n.Rand, "concat", "sum", "mul", "ave")
		if mode == "concat" {
			shape[len(shape)-1] *= 2
		}
		n.write("bidirectional", from, fmt.Sprintf("merge_mode: %s, layer: {%s: {%s}}", mode, kind, attrs), shape)
		return true
	}
	n.write(kind, from, attrs, shape)
	return true
}

// translator appends a recurrent layer, and one of the same kind over the same steps that begins where it ends, and
// joins what both give.
func (n *network) translator(from node, kind string, units int, attrs string) {
	first := n.write(kind, from, attrs+", return_state: true", nil).name
	state := first + ".h"
	read := []string{state}
	if kind == "lstm" {
		state = fmt.Sprintf("[%s.h, %s.c]", first, first)
		read = append(read, first+".c")
	}
	second := n.write(kind, node{name: strings.Trim(strings.Split(from.name, ",")[0], "[]")},
		fmt.Sprintf("units: %d, initial_state: %s", units, state), nil).name
	n.layers = n.layers[:len(n.layers)-2]
	n.write("concatenate", node{name: fmt.Sprintf("[%s, %s]", second, strings.Join(read, ", "))}, "",
		ir.Shape{units * (1 + len(read))})
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
		n.write("multi_head_attention", node{name: "[" + names + "]"},
			fmt.Sprintf("num_heads: %d, key_dim: %d, causal: %t, use_bias: %t",
				1+n.IntN(3), 1+n.IntN(5), causal, n.IntN(3) > 0), from.shape)
	}
	return true
}

// perStep appends a layer on each step of a sequence.
func (n *network) perStep(from node) bool {
	steps := ir.Shape{from.shape[0]}
	switch len(from.shape) {
	case 2:
		units := 1 + n.IntN(9)
		n.write("time_distributed", from, fmt.Sprintf("layer: {dense: {units: %d, activation: %s}}", units,
			pick(n.Rand, "relu", "tanh", "linear")), append(steps, units))
	case 3:
		switch f := from.shape[2]; n.IntN(4) {
		case 0:
			n.write("time_distributed", from, "layer: flatten", append(steps, from.shape[1]*f))
		case 1:
			n.write("time_distributed", from, "layer: global_average_pool1d", append(steps, f))
		case 2:
			n.write("time_distributed", from,
				fmt.Sprintf("layer: {conv1d: {filters: %d, kernel_size: 2, padding: same, activation: tanh}}", f+1),
				append(steps, from.shape[1], f+1))
		default:
			n.write("time_distributed", from, "layer: {gru: {units: 3}}", append(steps, 3))
		}
	default:
		return false
	}
	return true
}
