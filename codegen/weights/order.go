package weights

import (
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// orders tells for layers whose output is n×features which feature of PyTorch each feature is; nil for the same one.
//
// PyTorch keeps the channels of images, and of sequences between convolutions, before their places; a spec keeps them
// last. Where such an array becomes features, or features become one, the features come in another order, and with them
// the rows or columns of the dense layers around.
type orders map[*op.Layer][]int

func ordersOf(network *net.Net) orders {
	o := orders{}
	for _, l := range network.Layers {
		if (l.Def == op.Reshape) && len(l.InShape(0)) == 1 && len(l.Shape) > 1 && channelsFirst(l, network) {
			if source := featuresSource(l.In[0]); source != nil {
				o[source] = channelsLastOf(l.Shape)
			}
		}
	}
	for _, l := range network.Layers {
		switch {
		case len(l.Shape) != 1 || len(l.In) == 0 || o[l] != nil:
		case (l.Def == op.Flatten || l.Def == op.Reshape) && len(l.InShape(0)) > 1:
			if channelsFirst(l.In[0], network) {
				o[l] = channelsLastOf(l.InShape(0))
			}
		case l.Def == op.Concatenate:
			o[l] = o.joined(l)
		case keepsFeatures(l):
			o[l] = o[l.In[0]]
		}
	}
	for l, order := range o {
		if isIdentity(order) {
			delete(o, l)
		}
	}
	return o
}

// joined returns the order of a concatenation.
func (o orders) joined(l *op.Layer) []int {
	var all []int
	for _, in := range l.In {
		from := len(all)
		for i := range in.Shape[0] {
			k := i
			if o[in] != nil {
				k = o[in][i]
			}
			all = append(all, from+k)
		}
	}
	return all
}

// keepsFeatures tells whether a layer over features keeps each at its place.
func keepsFeatures(l *op.Layer) bool {
	return len(l.In[0].Shape) == 1 && slices.Equal(l.In[0].Shape, l.Shape) && l.Def != op.Dense && l.Def != op.TiedDense
}

// featuresSource returns the dense layer that features come from, if only layers that keep them lie between; else nil.
func featuresSource(l *op.Layer) *op.Layer {
	for l.Def != op.Dense {
		if len(l.In) == 0 || len(l.Shape) != 1 || !keepsFeatures(l) {
			return nil
		}
		l = l.In[0]
	}
	return l
}

// channelsLastOf returns for each element of an array of a shape, channels last, its place with channels first.
func channelsLastOf(shape []int) []int {
	c := shape[len(shape)-1]
	places := 1
	for _, d := range shape[:len(shape)-1] {
		places *= d
	}
	out := make([]int, 0, places*c)
	for p := range places {
		for k := range c {
			out = append(out, k*places+p)
		}
	}
	return out
}

func isIdentity(order []int) bool {
	for i, k := range order {
		if i != k {
			return false
		}
	}
	return true
}

// overSteps are the kinds over sequences for which PyTorch wants the channels first.
var overSteps = []string{"conv1d", "pool1d", "padding1d", "cropping1d", "sampling1d", "dropout1d"}

// channelsFirst tells whether PyTorch keeps the channels of what a layer gives first: those of images, and those of
// sequences that come from an input with its channels first, or a convolution or pool, or, where nothing tells, that go
// to one.
func channelsFirst(l *op.Layer, network *net.Net) bool {
	if len(l.Shape) != 2 {
		return len(l.Shape) == 3
	}
	convolves := func(l *op.Layer) bool {
		return slices.ContainsFunc(overSteps, func(s string) bool { return strings.HasSuffix(l.Def.Kind.Name, s) })
	}
	for from := l; len(from.In) > 0 && len(from.Shape) == 2; from = from.In[0] {
		if convolves(from) || slices.Contains(network.Layouts, from) {
			return true
		}
		if !slices.Equal(from.In[0].Shape, from.Shape) || len(from.Params) > 0 &&
			!strings.HasSuffix(from.Def.Kind.Name, "norm") {
			break
		}
	}
	if l.Def != op.Reshape {
		return false
	}
	return slices.ContainsFunc(network.Layers, func(r *op.Layer) bool { return slices.Contains(r.In, l) && convolves(r) })
}
