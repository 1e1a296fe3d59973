package onnx

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// headMask is a constant that is added to scores: nothing, the mask of a causal attention, or another one.
func (im *importer) headMask(x *value, c *array) (*value, error) {
	if x.heads.stage != scored || !x.keysLast() {
		return nil, errors.New("a sum within an attention of a form that is not known")
	}
	if allZero(c) {
		return x, nil
	}
	dims := x.axes.extents()
	rows, cols := dims[len(dims)-2], dims[len(dims)-1]
	y, h := *x, *x.heads
	y.heads = &h
	if isCausal(c, rows, cols) && h.mask == nil {
		h.causal = true
		return &y, nil
	}
	// A mask of several heads has their axis, right before those of the scores.
	own, count := c.dims[max(0, len(c.dims)-2):], 1
	if n := len(c.dims); n > 2 && h.head != nil && len(dims) > 2 && c.dims[n-3] == h.head.size &&
		slices.Equal(x.axes[len(dims)-3], []*atom{h.head}) {
		own, count = c.dims[n-3:], h.head.size
	}
	if product(c.dims[:len(c.dims)-len(own)]) != 1 {
		return nil, fmt.Errorf("a mask of %v differs between examples: one for all is imported", c.dims)
	}
	if err := room(count, rows, cols); err != nil {
		return nil, err
	}
	full, err := broadcast(&array{dims: []int{count, rows, cols}, data: make([]float64, count*rows*cols)},
		&array{dims: own, data: c.data}, func(_, v float64) float64 { return v })
	if err != nil || len(full.data) != count*rows*cols {
		return nil, fmt.Errorf("a mask of %v for scores of %d×%d", c.dims, rows, cols)
	}
	if h.mask != nil {
		if full, err = broadcast(full, h.mask, functions2["Add"]); err != nil {
			return nil, err
		}
	}
	h.mask = full
	return &y, nil
}

// keyMask makes scores those of the keys that a condition keeps, which is the same for all heads and queries.
func (im *importer) keyMask(n *Node, x, c *value) (*value, error) {
	rank := len(x.axes)
	keys := x.axes[rank-1:].extents()[0]
	if c.above != nil && c.scale == 1 {
		c = c.above
	}
	if x.heads.stage != scored || x.heads.keep != nil || !x.keysLast() {
		return nil, errors.New("a condition within an attention of a form that is not known")
	}
	c, err := im.plain(n, c)
	if err != nil {
		return nil, err
	}
	if len(c.axes) == 0 {
		return nil, errors.New("a condition that is one number for all keys")
	}
	last := c.axes[len(c.axes)-1]
	if c.narrow != nil { // stretched over heads and queries, the mask is what it was
		for c.narrow != nil {
			c = c.narrow
		}
		if c, err = im.plain(n, c); err != nil {
			return nil, err
		}
	}
	features := slices.DeleteFunc(c.axes.features(), func(a []*atom) bool { return product(axes{a}.extents()) == 1 })
	if len(features) != 1 || !slices.Equal(features[0], last) || product(axes{last}.extents()) != keys {
		return nil,
			fmt.Errorf("a condition of %s on scores of %s: one for each key, the same for all queries and heads, is imported",
				c.axes, x.axes)
	}
	y, h := *x, *x.heads
	h.keep = im.aligned(n, c, axes{last})
	y.heads = &h
	return &y, nil
}

// isCausal tells whether a mask is −∞ for later steps and 0 for others.
func isCausal(c *array, rows, cols int) bool {
	if len(c.data) != rows*cols || rows != cols {
		return false
	}
	for i, v := range c.data {
		later := i%cols > i/cols
		if !later && v != 0 || later && minusBig(v) != math.Inf(-1) {
			return false
		}
	}
	return true
}

// minusBig returns −∞ for the numbers that exporters write for it.
func minusBig(v float64) float64 {
	if v <= -1e4 {
		return math.Inf(-1)
	}
	return v
}
