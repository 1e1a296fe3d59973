package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/nngen/nngen/codegen/op"
)

// quantizeLinear is the first half of a pair that rounds an activation. The pair is left out: the network computes in
// float32. But where zero stands for the least number of the type, no number is below it: tools that quantise leave out
// a ReLU before.
func quantizeLinear(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	zero, err := constantIn(in, 2, "zero point")
	if err != nil {
		return nil, err
	}
	unsigned := zero == nil && n.int("output_dtype", 2) == 2 || zero != nil && zero.most > zero.least &&
		uniform(zero.data) && zero.data[0] == zero.least
	if unsigned && !x.positive {
		rectified, err := im.activate(n, []*value{x}, "relu")
		if err != nil {
			return nil, err
		}
		x = rectified[0]
	}
	y := *x
	y.quantized = true
	im.round(n, x.layer, in, zero)
	return one(&y, nil)
}

// round notes how a pair rounds what a layer gives, where 8-bit integers with one scale do. Of several pairs that
// differ it takes the one that reaches farthest.
func (im *importer) round(n *Node, l *layer, in []*value, zero *array) {
	scale, err := needed(in, 1, "scale", -1)
	if err != nil || len(scale.data) != 1 {
		return
	}
	r := &Rounding{Scale: float32(scale.data[0]), Zero: -128}
	if zero != nil {
		if len(zero.data) != 1 || zero.most-zero.least != 255 {
			return
		}
		r.Zero = int32(zero.data[0]-zero.least) - 128 // of the same number among those from −128 on
	} else if n.int("output_dtype", 2) != 2 {
		return
	}
	if old := l.rounding; old != nil && *old != *r {
		im.remark(fmt.Sprintf("%s: %s is rounded to steps of %v and of %v; 8-bit integers of a package have the larger alone",
			n,
			l.name, old.Scale, r.Scale))
		if old.Scale > r.Scale {
			return
		}
	}
	l.rounding = r
}

// noteSteps notes the scales of weights of 8-bit integers, by the initializers that they come from: nil where a zero
// point or numbers below −127 stand for others than the integers of a package do.
func (im *importer) noteSteps(n *Node, args []*value) {
	in := make([]*array, len(args))
	for i, a := range args {
		if a != nil {
			in[i] = a.konst
		}
	}
	x := in[0]
	if x.most-x.least != 255 {
		return // a bias, of int32
	}
	of, err := scalesOf(n, in)
	if err != nil {
		return
	}
	steps := in[1]
	for i, v := range x.data {
		if _, zero := of(i); math.Abs(v-zero) > 127 {
			steps = nil
			break
		}
	}
	roots, computed := im.roots[n.in(0)]
	if !computed {
		roots = []string{n.in(0)}
	}
	for _, r := range roots {
		im.steps[r] = steps
	}
}

// integers returns what the model computes with 8-bit integers, for a network that the import made; nil for nothing. Of
// products it has the scales alone, none where their weights have others than a scale for each channel.
func (im *importer) integers(r *Result) *Int8 {
	z := &Int8{Products: map[*op.Layer]Product{}, Rounded: map[*op.Layer]Rounding{}}
	made := map[string][]*op.Layer{} // of a layer of the spec, in order
	for _, l := range r.Net.Layers {
		made[l.Source] = append(made[l.Source], l)
	}
	for _, l := range slices.Concat(im.inputs, im.layers) {
		list := made[source(l)]
		if len(list) == 0 {
			continue
		}
		if l.rounding != nil {
			z.Rounded[list[len(list)-1]] = *l.rounding
		}
		if l.before != nil {
			z.Rounded[list[0]] = *l.before
		}
		if l.kind == "preprocess" || len(list[0].Params) == 0 {
			continue
		}
		owner, shape := l, list[0].Shape
		if s, ok := l.attr("share").(sharing); ok {
			owner = s.layer
		}
		k := owner.param(strings.TrimPrefix(list[0].Params[0].Name, source(owner)+"."))
		if k == nil {
			continue
		}
		for _, root := range owner.roots {
			if steps, ok := im.steps[root]; ok {
				z.Products[list[0]] = Product{Scales: scalesFor(k, shape[len(shape)-1], steps)}
			}
		}
	}
	if len(z.Products) == 0 && len(im.pairs) == 0 {
		return nil
	}
	return z
}

// scalesFor returns a scale for each of n channels of a kernel, whose channels are last; nil if its numbers are no
// whole multiples of them.
func scalesFor(k *param, n int, steps *array) []float32 {
	if steps == nil || len(steps.data) != 1 && len(steps.data) != n {
		return nil
	}
	scales := make([]float32, n)
	for j := range scales {
		if scales[j] = float32(steps.data[j%len(steps.data)]); !(scales[j] > 0) {
			return nil
		}
	}
	for i, v := range k.data {
		// A kernel is k·scale, with |k| ≤ 127, in float64 or rounded to float32: 127·2⁻²⁴ is its error in steps.
		if q := v / float64(scales[i%n]); math.Abs(q-math.RoundToEven(q)) > 1e-4 {
			return nil
		}
	}
	return scales
}

// dequantizeLinear is the second half, or turns an input of whole numbers into what they stand for.
func dequantizeLinear(im *importer, n *Node, in []*value) ([]*value, error) {
	if in[0].quantized {
		y := *in[0]
		y.quantized = false
		im.pairs = append(im.pairs, n)
		return one(&y, nil)
	}
	if !in[0].whole {
		return nil, errors.New("it reads numbers that nothing rounded")
	}
	scale, err := needed(in, 1, "scale", -1)
	if err != nil {
		return nil, err
	}
	zero, err := constantIn(in, 2, "zero point")
	if err != nil {
		return nil, err
	}
	if len(scale.data) != 1 || zero != nil && len(zero.data) != 1 {
		return nil, errors.New("several scales for an activation: one is imported")
	}
	x := *in[0]
	x.whole = false
	y := &x
	if zero != nil && zero.data[0] != 0 {
		if y, err = im.shift(n, y, &array{data: []float64{-zero.data[0]}}, 0); err != nil {
			return nil, err
		}
	}
	return one(im.stretch(n, y, &array{data: scale.data}, unknown))
}

// remarkPairs says that activations are not rounded here, where the model rounds some.
func (im *importer) remarkPairs() {
	if len(im.pairs) > 0 {
		im.remark(fmt.Sprintf("%s and the rounding before it → dropped, of %d such: a network of float32 does not round, "+
			"so that its results differ", im.pairs[0], len(im.pairs)))
	}
}

// remark notes a line of the report.
func (im *importer) remark(line string) { im.remarks = append(im.remarks, line) }

// roundly are the operators that may stand between the halves of a pair that rounds.
var roundly = []string{"DequantizeLinear", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
	"Transpose", "Identity", "MaxPool"}
