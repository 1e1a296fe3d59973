package op

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Orthogonal is gain times the Q of the QR decomposition of a normal matrix, its signs fixed so that R has a positive
// diagonal. Of a wide matrix it is the transpose of that of the tall one.
//
// Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural
// networks, 2014; Mezzadri, How to generate random matrices from the classical compact groups, 2007.
var Orthogonal = defineInitializer(Initializer{
	Kind: spec.Kind{Name: "orthogonal", Doc: "A random matrix with orthonormal rows or columns, times gain.",
		Attrs: []spec.Attr{gainAttr}},
	Check: matrixOnly,
	Runtime: func(p *ir.Param) []InitialCall {
		return []InitialCall{{Func: "Orthogonal", Args: []any{p.Shape[0], p.Shape[1], p.Init.Float("gain")}, Random: true}}
	},
	Spread: semiOrthogonal,
	Whole:  true,
	Fill: func(p *ir.Param, d Draws, x []float64) {
		rows, cols, gain := p.Shape[0], p.Shape[1], p.Init.Float("gain")
		tall, wide := max(rows, cols), min(rows, cols)
		a := mat.NewDense(tall, wide, nil)
		for i := range tall {
			for j := range wide {
				if rows >= cols {
					a.Set(i, j, normal(d(i*cols+j)))
				} else {
					a.Set(i, j, normal(d(j*cols+i)))
				}
			}
		}
		var qr mat.QR
		qr.Factorize(a)
		var q, r mat.Dense
		qr.QTo(&q)
		qr.RTo(&r)
		for i := range tall {
			for j := range wide {
				v := gain * q.At(i, j) * math.Copysign(1, r.At(j, j))
				if rows >= cols {
					x[i*cols+j] = v
				} else {
					x[j*cols+i] = v
				}
			}
		}
	},
})
