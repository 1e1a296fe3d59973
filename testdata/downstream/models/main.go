// Command models predicts by four networks side by side.
package main

import (
	"fmt"
	"sync"

	first "example.com/models/a/iris"
	firsttrain "example.com/models/a/iris/iristrain"
	second "example.com/models/b/iris"
	secondtrain "example.com/models/b/iris/iristrain"
	"example.com/models/c/imported"
	"example.com/models/c/imported/importedtrain"
	"example.com/models/c/shared"
	"example.com/models/c/shared/sharedtrain"
)

//go:generate go tool nngen compile a/iris.yaml b/iris.yaml c/shared.yaml c/imported.yaml

func main() {
	x := [4]float32{5.1, 3.5, 1.4, 0.2}
	var y [4][3]float32
	var wg sync.WaitGroup
	for i, predict := range []func(*[4]float32, *[3]float32){
		first.New(&firsttrain.New(1).Weights).Predict, second.New(&secondtrain.New(1).Weights).Predict,
		shared.New(&sharedtrain.New(1).Weights).Predict, imported.New(&importedtrain.New(1).Weights).Predict,
	} {
		wg.Add(1)
		go func() {
			defer wg.Done()
			predict(&x, &y[i])
		}()
	}
	wg.Wait()
	fmt.Println("the same network, whatever its runtime:", y[0] == y[2] && y[0] == y[3])
	fmt.Println("two networks of one name:", y[0] != y[1])
}
