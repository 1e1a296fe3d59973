package conv

import (
	"github.com/nngen/nngen/runtime/abi"
	"github.com/nngen/nngen/runtime/gemm"
)

// nr is the width of a panel of a packed filter.
const nr = abi.NR

// A filter finds nr neighbouring output channels of a tap and input channel.
type filter struct {
	w     []float32
	row   int // elements from a row, that is a tap and an input channel, to the next
	panel int // elements from nr output channels of a group to the next nr
	group int // elements from a group to the next
}

// plain views a filter as Forward takes it.
func plain(g *Geometry, w []float32) filter { return filter{w, g.OC, nr, g.OC / g.Groups} }

// packed views a filter that Pack wrote.
func packed(g *Geometry, p []float32) filter {
	rows := g.FH * g.FW * (g.C / g.Groups)
	return filter{p, nr, nr * rows, gemm.PackedLen(rows, g.OC/g.Groups)}
}

// from returns the filter from output channel oc of a group on, which is a multiple of nr.
func (f *filter) from(group, oc int) []float32 { return f.w[group*f.group+oc/nr*f.panel:] }
