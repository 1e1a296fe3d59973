package onnx

import (
	"math"
	"slices"
)

// internal is the domain of operators that patterns become and ONNX has not.
const internal = "nngen"

// pattern finds, from its last node back, the nodes that stand for one operator. It returns that operator, or nil.
type pattern func(m *matcher, last *Node) *Node

// patterns are tried one after another over the whole graph: a layer norm holds what alone would be an rms norm.
var patterns = []pattern{
	ownAffine,
	ownTied,
	geluByErf,
	geluByTanh,
	quickGelu,
	siluOrSwish,
	mish,
	hardSwish,
	layerNorm,
	rmsNorm,
	normalized,
	maskedMean,
	maskedMax,
	maskingSteps,
	maskedSteps,
	maskedCells,
	embeddingBagLoop,
	wholeQuotient,
	chunkOf,
}

// matcher looks at a graph for patterns.
type matcher struct {
	maker  map[string]*Node
	reads  map[string]int
	number func(name string) (float64, bool) // of a constant
	list   func(name string) []int64         // the whole numbers of a constant
	fixed  func(name string) bool            // whether a value is a constant
	own    bool                              // whether nngen wrote the file
}

// simplify returns the nodes with every pattern replaced by one node, and without nodes that nothing reads any more.
func (im *importer) simplify(nodes []*Node, outputs []string) []*Node {
	m := &matcher{maker: map[string]*Node{}, number: im.number, list: im.wholes, fixed: im.fixed, own: im.own}
	for _, n := range nodes {
		for _, o := range n.Out {
			m.maker[o] = n
		}
	}
	m.reads = readers(nodes, outputs)
	nodes = slices.Clone(nodes)
	for _, p := range patterns {
		for i, n := range nodes {
			if made := p(m, n); made != nil {
				made.Name, made.Out = n.Name, n.Out
				nodes[i] = made
				m.maker[n.Out[0]] = made
			}
		}
	}
	return alive(nodes, outputs)
}

// alive returns the nodes that outputs depend on.
func alive(nodes []*Node, outputs []string) []*Node {
	wanted := map[string]bool{}
	for _, o := range outputs {
		wanted[o] = true
	}
	keep := make([]bool, len(nodes))
	for i, n := range slices.Backward(nodes) {
		if keep[i] = slices.ContainsFunc(n.Out, func(o string) bool { return wanted[o] }); keep[i] {
			for _, in := range n.readNames() {
				wanted[in] = true
			}
		}
	}
	var out []*Node
	for i, n := range nodes {
		if keep[i] {
			out = append(out, n)
		}
	}
	return out
}

// made returns the node that gives a value, if it applies an operator.
func (m *matcher) made(name, op string) *Node {
	if n := m.maker[name]; n != nil && n.Op == op && (n.Domain == "" || n.Domain == "ai.onnx" || n.Domain == internal) {
		return n
	}
	return nil
}

// isNumber tells whether a value is a constant near a number.
func (m *matcher) isNumber(name string, want float64) bool {
	v, ok := m.number(name)
	return ok && math.Abs(v-want) <= 1e-5*math.Abs(want)
}

// with returns the other input of a commutative node one of whose inputs is a number.
func (m *matcher) with(n *Node, number float64) (other string, ok bool) {
	if len(n.In) != 2 {
		return "", false
	}
	for i := range 2 {
		if m.isNumber(n.In[i], number) {
			return n.In[1-i], true
		}
	}
	return "", false
}

// either returns the input of a commutative node that an operator gives, and the other one.
func (m *matcher) either(n *Node, op string) (made *Node, other string) {
	if n == nil || len(n.In) != 2 {
		return nil, ""
	}
	for i := range 2 {
		if k := m.made(n.In[i], op); k != nil {
			return k, n.In[1-i]
		}
	}
	return nil, ""
}

// single returns a node with one input.
func single(op, x string, attrs ...*Attr) *Node {
	return &Node{Op: op, Domain: internal, In: []string{x}, Attrs: attrs}
}

// factors returns the inputs of a product of products, as deep as two.
func (m *matcher) factors(n *Node) []string {
	if n == nil || n.Op != "Mul" || len(n.In) != 2 {
		return nil
	}
	var all []string
	for _, in := range n.In {
		if k := m.made(in, "Mul"); k != nil && m.reads[in] == 1 {
			all = append(all, k.In...)
			continue
		}
		all = append(all, in)
	}
	return all
}

// halved finds in a product the factors ½, 1 + f(…) and one more: it returns the node that gives f(…), and that factor.
func (m *matcher) halved(n *Node, f string) (made *Node, x string) {
	factors := m.factors(n)
	if len(factors) != 3 || !slices.ContainsFunc(factors, func(in string) bool { return m.isNumber(in, 0.5) }) {
		return nil, ""
	}
	for i, in := range factors {
		sum := m.made(in, "Add")
		if sum == nil {
			continue
		}
		name, ok := m.with(sum, 1)
		if made = m.made(name, f); !ok || made == nil {
			continue
		}
		for j, other := range factors {
			if j != i && !m.isNumber(other, 0.5) {
				return made, other
			}
		}
	}
	return nil, ""
}

// geluByErf is x·½·(1 + erf(x/√2)), its factors in any order.
func geluByErf(m *matcher, n *Node) *Node {
	erf, x := m.halved(n, "Erf")
	if erf == nil {
		return nil
	}
	if d := m.made(erf.in(0), "Div"); d != nil && d.in(0) == x && m.isNumber(d.in(1), math.Sqrt2) {
		return single("Gelu", x)
	}
	if p := m.made(erf.in(0), "Mul"); p != nil {
		if other, ok := m.with(p, 1/math.Sqrt2); ok && other == x {
			return single("Gelu", x)
		}
	}
	return nil
}

// geluByTanh is x·½·(1 + tanh(√(2/π)·(x + 0.044715·x³))).
func geluByTanh(m *matcher, n *Node) *Node {
	tanh, x := m.halved(n, "Tanh")
	if tanh == nil {
		return nil
	}
	inner, ok := "", false
	if p := m.made(tanh.in(0), "Mul"); p != nil {
		inner, ok = m.with(p, math.Sqrt(2/math.Pi))
	}
	add := m.made(inner, "Add")
	if !ok || add == nil || !slices.Contains(add.In, x) {
		return nil
	}
	cubic := add.In[0]
	if cubic == x {
		cubic = add.In[1]
	}
	if p := m.made(cubic, "Mul"); p != nil {
		if third, ok := m.with(p, 0.044715); ok && m.cube(third, x) {
			return single("Gelu", x, &Attr{Name: "approximate", S: "tanh"})
		}
	}
	return nil
}

// cube tells whether a value is x³.
func (m *matcher) cube(name, x string) bool {
	if p := m.made(name, "Pow"); p != nil {
		return p.in(0) == x && m.isNumber(p.in(1), 3)
	}
	p := m.made(name, "Mul")
	if p == nil {
		return false
	}
	square, other := m.either(p, "Mul")
	return square != nil && other == x && square.in(0) == x && square.in(1) == x
}

// quickGelu is x·sigmoid(1.702·x).
func quickGelu(m *matcher, n *Node) *Node {
	if n.Op != "Mul" {
		return nil
	}
	s, x := m.either(n, "Sigmoid")
	if s == nil {
		return nil
	}
	if p := m.made(s.in(0), "Mul"); p != nil {
		if other, ok := m.with(p, 1.702); ok && other == x {
			return single("QuickGelu", x)
		}
	}
	return nil
}

// siluOrSwish is x·sigmoid(x).
func siluOrSwish(m *matcher, n *Node) *Node {
	if n.Op != "Mul" {
		return nil
	}
	if s, x := m.either(n, "Sigmoid"); s != nil && s.in(0) == x {
		return single("Silu", x)
	}
	return nil
}

// mish is x·tanh(softplus(x)).
func mish(m *matcher, n *Node) *Node {
	if n.Op != "Mul" {
		return nil
	}
	t, x := m.either(n, "Tanh")
	if t == nil {
		return nil
	}
	if s := m.made(t.in(0), "Softplus"); s != nil && s.in(0) == x {
		return single("Mish", x)
	}
	return nil
}

// hardSwish is x·hard_sigmoid(x) with slope 1/6, or x·clip(x + 3, 0, 6)/6.
func hardSwish(m *matcher, n *Node) *Node {
	if n.Op == "Mul" {
		if s, x := m.either(n, "HardSigmoid"); s != nil && s.in(0) == x && math.Abs(s.float("alpha", 0.2)-1.0/6) < 1e-6 &&
			s.float("beta", 0.5) == 0.5 {
			return single("HardSwish", x)
		}
	}
	if n.Op != "Div" || !m.isNumber(n.in(1), 6) {
		return nil
	}
	p := m.made(n.in(0), "Mul")
	c, x := m.either(p, "Clip")
	if c == nil {
		return nil
	}
	if a := m.made(c.in(0), "Add"); a != nil && m.zero(c.in(1)) && m.isNumber(c.in(2), 6) {
		if other, ok := m.with(a, 3); ok && other == x {
			return single("HardSwish", x)
		}
	}
	return nil
}

func (m *matcher) zero(name string) bool {
	v, ok := m.number(name)
	return ok && v == 0
}

// scaleAndShift undoes γ∘x + β behind a norm: what is multiplied, and the names of γ and β, "" for those that are
// absent.
func (m *matcher) scaleAndShift(n *Node, op string) (core *Node, gamma, beta string) {
	top := n
	if n.Op == "Add" {
		p, other := m.either(n, "Mul")
		if p == nil {
			return nil, "", ""
		}
		top, beta = p, other
	}
	if top.Op == "Mul" {
		d, other := m.either(top, op)
		if d == nil {
			return nil, "", ""
		}
		return d, other, beta
	}
	return nil, "", ""
}

// layerNorm is γ∘(x − mean)/√(mean((x − mean)²) + ε) + β, in nine nodes.
func layerNorm(m *matcher, n *Node) *Node {
	d, gamma, beta := m.scaleAndShift(n, "Div")
	if d == nil || beta == "" {
		return nil
	}
	sub, sqrt := m.made(d.in(0), "Sub"), m.made(d.in(1), "Sqrt")
	if sub == nil || sqrt == nil {
		return nil
	}
	mean := m.made(sub.in(1), "ReduceMean")
	add := m.made(sqrt.in(0), "Add")
	if mean == nil || add == nil || mean.in(0) != sub.in(0) {
		return nil
	}
	variance, epsName := m.either(add, "ReduceMean")
	eps, ok := m.number(epsName)
	if variance == nil || !ok || !m.square(variance.in(0), d.in(0)) {
		return nil
	}
	made := &Node{Op: "LayerNormalization", In: []string{sub.in(0), gamma, beta},
		Attrs: []*Attr{{Name: "epsilon", F: eps}}}
	over, same := m.axesOf(mean), m.axesOf(variance)
	if over == nil || same == nil || !slices.Equal(over.Ints, same.Ints) {
		return nil
	}
	made.Attrs = append(made.Attrs, over)
	return made
}

// axesOf returns the axes that a reduction goes over, as an attribute of the norm that it becomes; nil if they are not
// known.
func (m *matcher) axesOf(n *Node) *Attr {
	if a := n.attr("axes"); a != nil && len(a.Ints) > 0 {
		return &Attr{Name: "axes", Ints: a.Ints}
	}
	if list := m.list(n.in(1)); len(list) > 0 {
		return &Attr{Name: "axes", Ints: list}
	}
	return nil
}

// square tells whether a value is x².
func (m *matcher) square(name, x string) bool {
	if p := m.made(name, "Pow"); p != nil {
		return p.in(0) == x && m.isNumber(p.in(1), 2)
	}
	p := m.made(name, "Mul")
	return p != nil && p.in(0) == x && p.in(1) == x
}

// rmsNorm is γ∘x/√(mean(x²) + ε), by a division or by a reciprocal.
func rmsNorm(m *matcher, n *Node) *Node {
	if n.Op != "Mul" {
		return nil
	}
	for i := range 2 {
		x, sqrt := "", (*Node)(nil)
		if d := m.made(n.in(i), "Div"); d != nil {
			x, sqrt = d.in(0), m.made(d.in(1), "Sqrt")
		} else if p := m.made(n.in(i), "Mul"); p != nil {
			if r, other := m.either(p, "Reciprocal"); r != nil {
				x, sqrt = other, m.made(r.in(0), "Sqrt")
			} else if q, other := m.either(p, "Div"); q != nil && m.isNumber(q.in(0), 1) {
				x, sqrt = other, m.made(q.in(1), "Sqrt")
			}
		}
		if sqrt == nil {
			continue
		}
		add := m.made(sqrt.in(0), "Add")
		mean, epsName := m.either(add, "ReduceMean")
		eps, ok := m.number(epsName)
		if mean == nil || !ok || !m.square(mean.in(0), x) {
			continue
		}
		over := m.axesOf(mean)
		if over == nil {
			continue
		}
		return &Node{Op: "RMSNormalization", In: []string{x, n.in(1 - i)}, Attrs: []*Attr{{Name: "epsilon", F: eps}, over}}
	}
	return nil
}
