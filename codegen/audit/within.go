package audit

import (
	"maps"
	"slices"
	"strings"
)

// saved is an array that a call of a forward pass read or wrote, with what it held then.
type saved struct {
	region
	vals []*value
}

// keep notes the arrays of a forward call that calls of the gradient take again, by layer, package and argument.
func (p *pass) keep(fn string, o operand, vals []*value) {
	pkg, _, _ := strings.Cut(fn, ".")
	if g := p.cur; p.mode == training && g.kind == "forward" && savedBy[pkg] {
		key := savedKey{g.layer, pkg, o.role}
		p.saved[key] = append(p.saved[key], saved{o.whole(), vals})
	}
}

// keepWritten notes an array that a forward call has written.
func (p *pass) keepWritten(fn string, o operand) {
	var vals []*value
	p.mem.read(o.array, o.from, o.from+o.row, func(s segment) { vals = append(vals, s.v) })
	p.keep(fn, o, vals)
}

// savedBy are the packages whose forward calls and gradients name the same arrays alike.
var savedBy = map[string]bool{"attention": true, "norm": true, "pool": true, "rnn": true}

type savedKey struct {
	layer     *layer
	pkg, role string
}

// whole is the stretch from the first number of an operand to its last.
func (o operand) whole() region {
	return region{o.array, o.from, (o.rows-1)*o.stride + o.row, 0}
}

// again checks that a call that goes from the gradient of a result, dy, to that of its operands takes for each other
// argument what the forward call of its layer had there.
func (p *pass) again(fn string, o operand, vals []*value) {
	pkg, _, _ := strings.Cut(fn, ".")
	list := p.saved[savedKey{p.cur.layer, pkg, o.role}]
	if p.cur.kind != "gradient" || len(list) == 0 {
		return
	}
	same := func(s saved) bool {
		return s.region == o.whole() && !slices.ContainsFunc(vals, func(v *value) bool {
			return v.layer == nil && !slices.Contains(s.vals, v) // results of layers are compared with the inputs
		})
	}
	if !slices.ContainsFunc(list, same) {
		p.add(o.at, "%s takes %s for %s, which is not what the forward pass had there", fn, o.region, o.role)
	}
}

// onlyParameters are the arguments that take parameters alone.
var onlyParameters = map[string]bool{"gamma": true, "beta": true, "runMean": true, "runVar": true, "alpha": true,
	"bias": true}

// ofNoParameter checks the argument for which a call takes what is no parameter.
func (p *pass) ofNoParameter(fn string, o operand, v *value) {
	row := (fn == "vec.AddRow" || fn == "vec.MulRow") && o.role == "b"
	if onlyParameters[o.role] || row {
		p.add(o.at, "%s takes %s, which is no parameter, for %s", fn, o.region, o.role)
	}
	if v.zero && o.rows == 1 && (v.at.from != o.from || v.at.len != o.row) {
		p.add(o.at, "%s reads %s, of which %d numbers from %d on were cleared", fn, o.region, v.at.len, v.at.from)
	}
	if fn == "vec.Add" && p.cur.kind == "gradient" && !v.grad && !v.zero {
		p.add(o.at, "%s adds %s, which is no gradient", fn, o.region)
	}
}

// attention is the kind of layer whose gradient is a sum of three products.
const attention = "multi_head_attention"

// partOf is the part of attention that a tensor belongs to: query, key, value or output.
func partOf(tensor string) string {
	part, _, _ := strings.Cut(roleOf(tensor), "_")
	return part
}

// attended checks that the last product of attention is of what attention computed.
func (p *pass) attended(fn string, reads []operand) {
	output := func(v *value) bool {
		return v.param != "" && slices.ContainsFunc(p.tensorsOf(v), func(t string) bool { return partOf(t) == "output" })
	}
	if g := p.cur; g.kind != "forward" || g.layer.kind != attention || !slices.ContainsFunc(reads, func(o operand) bool {
		return slices.ContainsFunc(p.read(o), output)
	}) {
		return
	}
	for _, o := range reads {
		if o.role == "a" && slices.ContainsFunc(p.read(o), func(v *value) bool {
			return !strings.HasPrefix(v.fn, "attention.")
		}) {
			p.add(o.at, "%s multiplies the output kernel with %s, which attention did not compute", fn, o.region)
		}
	}
}

// terms follows what the gradient of attention adds up: the products with its kernels, each once.
func (p *pass) terms(fn string, reads []operand, out *value) {
	g := p.cur
	if g.kind != "gradient" || g.layer.kind != attention {
		return
	}
	switch fn {
	case "gemm.NT":
		for t := range out.by {
			out.terms = map[string]bool{partOf(t): true}
		}
	case "attention.Backward":
		for _, o := range reads {
			if o.role == "dy" && !maps.Equal(p.termsOf(fn, o), map[string]bool{"output": true}) {
				p.add(o.at, "%s takes %s for dy, which is not the product with the output kernel", fn, o.region)
			}
		}
	case "vec.Add":
		out.terms = map[string]bool{}
		for _, o := range reads {
			for term := range p.termsOf(fn, o) {
				if out.terms[term] {
					p.add(o.at, "%s adds the product with the %s kernel again", fn, term)
				}
				out.terms[term] = true
			}
		}
	}
}

// termsOf returns the products of which an operand is the sum, as far as this paragraph made it.
func (p *pass) termsOf(fn string, o operand) (terms map[string]bool) {
	first := true
	for _, v := range p.read(o) {
		var these map[string]bool
		if p.cur.temps[v] {
			if these = v.terms; len(these) == 0 {
				p.add(o.at, "%s takes %s, which is no product with a kernel", fn, o.region)
			}
		}
		if !first && !maps.Equal(these, terms) {
			p.add(o.at, "%s takes %s, parts of which are other sums", fn, o.region)
		}
		terms, first = these, false
	}
	return terms
}

// summed checks that what attention left as the gradient of one of its inputs has all its terms.
func (p *pass) summed(o operand, v *value) {
	l := p.graph.byName[v.para]
	if len(v.terms) == 0 || l == nil || l == p.cur.layer {
		return
	}
	whole := []string{"query", "key value"}
	if len(l.in) == 1 || len(l.in[1].shape) == 1 || p.resolve(l.in[0]) == p.resolve(l.in[1]) { // or a mask alone
		whole = []string{"key query value"}
	}
	if got := strings.Join(slices.Sorted(maps.Keys(v.terms)), " "); !slices.Contains(whole, got) {
		p.add(o.at, "%s is the gradient of %s through its %s kernels alone", o.region, v.para, got)
	}
}
