// Command learner learns exclusive or, and prints what it learned and the bits of the parameters.
package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"log"
	"math"

	"example.com/learner/xor"
	"example.com/learner/xor/xortrain"
)

func main() {
	x := []float32{0, 0, 0, 1, 1, 0, 1, 1}
	t := xortrain.New(xortrain.Seed)
	set := xortrain.Set{N: 4, X: [][]float32{x}, Y: [][]float32{{0, 1, 1, 0}}}
	if _, err := t.Fit(context.Background(), set, xortrain.Set{}, xortrain.Options()); err != nil {
		log.Fatal(err)
	}
	m := xor.New(&t.Weights)
	for i := range 4 {
		label, _ := m.Classify((*[2]float32)(x[2*i:]))
		fmt.Print(label, map[bool]string{true: "\n", false: " "}[i == 3])
	}
	h := fnv.New64a()
	for _, p := range t.Weights.Tensors() {
		for _, v := range p.Data {
			fmt.Fprint(h, math.Float32bits(v))
		}
	}
	fmt.Printf("%016x\n", h.Sum64())
}
