package golden

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
	"github.com/nngen/nngen/spec"
)

// ProbeFile is the probe below the folder of the inference package: both self-tests read it.
const ProbeFile = "testdata/probe.safetensors"

// Probe is an example of a network in whole numbers, which float32 adds and multiplies without an error, with what
// exact arithmetic makes of it. See runtime/golden.Probe for how numbers are drawn, and op.Def.Exact for what is exact.
type Probe struct {
	Seed  uint64
	Batch ref.Batch
	Rules map[string]golden.WholeRule // of parameters by name, of x.<input> and t.<output>
	// Values holds the results of layers that are exact, Trained those in training, Grads the gradients of parameters.
	Values, Trained map[*op.Layer][]float64
	Grads           map[*ir.Param][]float64 // without penalties

	network *ref.Network
}

// Params returns the numbers of a parameter.
func (p *Probe) Params(q *ir.Param) []float32 { return narrow(p.network.Params[q]) }

// Flip returns the predictions of the first output if element at of a parameter were 1 minus what it is; nil if they
// are not exact.
func (p *Probe) Flip(param string, at int) []float64 {
	for _, q := range p.network.Net.Params {
		if q.Name == param {
			w := p.network.Params[q]
			defer func(v float64) { w[at] = v }(w[at])
			w[at] = 1 - w[at]
		}
	}
	values := map[*op.Layer][]float64{}
	p.forward(false, values)
	return values[p.network.Net.Outputs[0].Layer]
}

// terms are the numbers of weights of a unit that are kept, from which the choice is made that leaves most of a network
// exact: with more of them sums grow faster, and leave the 24 bits of a float32 in fewer layers.
var terms = []float64{math.Inf(1), 40, 16, 6, 3, 1.5}

// probeUnits is what the choice and the exact pass take, in evaluations of an example: a forward and a backward pass is
// three, and so are the bounds.
const probeUnits = 6

// Probes are those of predictions and of gradients, which may be one: of the ways to draw whole numbers, each is of the
// one that leaves most exact.
type Probes struct{ Predictions, Gradients *Probe }

// NewProbes returns the probes of a network with at most some rows, a power of two; fewer for one with much work in an
// example, and not ok if even one is too much.
func NewProbes(network *net.Net, most int) (p Probes, ok bool) {
	each := probeUnits * Work(network)
	rows := clamp(usual/each, 1, most)
	for rows&(rows-1) != 0 {
		rows &= rows - 1
	}
	if each*float64(rows+len(terms)) > mostTraining {
		return p, false
	}
	around := newNear(network)
	tried := stylesFor(network, around)
	for len(tried) > 1 && each*float64(rows+len(terms)*len(tried)) > mostTraining {
		tried = tried[:len(tried)-1]
	}
	// They are compared by one example each.
	predictions, gradients := choice{best: -1}, choice{best: -1}
	for _, s := range tried {
		for _, k := range terms {
			q := newProbe(network, around, 1, k, s)
			predictions.take(q.predicted(), k, s)
			gradients.take(q.derived(), k, s)
		}
	}
	p.Predictions = predictions.probe(network, around, rows, (*Probe).predicted)
	if p.Predictions.derived() >= gradients.best {
		p.Gradients = p.Predictions
	} else {
		p.Gradients = gradients.probe(network, around, rows, (*Probe).derived)
	}
	return p, true
}

// choice is the best way to draw a probe that was seen.
type choice struct {
	best int // what is exact in an example
	kept float64
	how  style
}

func (c *choice) take(exact int, kept float64, how style) {
	if exact > c.best {
		*c = choice{exact, kept, how}
	}
}

// probe draws the probe with some examples, or so many fewer that sums over them leave exact what is so in one.
func (c *choice) probe(network *net.Net, around *near, rows int, count func(*Probe) int) *Probe {
	for {
		p := newProbe(network, around, rows, c.kept, c.how)
		if rows == 1 || count(p) >= c.best {
			return p
		}
		rows /= 2
	}
}

// Each returns the probes that differ; none of a network without.
func (p Probes) Each() []*Probe {
	switch p.Predictions {
	case nil:
		return nil
	case p.Gradients:
		return []*Probe{p.Predictions}
	}
	return []*Probe{p.Predictions, p.Gradients}
}

// predicted and derived count what is exact in predictions, outputs before other layers, and in a step of training,
// gradients that are not 0 before others.
func (p *Probe) predicted() int {
	n := len(p.Values)
	for _, o := range p.network.Net.Outputs {
		if p.Values[o.Layer] != nil {
			n += len(p.network.Net.Layers)
		}
	}
	return n
}

func (p *Probe) derived() int {
	n := len(p.Trained) + 2*len(p.Grads)
	for _, g := range p.Grads {
		if !isZero(g) {
			n += 4
		}
	}
	return n
}

func isZero(x []float64) bool { return !slices.ContainsFunc(x, func(v float64) bool { return v != 0 }) }

// Coverage says what of the network is exact.
func (p Probes) Coverage() string {
	layers, of, params, others := 0, 0, 0, 0
	for _, l := range p.Predictions.network.Net.Layers {
		if len(l.In) > 0 {
			of++
			if p.Predictions.Values[l] != nil || p.Gradients.Trained[l] != nil {
				layers++
			}
		}
	}
	for _, q := range p.Predictions.network.Net.Params {
		if q.Role == ir.Trained {
			params++
			if g := p.Gradients.Grads[q]; g != nil && !isZero(g) {
				others++
			}
		}
	}
	results := fmt.Sprintf("the results of %d of %s", layers, spec.Count(of, "layer"))
	switch exact := len(p.Gradients.Grads); {
	case params == 0:
		return results + "; no parameter is trained"
	case exact == 0:
		return fmt.Sprintf("%s and none of the gradients of %s", results, spec.Count(params, "parameter"))
	default:
		return fmt.Sprintf("%s and the gradients of %d of %s, %d of them not 0", results, exact,
			spec.Count(params, "parameter"), others)
	}
}

// KindCoverage says of the layers of a kind how many gradients of parameters the probe shows.
type KindCoverage struct {
	Kind    string
	Shown   int      // exact, and not 0
	Zero    []string // exact, but 0 whatever reads the parameter, as behind a gate that is shut
	Inexact []string // of which exact arithmetic says nothing; they are compared with bounds
}

// String is one line, without the parts that have none.
func (k KindCoverage) String() string {
	var parts []string
	if k.Shown > 0 {
		parts = append(parts, fmt.Sprintf("%d exact and not 0", k.Shown))
	}
	if len(k.Zero) > 0 {
		parts = append(parts, fmt.Sprintf("%d exactly 0 (%s)", len(k.Zero), strings.Join(k.Zero, ", ")))
	}
	if len(k.Inexact) > 0 {
		parts = append(parts, fmt.Sprintf("%d held by bounds (%s)", len(k.Inexact), strings.Join(k.Inexact, ", ")))
	}
	return "gradients of " + k.Kind + ": " + strings.Join(parts, ", ")
}

// Kinds says for each kind of layer with parameters that are trained what of their gradients is exact, in the order of
// the network. A parameter that layers share counts with the first.
func (p Probes) Kinds() (all []KindCoverage) {
	seen := map[*ir.Param]bool{}
	for _, l := range p.Gradients.network.Net.Layers {
		for _, q := range l.Params {
			if q.Role != ir.Trained || seen[q] {
				continue
			}
			seen[q] = true
			name := l.Def.Kind.Name
			at := slices.IndexFunc(all, func(k KindCoverage) bool { return k.Kind == name })
			if at < 0 {
				at, all = len(all), append(all, KindCoverage{Kind: name})
			}
			switch g := p.Gradients.Grads[q]; {
			case g == nil:
				all[at].Inexact = append(all[at].Inexact, q.Name)
			case isZero(g):
				all[at].Zero = append(all[at].Zero, q.Name)
			default:
				all[at].Shown++
			}
		}
	}
	return all
}

// newProbe draws a probe whose units keep some terms on average, in a style, and evaluates it; around is newNear of the
// network.
func newProbe(network *net.Net, around *near, rows int, kept float64, how style) *Probe {
	seed := network.Spec.Training.Seed
	p := &Probe{
		Seed: seed, Batch: ref.Batch{N: rows}, Rules: map[string]golden.WholeRule{},
		Values: map[*op.Layer][]float64{}, Trained: map[*op.Layer][]float64{}, Grads: map[*ir.Param][]float64{},
		network: &ref.Network{Net: network, Seed: seed, Params: map[*ir.Param][]float64{}},
	}
	for _, in := range network.Inputs {
		rule := golden.WholeRule{Unit: float32(around.unit(in)), Radius: 3, Share: 1}
		if tokens := network.Tokens(in); tokens > 0 {
			half := min(tokens-1, 1<<14) / 2
			rule = golden.WholeRule{Unit: 1, Center: float32(half), Radius: float32(half), Share: 1}
		}
		if oneHot(network, in) {
			rule = golden.WholeRule{Unit: 2, Group: float32(in.Shape[len(in.Shape)-1])}
		}
		rule.Size = float32(in.Shape.Size())
		p.Batch.Inputs = append(p.Batch.Inputs, p.draw("x."+in.Name, rows*in.Shape.Size(), rule))
	}
	for _, o := range network.Outputs {
		size := o.Steps() * o.Width()
		rule := golden.WholeRule{Unit: 1, Radius: 3, Share: 1}
		switch {
		case o.Task == "multiclass":
			rule = golden.WholeRule{Unit: 1, Group: float32(o.Width())}
		case o.Task == "binary":
			rule = golden.WholeRule{Unit: 1, Center: 0.5, Radius: 0.5, Share: 1}
		case o.Rule() != op.MSE.Targets:
			rule = golden.WholeRule{Unit: 1, Center: 3, Radius: 2, Share: 1} // above 0
		}
		rule.Size = float32(size)
		p.Batch.Targets = append(p.Batch.Targets, p.draw("t."+o.Name, rows*size, rule))
	}
	factor := map[*ir.Param]float64{}
	for _, l := range network.Layers {
		for _, q := range l.Params {
			factor[q] = max(factor[q], around.unit(l))
		}
	}
	drawn := func(q *ir.Param) golden.WholeRule {
		rule := golden.WholeRule{Unit: float32(factor[q]), Radius: 2, Share: 1}
		switch {
		case q.Role == ir.Constant || q.Role == ir.Running:
			rule = golden.WholeRule{Unit: 1, Center: 2, Radius: 1, Share: 1} // 1, 2 or 3: scales are not 0, variances above
		case len(q.Shape) > 1 || q.Pattern != nil:
			rule.Share = float32(math.Ceil(256*min(1, kept/float64(max(1, q.FanIn)))) / 256)
		}
		return rule
	}
	held := map[*ir.Param]golden.WholeRule{}
	if how.hold {
		held = holds(network, around, how, drawn)
	}
	for _, q := range network.Params {
		rule, ok := held[q]
		if !ok {
			rule = drawn(q)
		}
		p.network.Params[q] = p.draw(q.Name, q.Size(), rule)
	}
	constant := func(q *ir.Param, v float64) {
		p.draw(q.Name, q.Size(), golden.WholeRule{Unit: float32(v), Center: 1, Share: 1})
		p.network.Params[q] = slices.Repeat([]float64{v}, q.Size())
	}
	for _, l := range network.Layers {
		if l.Def.Unit != nil {
			constant(l.Def.Unit(l)) // unrounded here: what rounding it takes away, that of the deviation brings back
		}
		for _, q := range l.Params {
			switch {
			case len(q.Values) == 1 && !l.Preprocesses(): // what the kind means, as masking by its value
				constant(q, q.Values[0])
			case l.Preprocesses() && len(l.Shape) == 2 && q.Alike(l.Shape[0]): // as a step of a stream takes them
				constant(q, 2)
			}
		}
	}
	p.evaluate()
	return p
}

// draw draws an array and keeps its rule.
func (p *Probe) draw(name string, size int, rule golden.WholeRule) []float64 {
	p.Rules[name] = rule
	x := make([]float32, size)
	golden.DrawWhole(p.Seed, name, rule, x)
	return widen(nil, x)
}

// unit returns the unit of the weights of a layer, or of an input: 128 if a function that is exact far out reads what
// they make, times the factor of each dropout that reads it, or makes what they are multiplied by, so that gradients
// for it are multiples too. Where factors are large together, they are left out.
func (n *near) unit(l *op.Layer) float64 {
	u := 1.0
	if n.far[l.Index] {
		u = 128
	}
	product := 1
	for _, list := range [][]dropout{n.behind[l.Index], n.ahead[l.Index]} {
		for _, d := range list {
			if product%d.factor != 0 && product <= 64 {
				product *= d.factor
			}
		}
	}
	if product <= 64 {
		u *= float64(product)
	}
	return u
}

// oneHot tells whether an input is drawn with one number other than 0 in each row, for a kind that is exact on such rows.
func oneHot(network *net.Net, in *op.Layer) bool {
	return slices.ContainsFunc(network.Layers, func(l *op.Layer) bool { return l.Def.OneHot && l.In[0] == in })
}

// isDropout tells whether a layer multiplies what it reads by factors that are drawn.
func isDropout(l *op.Layer) bool { return l.Def.Factors != nil }

// near is what is known of the layers around each, by its index: of those that it is joined to by way of layers without
// parameters alone, however many ways there are, which double with every connection that skips layers.
type near struct {
	far           []bool      // whether one that reads it is exact far out
	behind, ahead [][]dropout // those that it reads, and that read it
}

// dropout is the first of the dropouts with a factor.
type dropout struct{ index, factor int }

// newNear visits each connection of a network once each way. What is known of a layer is that of its neighbours, whose
// lists it shares where it has one alone.
func newNear(network *net.Net) *near {
	size := len(network.Layers)
	n := &near{make([]bool, size), make([][]dropout, size), make([][]dropout, size)}
	own := make([][]dropout, size)
	for at, l := range network.Layers {
		if isDropout(l) {
			own[at] = []dropout{{at, factorOfDropout(l)}}
		}
		for _, in := range l.In {
			n.behind[at] = firsts(n.behind[at], own[in.Index])
			if len(in.Params) == 0 {
				n.behind[at] = firsts(n.behind[at], n.behind[in.Index])
			}
		}
	}
	for at, l := range slices.Backward(network.Layers) {
		for _, in := range l.In {
			n.far[in.Index] = n.far[in.Index] || l.Def.Far || len(l.Params) == 0 && n.far[at]
			n.ahead[in.Index] = firsts(n.ahead[in.Index], own[at])
			if len(l.Params) == 0 {
				n.ahead[in.Index] = firsts(n.ahead[in.Index], n.ahead[at])
			}
		}
	}
	return n
}

// firsts returns the first dropout with each factor of two lists that are in the order of layers, in that order. It
// allocates nothing if one of them holds the other, and changes neither.
func firsts(a, b []dropout) []dropout {
	lacks := func(list []dropout, d dropout) bool {
		return !slices.ContainsFunc(list, func(e dropout) bool { return e.factor == d.factor && e.index <= d.index })
	}
	switch {
	case len(b) == 0 || !slices.ContainsFunc(b, func(d dropout) bool { return lacks(a, d) }):
		return a
	case !slices.ContainsFunc(a, func(d dropout) bool { return lacks(b, d) }):
		return b
	}
	all := slices.Concat(a, b)
	slices.SortFunc(all, func(x, y dropout) int { return x.index - y.index })
	var list []dropout
	for _, d := range all {
		if lacks(list, d) {
			list = append(list, d)
		}
	}
	return list
}

// factorOfDropout returns a whole number whose multiples stay whole when they are divided by what a dropout keeps: 3
// for a rate of 0.25.
func factorOfDropout(l *op.Layer) int {
	const whole = 1000 // rates are decimals
	kept := int(math.Round(whole * (1 - l.Node.Float("rate"))))
	kept /= gcd(kept, whole)
	for kept%2 == 0 && kept > 0 {
		kept /= 2
	}
	return max(1, kept)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// evaluate computes what exact arithmetic makes of the probe, in a prediction and in a step of training.
func (p *Probe) evaluate() {
	n := p.network
	pass := p.forward(false, p.Values)
	if slices.ContainsFunc(n.Net.Layers, func(l *op.Layer) bool { return l.Def.Trains }) {
		pass = p.forward(true, p.Trained)
	} else {
		p.Trained = p.Values
	}
	layers, params := map[*op.Layer]*total{}, map[*ir.Param]*total{}
	for i, o := range n.Net.Outputs {
		layers[o.Scores] = layers[o.Scores].add(p.lossGradient(i, o))
	}
	n.Each = func(l *op.Layer, c *op.Call, _ bool) {
		var dx, dp []bool
		if layers[l].exact() && p.exactInputs(l, c, p.Trained) && p.Trained[l] != nil && op.Settle(c.DY.Data) {
			dx, dp = op.ExactGrad(c)
		}
		for i, in := range l.In {
			layers[in] = layers[in].add(i < len(dx) && dx[i], c.DX[i].Data)
		}
		for i, q := range l.Params {
			params[q] = params[q].add(i < len(dp) && dp[i], c.DP[i].Data)
		}
	}
	n.Backward(p.Batch, pass)
	n.Each = nil
	for _, q := range n.Net.Params {
		switch {
		case q.Role != ir.Trained:
		case params[q] == nil: // nothing depends on it
			p.Grads[q] = make([]float64, q.Size())
		case params[q].exact():
			p.Grads[q] = params[q].sum
		}
	}
}

// total is what is known of a sum of gradients.
type total struct {
	inexact bool
	size    float64 // of the largest element that it may have on the way
	grid    int     // all elements are multiples of two to that
	sum     []float64
}

// add takes a term in; the terms of a nil total are none yet.
func (t *total) add(exact bool, x []float64) *total {
	if t == nil {
		t = &total{}
	}
	if t.inexact = t.inexact || !exact; t.inexact {
		return t
	}
	t.grid = min(t.grid, op.Grid(x))
	largest := 0.0
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	t.size += largest
	if t.sum == nil {
		t.sum = make([]float64, len(x))
	}
	for i, v := range x {
		t.sum[i] += v
	}
	return t
}

// exact tells whether all terms and partial sums are.
func (t *total) exact() bool { return !t.inexact && t.size <= math.Ldexp(1<<23, t.grid) }

// forward evaluates the network and keeps the results that are exact.
func (p *Probe) forward(training bool, values map[*op.Layer][]float64) *ref.Pass {
	n := p.network
	for _, q := range n.Net.Params {
		if q.Role == ir.Running { // a step moves them
			defer func(x []float64) { n.Params[q] = x }(slices.Clone(n.Params[q]))
		}
	}
	n.Each = func(l *op.Layer, c *op.Call, _ bool) {
		if l.Def.Exact != nil && p.exactInputs(l, c, values) && l.Def.Exact(c) && op.Settle(c.Y.Data) {
			values[l] = c.Y.Data
		}
	}
	defer func() { n.Each = nil }()
	return n.Forward(p.Batch, training, 0)
}

// exactInputs tells whether all that a layer reads is exact, or makes no difference.
func (p *Probe) exactInputs(l *op.Layer, c *op.Call, values map[*op.Layer][]float64) bool {
	if l.Def.Shut != nil && l.Def.Shut(c) {
		return true
	}
	for _, in := range l.In {
		if len(in.In) > 0 && values[in] == nil {
			return false
		}
	}
	return true
}

// lossGradient returns the gradient of the loss of output i, if it is exact.
func (p *Probe) lossGradient(i int, o *net.Output) (exact bool, grad []float64) {
	y := p.Trained[o.Scores]
	if o.Loss.Exact == nil || !o.Loss.Exact(o.Node) || o.ClassWeights != nil || o.Balanced ||
		o.Scaling == "log" || y == nil {
		return false, nil
	}
	width, rows := o.Width(), p.Batch.N*o.Steps()
	if fraction, _ := math.Frexp(o.Weight); fraction != 0.5 || rows&(rows-1) != 0 ||
		o.Task != "multiclass" && width&(width-1) != 0 {
		return false, nil
	}
	targets := p.network.TargetsOf(o, p.Batch.Targets[i])
	for at := 0; at < len(y); at += width {
		dy := make([]float64, width)
		o.Loss.Eval(o.Node, y[at:][:width], targets[at:][:width], dy)
		for j := range dy {
			dy[j] *= o.Weight / float64(rows)
		}
		if !op.Settle(dy) {
			return false, nil
		}
		grad = append(grad, dy...)
	}
	return true, grad
}

// probe returns the file of a network's probes, under a key; one without numbers where they take too much work.
func probe(network *net.Net, key string) ([]byte, error) {
	v := vectors{meta: map[string]string{"spec": network.ModelSum(), "of": key, "seed": "0", "rows": "0",
		golden.Gradients + "rows": "0"}}
	p, ok := NewProbes(network, mostRows)
	if !ok {
		return v.encode()
	}
	v.meta["seed"], v.meta["exact"] = strconv.FormatUint(p.Predictions.Seed, 10), p.Coverage()
	v.meta["rows"] = strconv.Itoa(p.Predictions.Batch.N)
	v.meta[golden.Gradients+"rows"] = strconv.Itoa(p.Gradients.Batch.N)
	rule := func(name string, r golden.WholeRule) {
		v.add(name, 0, widen(nil, []float32{r.Unit, r.Center, r.Radius, r.Share, r.Group, r.Size, r.Columns, r.From, r.To}))
	}
	for name, r := range p.Predictions.Rules {
		rule("rule."+name, r)
		rule(golden.Gradients+"rule."+name, p.Gradients.Rules[name])
	}
	sum := func(name string, x []float64) {
		s := golden.ChecksumExact(narrow(x))
		v.add("sum."+name, 0, widen(nil, s[:]))
	}
	for _, o := range network.Outputs {
		if y := p.Predictions.Values[o.Layer]; y != nil {
			sum("y."+o.Name, y)
		}
	}
	for q, g := range p.Gradients.Grads {
		sum("d."+q.Name, p.Gradients.Penalized(q, g))
	}
	return v.encode()
}

// Penalized returns the gradient of a parameter with that of its penalties, l1·sign(w) + 2·l2·w, each product and each
// sum rounded; grad is without.
func (p *Probe) Penalized(q *ir.Param, grad []float64) []float64 {
	d := narrow(grad)
	l1, twice := float32(q.L1), 2*float32(q.L2)
	for i, w := range p.Params(q) {
		if w != 0 && l1 != 0 {
			d[i] = float32(d[i] + float32(math.Copysign(float64(l1), float64(w))))
		}
		if twice != 0 {
			product := float32(twice * w)
			d[i] = float32(d[i] + product)
		}
	}
	return widen(nil, d)
}

// narrow returns numbers as float32, which holds them exactly.
func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}
