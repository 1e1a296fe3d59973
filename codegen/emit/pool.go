package emit

import (
	"fmt"

	"github.com/nngen/nngen/codegen/ir"
)

// poolEmitters holds those of the primitives in ir/pool.go.
var poolEmitters = map[*ir.Prim]emitter{
	ir.MaxPool:         pooling("Max"),
	ir.MaxPoolGrad:     pooling("MaxGrad"),
	ir.AveragePool:     pooling("Average"),
	ir.AveragePoolGrad: pooling("AverageGrad"),
	ir.PadPrim:         border("Pad"),
	ir.CropPrim:        border("Crop"),
	ir.EnlargePrim:     enlarge(""),
	ir.EnlargeGrad:     enlarge("Grad"),
}

// pooling yields one call, for pool1 of lenet:
//
//	pool.Max(n, pool.Window{H: 28, W: 28, C: 6, OH: 14, OW: 14, FH: 2, FW: 2, SH: 2, SW: 2}, a.s2[:n*1176], a.s1[:n*4704])
func pooling(name string) emitter {
	return func(b *body, n *ir.Node) string {
		x, y := ir.Plane(n, n.Args[0]), ir.Plane(n, n.Results[0])
		first := x.Size() // the numbers of an image of the first argument
		switch n.Prim {
		case ir.MaxPoolGrad:
			x, y = y, x
		case ir.AveragePoolGrad:
			x, y = y, x
		}
		fh, fw := ir.Extents(n, "window", 1)
		sh, sw := ir.Extents(n, "stride", 1)
		pt, pl := ir.Extents(n, "pad", 0)
		window := fmt.Sprintf("@pool.Window{H: %d, W: %d, C: %d, OH: %d, OW: %d, FH: %d, FW: %d, SH: %d, SW: %d", x[0], x[1], x[2], y[0], y[1], fh, fw, sh, sw)
		if pt > 0 || pl > 0 {
			window += fmt.Sprintf(", PT: %d, PL: %d", pt, pl)
		}
		return fmt.Sprintf("@pool.%s(%s, %s}, %s)", name, b.count(n.Args[0], first), window, b.list(n.Results, n.Args))
	}
}

func border(name string) emitter {
	return func(b *body, n *ir.Node) string {
		inner, outer := ir.Plane(n, n.Args[0]), ir.Plane(n, n.Results[0])
		size := inner.Size()
		if n.Prim == ir.CropPrim {
			inner, outer = outer, inner
		}
		top, left := ir.Extents(n, "before", 0)
		return fmt.Sprintf("@pool.%s(%s, @pool.Border{H: %d, W: %d, C: %d, Top: %d, Bottom: %d, Left: %d, Right: %d}, %s)", name, b.count(n.Args[0], size),
			inner[0], inner[1], inner[2], top, outer[0]-inner[0]-top, left, outer[1]-inner[1]-left, b.list(n.Results, n.Args))
	}
}

func enlarge(suffix string) emitter {
	return func(b *body, n *ir.Node) string {
		small, large := ir.Plane(n, n.Args[0]), ir.Plane(n, n.Results[0])
		size := small.Size()
		if n.Prim == ir.EnlargeGrad {
			small, large = large, small
		}
		return fmt.Sprintf("@pool.%s%s(%s, @pool.Scale{H: %d, W: %d, C: %d, FH: %d, FW: %d}, %s)", goName(n.F), suffix, b.count(n.Args[0], size),
			small[0], small[1], small[2], large[0]/small[0], large[1]/small[1], b.list(n.Results, n.Args))
	}
}
