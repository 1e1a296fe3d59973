package pass

import "github.com/nngen/nngen/codegen/ir"

// autodiff derives the backward pass in reverse mode: starting from the gradient that each loss
// gives, every node's VJP is appended in reverse order of the nodes, and the contributions to a
// value are added in the order in which its readers come, last reader first. What no trained parameter depends on gets
// no gradient: layers before the first that is trained have no backward pass.
//
// Source: Griewank and Walther, Evaluating Derivatives, 2nd edition, §3.2.
var autodiff = Pass{
	Name: "autodiff",
	Doc:  "appends the backward pass; first, since the passes below treat gradients like all else",
	Run:  runAutodiff,
}

func runAutodiff(g *ir.Graph, o *Options) {
	b := ir.Extend(g)
	d := &derivation{b: b, grads: map[*ir.Value]*ir.Value{}, wanted: needed(g, o)}
	forward := append([]*ir.Node(nil), g.Nodes...)
	for i := len(forward) - 1; i >= 0; i-- {
		n := forward[i]
		b.Layer, b.Pos = n.Layer, n.Pos
		if n.Prim == ir.LossPrim {
			d.add(n.Args[0], n.Results[1])
			continue
		}
		if n.Prim.VJP == nil || !d.wanted[n] {
			continue
		}
		dy := make([]*ir.Value, len(n.Results))
		some := false
		for j, r := range n.Results {
			dy[j] = d.grads[r]
			some = some || dy[j] != nil
		}
		if !some {
			continue
		}
		for j, dx := range n.Prim.VJP(b, n, dy) {
			if dx != nil && d.wanted[n.Args[j].Def] {
				d.add(n.Args[j], dx)
			}
		}
	}
	for _, p := range g.Params {
		if p.Role == ir.Trained {
			g.Grads = append(g.Grads, ir.Grad{Param: p, Value: d.param(p)})
		}
	}
	if o.Trace {
		for _, n := range forward {
			if n.Prim == ir.InputPrim && d.grads[n.Results[0]] != nil {
				g.InGrads = append(g.InGrads, ir.Output{Name: n.Text("name"), Value: d.grads[n.Results[0]]})
			}
		}
	}
	g.Outputs = nil // a step gives losses and gradients
	g.Adjoints = d.grads
}

type derivation struct {
	b      *ir.Builder
	grads  map[*ir.Value]*ir.Value
	wanted map[*ir.Node]bool
}

// add counts dx as a contribution to the gradient of v.
func (d *derivation) add(v, dx *ir.Value) {
	if old := d.grads[v]; old != nil {
		dx = d.b.Add(old, dx)
	}
	if v.Label != "" {
		dx.Label, dx.Gradient = v.Label, true
	}
	d.grads[v] = dx
}

// param returns the gradient of the losses with respect to a parameter, zero if they do not depend on
// it. Penalties are not part of the graph: a large batch is worked off in several runs of it, and they
// count once.
func (d *derivation) param(p *ir.Param) *ir.Value {
	w := d.b.Param(p)
	dw := d.grads[w]
	d.b.Layer, d.b.Pos = w.Def.Layer, p.Pos
	if dw == nil {
		dw = d.b.Node(ir.ZeroPrim, "", []*ir.Value{w}).Results[0]
	}
	dw.Label, dw.Gradient = p.Name, true
	return dw
}

// needed tells for which nodes a gradient of some argument is wanted: those that depend on a trained
// parameter, or on an input if its gradient is asked for.
func needed(g *ir.Graph, o *Options) map[*ir.Node]bool {
	wanted := map[*ir.Node]bool{}
	for _, n := range g.Nodes {
		switch n.Prim {
		case ir.ParamPrim:
			wanted[n] = n.Param.Role == ir.Trained
		case ir.InputPrim:
			wanted[n] = o.Trace
		default:
			for _, a := range n.Args {
				wanted[n] = wanted[n] || wanted[a.Def]
			}
		}
	}
	return wanted
}
