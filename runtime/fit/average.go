package fit

import (
	"context"
	"fmt"
)

// Averaging keeps, beside the weights that are trained, an average of them: an EMA or an SWA. The average is what a
// training measures on its validation set, what early stopping keeps, and what Fit leaves in the trainer. The training
// itself goes on with the weights as they are. Before the first weights are in it, those that are trained take its place.
//
// A training asks it through interfaces alone, so that programs without an average have none of the code.
type Averaging interface {
	// check returns what is wrong with its fields.
	check() error
	// begin returns the average of a training, with no weights in it.
	begin() averager
}

// averager keeps the average of a training.
type averager interface {
	// step takes the weights after a step.
	step(t Trainer, epoch int)
	// end takes the weights at the end of an epoch, and puts the average in the place of those that are trained. If ctx ends
	// it leaves running statistics as they were.
	end(ctx context.Context, t Trainer, train Set, epoch int) error
	// show puts the average in the place of the weights that are trained, if there is one; hide brings these back.
	show(t Trainer)
	hide(t Trainer)
	// rate returns the learning rate of an epoch, given that of the schedule.
	rate(epoch int, lr float64) float64
	// weights returns the average, a view, and how many weights are in it; set sets both.
	weights() (state [][]float32, n int)
	set(state [][]float32, n int)
	// holds returns how many weights are in the average after epochs of so many steps each, and more steps of the next
	// one; ended counts its end too.
	holds(epochs, steps, more int, ended bool) int
}

// averages says that there are averages of weights.
const averages = true //nngen:part .begin

// noAverage is the averager of a training without one.
type noAverage struct{}

func (noAverage) step(Trainer, int)                            {}
func (noAverage) end(context.Context, Trainer, Set, int) error { return nil }
func (noAverage) show(Trainer)                                 {}
func (noAverage) hide(Trainer)                                 {}
func (noAverage) rate(_ int, lr float64) float64               { return lr }
func (noAverage) weights() (state [][]float32, n int)          { return nil, 0 }
func (noAverage) set([][]float32, int)                         {}
func (noAverage) holds(int, int, int, bool) int                { return 0 }

// averageRule is what an EMA and an SWA differ in.
type averageRule interface {
	// share returns the weight of the newest weights in the average behind n others; 0 if they don't count.
	share(n int, at moment) float64
	// recompute tells whether running statistics of norms are those of the average over the training set, in place of the
	// average of those of the training.
	recompute() bool
	rate(epoch int, lr float64) float64
	// holds is that of averager: the number of moments whose weights count.
	holds(epochs, steps, more int, ended bool) int
}

// moment says which weights there are: those after a step, or at the end of an epoch.
type moment struct {
	epoch int // from 1
	end   bool
}

// EMA is the exponential moving average after each step, from the epoch Start on:
//
//	a ← a + (1 − Decay)·(w − a), from a = w after the first of these steps
//
// as torch.optim.swa_utils.AveragedModel has it with get_ema_multi_avg_fn and use_buffers: running statistics of norms
// are averaged as weights are.
type EMA struct {
	Decay float64
	Start int // 0 and 1 for the first
}

func (e EMA) check() error {
	if e.Decay > 0 && e.Decay < 1 {
		return nil
	}
	return fmt.Errorf("fit: EMA with a decay of %v, want one between 0 and 1", e.Decay)
}

func (e EMA) begin() averager { return &weightsAverage{averageRule: e} }

func (e EMA) share(n int, at moment) float64 {
	switch {
	case at.end || at.epoch < e.Start:
		return 0
	case n == 0:
		return 1
	}
	return 1 - e.Decay
}

func (EMA) recompute() bool { return false }

func (e EMA) holds(epochs, steps, more int, _ bool) int {
	first := max(1, e.Start)
	n := max(0, epochs-first+1) * steps
	if epochs+1 >= first {
		n += more
	}
	return n
}

func (EMA) rate(_ int, lr float64) float64 { return lr }

// SWA is the mean of the weights at the ends of epochs, from the epoch Start on, as
// torch.optim.swa_utils.AveragedModel has it. Running statistics of norms are computed anew whenever it is measured, as by
// update_bn: over the training set in its order, in batches of one piece, each of which counts by its examples.
//
// Source: Izmailov, Podoprikhin, Garipov, Vetrov and Wilson, Averaging weights leads to wider optima and better
// generalization, 2018.
type SWA struct {
	Start int
	LR    float64 // from Start on; 0 for that of the schedule
}

func (s SWA) check() error {
	if s.LR >= 0 && finite(s.LR) {
		return nil
	}
	return fmt.Errorf("fit: SWA with a learning rate of %v", s.LR)
}

func (s SWA) begin() averager { return &weightsAverage{averageRule: s} }

func (s SWA) share(n int, at moment) float64 {
	if first := max(1, s.Start); !at.end || n != at.epoch-first { // else they are in it already
		return 0
	}
	return 1 / float64(n+1)
}

func (SWA) recompute() bool { return true }

func (s SWA) holds(epochs, _, _ int, ended bool) int {
	if ended {
		epochs++
	}
	return max(0, epochs-max(1, s.Start)+1)
}

func (s SWA) rate(epoch int, lr float64) float64 {
	if s.LR > 0 && epoch >= s.Start {
		return s.LR
	}
	return lr
}

// Running is a running statistic of a norm over the batch, which each gradient moves: to (1 − Share)·v + Share·s, s being
// that of its batch.
type Running struct {
	Values []float32
	Share  float64
}

// weightsAverage is the averager of an EMA or SWA.
type weightsAverage struct {
	averageRule
	n     int         // weights in it
	state [][]float32 // the average; while it is shown, the weights that are trained
	shown bool
}

// add takes the weights of a moment.
func (a *weightsAverage) add(t Trainer, at moment) {
	share := float32(a.share(a.n, at))
	if share == 0 {
		return
	}
	now := t.State
	if a.state == nil {
		a.state = cloneArrays(now)
	}
	if a.n++; a.n == 1 {
		copyArrays(a.state, now)
		return
	}
	for i, x := range now {
		mean := a.state[i]
		for k, v := range x {
			mean[k] += float32(share * (v - mean[k]))
		}
	}
}

func (a *weightsAverage) step(t Trainer, epoch int) { a.add(t, moment{epoch: epoch}) }

func (a *weightsAverage) end(ctx context.Context, t Trainer, train Set, epoch int) error {
	a.add(t, moment{epoch: epoch, end: true})
	a.show(t)
	if a.shown && a.recompute() {
		return refresh(ctx, t, train)
	}
	return nil
}

func (a *weightsAverage) weights() (state [][]float32, n int) { return a.state, a.n }

func (a *weightsAverage) set(state [][]float32, n int) { a.state, a.n = state, n }

func (a *weightsAverage) show(t Trainer) {
	if a.n == 0 || a.shown {
		return
	}
	a.shown = true
	swapArrays(t.State, a.state)
}

func (a *weightsAverage) hide(t Trainer) {
	if !a.shown {
		return
	}
	a.shown = false
	swapArrays(t.State, a.state)
}

func swapArrays(a, b [][]float32) {
	for i, x := range a {
		for k, v := range x {
			x[k], b[i][k] = b[i][k], v
		}
	}
}

// refresh computes the running statistics of the weights that t holds over a set. If ctx ends it leaves them as they were.
func refresh(ctx context.Context, t Trainer, s Set) error {
	if !norms || t.Running == nil {
		return nil
	}
	running := t.Running()
	sums, before := make([][]float64, len(running)), make([][]float32, len(running))
	for i, r := range running {
		sums[i], before[i] = make([]float64, len(r.Values)), append([]float32(nil), r.Values...)
	}
	for from := 0; from < s.N; from += t.Piece {
		if err := ctx.Err(); err != nil {
			for i, r := range running {
				copy(r.Values, before[i])
			}
			return err
		}
		for _, r := range running {
			clear(r.Values)
		}
		b := s.Slice(from, min(from+t.Piece, s.N))
		t.Gradient(b)
		for i, r := range running {
			for k, v := range r.Values {
				sums[i][k] += float64(float64(v) * float64(b.N))
			}
		}
	}
	for i, r := range running {
		for k, sum := range sums[i] {
			r.Values[k] = float32(sum / (r.Share * float64(s.N)))
		}
	}
	return nil
}
