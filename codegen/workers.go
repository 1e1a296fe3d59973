package codegen

import (
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
)

// Workers says for how many workers a training package is made. The bits do not depend on it.
type Workers int

// For as many as have enough to do; for one; or for several, however little there is to do, who then are all at work
// whatever the batch, for tests.
const (
	WorkersBySize Workers = iota
	OneWorker
	ManyWorkers
)

// trainWork is how much there is to do in a training, in multiply-adds: for an example, and for all parameters.
type trainWork emit.Work

// Adding two numbers from memory, and updating a parameter with its states, take about as long as some multiply-adds of a
// product do.
const (
	addWork    = 4
	updateWork = 16
)

// work returns how much there is to do in the training of a network. A gradient has three products for each that a
// prediction has: forward, and for inputs and for weights back.
func work(network *net.Net) trainWork {
	macs, params := int64(0), int64(0)
	for _, r := range Table(network) {
		macs += r.MACs
	}
	for _, p := range network.Params {
		if p.Role == ir.Trained {
			params += int64(p.Size())
		}
	}
	return trainWork{Gradient: 3 * macs, Evaluate: macs, Add: addWork * params, Update: updateWork * params}
}

// leastStep is the number of multiply-adds of a piece from which workers may share it: twice what package workers of the
// runtime gives one of them at least.
const leastStep = 1 << 20

// shared tells whether a training has code for several workers: if those have enough to do in a piece of some examples, or
// in an update.
func (w trainWork) shared(rows int) bool {
	return int64(rows)*w.Gradient >= leastStep || w.Update >= leastStep
}

// examples returns how many examples of a piece of rows have enough to do for three workers; all if those have less.
func (w trainWork) examples(rows int) int {
	return int(min(int64(rows), 3*leastStep/2/max(1, w.Gradient)+3))
}
