package plan

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/gemm"
)

// placeParams decides which parameters may stay in place: weights of large products of one row, which the model
// prepares and nothing else but batches reads. Small ones are copied in less time than a page takes to be there.
// Kernels made for a network read no arrays that are large enough.
func (p *Plan) placeParams() {
	for _, l := range p.Layers {
		w := l.Weights.Param
		w.InPlace = l.Of == "example" && l.Weights.From == 0 && w.Layout.Order == GemmPanels && w.Layout.Groups == 1 &&
			w.Role != ir.Folded && w.DType == ir.Float32 && w.Storage == ir.Float32 && gemm.StaysInPlace(l.K, l.N)
	}
	stay := func(a Arg) {
		if s, ok := a.(Span); ok && s.Mem == Parameter && s.Param != nil {
			s.Param.InPlace = false
		}
	}
	for _, f := range []*Func{p.One, p.Hidden, p.Step, p.Block, p.Core, p.CoreBatch} {
		if f != nil {
			f.Visit(func(s Stmt) { Visit(s, stay) })
		}
	}
	for _, c := range p.Cells {
		for _, a := range c.Weights {
			stay(a)
		}
	}
}
