package op

import (
	"github.com/nngen/nngen/spec"
)

// ConstantRate keeps the rate: η.
var ConstantRate = defineSchedule(Schedule{
	Kind:    spec.Kind{Name: "constant", Doc: "η stays."},
	Runtime: func(spec.Node) Literal { return Literal{"fit", "Constant", nil, false} },
	Rate:    func(_ spec.Node, base float64, _ Time) float64 { return base },
})
