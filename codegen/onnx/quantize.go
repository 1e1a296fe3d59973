package onnx

import (
	"errors"
	"fmt"
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
	return one(&y, nil)
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
		im.remark(fmt.Sprintf("%s and the rounding before it → dropped, of %d such: activations are not rounded to whole numbers here, so that results differ by that rounding; nngen quantize makes a package of 8-bit integers", im.pairs[0], len(im.pairs)))
	}
}

// remark notes a line of the report.
func (im *importer) remark(line string) { im.remarks = append(im.remarks, line) }

// roundly are the operators that may stand between the halves of a pair that rounds.
var roundly = []string{"DequantizeLinear", "Reshape", "Flatten", "Squeeze", "Unsqueeze",
	"Transpose", "Identity", "MaxPool"}
