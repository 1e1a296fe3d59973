// Command shared predicts by two packages that share a runtime.
package main

import (
	"fmt"

	"example.com/app/iris"
	"example.com/app/iris/iristrain"
	"example.com/app/xor"
	"example.com/app/xor/xortrain"
)

func main() {
	i := iris.New(&iristrain.New(1).Weights)
	fmt.Println(i.Classify(&[iris.InputSize]float32{5.1, 3.5, 1.4, 0.2}))
	x := xor.New(&xortrain.New(1).Weights)
	fmt.Println(x.Classify(&[xor.InputSize]float32{1, 0}))
}
