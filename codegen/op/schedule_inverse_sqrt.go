package op

import (
	"math"

	"github.com/nngen/nngen/spec"
)

// InverseSqrt lets the rate fall with the root of the time, behind its warm-up: η/√(1 + t/T).
//
// With T as long as the warm-up, step k of all has η·√(T/k): the schedule of transformers.
//
// Source: Vaswani et al., Attention is all you need, 2017, §5.3; the schedule of that name in fairseq and transformers.
var InverseSqrt = defineSchedule(Schedule{
	Kind: spec.Kind{Name: "inverse_sqrt", Doc: "η/√(1 + t/T), mostly behind warmup_steps, as for transformers.",
		Attrs: []spec.Attr{
			{Name: "timescale", Type: spec.Int, Min: spec.Bound(1),
				Doc: "T; that of the warm-up if left out, 10000 without one."}, bySteps}},
	Runtime: func(n spec.Node) Literal {
		return Literal{"fit", "InverseSqrt", []Field{{"Timescale", timescale(n)}, perStepField(n)}, false}
	},
	Rate: func(n spec.Node, base float64, t Time) float64 {
		return base / math.Sqrt(1+float64(t.of(n))/float64(timescale(n)))
	},
})

// timescale returns T.
func timescale(n spec.Node) int {
	switch {
	case n.Has("timescale"):
		return n.Int("timescale")
	case n.Int("warmup_steps") > 0:
		return n.Int("warmup_steps")
	}
	return 10000
}
