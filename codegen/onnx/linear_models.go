package onnx

import (
	"errors"
	"fmt"
	"slices"
)

// scaler is (x − offset)·scale for each feature.
func scaler(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	list := func(name string, absent float64) *array {
		if a := n.attr(name); a != nil && len(a.Floats) > 0 {
			return &array{dims: []int{len(a.Floats)}, data: a.Floats}
		}
		return &array{dims: []int{1}, data: []float64{absent}}
	}
	offset := mapped(list("offset", 0), func(v float64) float64 { return -v })
	x.whole = false
	if x, err = im.shift(n, x, offset, unknown); err != nil {
		return nil, err
	}
	return one(im.stretch(n, x, list("scale", 1), unknown))
}

// normalizer changes nothing where the numbers of an example add up to 1 already.
func normalizer(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.activated2(in)
	if err != nil {
		return nil, err
	}
	act, _ := x.layer.attr("activation").(called)
	if n.word("norm", "MAX") == "L1" && (act.kind == "softmax" || x.layer.kind == "softmax" ||
		x.label != nil && x.label.both) {
		return one(x, nil)
	}
	if n.word("norm", "MAX") == "L2" && x.label == nil {
		if x, err = im.plain(n, x); err != nil {
			return nil, err
		}
		return one(im.unitNorm(n, x, x.axes[len(x.axes)-1]))
	}
	if n.word("norm", "MAX") == "L1" && x.label == nil {
		return one(im.sharesOf(n, x))
	}
	return nil, blame("norm",
		"%s behind a %s: L1 and L2 are imported; MAX divides by the largest number in some runtimes and by the largest "+
			"magnitude in others",
		n.word("norm", "MAX"), x.layer.kind)
}

// sharesOf is x/Σ|x| over the last axis; zeros stay zeros.
func (im *importer) sharesOf(n *Node, x *value) (*value, error) {
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	last := &value{konst: &array{dims: []int{1}, data: []float64{float64(len(x.axes) - 1)}, whole: true}}
	sum, err := reduce(im, &Node{Op: "ReduceL1", Name: n.Name, In: []string{"", ""}, Out: n.Out}, []*value{x, last})
	if err != nil {
		return nil, err
	}
	const tiny = 0x1p-100 // far below what float32 numbers beside it could be a share of
	s, err := im.bounded(n, sum[0], "maximum", &array{data: []float64{tiny}})
	if err != nil {
		return nil, err
	}
	if s, err = im.element(n, s, "reciprocal"); err != nil {
		return nil, err
	}
	return im.join(n, "multiply", []*value{x, s})
}

// activated2 is the first input, a pair of classes included.
func (im *importer) activated2(in []*value) (*value, error) {
	if len(in) == 0 || in[0] == nil || in[0].layer == nil {
		return nil, errors.New("without an input")
	}
	return in[0], nil
}

// linearModel reads the weights of ai.onnx.ml as a dense layer, targets in rows.
func (im *importer) linearModel(n *Node, in []*value, rows int) (*value, error) {
	x, err := im.activated(n, in, 0)
	if err != nil {
		return nil, err
	}
	coefficients := n.attr("coefficients")
	if coefficients == nil || rows < 1 || len(coefficients.Floats)%rows != 0 {
		return nil, fmt.Errorf("coefficients of %d targets", rows)
	}
	w, err := transposed(&array{dims: []int{rows, len(coefficients.Floats) / rows}, data: coefficients.Floats}, nil)
	if err != nil {
		return nil, err
	}
	var b *array
	if a := n.attr("intercepts"); a != nil && len(a.Floats) > 0 {
		b = &array{dims: []int{len(a.Floats)}, data: a.Floats}
	}
	return im.dense(n, x, w, b)
}

func linearRegressor(im *importer, n *Node, in []*value) ([]*value, error) {
	if p := n.word("post_transform", "NONE"); p != "NONE" {
		return nil, fmt.Errorf("post_transform %s is not imported", p)
	}
	return one(im.linearModel(n, in, n.int("targets", 1)))
}

func linearClassifier(im *importer, n *Node, in []*value) ([]*value, error) {
	im.labelsOf(n)
	rows := len(im.classes)
	single := rows == 2 && oneScore(n, in)
	if single {
		rows = 1
	}
	y, err := im.linearModel(n, in, rows)
	if err != nil {
		return nil, err
	}
	l := y.layer
	probabilities := *y
	switch p := n.word("post_transform", "NONE"); {
	case single && p == "LOGISTIC":
		l.set("activation", called{kind: "sigmoid"})
		probabilities.label = &label{both: true}
	case single:
		return nil, blame("post_transform", "%s of one score for two classes, whose scores are then no probabilities: "+
			"LOGISTIC is imported; export the probabilities, or a row of coefficients for each class", p)
	case p == "SOFTMAX":
		l.set("activation", called{kind: "softmax"})
	case p == "LOGISTIC" && rows == 2 && opposite(l):
		second, err := im.columns(n, y, len(y.axes)-1, 1, 1)
		if err != nil {
			return nil, err
		}
		second.layer.set("activation", called{kind: "sigmoid"})
		probabilities = *second
		probabilities.label = &label{both: true}
	case p == "LOGISTIC" && rows > 2 && im.addsUp(n.Out):
		// One against the rest: σ(zₖ)/Σσ(zⱼ) is the softmax of ln σ(zₖ) = −softplus(−zₖ).
		for i, p := range l.params {
			l.params[i].data = slices.Clone(p.data)
			for j := range p.data {
				l.params[i].data[j] = -p.data[j]
			}
		}
		if y, err = im.element(n, y, "softplus"); err != nil {
			return nil, err
		}
		if y, err = im.rescaled(n, y, -1, 0); err != nil {
			return nil, err
		}
		if y, err = im.element(n, y, "softmax"); err != nil {
			return nil, err
		}
		probabilities = *y
	case p == "NONE":
	default:
		return nil, fmt.Errorf("post_transform %s of %d classes is not imported", p, rows)
	}
	chosen := probabilities
	chosen.label = &label{chosen: true}
	return []*value{&chosen, &probabilities}, nil
}

// oneScore tells whether a classifier has one row of coefficients, as of two classes some converters write: what it
// gives is the score of the second class.
func oneScore(n *Node, in []*value) bool {
	a := n.attr("coefficients")
	return a != nil && len(in) > 0 && in[0] != nil && len(in[0].axes) > 0 &&
		len(a.Floats) == product(in[0].axes.features().extents())
}

// addsUp tells whether nothing but a Normalizer, which makes scores add up to 1, reads the second of a node's outputs.
func (im *importer) addsUp(out []string) bool {
	if len(out) < 2 || slices.ContainsFunc(im.model.Graph.Outputs, func(o *Port) bool { return o.Name == out[1] }) {
		return false
	}
	readers := im.readersOf(out[1])
	return len(readers) > 0 && !slices.ContainsFunc(readers, func(r *Node) bool {
		return operatorOf(r) != "ml.Normalizer" || r.word("norm", "MAX") != "L1"
	})
}

// opposite tells whether the scores of two classes are always opposite numbers.
func opposite(l *layer) bool {
	for _, p := range l.params {
		for i := 0; i+1 < len(p.data); i += 2 {
			if p.data[i] != -p.data[i+1] {
				return false
			}
		}
	}
	return true
}
