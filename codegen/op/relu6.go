package op

import "github.com/nngen/nngen/spec"

// ReLU6 is the rectified linear unit up to 6.
//
//	forward   y  = min(max(x, 0), 6)
//	backward  dx = dy where 0 < x < 6, else 0
//
// Shapes: x, y: any. No parameters. Backward needs y.
//
// Source: Krizhevsky, Convolutional deep belief networks on CIFAR-10, 2010; Howard et al., MobileNets, 2017.
var ReLU6 = defineClip(spec.Kind{Name: "relu6", Doc: "The rectified linear unit up to 6: min(max(x, 0), 6)."},
	"he_uniform", func(spec.Node) (lo, hi float64) { return 0, 6 }, "", "")
