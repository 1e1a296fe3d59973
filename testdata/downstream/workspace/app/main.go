// Command app predicts by a network of another module.
package main

import (
	"fmt"

	"example.com/nets/net"
)

func main() {
	var y [net.OutputSize]float32
	w := new(net.Weights)
	for _, t := range w.Tensors() {
		for i := range t.Data {
			t.Data[i] = 1
		}
	}
	net.New(w).Predict(new([net.InputSize]float32), &y)
	fmt.Println(len(y), "outputs")
}
