package verify

import (
	"fmt"
	"strings"
	"testing"
)

// TestMaskingAgreesWhereItMasks reads steps that dropout made zero.
func TestMaskingAgreesWhereItMasks(t *testing.T) {
	check(t, []*Subject{{Spec: load(t, "masking.yaml", []byte(
		"version: 1\nname: m\ntask: regression\ninput: {name: x, shape: [6, 2]}\nlayers:\n"+
			"  - dropout: {name: holes, rate: 0.7}\n  - masking: {name: keep, from: holes}\n"+
			"  - gru: {name: g, from: [x, keep], units: 4}\n  - concatenate: {from: [g, keep]}\n  - output: {units: 2}\n"+
			"training: {batch_size: 5}\n"))}}, Options{Seed: 6, Steps: 3})
}

// TestStatesAgreeWithTheReference hands the states of recurrent layers to others: all parts and some, with masks, in
// both directions, truncated, of layers whose outputs nothing else reads, and one state to two layers.
func TestStatesAgreeWithTheReference(t *testing.T) {
	var subjects []*Subject
	for i, layers := range []string{
		"lstm: {name: a, from: s, units: 5, return_state: true}|lstm: {name: b, from: u, units: 5, initial_state: [a.h, " +
			"a.c], return_sequences: true}",
		"lstm: {name: a, from: [s, keep], units: 9, return_state: true, return_sequences: true, go_backwards: true}|lstm: " +
			"{name: b, from: [u, keep], units: 9, initial_state: [a.h, a.c]}|concatenate: {from: [b, a.c, a.h]}",
		"lstm: {name: a, from: [s, keep], units: 4, return_state: true, use_bias: false, truncate: 2}|dense: {name: b, " +
			"from: a.c, units: 3}",
		"lstm: {name: a, from: s, units: 4, return_state: true, return_sequences: true}|lstm: {name: b, from: [a, keep], " +
			"units: 4, initial_state: [a.c, a.c], truncate: 2, return_state: true}|concatenate: {name: c, from: [b.c, b]}",
		"gru: {name: a, from: [s, keep], units: 5, return_state: true, return_sequences: true}|gru: {name: b, from: a, " +
			"units: 5, initial_state: a.h, go_backwards: true}",
		"gru: {name: a, from: s, units: 17, return_state: true, go_backwards: true}|gru: {name: b, from: [u, keep], " +
			"units: 17, initial_state: a.h, reset_after: false, truncate: 3}|gru: {name: c, from: u, units: 17, " +
			"initial_state: a.h, use_bias: false}|add: {from: [b, c]}",
		"simple_rnn: {name: a, from: s, units: 6, return_state: true, go_backwards: true, return_sequences: " +
			"true}|simple_rnn: {name: b, from: [u, keep], units: 6, initial_state: a.h}",
		"dense: {name: d, from: v, units: 5, activation: tanh}|lstm: {name: b, from: [s, keep], units: 5, " +
			"initial_state: [d, v]}",
		"gru: {name: b, from: s, units: 5, initial_state: v, return_sequences: true, go_backwards: true}",
		"lstm: {name: a, from: s, units: 3, return_state: true}|lstm: {name: b, from: s, units: 3, share: a, " +
			"return_state: true}|concatenate: {from: [a, b, a.c, b.c]}",
	} {
		layers = strings.ReplaceAll(layers, "|", "\n  - ")
		subjects = append(subjects, &Subject{Spec: load(t, fmt.Sprintf("states_%d.yaml", i), fmt.Appendf(nil,
			"version: 1\nname: m\ntask: regression\n"+
				"inputs: [{name: s, shape: [6, 3]}, {name: u, shape: [6, 2]}, {name: keep, shape: [6]}, {name: v, shape: [5]}]\n"+
				"layers:\n  - %s\n  - flatten\n  - output: {units: 2}\ntraining: {batch_size: 5}\n", layers))})
	}
	check(t, subjects, Options{Seed: 21, Steps: 3})
}
