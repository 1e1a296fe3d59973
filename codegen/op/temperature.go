package op

import (
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// Temperature divides the scores of an output by a temperature before the softmax or sigmoid that makes probabilities
// of them, which changes how sure they are, and no order.
//
//	forward   y  = (x − center)∘scale, with center = 0 and scale = 1/T for each score
//	backward  dx = dy∘scale
//
// It is no kind that a spec writes: `output: {calibrate: temperature}` adds it. In training T is 1; it is fitted to the
// validation set once the training is over (Guo et al., On Calibration of Modern Neural Networks, 2017).
var Temperature = defineAffine(spec.Kind{Name: "temperature", Doc: "Scores of classes, divided by a temperature."},
	func(l *Layer) []*ir.Param {
		return affineParams(l.InShape(0).Size(), "")
	})
