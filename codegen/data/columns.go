package data

import (
	"fmt"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// Column is a column of a table with all that the inputs of a network hold of it: the numbers of a word, the parts of a
// date, its steps in a window.
type Column struct {
	Name  string
	Spans []Span
}

// Span is numbers of each example of an input, which lie side by side.
type Span struct{ Input, At, Width int }

// Columns returns the columns that the inputs of a network are read from, in the order of the inputs. An input that
// is no table's is one column for each number, up to maxAudited, and above it, or of tokens, one as a whole.
func Columns(s *spec.Spec, base string, network *net.Net) []Column {
	var list []Column
	index := map[string]int{}
	add := func(name string, at Span) {
		i, ok := index[name]
		if !ok {
			i = len(list)
			index[name] = i
			list = append(list, Column{Name: name})
		}
		list[i].Spans = append(list[i].Spans, at)
	}
	var series, features []string
	if s.Data != nil && s.Data.Train != nil {
		if n := s.Data.Train.Series; n != nil {
			series = n.Columns
		} else {
			features = headerOf(s.Data.Train, base, network).Features
		}
	}
	for i, in := range network.Spec.Inputs {
		size := network.Inputs[i].Shape.Size()
		switch {
		case len(series) > 0 && size%len(series) == 0:
			for at := range size {
				add(series[at%len(series)], Span{i, at, 1})
			}
		case in.Tokens != nil || in.Columns == nil && size > maxAudited && len(features) != size:
			name := in.Name
			if in.Tokens != nil && in.Tokens.Column != "" {
				name = in.Tokens.Column
			}
			add(name, Span{i, 0, size})
		default:
			for _, c := range columnNames(network, i, features) {
				name := c.column
				if name == "" {
					name = fmt.Sprintf("%s[%d]", in.Name, c.at)
				}
				add(name, Span{i, c.at, c.width})
			}
		}
	}
	return list
}
