package op

import (
	"github.com/nngen/nngen/spec"
)

// Zeros, Ones and Constant give all elements one number.
var (
	Zeros = defineFilled(spec.Kind{Name: "zeros", Doc: "0."}, "", noArgs, func(spec.Node) float64 { return 0 })

	Ones = defineFilled(spec.Kind{Name: "ones", Doc: "1."}, "Ones", noArgs, func(spec.Node) float64 { return 1 })

	Constant = defineFilled(spec.Kind{Name: "constant", Doc: "One number.", Short: "value", Attrs: []spec.Attr{
		{Name: "value", Type: spec.Float, Required: true, Doc: "The number."}}}, "Constant",
		func(n spec.Node) []any { return []any{n.Float("value")} }, func(n spec.Node) float64 { return n.Float("value") })
)
