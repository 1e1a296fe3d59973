package audit

import (
	"math"
	"strings"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/spec"
)

// layer is a layer of the network as the audit needs it.
type layer struct {
	name, kind string
	in, out    []*layer
	size       int
	shape      []int
	params     []string
	trained    bool
	constants  map[float64]bool // that its calls may hold
	geometry   map[string][]int // kernel_size, pool_size, strides, dilation_rate, as far as it has them
	stream     int
	off        bool // it draws no noise, its rate being 0
}

// graph is a network.
type graph struct {
	layers  []*layer
	byName  map[string]*layer
	inputs  []*layer
	outputs []output
	params  map[string]int  // sizes by name
	trained map[string]bool // parameters that have a gradient
	rounds  map[string]int  // weights that training rounds, with the number of channels that have a scale each
	steps   int
}

type output struct {
	name          string
	layer, scores *layer
	loss          string
	targets       []string // constants that scale the targets, target_center and target_scale; nil for none
	scaling       []string // the calls that scale them, in order
	weight        float64  // of its loss
	numbers       *layer   // that has the attributes of the loss for constants
	quantiles     []float64
	classWeights  bool // whether examples count by class in training
}

// graphOf reads a network.
func graphOf(n *net.Net) *graph {
	g := &graph{byName: map[string]*layer{}, params: map[string]int{}, trained: map[string]bool{},
		rounds: map[string]int{},
		steps:  max(1, n.Steps)}
	at := map[any]*layer{}
	for _, l := range n.Layers {
		x := &layer{name: l.Name, kind: l.Def.Kind.Name, size: l.Shape.Size(), shape: l.Shape,
			trained: !l.Frozen, stream: int(l.Stream),
			constants: map[float64]bool{}, geometry: map[string][]int{}}
		for _, in := range l.In {
			y := at[in]
			x.in = append(x.in, y)
			y.out = append(y.out, x)
		}
		for _, p := range l.Params {
			if p.FakeQuant > 0 {
				g.rounds[p.Name] = p.FakeQuant
			}
			if !ofTargets(p.Name) {
				x.params = append(x.params, p.Name)
			}
		}
		x.attributes(l.Node)
		x.whole()
		x.allow(float64(len(l.In)))
		at[l] = x
		g.layers = append(g.layers, x)
		g.byName[x.name] = x
	}
	for _, l := range n.Inputs {
		g.inputs = append(g.inputs, at[l])
	}
	for _, o := range n.Outputs {
		out := output{name: o.Name, layer: at[o.Layer], scores: at[o.Scores], loss: o.Loss.Kind.Name,
			numbers: &layer{kind: o.Loss.Kind.Name, constants: map[float64]bool{}, geometry: map[string][]int{}},
			weight:  o.Weight, classWeights: o.ClassWeights != nil || o.Balanced}
		out.numbers.attributes(o.Node)
		if out.loss == "pinball" {
			out.quantiles = o.Node.Floats("quantiles")
		}
		if o.Targets != nil {
			for _, p := range o.Targets.Params {
				if ofTargets(p.Name) {
					out.targets = append(out.targets, p.Name)
				}
			}
			if out.scaling = []string{"vec.Affine"}; o.Scaling == "log" {
				out.scaling = []string{"vec.Log", "vec.Affine"}
			}
		}
		g.outputs = append(g.outputs, out)
	}
	for _, q := range n.Params {
		g.params[q.Name] = q.Size()
	}
	return g
}

// ofTargets tells whether a parameter is of the layer that turns predictions into the units of the targets, but for the
// targets of a loss: the layer itself does not read it.
func ofTargets(param string) bool { return strings.HasPrefix(roleOf(param), "target_") }

// attributes takes what the calls of a layer may hold from its attributes, and from those of the layer that
// time_distributed applies.
func (x *layer) attributes(n spec.Node) {
	for _, v := range n.Attrs {
		switch v := v.V.(type) {
		case float64:
			x.allow(v)
			x.off = x.off || v == 0
		case int:
			x.allow(float64(v))
		case []float64:
			for _, f := range v {
				x.allow(f)
			}
		}
		switch w := v.V.(type) {
		case spec.Node:
			if x.kind == "time_distributed" {
				x.kind = w.Kind
				x.attributes(w)
			}
		case int:
			x.geometry[v.Name] = []int{w}
		case []int:
			x.geometry[v.Name] = w
		}
	}
}

// whole gives a pool over all places the window that it has, which is no attribute of it. The last axis of what it reads
// is of channels, and one that time_distributed goes along comes first.
func (x *layer) whole() {
	if !strings.HasPrefix(x.kind, "global_") || len(x.in) == 0 {
		return
	}
	places := 1
	if strings.HasSuffix(x.kind, "2d") {
		places = 2
	}
	if s := x.in[0].shape; len(s) > places {
		x.geometry["pool_size"] = s[len(s)-1-places : len(s)-1]
	}
}

// allow adds a number of the spec to those that calls may hold, and what follows from it: its opposite, its reciprocal,
// what is left of 1, the standard deviation of noise by a rate.
func (l *layer) allow(v float64) {
	for _, w := range []float64{v, -v, 1 / v, 1 - v, math.Sqrt(v / (1 - v)), v * v, math.Log(v)} {
		if w-w == 0 {
			l.constants[w] = true
		}
	}
}

// near tells whether two constants are one but for the digits that are written.
func near(v, w float64) bool { return math.Abs(v-w) <= 1e-6*math.Abs(w) }

// holds tells whether a constant is one that the layer may have.
func (l *layer) holds(v float64) bool {
	if v == 0 || v == 1 || v == -1 || kinds[l.kind].constants[v] {
		return true
	}
	for w := range l.constants {
		if near(v, w) {
			return true
		}
	}
	return false
}
