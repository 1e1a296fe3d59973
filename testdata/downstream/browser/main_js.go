package main

import (
	"os"
	"strings"
	"syscall/js"

	"example.com/browser/digits"
	"example.com/browser/xor/xortrain"
)

// main hands the page its functions, and stays; or reports, if Node asks for that.
func main() {
	if len(os.Args) > 1 && os.Args[1] == "report" {
		report(os.Stdout)
		return
	}
	var work digits.Workspace
	learns := newLearner(xortrain.Seed)
	// classify takes 64 pixels from 0 to 16, and returns the probability of each digit.
	export("classify", func(args []js.Value) any {
		var x [digits.InputSize]float32
		var y [digits.OutputSize]float32
		for i := range x {
			x[i] = float32(args[0].Index(i).Float())
		}
		work.Predict(&x, &y)
		return list(y[:])
	})
	// train takes some steps, and returns the loss of the last.
	export("train", func(args []js.Value) any { return learns.train(args[0].Int()) })
	// look returns the probability of 1 at each point of the picture.
	export("look", func([]js.Value) any { return list(learns.look()) })
	// forget begins anew, with the parameters that a seed gives.
	export("forget", func(args []js.Value) any {
		learns = newLearner(uint64(args[0].Int()))
		return nil
	})
	export("report", func([]js.Value) any {
		var b strings.Builder
		report(&b)
		return b.String()
	})
	js.Global().Call("ready")
	select {}
}

// export gives the page a function.
func export(name string, f func(args []js.Value) any) {
	js.Global().Set(name, js.FuncOf(func(_ js.Value, args []js.Value) any { return f(args) }))
}

// list returns numbers as an array of JavaScript.
func list(x []float32) []any {
	all := make([]any, len(x))
	for i, v := range x {
		all[i] = v
	}
	return all
}
