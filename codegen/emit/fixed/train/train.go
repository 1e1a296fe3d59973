// Package train holds those declarations of a training package that are the same in each: package emit copies them by
// name. What stands below the line is made for each network, and here only so that the rest compiles.
package train

import (
	"context"
	"io"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/runtime/mem"
	"github.com/nngen/nngen/runtime/safetensors"
	"github.com/nngen/nngen/runtime/workers"
)

// What Fit takes and gives.
type (
	// Set is a set of examples: N of them, for each input of the spec all its numbers in X, for each
	// output its targets in Y (one number for each unit; of classes 1 for the one that holds, 0 for the others),
	// and in W their weights, nil if each counts 1.
	Set = fit.Set
	// FitOptions steer Fit; Options has those of the spec. Its fields:
	//
	//	Epochs         int             passes over the training set
	//	BatchSize      int             examples of a step; 0 for all
	//	Seed           uint64          of the shuffles
	//	Shuffle        bool            whether each epoch has an order of its own
	//	LR             float64         learning rate, before any schedule
	//	Schedule       Schedule        nil for a constant rate
	//	Metrics        []string        beside the loss: some that the spec names or goes by; nil for those of the task
	//	Resume         *Progress       where to go on; nil to begin
	//	ProgressEvery  time.Duration   how often OnProgress is called within an epoch; 0 for a minute
	//
	// and functions that are called, nil for none; an error ends the training:
	//
	//	OnEpoch     func(ctx context.Context, e Epoch) error
	//	            after every epoch, while the Trainer has the weights that were measured
	//	OnStep      func(ctx context.Context, epoch, seen int, loss, lr float64) error
	//	            after every step; seen are the examples of the epoch so far
	//	OnProgress  func(*Progress) error
	//	            with all that is needed to go on from there, for Resume: after epochs, and within
	FitOptions = fit.Options
	// Epoch is what is known after one epoch: its number as Epoch, LR, Metrics, and Get to find one of them.
	Epoch = fit.Epoch
	// Metric is a measured number: Name, Value, and whether Lower is better.
	Metric = fit.Metric
	// History is the outcome of a training: Epochs; Best, the epoch whose weights were kept, 0 for the
	// last; and whether early stopping Stopped it.
	History = fit.History
	// Progress is the state of a training between two steps. One that Fit gave goes back to it as Resume: with the same
	// examples and options it goes on to the bits of a training that was never interrupted. Save and LoadProgress keep
	// it in a file, of which the one before stays too, Write and ReadProgress elsewhere; Clone keeps it in memory.
	Progress = fit.Progress
)

// EarlyStopping ends a training when Monitor (loss or another metric, with val_ in front for the validation set), and
// each of Others, has not improved by more than MinDelta for Patience epochs, but not before MinEpochs; with
// RestoreBest the weights are then those of the best epoch by Monitor. Options of a spec that asks for it have one as
// Stop, nil to run all epochs.
type EarlyStopping = fit.EarlyStopping

// The averages of the weights that options may have, of a spec that asks for one.
type (
	// Averaging is an EMA or an SWA: an average of the weights, which is measured and kept in their place. Options have
	// it as Average, nil for none.
	Averaging = fit.Averaging
	// EMA is the exponential moving average after each step: Decay, and Start, the epoch in which it begins.
	EMA = fit.EMA
	// SWA is the mean of the weights at the ends of epochs: Start, the first of them, and LR from then on, 0 for that
	// of the schedule.
	SWA = fit.SWA
)

// Reduce adds to sums and totals those of all other processes of a group, in place. Of size processes it is, for k = 1,
// 2, 4 … below size, in turn: exchange what there is with process rank xor k, and add what that had, element by
// element. It does not return if it fails.
type Reduce = fit.Reduce

// ErrStop, returned by a callback of FitOptions, ends the training as if it had run to its end.
var ErrStop = fit.ErrStop

// Fit trains on examples; validation, which may be the zero Set, is for validation only. It returns what it
// measured after each epoch. If ctx ends, Fit stops after the step in progress and returns its error with the
// history so far. It is an error if a set does not have the numbers that its examples need, or targets that the loss
// gives no meaning; and once a loss or metric is not finite, which names epoch, step, layer and tensor.
func (t *Trainer) Fit(ctx context.Context, train, validation Set, o FitOptions) (History, error) {
	return fit.Fit(ctx, t.forFit(), train, validation, o)
}

// Evaluate returns the mean loss of examples, as in inference, and the metrics named, some that the spec names or goes
// by, or those of the task. What is an error of a set is one of Fit too, and so is another metric.
func (t *Trainer) Evaluate(s Set, metrics ...string) ([]Metric, error) {
	return fit.Evaluate(t.forFit(), s, metrics)
}

// nonFinite says what holds the first number that is not finite in a step whose gradient is computed again, "" if all
// are: a parameter, the state of the optimizer, the output of a layer, or a gradient.
func (t *Trainer) nonFinite(gradient func()) string {
	w := t.Weights
	n := fit.Trained{Weights: t.Weights.Tensors(), Named: w.Tensors(), Flat: mem.Flat(&w.Params),
		Gradients: t.Gradients(), Optimizer: t.forFit().Optimizer}
	return fit.FindNonFinite(n, &t.watch, gradient)
}

// Progress returns the state of the trainer between two steps: Weights, the state of the optimizer, the seed, LR and,
// as Steps, how many steps there were. Its arrays are views: it is to be written before the next step, or cloned.
func (t *Trainer) Progress() *Progress { return fit.Snapshot(t.forFit()) }

// Restore sets the trainer to a Progress, of Fit too, from which Step goes on to the same bits. It is an error, and
// nothing is set, if that is of another network.
func (t *Trainer) Restore(p *Progress) error { return fit.Restore(t.forFit(), p) }

// Save saves the Progress of the trainer in a file; that before stays beside it, as name.1. A kill leaves one of them
// whole. It is an error if the file cannot be written, and then what was there is whole.
func (t *Trainer) Save(name string) error { return t.Progress().Save(name) }

// Load restores the trainer from a file of Save, or from name.1 if a kill left no other. A damaged file is an error.
func (t *Trainer) Load(name string) error { return fit.Load(t.forFit(), name) }

// ReadProgress reads what Progress.Write wrote. It is an error if any byte is not as it was written.
func ReadProgress(r io.Reader) (*Progress, error) { return fit.ReadProgress(r) }

// LoadProgress reads a file of Progress.Save; if that is damaged or missing, the one before. It is an error if neither
// can be read.
func LoadProgress(name string) (*Progress, error) { return fit.LoadProgress(name) }

// Gradients returns the gradients that the last Gradient or Step left, one after another in the order of
// Params. The slice is a view: what is written to it, Apply uses.
func (t *Trainer) Gradients() []float32 { return mem.Flat(&t.grads) }

// Join makes the trainer one of size processes that share each batch, rank being its number from 0 on: each gives whole
// batches, works off its chunks of them, and adds what the others have by reduce. All of them then have the bits of one
// process. They are to begin with the same seed and data, and from the same Progress, of which one process keeps the
// file. It is an error if their number is none of 1, 2, 4, … up to Chunks.
func (t *Trainer) Join(rank, size int, reduce Reduce) (err error) {
	t.group, err = fit.NewGroup(rank, size, Chunks, reduce)
	return err
}

// count returns the number of workers for n examples, each of some multiply-adds.
func (t *Trainer) count(n int, each int64) int {
	if t.watch.On { // it looks at one layer after another
		return 1
	}
	return workers.Count(t.Workers, int64(n)*each)
}

// ---

// Batch is the number of examples of a piece.
const Batch = 1

// Chunks is the number of pieces of a batch.
const Chunks = 1

// Trainer holds a network in training.
type Trainer struct {
	Weights Weights
	grads   Params
	LR      float64
	Workers int
	watch   fit.Watch
	group   fit.Group
}

// Weights are those of a network.
type Weights struct{ Params }

// Params are the trained ones.
type Params struct{ W [1]float32 }

// Tensors returns the weights by name.
func (w *Weights) Tensors() []safetensors.Tensor { return nil }

// Apply updates the parameters by the gradients.
func (t *Trainer) Apply() {}

// forFit returns the trainer as package fit drives it.
func (t *Trainer) forFit() fit.Trainer {
	return fit.Trainer{Piece: t.count(Batch, 1), NonFinite: func(fit.Set) string { return t.nonFinite(func() {}) }}
}
