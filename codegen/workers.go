package codegen

import (
	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
)

// Workers says for how many workers packages are made. The bits do not depend on it.
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

// Adding two numbers from memory, updating a parameter, and each state that its update reads and writes besides, take
// about as long as some multiply-adds of a product do.
const (
	addWork    = 4
	updateWork = 4
	stateWork  = 12
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
	o := network.Spec.Optimizer
	update := updateWork + stateWork*int64(len(op.OptimizerByName(o.Kind).Kept(o)))
	return trainWork{Gradient: 3 * macs, Evaluate: macs, Add: addWork * params, Update: update * params}
}

// leastStep is the number of multiply-adds of a piece from which workers may share it: twice what package workers of
// the runtime gives one of them at least.
const leastStep = 1 << 20

// plenty stands for enough to do for any number of workers.
const plenty = 1 << 40

// SharedBatch is the size of the batches of predictions from which on workers may share them: a network whose batches
// have too little to do for two even then is left to one, in less code.
const SharedBatch = 4096

// predictWork returns how much there is to do for an example of a batch of predictions, in multiply-adds, and 0 for one
// that workers do not share.
func predictWork(network *net.Net, w Workers) int64 {
	each := work(network).Evaluate
	switch {
	case w == ManyWorkers:
		return plenty
	case w == OneWorker || each*SharedBatch < leastStep:
		return 0
	}
	return each
}

// SharesBatches tells whether the workers of a network share out batches of predictions that are large enough.
func SharesBatches(network *net.Net) bool { return predictWork(network, WorkersBySize) > 0 }

// SharesSteps tells whether the workers of a network share out its steps of training.
func SharesSteps(network *net.Net) bool { return work(network).shared(network.Piece()) }

// shared tells whether a training has code for several workers: if those have enough to do in a piece of some examples,
// or in an update.
func (w trainWork) shared(rows int) bool {
	return int64(rows)*w.Gradient >= leastStep || w.Update >= leastStep
}

// examples returns how many examples of a piece of rows have enough to do for three workers; all if those have less.
func (w trainWork) examples(rows int) int {
	return int(min(int64(rows), 3*leastStep/2/max(1, w.Gradient)+3))
}
