package plan

import "github.com/nngen/nngen/codegen/ir"

// What works on vectors: package vec of the runtime, and the names of memory.
var _ = kernels(
	memory(ir.InputPrim), memory(ir.InputInt8Prim), memory(ir.TargetPrim), memory(ir.SampleWeightPrim),
	memory(ir.ParamPrim),
	memory(ir.ReshapePrim), memory(ir.AtPrim), memory(ir.RangePrim),

	rowwise(ir.BiasPrim, "AddRow"),
	rowwise(ir.ScaleRow, "MulRow"),
	rowwise(ir.AffinePrim, "Affine"),
	rowwise(ir.PReLUPrim, "PReLU"),

	reduced(ir.SumRows, "SumRows"),
	reduced(ir.DotRows, "DotRows"),

	elementwise(ir.MapPrim, ""),
	elementwise(ir.GradPrim, "Grad"),
	elementwise(ir.AddPrim, "Add"),
	elementwise(ir.SubPrim, "Sub"),
	elementwise(ir.MulPrim, "Mul"),
	elementwise(ir.ScalePrim, "Scale"),
	elementwise(ir.ShiftPrim, "AddScalar"),
	elementwise(ir.MaximumPrim, "Max"),
	elementwise(ir.MinimumPrim, "Min"),
	clipping(ir.ClipPrim, "Clip"),
	clipping(ir.ClipGrad, "ClipGrad"),

	// vec.WhereGreater(dx, dy, a, b)
	Kernel{Name: "where", Prim: ir.WherePrim, Calls: suffixed("vec", "Where", goName, ir.WherePrim.F),
		Call: func(b *builder, n *ir.Node) []Stmt {
			return call("vec", "Where"+goName(n.F), b.refs(n.Results, n.Args))
		}},

	lastAxis(ir.SoftmaxPrim, "Softmax"),
	lastAxis(ir.SoftmaxGrad, "SoftmaxGrad"),
	lastAxis(ir.LogSoftmaxPrim, "LogSoftmax"),
	lastAxis(ir.LogSoftmaxGrad, "LogSoftmaxGrad"),

	// vec.PReLUGrad(n, 32, a.s1[:n*32], g.ActAlpha[:], a.s2[:n*32], a.s3[:n*32], p.ActAlpha[:])
	Kernel{Name: "prelu.grad", Prim: ir.PReLUGrad, Calls: of("vec", "PReLUGrad"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			width := n.Args[2].Shape.Size()
			return call("vec", "PReLUGrad", b.rows(n.Args[0], width), Int(width), b.refs(n.Results, n.Args))
		}},

	// vec.CopyCols(n, 16, a.s3[:n*48], 48, a.s1[:n*16], 16)
	// vec.CopyCols(n, 32, a.s3[16:n*48], 48, a.s2[:n*32], 32)
	Kernel{Name: "concat", Prim: ir.ConcatPrim, Calls: of("vec", "CopyCols"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			var all []Stmt
			y, offset := n.Results[0], 0
			for _, a := range n.Args {
				width := last(a)
				all = append(all, call("vec", "CopyCols", b.rows(a, width), Int(width), from(b.ref(y), offset),
					Int(last(y)), b.ref(a), Int(width))...)
				offset += width
			}
			return all
		}},

	// vec.CopyCols(n, 32, a.s2[:n*32], 32, a.s3[16:n*48], 48)
	Kernel{Name: "slice", Prim: ir.SlicePrim, Calls: of("vec", "CopyCols"),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, y, width := n.Args[0], n.Results[0], n.Int("width")
			return call("vec", "CopyCols", b.rows(y, width), Int(width), b.ref(y), Int(width),
				from(b.ref(x), n.Int("offset")), Int(last(x)))
		}},

	// clear(a.s3[:n*48])
	// vec.CopyCols(n, 32, a.s3[16:n*48], 48, a.s2[:n*32], 32)
	Kernel{Name: "place", Prim: ir.PlacePrim, Calls: append(of("vec", "CopyCols"), builtin),
		Call: func(b *builder, n *ir.Node) []Stmt {
			x, y := n.Args[0], n.Results[0]
			width := last(x)
			return append([]Stmt{Clear{b.ref(y)}},
				call("vec", "CopyCols", b.rows(x, width), Int(width), from(b.ref(y), n.Int("offset")),
					Int(last(y)), b.ref(x), Int(width))...)
		}},

	// clear(g.H1W[:])
	Kernel{Name: "zero", Prim: ir.ZeroPrim, Calls: []Callee{builtin},
		Call: func(b *builder, n *ir.Node) []Stmt { return []Stmt{Clear{b.ref(n.Results[0])}} }},
)

// last returns the extent of the last axis.
func last(v *ir.Value) int { return v.Shape[len(v.Shape)-1] }

// rowwise calls a function with vectors for all rows:
//
//	vec.AddRow(n, 32, a.s1[:n*32], a.s1[:n*32], p.H1B[:])
func rowwise(prim *ir.Prim, name string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("vec", name), Call: func(b *builder, n *ir.Node) []Stmt {
		width := n.Args[1].Shape.Size()
		return call("vec", name, b.rows(n.Args[0], width), Int(width), b.refs(n.Results, n.Args))
	}}
}

// reduced calls a function that sums over rows:
//
//	vec.SumRows(n, 32, g.H1B[:], a.s1[:n*32])
func reduced(prim *ir.Prim, name string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("vec", name), Call: func(b *builder, n *ir.Node) []Stmt {
		width := n.Results[0].Shape.Size()
		return call("vec", name, b.rows(n.Args[0], width), Int(width), b.refs(n.Results, n.Args))
	}}
}

// elementwise calls a function on all elements, with the parameter last if there is one; that of a node's function has
// its name and a suffix:
//
//	vec.LeakyReLU(a.s1[:n*32], a.s1[:n*32], 0.3)
func elementwise(prim *ir.Prim, name string) Kernel {
	called := func(f string) string {
		if f == "" {
			return name
		}
		return goName(f) + name
	}
	k := Kernel{Name: prim.Name, Prim: prim, Call: func(b *builder, n *ir.Node) []Stmt {
		c := invoke(Callee{Pkg: "vec", Name: called(n.F)}, b.refs(n.Results, n.Args))
		if alpha, ok := n.Attr("alpha").(float64); ok {
			c.Args = append(c.Args, Real(alpha))
		}
		return []Stmt{c}
	}}
	for _, f := range prim.F {
		if prim != ir.GradPrim || !ir.Function(f).Flat {
			k.Calls = append(k.Calls, of("vec", called(f))...)
		}
	}
	if len(prim.F) == 0 {
		k.Calls = of("vec", name)
	}
	return k
}

// lastAxis calls a function on rows of the last axis:
//
//	vec.Softmax(n, 10, y, a.s1[:n*10])
func lastAxis(prim *ir.Prim, name string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("vec", name), Call: func(b *builder, n *ir.Node) []Stmt {
		width := last(n.Args[0])
		return call("vec", name, b.rows(n.Args[0], width), Int(width), b.refs(n.Results[:1], n.Args))
	}}
}

// clipping calls a function with two bounds:
//
//	vec.Clip(a.s1[:n*32], a.s1[:n*32], 0, 6)
func clipping(prim *ir.Prim, name string) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("vec", name), Call: func(b *builder, n *ir.Node) []Stmt {
		return call("vec", name, b.refs(n.Results, n.Args), Real(n.Float("lo")), Real(n.Float("hi")))
	}}
}
