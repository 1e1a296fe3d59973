package net

import (
	"fmt"
	"math"

	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// Bounds of the numbers of a spec that code holds as float32. The product of two numbers up to largest is finite:
// (2⁶³)² < 2¹²⁸. Below smallest float32 has fewer digits, or only 0: it is the smallest normal number, 2⁻¹²⁶.
const (
	largest  = 1 << 63
	smallest = 0x1p-126
)

// numbers checks that float32 can hold the numbers of all layers, of what they are made of, and of the training.
func (b *builder) numbers() {
	s := b.net.Spec
	for i := range s.Layers {
		l := &s.Layers[i]
		b.numbersOf(subject(l), l.Node)
		b.number("range", subject(l), l.LRFactorPos, "lr_factor", l.LRFactor)
	}
	for _, n := range s.Preprocess {
		b.numbersOf(n.Kind, n)
		if n.Kind == op.Rescale.Kind.Name && n.Float("scale") != 0 {
			b.number("preprocess", n.Kind, n.At("offset"), "-offset/scale", -n.Float("offset")/n.Float("scale"))
		}
	}
	b.numbersOf(s.Optimizer.Kind, s.Optimizer)
	if s.Schedule != nil {
		b.numbersOf(s.Schedule.Kind, *s.Schedule)
	}
	if r := s.Training.Regularizer; r != nil {
		b.numbersOf("training", *r)
	}
	b.number("range", "training", s.Training.Pos, "clip_norm", s.Training.ClipNorm)
	b.number("range", "training", s.Training.Pos, "clip_value", s.Training.ClipValue)
	b.weights(s.Training.ClassWeights)
}

// numbersOf checks the numbers of a node and of those in it.
func (b *builder) numbersOf(subject string, n spec.Node) {
	for _, v := range n.Attrs {
		switch x := v.V.(type) {
		case float64:
			b.number("range", subject, v.Pos, v.Name, x)
		case []float64:
			for _, e := range x {
				b.number("range", subject, v.Pos, "a number of "+v.Name, e)
			}
		case []spec.Weight:
			b.weights(x)
		case spec.Node:
			b.numbersOf(subject, x)
		case []spec.Node:
			for _, e := range x {
				b.numbersOf(subject, e)
			}
		}
	}
}

// weights checks those of classes.
func (b *builder) weights(list []spec.Weight) {
	for _, w := range list {
		b.number("range", "class_weights", w.Pos, fmt.Sprintf("the weight of %q", w.Class), w.Weight)
	}
}

// number checks one number; 0 is always fine.
func (b *builder) number(code, subject string, pos spec.Pos, name string, v float64) {
	switch {
	case math.Abs(v) > largest || math.IsNaN(v):
		b.errs.Add(code, pos, subject, "", "%s is %g, but products of numbers above %.2g overflow float32%s", name, v,
			float64(largest), becomes(v))
	case v != 0 && math.Abs(v) < smallest:
		b.errs.Add(code, pos, subject, "", "%s is %g, which float32 cannot hold%s", name, v, becomes(v))
	}
}

// becomes says what float32 makes of a number, if that is another one at all.
func becomes(v float64) string {
	switch w := float64(float32(v)); {
	case math.IsInf(w, 0):
		return ": it would be infinite"
	case w == 0:
		return ": it would be 0"
	case w != v && math.Abs(w) < smallest:
		return fmt.Sprintf(": it would be %g", w)
	}
	return ""
}
