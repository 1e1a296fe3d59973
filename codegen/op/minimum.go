package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Minimum takes the smallest of its inputs, element by element.
//
//	forward   y   = min(x₁, x₂, …)
//	backward  dxᵢ = dy for the first of the inputs that are y, 0 for the others
//
// Shapes: all inputs and y the same. No parameters. Backward needs all inputs.
var Minimum = defineExtreme(spec.Kind{Name: "minimum",
	Doc: "The smallest, element by element, of two or more inputs of the same shape."},
	func(x, best float64) bool { return x < best }, (*ir.Builder).Minimum)
