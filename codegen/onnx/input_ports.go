package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// ports makes the inputs.
func (im *importer) ports(ports []*Port) error {
	for _, p := range ports {
		if im.values[p.Name] != nil {
			continue // an initializer that old files list as an input too
		}
		if p.Kind != "tensor" || !p.Has || len(p.Dims) == 0 && !im.noBatch {
			return fmt.Errorf("input %q is not an array whose shape the file tells; want a batch of examples, such as n×4",
				p.Name)
		}
		words := elementTypes[p.Type].name == "string"
		if e, ok := elementTypes[p.Type]; !words && (!ok || e.read == nil) {
			return fmt.Errorf("input %q holds elements of %s: a network reads numbers; export the model without what turns "+
				"those into numbers",
				p.Name, typeName(p.Type))
		}
		if e := elementTypes[p.Type]; e.name == "float16" || e.name == "bfloat16" {
			im.remark(fmt.Sprintf("input %q is of %s, in which the model computes: the network computes in float32, and what "+
				"the model rounds differs", p.Name, e.name))
		}
		x := make(axes, len(p.Dims))
		at := im.batchAxis(p)
		for i, d := range p.Dims {
			switch {
			case d.Size <= 0 && !d.open():
				return fmt.Errorf("input %q holds no numbers: dimension %d is 0", p.Name, i)
			case d.Size > maxElements:
				return fmt.Errorf("input %q: dimension %d is %d, at most %d is imported", p.Name, i, d.Size, maxElements)
			case i == at && !d.open() && int(d.Size) != im.batch:
				return fmt.Errorf("input %q has a batch of %d, another of %d: the examples of all inputs go together",
					p.Name, d.Size, im.batch)
			case i == at:
				x[i] = []*atom{{size: im.batch, batch: true}}
			case d.Size <= 0:
				return fmt.Errorf("input %q: dimension %d is open (%q), but a generated network has fixed shapes: export the "+
					"model with a size, or set it by --input-dim %s=N",
					p.Name, i, d.Name, cmpOr(d.Name, "NAME"))
			default:
				x[i] = []*atom{{size: int(d.Size)}}
			}
		}
		if err := x.sized(fmt.Sprintf("input %q", p.Name)); err != nil {
			return err
		}
		store := x.features()
		images := im.channelsFirst(p.Name) && at == 0 && len(x) > 2
		if images {
			store = append(slices.Clone(x[2:]), x[1])
		}
		if len(store) == 0 { // one number for each example
			store = axes{{{size: 1}}}
		}
		l := &layer{kind: "input", hint: p.Name, shape: store, tokens: elementTypes[p.Type].whole}
		if images {
			l.keep(im.layout)
		}
		im.inputs = append(im.inputs, l)
		im.values[p.Name] = &value{layer: l, axes: x, store: store, scale: 1, whole: l.tokens,
			bits: elementTypes[p.Type].name == "bool", words: words}
	}
	if len(im.inputs) == 0 {
		return errors.New("the model has no input that is not a constant")
	}
	return nil
}

// open tells whether the file leaves a dimension open. Some writers put 0 or −1 for that, beside a name or not.
func (d Dim) open() bool { return d.Size < 0 || d.Size == 0 && (!d.Fixed || d.Name != "") }

// batchAxis returns the axis of an input along which examples lie, −1 for none: the first; or the only open one; or the
// second of a sequence that a recurrent layer reads step by step.
func (im *importer) batchAxis(p *Port) int {
	if im.noBatch {
		return -1
	}
	open := slices.IndexFunc(p.Dims, Dim.open)
	if open > 0 {
		return open
	}
	if open < 0 && len(p.Dims) == 3 && (im.stepsFirst(p.Name) || im.initialState(p.Name)) {
		return 1
	}
	return 0
}

// stepsFirst tells whether an input goes right into a recurrent operator that has the steps before the batch.
func (im *importer) stepsFirst(name string) bool {
	return slices.ContainsFunc(im.readersOf(name), func(n *Node) bool {
		return cells[n.Op].kind != "" && n.in(0) == name && n.int("layout", 0) == 0
	})
}

// initialState tells whether an input, or a part of it, is the state that a recurrent operator begins with:
// layers×n×units.
func (im *importer) initialState(name string) bool {
	return slices.ContainsFunc(im.readersOf(name), func(n *Node) bool {
		switch {
		case cells[n.Op].kind != "":
			return (n.in(5) == name || n.in(6) == name) && n.int("layout", 0) == 0
		case n.Op == "Slice" || n.Op == "Split" || n.Op == "Gather":
			return n.in(0) == name && slices.ContainsFunc(n.Out, im.initialState)
		}
		return false
	})
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// convolving are the operators whose input has its channels right behind the batch.
var convolving = []string{"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
	"InstanceNormalization", "LpPool",
	"DepthToSpace", "SpaceToDepth", "Resize", "Upsample",
	"BatchNormalization", "GroupNormalization"}

// through are operators that keep the place of the channels.
var through = []string{"Relu", "Clip", "Cast", "Identity", "Pad", "Mul", "Add", "Sub", "Div",
	"Dropout", "Sigmoid", "Tanh", "QuantizeLinear", "DequantizeLinear", "Affine"}

// channelsFirst tells whether an input is read as images or sequences with the channels first.
func (im *importer) channelsFirst(name string) bool {
	for range 8 {
		next := ""
		for _, n := range im.readersOf(name) {
			if slices.Contains(convolving, n.Op) {
				return n.in(0) == name
			}
			if slices.Contains(through, n.Op) && len(n.Out) > 0 {
				next = n.Out[0]
			}
		}
		if next == "" {
			return false
		}
		name = next
	}
	return false
}
