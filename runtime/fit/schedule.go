package fit

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

// Warmup grows the rate linearly over the first Steps steps, to what Then gives at its own start:
// step k has (k + 1)/Steps of it. Then's time starts after them; nil keeps the rate.
type Warmup struct {
	Steps int
	Then  Schedule
}

// Rate implements Schedule.
func (w Warmup) Rate(base float64, t Time) float64 {
	then := w.Then
	if then == nil {
		then = Constant{}
	}
	t.Warmup += w.Steps
	if t.Step < w.Steps {
		start := t
		start.Step = 0
		return float64(then.Rate(base, start)*float64(t.Step+1)) / float64(w.Steps)
	}
	t.Step -= w.Steps
	return then.Rate(base, t)
}

// Observe passes metrics on.
func (w Warmup) Observe(e Epoch) {
	if o, ok := w.Then.(Observer); ok {
		o.Observe(e)
	}
}

// divider is a Schedule that divides by a time.
type divider interface{ divisor() int }

// length returns the time that a schedule divides by, and whether it does.
func length(s Schedule) (int, bool) {
	if w, ok := s.(Warmup); ok {
		return length(w.Then)
	}
	if d, ok := s.(divider); ok {
		return d.divisor(), true
	}
	return 0, false
}
