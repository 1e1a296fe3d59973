package pass

import "github.com/nngen/nngen/codegen/ir"

// fuseBias moves the addition of a bias into the gemm that makes its argument, which then adds it to
// each element before it is stored. The bits do not change: the sum is rounded, then the bias added.
var fuseBias = Pass{
	Name: "fuse-bias",
	Doc:  "y = x·W, then y + b, becomes one gemm; before fuse-act, whose function comes after the bias",
	Run: func(g *ir.Graph, o *Options) {
		fuse(g, o, ir.BiasPrim, func(n *ir.Node) bool {
			gemm := n.Args[0].Def
			c := gemm.Results[0].Shape
			if !gemm.Prim.Fuses || len(gemm.Args) != 2 || n.Args[1].Shape.Size() != c[len(c)-1] {
				return false
			}
			gemm.Args = append(gemm.Args, n.Args[1])
			gemm.Set("epilogue", ir.EpilogueBias)
			return true
		})
	},
}

// fuseAct moves an activation into the gemm with bias that makes its argument, if the register tile
// knows the function and the backward pass needs only its result.
var fuseAct = Pass{
	Name: "fuse-act",
	Doc:  "y = f(x·W + b) becomes one gemm; after fuse-bias",
	Run: func(g *ir.Graph, o *Options) {
		fuse(g, o, ir.MapPrim, func(n *ir.Node) bool {
			gemm := n.Args[0].Def
			if !gemm.Prim.Fuses || gemm.Text("epilogue") != ir.EpilogueBias ||
				gemm.Text("act") != "" || !ir.Function(n.F).InTile {
				return false
			}
			gemm.Set("act", n.F)
			if alpha := n.Attr("alpha"); alpha != nil {
				gemm.Set("alpha", alpha)
			}
			return true
		})
	},
}

// fuseGrad moves the product with an activation's derivative into the gemm that makes the gradient
// of the activation's result.
var fuseGrad = Pass{
	Name: "fuse-grad",
	Doc:  "dx = (dy·Wᵀ)∘f′(y) becomes one gemm; after fuse-act, so that y is what the forward gemm stores",
	Run: func(g *ir.Graph, o *Options) {
		fuse(g, o, ir.GradPrim, func(n *ir.Node) bool {
			gemm, f := n.Args[0].Def, ir.Function(n.F)
			if gemm.Prim != ir.GemmNT || len(gemm.Args) != 2 || !f.FromOutput || !f.InTile && !f.GradInTile {
				return false
			}
			gemm.Args = append(gemm.Args, n.Args[1])
			gemm.Set("epilogue", ir.EpilogueGrad)
			gemm.Set("act", n.F)
			if alpha := n.Attr("alpha"); alpha != nil {
				gemm.Set("alpha", alpha)
			}
			return true
		})
	},
}

// fuse offers to into each node n of a primitive whose first argument nothing else reads. If into
// takes n over, the node that makes the argument stands for n from then on: it moves to n's place,
// so that its new arguments come before it, and its result takes n's label.
func fuse(g *ir.Graph, o *Options, prim *ir.Prim, into func(n *ir.Node) bool) {
	if o.Plain {
		return
	}
	users := g.Users()
	kept := map[*ir.Value]bool{}
	for _, v := range g.Results() {
		kept[v] = true
	}
	index, moved := map[*ir.Node]int{}, map[int]bool{}
	for i, n := range g.Nodes {
		index[n] = i
	}
	for i, n := range g.Nodes {
		if n.Prim != prim || len(users[n.Args[0]]) != 1 || kept[n.Args[0]] {
			continue
		}
		producer := n.Args[0].Def
		if !into(n) {
			continue
		}
		old := n.Results[0]
		g.Replace(old, producer.Results[0])
		if old.Label != "" {
			producer.Results[0].Label, producer.Results[0].Gradient = old.Label, old.Gradient
		}
		producer.Results[0].Shape = old.Shape
		kept[producer.Results[0]] = kept[old]
		moved[index[producer]] = true
		g.Nodes[i], index[producer] = producer, i
	}
	nodes := g.Nodes[:0]
	for i, n := range g.Nodes {
		if !moved[i] {
			nodes = append(nodes, n)
		}
	}
	g.SetNodes(nodes)
}
