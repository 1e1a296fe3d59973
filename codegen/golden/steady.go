package golden

import (
	"maps"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/golden"
)

// style is how a probe draws the parameters of layers that whole numbers at random leave inexact.
type style struct {
	hold bool // gates and weights of attention are 0 or 1, as op.Def.Holds says
	open bool // gradients pass through cells, whose candidates are 0
	norm bool // rows in front of layer norms have a deviation that is a power of two; else scales of norms are 0
}

// styles are those beside the plain one, in the order in which they are tried.
var styles = []style{{hold: true, norm: true}, {hold: true, open: true, norm: true}, {hold: true, open: true}}

// stylesFor returns the plain style, and those that make a difference in a network with cells, attention or norms.
func stylesFor(network *net.Net, around *near) []style {
	all := []style{{}}
	special := func(l *op.Layer) bool { return l.Def.Holds != nil || l.Def.Shut != nil }
	if !slices.ContainsFunc(network.Layers, special) {
		return all
	}
	var seen []map[*ir.Param]golden.WholeRule
	for _, s := range styles {
		rules := holds(network, around, s, func(*ir.Param) golden.WholeRule { return golden.WholeRule{Unit: 1} })
		if !slices.ContainsFunc(seen, func(other map[*ir.Param]golden.WholeRule) bool { return maps.Equal(rules, other) }) {
			all, seen = append(all, s), append(seen, rules)
		}
	}
	return all
}

// deviation is the distance from their mean of the elements of a row in front of a layer norm: its square, the
// variance, is so large that float32 does not see ε beside it, up to 0.003.
const deviation = 256

// scores is the radius of weights in front of a softmax, in place of 2: three scores seldom are the largest together
// then, which would make thirds.
const scores = 32

// holds returns rules for the parameters of layers in a style; none if the network has no layer that needs them.
func holds(network *net.Net, around *near, s style,
	drawn func(*ir.Param) golden.WholeRule) map[*ir.Param]golden.WholeRule {
	rules := map[*ir.Param]golden.WholeRule{}
	for _, l := range network.Layers {
		if s.hold && l.Def.Holds != nil {
			for _, h := range l.Def.Holds(l, s.open) {
				r := drawn(h.Param)
				r.Unit, r.Columns, r.From, r.To = float32(h.Unit), float32(h.Cols), float32(h.From), float32(h.To)
				if h.Constant {
					r.Center, r.Radius, r.Share = 1, 0, 1
				}
				rules[h.Param] = r
			}
		}
	}
	for _, l := range network.Layers {
		if s.hold && l.Def == op.Softmax {
			for _, q := range l.In[0].Params {
				if _, held := rules[q]; !held && q.Role == ir.Trained {
					r := drawn(q)
					r.Radius = scores
					if len(q.Shape) > 1 {
						r.Radius = scores / 4 // several of them are added
						if s.open && len(around.behind[l.In[0].Index]) > 0 {
							r.Radius = 1 // dropouts round products of their factors with few others
						}
					}
					rules[q] = r
				}
			}
		}
	}
	b := &balance{rules: rules, carriers: map[*op.Layer]bool{}, drawn: drawn}
	for _, l := range network.Layers {
		if l.Def.Shut == nil || len(l.Params) == 0 {
			continue
		}
		if !s.norm || l.Def != op.LayerNorm || !b.before(l) {
			rules[l.Params[0]] = golden.WholeRule{} // shut
		}
	}
	return rules
}

// balance gives the rows in front of layer norms two numbers, each at one of two neighbours, in an order that is drawn:
// one layer with parameters makes them, the others that are added to it are silent. Since gradients pass through what
// is silent, those of its parameters show what it reads.
type balance struct {
	rules    map[*ir.Param]golden.WholeRule
	carriers map[*op.Layer]bool
	drawn    func(*ir.Param) golden.WholeRule
}

// before sees to the layers in front of a norm, and tells whether they can be balanced.
func (b *balance) before(norm *op.Layer) bool {
	width := norm.Shape[len(norm.Shape)-1]
	from := sources(norm)
	if width%2 != 0 || len(from) == 0 {
		return false
	}
	var carriers []*op.Layer
	for _, l := range from {
		if b.carriers[l] {
			carriers = append(carriers, l)
		}
	}
	if len(carriers) == 0 {
		carriers = from[:1]
		if at := slices.IndexFunc(from, isEncoding); at > 0 && width%4 == 0 && from[0].Def == op.Embedding {
			carriers = []*op.Layer{from[0], from[at]}
		}
	} else if len(carriers) > 2 || len(carriers) == 2 && !slices.ContainsFunc(carriers, isEncoding) {
		return false
	}
	pair := golden.WholeRule{Unit: 2 * deviation, Group: 2}
	for i, l := range carriers {
		last := l.Params[len(l.Params)-1]
		rule := pair
		if len(carriers) == 2 { // each has a half of the columns
			rule.Columns, rule.From, rule.To = float32(width), float32(width/2*i), float32(width/2*(i+1))
		}
		switch {
		case l.Def == op.LayerNorm: // ±deviation, with β = 0
			b.rules[l.Params[0]] = golden.WholeRule{Unit: deviation, Center: 1, Share: 1}
			b.rules[last] = golden.WholeRule{}
		case l.Def == op.Embedding || isEncoding(l):
			b.rules[last] = rule
		case len(l.Params) == 2 && last.Size() == width: // a product with a bias, which alone is heard
			b.rules[l.Params[0]] = golden.WholeRule{}
			b.rules[last] = rule
		default:
			return false
		}
		b.carriers[l] = true
	}
	for _, l := range from {
		if b.carriers[l] {
			continue
		}
		silent := l.Params
		if l.Def.Writes != nil {
			silent = l.Def.Writes(l)
		}
		for _, p := range silent {
			b.rules[p] = golden.WholeRule{}
		}
	}
	// The means of products with the scale are whole if that has the odd factors of the width.
	odd := width
	for odd%2 == 0 {
		odd /= 2
	}
	if _, held := b.rules[norm.Params[0]]; !held {
		scale := b.drawn(norm.Params[0])
		scale.Unit *= float32(odd)
		b.rules[norm.Params[0]] = scale
	}
	return true
}

// isEncoding tells whether a layer adds numbers of places that are learned.
func isEncoding(l *op.Layer) bool {
	return l.Def == op.PositionalEncoding && l.Params[0].Role != ir.Constant
}

// sources returns the layers with parameters whose results a layer reads, perhaps by way of layers without any, which
// add or move them, in the order of the network; nil if an input is among them.
func sources(l *op.Layer) []*op.Layer {
	var all []*op.Layer
	for _, in := range l.In {
		switch {
		case len(in.In) == 0:
			return nil
		case isEncoding(in):
			more := sources(in)
			if more == nil {
				return nil
			}
			all = append(append(all, more...), in)
		case len(in.Params) > 0:
			all = append(all, in)
		default:
			more := sources(in)
			if more == nil {
				return nil
			}
			all = append(all, more...)
		}
	}
	slices.SortFunc(all, func(a, b *op.Layer) int { return a.Index - b.Index })
	return slices.Compact(all)
}
