package data

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// TargetNames returns for each output of a network the names of the columns that its targets are read from, one for
// each target; of a series with a horizon of several steps they carry the number of the step. An output of classes, or
// of no named columns has none. Names in the spec stand for themselves; positions are looked up in the table. Targets
// that are the inputs are called as the columns of those, and preprocessed if they are.
func TargetNames(s *spec.Spec, base string, network *net.Net) [][]string {
	names := make([][]string, len(network.Outputs))
	if s.Data == nil || s.Data.Train == nil || s.Data.Train.Format != "csv" {
		return names
	}
	src, steps := s.Data.Train, 1
	if s.Data.Target == "input" {
		if src.Series == nil && len(network.Inputs) == 1 && len(network.Outputs) == 1 {
			names[0] = inputNames(network, headerOf(src, base, network).Features)
		}
		return names
	}
	labels := src.Label
	if src.Series != nil {
		steps = max(1, src.Series.Steps)
		if labels == nil {
			labels = src.Series.Columns
		}
	}
	if labels == nil {
		labels = []string{"last"}
	}
	if slices.ContainsFunc(labels, isPosition) {
		labels = headerOf(src, base, network).Label
	}
	for i, o := range network.Outputs {
		width := LabelColumns(o, steps)
		if width > len(labels) {
			return make([][]string, len(network.Outputs))
		}
		if o.Classes == nil && o.Steps() == 1 && !slices.Contains(labels[:width], "") {
			names[i] = stepNames(labels[:width], steps)
		}
		labels = labels[width:]
	}
	return names
}

// inputNames returns the names of the numbers of the one input as targets, those of words and parts of dates with their
// number; nil if a column has no name. features are the columns of the table that are neither labels nor weights.
func inputNames(network *net.Net, features []string) (names []string) {
	suffix := ""
	if len(net.Preprocessing(network, network.Inputs[0])) > 0 {
		suffix = "_preprocessed"
	}
	for _, c := range columnNames(network, 0, features) {
		if c.column == "" {
			return nil
		}
		for k := range c.width {
			name := c.column
			if c.width > 1 {
				name = fmt.Sprintf("%s_%d", name, k+1)
			}
			names = append(names, name+suffix)
		}
	}
	if len(names) != network.Outputs[0].Layer.Shape.Size() {
		return nil
	}
	if in := network.Spec.Inputs[0]; in.Layout == spec.ChannelsFirst { // targets have their channels last
		given, channels := slices.Clone(names), in.Shape[0]
		for i, name := range given {
			names[i%(len(names)/channels)*channels+i/(len(names)/channels)] = name
		}
	}
	return names
}

// LabelColumns returns from how many columns of a table an output has its labels; steps is how many rows of a series are
// foretold, else 1.
func LabelColumns(o *net.Output, steps int) int {
	if o.Classes != nil {
		return 1
	}
	return targetColumns(o) / max(1, steps)
}

// isPosition tells whether the name of a column may be its place.
func isPosition(name string) bool {
	_, err := strconv.Atoi(strings.TrimPrefix(name, "#"))
	return err == nil || name == "first" || name == "last"
}

// withNames returns the columns that a spec names, not by what may be their places, which say nothing of a header.
func withNames(columns []string) []string {
	return slices.DeleteFunc(slices.Clone(columns), isPosition)
}

// stepNames returns the names of columns at each of some steps, in the order of the targets: all of the first step,
// then all of the next.
func stepNames(columns []string, steps int) []string {
	if steps == 1 {
		return columns
	}
	var list []string
	for step := range steps {
		for _, c := range columns {
			list = append(list, fmt.Sprintf("%s_%d", c, step+1))
		}
	}
	return list
}
