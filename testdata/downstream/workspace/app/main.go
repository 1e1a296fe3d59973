// Command app predicts by a network of another module.
package main

import (
	"fmt"

	"example.com/nets/net"
)

func main() {
	var y [net.OutputSize]float32
	net.New(new(net.Weights)).Predict(new([net.InputSize]float32), &y)
	fmt.Println(len(y), "outputs")
}
