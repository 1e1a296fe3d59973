package plan

import "github.com/nngen/nngen/codegen/ir"

// What reduces, pads and enlarges images: package pool of the runtime.
var _ = kernels(
	Kernel{Name: "pool.max/convolved", Prim: ir.MaxPool, Cost: -1, Fits: func(b *builder, n *ir.Node) bool {
		c := n.Args[0].Def
		return b.squares(c) == n && pick(b, c).Name == squaresRow // which computes it
	}},
	pooling(ir.MaxPool, "Max", false),
	pooling(ir.MaxPoolGrad, "MaxGrad", true),
	pooling(ir.AveragePool, "Average", false),
	pooling(ir.AveragePoolGrad, "AverageGrad", true),
	border(ir.PadPrim, "Pad", false),
	border(ir.CropPrim, "Crop", true),
	enlarge(ir.EnlargePrim, "", false),
	enlarge(ir.EnlargeGrad, "Grad", true),
)

// planes returns the extents of the first argument and of the result.
func planes(n *ir.Node) (x, y ir.Shape) { return ir.Plane(n, n.Args[0]), ir.Plane(n, n.Results[0]) }

// pooling calls a function on windows; reverse says that its result is the larger image:
//
//	pool.Max(n, pool.Window{H: 28, W: 28, C: 6, OH: 14, OW: 14, FH: 2, FW: 2, SH: 2, SW: 2}, a.s2[:n*1176], a.s1[:n*4704])
func pooling(prim *ir.Prim, name string, reverse bool) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("pool", name), Call: func(b *builder, n *ir.Node) []Stmt {
		x, y := planes(n)
		rows := b.rows(n.Args[0], x.Size())
		if reverse {
			x, y = y, x
		}
		fh, fw := ir.Extents(n, "window", 1)
		sh, sw := ir.Extents(n, "stride", 1)
		w := ints("pool", "Window", "H", x[0], "W", x[1], "C", x[2], "OH", y[0], "OW", y[1], "FH", fh,
			"FW", fw, "SH", sh, "SW", sw)
		if pt, pl := ir.Extents(n, "pad", 0); pt > 0 || pl > 0 {
			w.Fields = append(w.Fields, ints("", "", "PT", pt, "PL", pl).Fields...)
		}
		return call("pool", name, rows, w, b.refs(n.Results, n.Args))
	}}
}

// border calls a function that adds a border or, in reverse, takes it away:
//
//	pool.Pad(n, pool.Border{H: 8, W: 8, C: 3, Top: 1, Bottom: 1, Left: 1, Right: 1}, a.s1[:n*300], x)
func border(prim *ir.Prim, name string, reverse bool) Kernel {
	return Kernel{Name: prim.Name, Prim: prim, Calls: of("pool", name), Call: func(b *builder, n *ir.Node) []Stmt {
		inner, outer := planes(n)
		rows := b.rows(n.Args[0], inner.Size())
		if reverse {
			inner, outer = outer, inner
		}
		top, left := ir.Extents(n, "before", 0)
		return call("pool", name, rows, ints("pool", "Border", "H", inner[0], "W", inner[1], "C", inner[2],
			"Top", top, "Bottom", outer[0]-inner[0]-top, "Left", left, "Right", outer[1]-inner[1]-left),
			b.refs(n.Results, n.Args))
	}}
}

// enlarge calls the function of the node's way to grow, with a suffix:
//
//	pool.Nearest(n, pool.Scale{H: 8, W: 8, C: 3, FH: 2, FW: 2}, a.s1[:n*768], x)
func enlarge(prim *ir.Prim, suffix string, reverse bool) Kernel {
	k := Kernel{Name: prim.Name, Prim: prim, Call: func(b *builder, n *ir.Node) []Stmt {
		small, large := planes(n)
		rows := b.rows(n.Args[0], small.Size())
		if reverse {
			small, large = large, small
		}
		return call("pool", goName(n.F)+suffix, rows, ints("pool", "Scale", "H", small[0], "W", small[1], "C", small[2],
			"FH", large[0]/small[0], "FW", large[1]/small[1]), b.refs(n.Results, n.Args))
	}}
	for _, f := range prim.F {
		k.Calls = append(k.Calls, of("pool", goName(f)+suffix)...)
	}
	return k
}

// ints returns a value of a struct type with fields that are whole numbers, given as name, value, ….
func ints(pkg, typ string, fields ...any) Struct {
	s := Struct{Pkg: pkg, Type: typ}
	for i := 0; i < len(fields); i += 2 {
		s.Fields = append(s.Fields, Field{fields[i].(string), Int(fields[i+1].(int))})
	}
	return s
}
