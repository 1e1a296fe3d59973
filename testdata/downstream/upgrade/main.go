// Command upgrade predicts by a package whatever nngen compiled it.
package main

import (
	"fmt"

	"github.com/nngen/nngen/generated/perceptron"
)

func main() {
	label, probability := perceptron.Default().Classify(&[perceptron.InputSize]float32{5.1, 3.5, 1.4, 0.2})
	fmt.Println(label, probability)
}
