package onnx

import (
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// layer is a layer of the spec under construction.
type layer struct {
	kind    string // of the spec; "input" for an input
	hint    string // the name in the model, from which its own is made
	name    string // in the spec; given at the end
	attrs   []attribute
	in      []*layer
	params  []param
	origin  []string  // the nodes that it stands for
	shape   axes      // of an input, as layers see it
	images  bool      // of an input whose channels the model has first
	layout  string    // of an input: that of the spec; "" for channels last
	tokens  bool      // of an input that holds whole numbers
	columns []column  // of an input that a table feeds
	fixed   []net.Fit // what those took from the training rows, and the spec cannot say
	was     []int     // the shape before a reshape; nil for other kinds
	kept    kept      // the connections of a dense layer
	tied    tied      // why a training leaves its numbers as they are
	made    []string  // the parameters that change nothing, and that no number of the model gives
	states  int       // how many of the inputs, the last ones, are the initial state
	roots   []string  // the initializers that its parameters come from
	part    string    // of the state of a recurrent layer, which a layer of stateKind reads
	// rounding is how a pair rounds what the layer gives, and before what its activation reads; nil for none.
	rounding, before *Rounding
}

// attribute is a key of a layer in YAML, with Go's value.
type attribute struct {
	key   string
	value any
}

// param is a parameter of a layer: its role, which follows the layer's name in weight files, and its numbers in the
// spec's layout.
type param struct {
	role string
	dims []int
	data []float64
}

// keep notes that the model has the channels of an input first, and keeps them there if the layout says so.
func (l *layer) keep(layout string) {
	l.images = true
	if layout == spec.ChannelsFirst {
		l.layout = layout
	}
}

// given returns the axes of an input as callers of the package give them.
func (l *layer) given() axes {
	if k := len(l.shape) - 1; l.layout == spec.ChannelsFirst {
		return append(axes{l.shape[k]}, l.shape[:k]...)
	}
	return l.shape
}

func (l *layer) attr(key string) any {
	for _, a := range l.attrs {
		if a.key == key {
			return a.value
		}
	}
	return nil
}

func (l *layer) set(key string, v any) {
	for i, a := range l.attrs {
		if a.key == key {
			l.attrs[i].value = v
			return
		}
	}
	l.attrs = append(l.attrs, attribute{key, v})
}

func (l *layer) param(role string) *param {
	for i := range l.params {
		if l.params[i].role == role {
			return &l.params[i]
		}
	}
	return nil
}

// clone returns a copy that may be changed.
func (l *layer) clone() *layer {
	c := *l
	c.attrs, c.params, c.origin, c.in = slices.Clone(l.attrs), slices.Clone(l.params),
		slices.Clone(l.origin), slices.Clone(l.in)
	c.roots, c.made = slices.Clone(l.roots), slices.Clone(l.made)
	return &c
}

// add appends a layer.
func (im *importer) add(n *Node, kind string, in ...*layer) *layer {
	l := &layer{kind: kind, hint: hintOf(n), in: in, origin: []string{n.String()}}
	im.layers = append(im.layers, l)
	return l
}

// hintOf returns the name of the module that a node came from: PyTorch's exporter writes /e/linear1/MatMul.
func hintOf(n *Node) string {
	parts := strings.Split(strings.Trim(n.Name, "/"), "/")
	if len(parts) < 2 || !strings.HasPrefix(n.Name, "/") {
		return ""
	}
	return strings.Join(parts[:len(parts)-1], "_")
}
