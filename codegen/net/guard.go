package net

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// mostGuarded is the largest number of features whose covariance a guard holds: the triangle of that many is half a MiB
// of float32 and 130,000 multiply-adds a check, as much as a dense layer of 360×360.
const mostGuarded = 512

// Guard tells examples that are unlike the training set: by the range of each number of the inputs, and by the
// Mahalanobis distance of the last hidden layer (Lee, Lee, Lee and Shin, A Simple Unified Framework for Detecting
// Out-of-Distribution Samples and Adversarial Attacks, NeurIPS 2018, with one class).
type Guard struct {
	// Layer is the last hidden layer: what the last layer with a kernel in front of the first output reads, an input if
	// that reads one.
	Layer *op.Layer
	// Features is how many numbers of it there are; where Pooled, the means of the channels of an image or a sequence.
	Features int
	Pooled   bool

	Low, High []*ir.Param // the range of each number, for each input
	// Mean is that of the features, and Whiten the lower triangle, row by row, of the matrix that turns their distances
	// from it into those of unit covariance.
	Mean, Whiten *ir.Param
	Limit        *ir.Param // the largest distance of what is like the training set; unfitted before a training
	Rate         *ir.Param // the share of such examples beyond a range or the limit that is expected
}

// unfitted is the limit of a guard that was not fitted: every distance is beyond it.
const unfitted = -1

// Constants returns all that is fitted.
func (g *Guard) Constants() []*ir.Param {
	if g == nil {
		return nil
	}
	return append(slices.Concat(g.Low, g.High), g.Mean, g.Whiten, g.Limit, g.Rate)
}

// guard makes the guard of the network, if the spec asks for one.
func (b *builder) guard() {
	s := b.net.Spec
	if !s.Generate.Guard {
		return
	}
	fail := func(hint, format string, args ...any) {
		b.errs.Add("guard", s.Generate.GuardPos, "generate", hint, format, args...)
	}
	if s.Data != nil && s.Data.Validation == nil && s.Training.ValidationSplit == 0 {
		fail("set training.validation_split, or data.validation",
			"the limits of a guard are fitted to a validation set, but there is none")
		return
	}
	g := &Guard{}
	if g.hidden(b.net.Outputs[0].Layer); g.Features > mostGuarded {
		fail("put a dense layer of fewer units, or a global average pool, before the output",
			"the last hidden layer, %q, has %d numbers, but a guard holds the covariance of at most %d",
			g.Layer.Source, g.Features, mostGuarded)
		return
	}
	constant := func(role string, size int, initial float64) *ir.Param {
		return &ir.Param{Name: "guard." + role, Shape: ir.Shape{size}, Role: ir.Constant, Pos: s.Generate.GuardPos,
			Init: spec.Node{Kind: "constant", Attrs: []spec.Value{{Name: "value", V: initial}}}}
	}
	for _, in := range b.net.Inputs {
		of := ""
		if len(b.net.Inputs) > 1 {
			of = "_" + in.Name
		}
		g.Low = append(g.Low, constant("low"+of, in.Shape.Size(), 0))
		g.High = append(g.High, constant("high"+of, in.Shape.Size(), 0))
	}
	d := g.Features
	g.Mean, g.Whiten = constant("mean", d, 0), constant("whiten", d*(d+1)/2, 0)
	g.Limit, g.Rate = constant("limit", 1, unfitted), constant("rate", 1, 1)
	b.net.Guard = g
}

// hidden finds the last hidden layer in front of l. One that is too wide is taken from before it was flattened, and an
// image or a sequence that is too wide is pooled.
func (g *Guard) hidden(l *op.Layer) {
	for len(l.In) == 1 && !hasKernel(l) {
		l = l.In[0]
	}
	if len(l.In) > 0 && hasKernel(l) {
		l = l.In[0]
	}
	for len(l.In) == 1 && l.Def.Through && len(l.Params) == 0 && l.Shape.Equal(l.In[0].Shape) { // dropout, noise
		l = l.In[0]
	}
	g.Layer, g.Features = l, l.Shape.Size()
	for g.Features > mostGuarded {
		if len(l.Shape) > 1 {
			if c := lastOf(l.Shape); c <= mostGuarded && len(l.Shape) <= 3 {
				g.Layer, g.Features, g.Pooled = l, c, true
			}
			return
		}
		if len(l.In) != 1 || hasKernel(l) {
			return
		}
		l = l.In[0]
	}
}

// hasKernel tells whether a layer has learned numbers for pairs of what it reads and gives, not for each of its
// features alone.
func hasKernel(l *op.Layer) bool {
	return slices.ContainsFunc(l.Params, func(p *ir.Param) bool {
		return (p.Role == ir.Trained || p.Role == ir.Frozen) && (len(p.Shape) > 1 || p.Pattern != nil)
	})
}
