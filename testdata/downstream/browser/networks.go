// Command browser is a page in WebAssembly: it says which digit a drawing is, and learns exclusive or while one looks
// on. Built for a machine, or for WASI, and in a browser or Node when asked to, it reports the bits of both instead.
package main

import (
	"fmt"
	"io"
	"math"

	"example.com/browser/digits"
	"example.com/browser/xor"
	"example.com/browser/xor/xortrain"
)

// side is the number of points along each side of the picture of what was learned.
const side = 32

// corners are the examples of exclusive or.
var corners = struct{ x, y []float32 }{[]float32{0, 0, 0, 1, 1, 0, 1, 1}, []float32{0, 1, 1, 0}}

// learner learns exclusive or.
type learner struct {
	trainer *xortrain.Trainer
	points  []float32 // of the picture
	picture []float32 // the probability of 1 at each
}

// newLearner returns a learner that knows nothing yet. Points lie from −½ to 1½.
func newLearner(seed uint64) *learner {
	l := &learner{trainer: xortrain.New(seed), picture: make([]float32, side*side)}
	for i := range side * side {
		l.points = append(l.points, float32(i%side)*2/(side-1)-0.5, float32(i/side)*2/(side-1)-0.5)
	}
	return l
}

// train takes some steps, and returns the loss of the last.
func (l *learner) train(steps int) (loss float64) {
	for range steps {
		loss = l.trainer.Step(corners.x, corners.y, nil)
	}
	return loss
}

// look returns the picture of what is learned.
func (l *learner) look() []float32 {
	xor.New(&l.trainer.Weights).PredictBatch(l.points, l.picture)
	return l.picture
}

// report writes the bits of predictions of patterns, and of a training.
func report(w io.Writer) {
	var work digits.Workspace
	for i := range 20 {
		var x [digits.InputSize]float32
		var y [digits.OutputSize]float32
		for j := range x {
			x[j] = float32((i*31 + j*j*17) % 17)
		}
		work.Predict(&x, &y)
		show(w, "digits", y[:])
	}
	l := newLearner(xortrain.Seed)
	for range 4 {
		show(w, "loss", []float32{float32(l.train(100))})
		show(w, "xor", l.look()[:8])
	}
}

func show(w io.Writer, name string, y []float32) {
	fmt.Fprint(w, name)
	for _, v := range y {
		fmt.Fprintf(w, " %08x", math.Float32bits(v))
	}
	fmt.Fprintln(w)
}
