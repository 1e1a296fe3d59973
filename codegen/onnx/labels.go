package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// label marks values that serve to name a class.
type label struct {
	complement *value // of 1 − p: the p
	both       bool   // [1 − p, p] of a binary classifier, of which the value is p
	chosen     bool   // the number or name of the most probable class
	top        int    // the largest so many of the scores; 0 for all
	places     bool   // of the largest: their places
	// values is the name of the largest themselves, of their places.
	values string
}

// bothClasses returns p for the pair 1 − p and p; nil for other values.
func bothClasses(in []*value) *value {
	if len(in) != 2 || in[0] == nil || in[1] == nil || in[0].label == nil || in[0].label.complement == nil ||
		in[0].label.complement.layer != in[1].layer {
		return nil
	}
	y := *in[1]
	y.label = &label{both: true}
	return &y
}

// argMax is the number of the most probable class.
func argMax(im *importer, n *Node, in []*value) ([]*value, error) {
	names, others := im.onlyNames(n.Out[0])
	if !names {
		return nil,
			errors.New("the place of the largest element is computed with: a network gives the numbers themselves, and the " +
				"package's Classify names the class")
	}
	if others {
		return one(in[0].labelled(), nil)
	}
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if n.int("select_last_index", 0) != 0 {
		return nil, blame("select_last_index", "of equal scores the first one is chosen")
	}
	if err := lastFeatures(n, x, n.int("axis", 0)); err != nil {
		return nil, err
	}
	return one(x.labelled(), nil)
}

// argMin is the place of the largest of the opposite numbers.
func argMin(im *importer, n *Node, in []*value) ([]*value, error) {
	if names, others := im.onlyNames(n.Out[0]); !names || others {
		return nil, errors.New("the place of the least element is computed with: a network gives the numbers themselves")
	}
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	if x, err = im.stretch(n, x, &array{data: []float64{-1}}, 0); err != nil {
		return nil, err
	}
	return argMax(im, n, []*value{x})
}

// lastFeatures wants an axis to be that of the classes, along which a spec's array is last.
func lastFeatures(n *Node, x *value, k int) error {
	k, err := axis(k, len(x.axes))
	if err != nil {
		return err
	}
	if along := x.axes[k]; len(along) == 0 || len(x.store) == 0 || !sameAtoms(along, x.store[len(x.store)-1]) {
		return blame("axis", "%d of %s: a class is chosen along the features, which has two or more of them", k, x.axes)
	}
	return nil
}

// topK is the largest of the scores, which callers choose themselves: the network gives all.
func topK(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	k := &array{data: []float64{float64(n.int("k", 0))}} // an attribute before opset 10
	if n.attr("k") == nil {
		if k, err = needed(in, 1, "number of elements", -1); err != nil {
			return nil, err
		}
	}
	v, ok := k.scalar()
	switch {
	case !ok || v < 1 || v > maxConstant:
		return nil, fmt.Errorf("%v elements of each row", k.data)
	case n.int("largest", 1) != 1:
		return nil, blame("largest",
			"0 takes the smallest elements of each row, and only the largest are imported (1, the default)")
	case n.int("sorted", 1) != 1:
		return nil, blame("sorted",
			"0 leaves the order of the elements open, and only elements from the largest on are imported (1, the default)")
	case slices.ContainsFunc(n.Out, func(o string) bool { return len(im.readersOf(o)) > 0 }):
		return nil, errors.New("the largest elements are computed with, which no layer does")
	}
	if err := lastFeatures(n, x, n.int("axis", -1)); err != nil {
		return nil, err
	}
	values, places := *x, *x
	values.label = &label{top: int(v)}
	places.label = &label{top: int(v), places: true, values: n.Out[0]}
	return []*value{&values, &places}, nil
}

// classNames reads the names of the classes, which a label chooses from.
func classNames(im *importer, n *Node, in []*value) ([]*value, error) {
	if len(in) != 2 || in[0] == nil || in[0].konst == nil || in[1] == nil || in[1].label == nil {
		return nil, errors.New("only the names of classes are chosen so")
	}
	im.named(in[0].konst)
	return one(in[1], nil)
}

// named keeps the names of classes.
func (im *importer) named(a *array) {
	im.classes = slices.Clone(a.words)
	for _, v := range a.data {
		im.classes = append(im.classes, numberName(v))
	}
}

// labelsOf reads names of classes from attributes of a node.
func (im *importer) labelsOf(n *Node) {
	if a := n.attr("classlabels_strings"); a != nil && len(a.Strings) > 0 {
		im.classes = slices.Clone(a.Strings)
		return
	}
	for _, name := range []string{"classlabels_int64s", "classlabels_ints"} {
		if a := n.attr(name); a != nil && len(a.Ints) > 0 {
			im.classes = nil
			for _, v := range a.Ints {
				im.classes = append(im.classes, strconv.FormatInt(v, 10))
			}
		}
	}
}

func zipMap(im *importer, n *Node, in []*value) ([]*value, error) {
	im.labelsOf(n)
	return same(im, n, in)
}

func labelEncoder(im *importer, n *Node, in []*value) ([]*value, error) {
	if in[0].words {
		return one(im.ordinal(n, in[0]))
	}
	if in[0].label == nil || !in[0].label.chosen {
		return nil, errors.New("it reads neither words of a column nor the number of a class")
	}
	return one(in[0], im.renamed(n))
}

// renamed gives classes the names that a LabelEncoder has for them: for the names that they have, or their numbers.
func (im *importer) renamed(n *Node) error {
	if a := n.attr("classes_strings"); a != nil { // before version 2: the key of a name is its place
		im.classes = slices.Clone(a.Strings)
		return nil
	}
	keys, values := namesIn(n, "keys"), namesIn(n, "values")
	if len(keys) == 0 || len(keys) != len(values) {
		return fmt.Errorf("it has %d keys and %d values, as attributes: want as many of both, at least one", len(keys),
			len(values))
	}
	old := im.classes
	if len(old) == 0 {
		for i := range keys {
			old = append(old, strconv.Itoa(i))
		}
	}
	im.classes = nil
	for _, name := range old {
		at := slices.Index(keys, name)
		if at < 0 {
			return fmt.Errorf("class %q is none of its keys %q", name, keys)
		}
		im.classes = append(im.classes, values[at])
	}
	return nil
}

// namesIn returns a list of a LabelEncoder as text, of whatever type it is.
func namesIn(n *Node, list string) (names []string) {
	if a := n.attr(list + "_strings"); a != nil {
		names = append(names, a.Strings...)
	}
	if a := n.attr(list + "_int64s"); a != nil {
		for _, v := range a.Ints {
			names = append(names, strconv.FormatInt(v, 10))
		}
	}
	if a := n.attr(list + "_floats"); a != nil {
		for _, v := range a.Floats {
			names = append(names, numberName(v))
		}
	}
	return names
}

// numberName returns the name of a class that is a number, with the digits that tell it from others of its type.
func numberName(v float64) string {
	bits := 64
	if float64(float32(v)) == v && v != math.Trunc(v) { // of whole numbers each digit counts
		bits = 32
	}
	return strconv.FormatFloat(v, 'g', -1, bits)
}

// binarizer is 1 where an element is above a threshold, else 0.
func binarizer(im *importer, n *Node, in []*value) ([]*value, error) {
	threshold := 0.0
	if a := n.attr("threshold"); a != nil {
		threshold = a.F
	}
	const name = "#threshold"
	return comparison(true, true)(im, &Node{Op: "Greater", Name: n.Name, In: []string{n.in(0), name}, Out: n.Out},
		[]*value{in[0], {konst: &array{data: []float64{threshold}}}})
}
