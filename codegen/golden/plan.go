package golden

import (
	"github.com/nngen/nngen/codegen/net"
)

// Effort is what vectors are made of.
type Effort struct {
	Rows         int // examples
	Disturbances int // disturbed evaluations that tolerances are taken from; 0 for vectors without outputs
}

const (
	mostRows         = 8
	mostDisturbances = 12
	// Two disturbed evaluations are the fewest: with the floor of Tolerance, the chance that both leave an element's
	// tolerance below what float32 does is that of two normal numbers below a hundredth of their deviation, 6e-5, and
	// each is a worst case, about √k times what chains of k roundings are off by.
	leastDisturbances = 2

	// usual is the number of multiply-adds that the vectors of a file may take: less than a tenth of a second of one
	// core.
	usual = 4e7
	// Vectors of one example with the fewest disturbances may take more: about two seconds for predictions and one for
	// gradients, so that networks of up to 6.7e8 and 1.1e8 multiply-adds have some.
	mostInference = 2e9
	mostTraining  = 1e9

	// A training step is a forward pass and a backward pass of twice its products.
	trainingUnits = 3
)

// Plan returns the rows and disturbances of vectors of which each evaluation of an example takes units times the work
// of a prediction; not ok if even the least of them take more than most multiply-adds.
func Plan(network *net.Net, units, most float64) (e Effort, ok bool) {
	each := units * Work(network)
	e.Rows = clamp(usual/(each*(mostDisturbances+1)), 1, mostRows)
	e.Disturbances = clamp(usual/(each*float64(e.Rows))-1, leastDisturbances, mostDisturbances)
	if each*float64(e.Rows*(e.Disturbances+1)) > most {
		return Effort{Rows: 1}, false
	}
	return e, true
}

func clamp(x float64, low, high int) int { return int(max(float64(low), min(float64(high), x))) }

// elementWork is what an element of an activation costs in multiply-adds, since functions such as exp take that long.
const elementWork = 8

// Work returns what a prediction of one example costs the reference, in multiply-adds.
func Work(network *net.Net) float64 {
	n := 1.0
	for _, l := range network.Layers {
		n += float64(l.MACs()) + elementWork*float64(l.Shape.Size())
	}
	return n
}
