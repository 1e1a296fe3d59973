package fit

import "fmt"

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

func (w Warmup) inner() Schedule { return w.Then }

func (w Warmup) description() string { return fmt.Sprintf("warmup %d, %s", w.Steps, describe(w.Then)) }
