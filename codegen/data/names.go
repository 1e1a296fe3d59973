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
// of no named columns has none. Names in the spec stand for themselves; positions are looked up in the table.
func TargetNames(s *spec.Spec, base string, network *net.Net) [][]string {
	names := make([][]string, len(network.Outputs))
	if s.Data == nil || s.Data.Train == nil || s.Data.Train.Format != "csv" || s.Data.Target != "" {
		return names
	}
	src, steps := s.Data.Train, 1
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
		labels = HeaderOf(src, base, network).Label
	}
	for i, o := range network.Outputs {
		width := targetColumns(o)
		if o.Classes == nil {
			width /= steps
		}
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
