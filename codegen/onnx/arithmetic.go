package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// sides returns the activation and the constant of a node with one of each, and at which place the activation stands.
func sides(in []*value) (x *value, c *array, at int) {
	if len(in) != 2 || in[0] == nil || in[1] == nil || (in[0].konst == nil) == (in[1].konst == nil) {
		return nil, nil, 0
	}
	if in[0].konst == nil {
		return in[0], in[1].konst, 0
	}
	return in[1], in[0].konst, 1
}

func add(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x == nil {
		if y, err := im.forbidden(n, in); y != nil || err != nil {
			return one(y, err)
		}
		return one(im.join(n, "add", in))
	}
	if x.heads != nil && x.heads.stage == scored {
		if y, err := im.headMask(x, c); err == nil {
			return one(y, nil)
		}
	}
	return one(im.shift(n, x, c, at))
}

func negative(c *array) *array { return mapped(c, func(v float64) float64 { return -v }) }

func sub(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	switch {
	case x == nil:
		return one(im.join(n, "subtract", in))
	case at == 0:
		return one(im.shift(n, x, negative(c), at))
	}
	if v, ok := c.scalar(); ok && v == 1 && x.label == nil {
		y := *x
		y.label = &label{complement: x}
		return one(&y, nil)
	}
	minus, err := im.stretch(n, x, &array{data: []float64{-1}}, at)
	if err != nil {
		return nil, err
	}
	return one(im.shift(n, minus, c, at))
}

func mul(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x == nil {
		return one(im.join(n, "multiply", in))
	}
	return one(im.stretch(n, x, c, at))
}

// div is a product with reciprocals.
func div(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	if x != nil && at == 0 {
		return one(im.stretch(n, x, mapped(c, func(v float64) float64 { return 1 / v }), at))
	}
	below, err := im.element(n, in[1], "reciprocal")
	if err != nil {
		return nil, err
	}
	if x != nil {
		return one(im.stretch(n, below, c, at))
	}
	return one(im.join(n, "multiply", []*value{in[0], below}))
}

func allZero(c *array) bool {
	return !slices.ContainsFunc(c.data, func(v float64) bool { return v != 0 })
}

// element applies a function of elements that is a layer of its own.
func (im *importer) element(n *Node, x *value, kind string, attrs ...attribute) (*value, error) {
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	l := im.add(n, kind, x.layer)
	l.attrs = attrs
	y := x.like(l)
	y.positive = slices.Contains([]string{"exp", "abs", "sqrt", "square", "relu", "step"}, kind)
	return y, nil
}

// function is an operator that element applies.
func function(kind string, attrs ...attribute) operator {
	return func(im *importer, n *Node, in []*value) ([]*value, error) {
		return one(im.element(n, in[0], kind, attrs...))
	}
}

func neg(im *importer, n *Node, in []*value) ([]*value, error) {
	return one(im.stretch(n, in[0], &array{data: []float64{-1}}, 0))
}

// sign is 1, −1 or 0 as x is positive, negative or 0: whether it is at least 0, less whether −x is.
func sign(im *importer, n *Node, in []*value) ([]*value, error) {
	x, err := im.plain(n, in[0])
	if err != nil {
		return nil, err
	}
	above, err := im.element(n, x, "step")
	if err != nil {
		return nil, err
	}
	if x, err = im.rescaled(n, x, -1, 0); err != nil {
		return nil, err
	}
	below, err := im.element(n, x, "step")
	if err != nil {
		return nil, err
	}
	return one(im.join(n, "subtract", []*value{above, below}))
}

// pow is a power with a constant exponent that layers know, or of a constant base.
func pow(im *importer, n *Node, in []*value) ([]*value, error) {
	x, c, at := sides(in)
	e, ok := c.scalar()
	switch {
	case x == nil || !ok:
		return nil,
			errors.New("a power whose exponent depends on the input, or differs from element to element: no layer does that")
	case at == 1 && e > 0:
		y, err := im.stretch(n, x, &array{data: []float64{math.Log(e)}}, 1)
		if err != nil {
			return nil, err
		}
		return one(im.element(n, y, "exp"))
	case at == 1:
		return nil, fmt.Errorf("a power of %g: only powers of positive numbers are", e)
	}
	x, err := im.plain(n, x)
	if err != nil {
		return nil, err
	}
	return one(im.power(n, x, e))
}

// roots are powers that functions of elements give.
var roots = map[float64][]string{0.5: {"sqrt"}, 0.25: {"sqrt", "sqrt"}}

// mostPower is the largest whole exponent that is written as products: at most two layers a binary digit.
const mostPower = 64

// power is x^e: products of x for a whole e, roots, or exp(e·log x), which is NaN below 0 as the power is. Of a
// negative e it is the reciprocal of the power of −e.
func (im *importer) power(n *Node, x *value, e float64) (y *value, err error) {
	switch chain := roots[e]; {
	case e != e || e == 0:
		return nil, fmt.Errorf("the exponent is %g: the result does not depend on the input", e)
	case e < 0:
		if y, err = im.power(n, x, -e); err != nil {
			return nil, err
		}
		return im.element(n, y, "reciprocal")
	case e == 1:
		return x, nil
	case chain != nil:
		y = x
		for _, f := range chain {
			if y, err = im.element(n, y, f); err != nil {
				return nil, err
			}
		}
		return y, nil
	case e > 0.5 && e < mostPower && roots[e-math.Trunc(e)] != nil || e == 0.75: // a root is more exact than exp and log
		root := math.Mod(e, 0.5)
		if root == 0 || e == 0.75 {
			root = 0.5
		}
		if y, err = im.power(n, x, e-root); err != nil {
			return nil, err
		}
		z, err := im.power(n, x, root)
		if err != nil {
			return nil, err
		}
		return im.join(n, "multiply", []*value{y, z})
	case e != math.Trunc(e):
		if y, err = im.element(n, x, "log"); err != nil {
			return nil, err
		}
		if y, err = im.stretch(n, y, &array{data: []float64{e}}, fresh); err != nil {
			return nil, err
		}
		return im.element(n, y, "exp")
	case e > mostPower:
		return nil, fmt.Errorf("the exponent is %g: whole ones up to %d are imported", e, mostPower)
	}
	if y, err = im.power(n, x, math.Floor(e/2)); err != nil {
		return nil, err
	}
	if y, err = im.element(n, y, "square"); err != nil || math.Mod(e, 2) == 0 {
		return y, err
	}
	return im.join(n, "multiply", []*value{y, x})
}
