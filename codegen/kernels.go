package codegen

import (
	"fmt"
	"slices"

	"github.com/nngen/nngen/codegen/bundle"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/spec"
)

// kernels makes kernels for the network, if they are wanted. It is an error if the spec asks for them and there can be
// none.
func (out *Output) kernels(o Options, problems *spec.ErrorList) {
	g := out.Net.Spec.Generate
	switch {
	case g.Kernels == "made" && g.Profile == spec.Tiny:
		problems.Add("kernels", g.KernelsPos, "generate", "leave out `kernels: made`, or `profile: tiny`",
			"the tiny profile has no assembly")
		return
	case o.Plain || g.Profile == spec.Tiny || g.Kernels == "library" || g.Kernels == "auto" && out.Plan.Plain:
		return
	}
	var ofGradients []plan.Obstacle
	if out.Step != nil && !o.Trace {
		ofGradients = out.Plan.MakeGradient(out.Net.Spec.Name+"train", out.network.Train.Batch, g.Kernels == "auto")
		if m := out.Plan.MadeGradient; m != nil {
			compact(&m.Assembly)
		}
	}
	obstacles := out.Plan.MakeKernels(out.Net.Spec.Name, g.Kernels == "auto")
	if m := out.Plan.Made; m != nil {
		compact(&m.Assembly)
	} else if out.Plan.Step != nil {
		steps := out.Plan.MakeStep(out.Net.Spec.Name, g.Kernels == "auto")
		if m := out.Plan.MadeStep; m != nil {
			compact(&m.Assembly)
			obstacles = nil // of predictions of whole sequences
		} else {
			obstacles = append(obstacles, steps...)
		}
	}
	if g.Kernels != "made" {
		return
	}
	for _, x := range told(g, obstacles) {
		problems.Add("kernels", x.at, x.subject, fmt.Sprintf("leave out `kernels: made` at line %d:%d", g.KernelsPos.Line,
			g.KernelsPos.Col), "no kernels can be made: %s", x.what)
	}
	if len(obstacles) > 0 {
		return
	}
	for _, x := range told(g, ofGradients) {
		problems.Warn("gradient-kernels", x.at, x.subject, "", "no kernels can be made for gradients: %s", x.what)
	}
}

// compact writes several instructions of kernels in a line.
func compact(a *plan.Assembly) {
	a.AMD64, a.ARM64 = bundle.Compact(a.AMD64), bundle.Compact(a.ARM64)
}

// obstacle is what problems say of one.
type obstacle struct {
	at            spec.Pos
	subject, what string
}

// told returns what is to be said of obstacles: once of each layer, and of each that is of the network as a whole.
func told(g spec.Generate, obstacles []plan.Obstacle) (all []obstacle) {
	before := map[string]bool{}
	for _, o := range obstacles {
		x := obstacle{g.KernelsPos, "generate", "the network " + o.What}
		once := x.what
		if o.Node != nil {
			x = obstacle{o.Node.Pos, fmt.Sprintf("layer %q", o.Node.Layer), "it " + o.What}
			once = x.subject
		}
		if !before[once] {
			before[once] = true
			all = append(all, x)
		}
	}
	return all
}

// fewest is the number of elements and of multiply-adds up to which a network does without kernels: the perceptron of
// the examples, with 4, has a tenth of the source without, and takes some ten nanoseconds longer for a prediction.
const fewest = 16

// few tells whether a network does so few operations that kernels gain nothing.
func (out *Output) few() bool {
	large := func(g *ir.Graph) bool {
		return g != nil && slices.ContainsFunc(g.Nodes, func(n *ir.Node) bool {
			return slices.ContainsFunc(n.Results, func(v *ir.Value) bool { return v.Shape.Size() > fewest })
		})
	}
	return work(out.Net).Evaluate <= fewest && !large(out.Infer) && !large(out.Stream)
}
