package fit

import "fmt"

// Schedule gives the learning rate of each step.
type Schedule interface {
	// Rate returns the rate of a step, base being the optimizer's.
	Rate(base float64, t Time) float64
}

// Observer is a Schedule that goes by metrics.
type Observer interface{ Observe(e Epoch) }

// Time is where a training stands.
type Time struct {
	Step          int // from 0
	StepsPerEpoch int
	Epochs        int // of the whole training
	Warmup        int // steps of the training that came before Step 0: see Warmup
}

// at returns the time in steps or epochs.
func (t Time) at(perStep bool) int {
	if perStep {
		return t.Step
	}
	return t.Step / t.StepsPerEpoch
}

// total returns the steps or epochs, each begun one counting, from Step 0 to the end of the training; at least 1.
func (t Time) total(perStep bool) int {
	steps := t.Epochs*t.StepsPerEpoch - t.Warmup
	if perStep {
		return max(1, steps)
	}
	return max(1, (steps+t.StepsPerEpoch-1)/t.StepsPerEpoch)
}

// Constant keeps the rate.
type Constant struct{}

// Rate returns base.
func (Constant) Rate(base float64, _ Time) float64 { return base }

// wrapper is a Schedule around another, nil for Constant.
type wrapper interface{ inner() Schedule }

// innermost returns the schedule that those around it leave the time to.
func innermost(s Schedule) Schedule {
	for {
		w, ok := s.(wrapper)
		if !ok {
			return s
		}
		s = w.inner()
	}
}

// plateaus says that a Schedule may go by metrics and have a state.
const plateaus = true //nngen:part .monitors

// monitor is a Schedule that goes by the metric of a name.
type monitor interface{ monitors() string }

// replayer is a Schedule with a state, which follows from the epochs that are over.
type replayer interface{ replay(epochs []Epoch) }

// descriptions says that a Schedule may describe itself.
const descriptions = true //nngen:part .description

// describe names a schedule with its fields, but without its state.
func describe(s Schedule) string {
	if descriptions {
		if d, ok := s.(interface{ description() string }); ok {
			return d.description()
		}
	}
	return fmt.Sprintf("%T%+v", s, s)
}

// wholes says that a Schedule may be laid over the whole training.
const wholes = true //nngen:part .whole

// overAll tells whether the rates of a schedule depend on the number of epochs of the training.
func overAll(s Schedule) bool {
	w, ok := innermost(s).(interface{ whole() bool })
	return ok && w.whole()
}

// divisors says that a Schedule may divide by a time.
const divisors = true //nngen:part .divisor

// divider is a Schedule that divides by a time.
type divider interface{ divisor() int }

// length returns the time that a schedule divides by, and whether it does.
func length(s Schedule) (int, bool) {
	if d, ok := innermost(s).(divider); ok {
		return d.divisor(), true
	}
	return 0, false
}
