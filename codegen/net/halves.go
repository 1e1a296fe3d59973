package net

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/half"
	"github.com/nngen/nngen/runtime/safetensors"
)

// Round rounds numbers of a parameter, in place, to such as its type in files has: those that predictions are of.
func Round(p *ir.Param, x []float64) {
	f := half.Float16
	switch p.DType {
	case ir.Float32:
		return
	case ir.BFloat16:
		f = half.BFloat16
	}
	for i, v := range x {
		x[i] = float64(f.Widen(f.Round(float32(v))))
	}
}

// Tensor returns the array of files that holds a parameter, in its type there.
func Tensor(p *ir.Param, data []float32) safetensors.Tensor {
	t := safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: data}
	switch p.DType {
	case ir.Float16:
		t.Type = safetensors.Float16
	case ir.BFloat16:
		t.Type = safetensors.BFloat16
	}
	return t
}
