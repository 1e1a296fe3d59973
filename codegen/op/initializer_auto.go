package op

import (
	"github.com/nngen/nngen/spec"
)

// Auto stands for the initializer that suits the activation behind the layer: Def.Initializer of that.
var Auto = defineInitializer(Initializer{
	Kind: spec.Kind{Name: "auto",
		Doc: "Glorot's uniform for linear, sigmoid, tanh and softmax units, He's for rectifiers, LeCun's normal for selu."},
})
