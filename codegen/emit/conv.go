package emit

import (
	"fmt"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/nngen/nngen/codegen/plan"
)

// emitGeometries declares the extents of convolutions:
//
//	var conv1Geometry = conv.Geometry{
//		H: 8, W: 8, C: 1,
//		OH: 8, OW: 8, OC: 8,
//		FH: 3, FW: 3, SH: 1, SW: 1,
//		PT: 1, PL: 1, DH: 1, DW: 1, Groups: 1,
//	}
func emitGeometries(f *file, all []*plan.Geometry) {
	row := func(names string, values ...int) jen.Code {
		var pairs []jen.Code
		for i, n := range strings.Fields(names) {
			pairs = append(pairs, jen.Id(n).Op(":").Lit(values[i]))
		}
		return jen.Custom(jen.Options{Separator: ","}, pairs...)
	}
	for _, g := range all {
		f.variable(fmt.Sprintf("%s holds the extents of %s, %d×%d×%d to %d×%d×%d.", g.Name, g.Node.Layer, g.H,
			g.W, g.C, g.OH, g.OW, g.OC),
			g.Name, nodeOrigin(g.Node),
			f.qual("conv", "Geometry").Add(block(
				row("H W C", g.H, g.W, g.C),
				row("OH OW OC", g.OH, g.OW, g.OC),
				row("FH FW SH SW", g.FH, g.FW, g.SH, g.SW),
				row("PT PL DH DW Groups", g.PT, g.PL, g.DH, g.DW, g.Groups))))
	}
}
