package bench

import (
	"context"
	"slices"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Model measures one network: predictions, training steps of its batch size, and each of its matrix
// products alone.
func Model(ctx context.Context, s Subject, done func(Row)) error {
	size := s.Spec.Training.BatchSize
	if size == 0 {
		size = 256
	}
	s.Train = []int{size}
	rows, err := Networks(ctx, []Subject{s})
	if err != nil {
		return err
	}
	for _, r := range rows {
		done(r)
	}
	c := *s.Spec
	c.Generate.Profile, c.Generate.Train = spec.Full, true
	out, problems := codegen.Compile(&c, s.Files, codegen.Options{ImportPath: modulePath})
	if err := problems.Err(); err != nil {
		return err
	}
	for _, p := range append(productsOf(out.Infer, 256), productsOf(out.Step, size)...) {
		r, err := p.Measure()
		if err != nil {
			return err
		}
		done(r)
	}
	return nil
}

// productsOf lists the matrix products of a graph for a batch, each once.
func productsOf(g *ir.Graph, batch int) []Product {
	var list []Product
	for _, n := range g.Nodes {
		var p Product
		a, c := n.Args, n.Results
		switch n.Prim {
		case ir.GemmNN, ir.GemmNT:
			inner := a[0].Shape[len(a[0].Shape)-1]
			p = Product{"NN", batch * a[0].Shape.Size() / inner, c[0].Shape[len(c[0].Shape)-1], inner}
			if n.Prim == ir.GemmNT {
				p.Form = "NT"
			}
		case ir.GemmTN:
			p = Product{"TN", c[0].Shape[0], c[0].Shape[1], batch * a[0].Shape.Size() / c[0].Shape[0]}
		default:
			continue
		}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list
}
