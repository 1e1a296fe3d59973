package data

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
)

// class returns the target of a class for an output, or what is wrong.
func class(o *net.Output, label string) (int, error) {
	label = strings.TrimSpace(label)
	for i, c := range o.Classes {
		if c == label {
			return i, nil
		}
	}
	// A number may be written in several ways.
	if v, err := strconv.ParseFloat(label, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		plain := fmt.Sprintf("%d", int64(v))
		for i, c := range o.Classes {
			if c == plain {
				return i, nil
			}
		}
	}
	return 0, noClass{label, fmt.Sprintf("label %q is none of the classes %s%s", label, strings.Join(o.Classes, ", "),
		decomposed(isApart(label, o.Classes)))}
}

// labelOf is a label of an output.
type labelOf struct {
	output *net.Output
	label  string
}

// maxLabels bounds the labels whose class is kept, of which a number may be written in many ways.
const maxLabels = 10_000

// class returns the target of a class for an output, also of one that differs in case alone from the name of one class,
// which is noted.
func (r *reader) class(o *net.Output, label string) (int, error) {
	k, seen := r.labels[labelOf{o, label}]
	if seen {
		return k, nil
	}
	k, err := class(o, label)
	if err == nil {
		if r.labels == nil {
			r.labels = map[labelOf]int{}
		}
		if len(r.labels) < maxLabels {
			r.labels[labelOf{o, strings.Clone(label)}] = k
		}
		return k, nil
	}
	label = strings.TrimSpace(label)
	like := func(c string) bool { return strings.EqualFold(c, label) }
	k = slices.IndexFunc(o.Classes, like)
	if k < 0 || slices.ContainsFunc(o.Classes[k+1:], like) {
		return 0, err
	}
	r.folded.add(fmt.Sprintf("%q for %q", label, o.Classes[k]))
	return k, nil
}

// numbered returns the target of a label in a file of numbers: the class that is named so, or, if no class has
// a number for a name, the one in that place, from 0.
func numbered(o *net.Output, label string) (int, error) {
	for _, c := range o.Classes {
		if _, err := parse(c); err == nil {
			return class(o, label)
		}
	}
	last := len(o.Classes) - 1
	if v, err := strconv.ParseFloat(label, 64); err == nil && v >= 0 && v <= float64(last) && v == math.Trunc(v) {
		return int(v), nil
	}
	return 0, fmt.Errorf("label %s is the number of no class: they go from 0 (%s) to %d (%s)", label,
		o.Classes[0], last, o.Classes[last])
}

// setClass writes the target of a class: 1 for the unit that holds, or the number itself for a
// binary output.
func setClass(o *net.Output, row []float32, k int) {
	if o.Task == "multiclass" {
		row[k] = 1
		return
	}
	row[0] = float32(k)
}
