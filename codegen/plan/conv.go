package plan

import (
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/gemm"
)

// squaresRow is the name of the row that computes a pool too.
const squaresRow = "conv.max/packed"

// Convolutions: package conv of the runtime.
var _ = kernels(
	// conv.ForwardPacked(n, &conv1Geometry, a.s1[:n*3456], x, m.conv1W[:], gemm.BiasAct(m.conv1B[:], gemm.ReLU))
	maxOfSquares(Kernel{Name: squaresRow, Prim: ir.ConvPrim, Cost: -1, Wants: filterPanels, Weights: 1,
		Scratch: convScratch(conv.ForwardMaxPackedScratch)}),
	convolution(Kernel{Name: "conv/packed", Prim: ir.ConvPrim, Cost: 0, Wants: filterPanels, Weights: 1,
		Scratch: convScratch(conv.ForwardPackedScratch)}, "ForwardPacked", true),
	convolution(Kernel{Name: "conv", Prim: ir.ConvPrim, Cost: 15, Scratch: convScratch(conv.ForwardScratch)},
		"Forward", true),
	convolution(Kernel{Name: "depthwise", Prim: ir.DepthwisePrim, Scratch: convScratch(conv.DepthwiseScratch)},
		"Depthwise", true),
	convSteps(Kernel{Name: "conv.steps/packed", Cost: 0, Wants: filterPanels, Weights: 1}, "StepsPacked",
		conv.StepsPackedScratch),
	convSteps(Kernel{Name: "conv.steps", Cost: 15}, "Steps", conv.StepsScratch),

	// conv.DX(n, &conv1Geometry, a.s2[:n*784], a.s1[:n*3456], p.Conv1W[:])
	convolution(Kernel{Name: "conv.dx", Prim: ir.ConvDX, Cost: 0, Scratch: convScratch(conv.TransposedScratch),
		Fits: func(_ *builder, n *ir.Node) bool { return len(n.Args) == 2 }}, "DX", false),
	// conv.Transposed(n, &upGeometry, a.s1[:n*3456], x, m.upW[:], gemm.Bias(m.upB[:]))
	convolution(Kernel{Name: "conv.dx/epilogue", Prim: ir.ConvDX, Cost: 15, Scratch: convScratch(conv.TransposedScratch)},
		"Transposed", true),
	convolution(Kernel{Name: "depthwise.dx", Prim: ir.DepthwiseDX}, "DepthwiseDX", false),

	// conv.DW(n, &conv1Geometry, g.Conv1W[:], x, a.s2[:n*3456])
	filterGrad(Kernel{Name: "conv.dw", Prim: ir.ConvDW}, "DW", gemmRows),
	filterGrad(Kernel{Name: "depthwise.dw", Prim: ir.DepthwiseDW}, "DepthwiseDW", 1),
)

// convScratch is what the convolution of a node keeps, whatever the number of images.
func convScratch(of func(conv.Geometry) []int) func(*builder, *ir.Node, int) []int {
	return func(_ *builder, n *ir.Node, _ int) []int { return of(conv.Geometry(ir.Geometry(n))) }
}

// filterGrad computes the gradient of a filter, whose rows workers share out:
//
//	conv.DWRows(n, &conv1Geometry, lo, hi, g.Conv1W[:], x, a.s2[:n*3456])
func filterGrad(k Kernel, name string, unit int) Kernel {
	k = convolution(k, name, false)
	k.Calls = append(k.Calls, of("conv", name+"Rows")...)
	k.Share = func(b *builder, n *ir.Node) Divide {
		g := ir.Geometry(n)
		rows := g.FH * g.FW * (g.C / g.Groups)
		return Divide{Extent{rows, unit}, call("conv", name+"Rows", b.rows(n.Args[0], operand(n)),
			Var{Name: b.geometry(n).Name},
			Bound("lo"), Bound("hi"), b.refs(n.Results, n.Args[:2]))}
	}
	return k
}

// convolution calls a function with rows, a geometry, the result, the operands, and the epilogue if it takes one.
func convolution(k Kernel, name string, epilogue bool) Kernel {
	k.Calls = of("conv", name)
	k.Call = func(b *builder, n *ir.Node) []Stmt {
		args := []Arg{b.rows(n.Args[0], operand(n)), Var{Name: b.geometry(n).Name}}
		args = append(args, b.refs(n.Results, n.Args[:2])...)
		if epilogue {
			args = append(args, b.epilogue(n))
		}
		return call("conv", name, args)
	}
	return k
}

// maxOfSquares computes a convolution and the maxima over squares of 2×2 of its pixels, where the pool is all that reads
// these and there is a kernel for both. The result goes where that of the pool is, which has no call of its own:
//
//	conv.ForwardMaxPacked(n, &conv1Geometry, a.s2[:n*1176], x, m.conv1W[:], gemm.BiasAct(m.conv1B[:], gemm.ReLU))
func maxOfSquares(k Kernel) Kernel {
	k.Calls = of("conv", "ForwardMaxPacked")
	k.Fits = func(b *builder, n *ir.Node) bool { return b.squares(n) != nil }
	k.Call = func(b *builder, n *ir.Node) []Stmt {
		return call("conv", "ForwardMaxPacked", b.rows(n.Args[0], operand(n)), Var{Name: b.geometry(n).Name},
			b.refs(b.squares(n).Results, n.Args[:2]), b.epilogue(n))
	}
	return k
}

// Joins tells whether one call of a prediction may compute a node and another that alone reads its result: a convolution
// and the largest of each square of its pixels, where there is a kernel for both.
func Joins(n, reader *ir.Node) bool {
	if n.Prim != ir.ConvPrim || reader.Prim != ir.MaxPool || n.Text("epilogue") != ir.EpilogueBias {
		return false
	}
	g, pair := conv.Geometry(ir.Geometry(n)), ir.Shape{2, 2}.String()
	x, y := planes(reader)
	pt, pl := ir.Extents(reader, "pad", 0)
	return reader.Text("window") == pair && reader.Text("stride") == pair && pt+pl == 0 && x[0] == 2*y[0] &&
		x[1] == 2*y[1] && g.OH == x[0] && g.MaxGains(gemm.BiasAct(nil, acts[n.Text("act")]))
}

// squares returns the pool that maxOfSquares computes with a convolution; nil if it does not.
func (b *builder) squares(n *ir.Node) *ir.Node {
	users := b.g.Users()[n.Results[0]]
	if b.training || len(users) != 1 || !Joins(n, users[0]) || slices.Contains(b.g.Results(), n.Results[0]) {
		return nil
	}
	// The memory of the pool's result may be that of what is read here or before the pool for the last time.
	pool := users[0]
	result := root(pool.Results[0])
	at := slices.Index(b.g.Nodes, n)
	for _, m := range b.g.Nodes[at : at+slices.Index(b.g.Nodes[at:], pool)] {
		for _, a := range m.Args {
			if a = root(a); a.Slot != nil && a.Slot == result.Slot {
				return nil
			}
		}
	}
	return pool
}

// convSteps convolves the steps at hand, behind those that the state holds:
//
//	conv.StepsPacked(n, &nearStepGeometry, a.s2[:n*8], s.nearLast[:], x, m.nearW[:], gemm.Bias(m.nearB[:]))
func convSteps(k Kernel, name string, scratch func(int, conv.Geometry) []int) Kernel {
	k.Scratch = func(_ *builder, n *ir.Node, rows int) []int { return scratch(rows, conv.Geometry(ir.Geometry(n))) }
	k.Prim, k.Calls = ir.ConvSteps, of("conv", name)
	k.Call = func(b *builder, n *ir.Node) []Stmt {
		last := Arg(Nil{})
		if n.Param != nil {
			last = b.parameter(n.Param)
		}
		return call("conv", name, Count(1), Var{Name: b.geometry(n).Name}, b.refs(n.Results), last, b.refs(n.Args[:2]),
			b.epilogue(n))
	}
	return k
}

// operand returns the elements of one image of the first operand.
func operand(n *ir.Node) int {
	g := ir.Geometry(n)
	switch n.Prim {
	case ir.ConvDX, ir.DepthwiseDX:
		return g.OH * g.OW * g.OC
	}
	return g.H * g.W * g.C
}

// filterPanels is the layout of a filter for package conv.
func filterPanels(n *ir.Node, _ int) Layout {
	g := ir.Geometry(n)
	return Layout{Order: FilterPanels, K: g.FH * g.FW * (g.C / g.Groups), N: g.OC / g.Groups, Groups: g.Groups}
}
