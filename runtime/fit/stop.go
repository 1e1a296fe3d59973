package fit

// EarlyStopping ends a training when a metric no longer improves.
type EarlyStopping struct {
	Monitor  string // loss or another metric, with val_ for the validation set; without that set there is no stopping
	Patience int    // epochs without improvement after which it ends; 0 counts as 1
	MinDelta float64
	// RestoreBest brings back the state of the best epoch at the end.
	RestoreBest bool
}

type stopper struct {
	EarlyStopping
	best  float64
	epoch int // of best; 0 before the first
	wait  int
	state [][]float32
}

// observe takes the metrics of an epoch and tells whether to stop.
func (s *stopper) observe(t Trainer, e Epoch) bool {
	m, ok := e.find(s.Monitor)
	if !ok {
		return false
	}
	gain := m.Value - s.best
	if m.Lower {
		gain = -gain
	}
	if m.Value == m.Value && (s.epoch == 0 || gain > s.MinDelta) { // NaN never improves
		s.best, s.epoch, s.wait = m.Value, e.Epoch, 0
		if s.RestoreBest {
			s.keep(t)
		}
		return false
	}
	s.wait++
	return s.wait >= s.Patience
}

func (s *stopper) keep(t Trainer) {
	now := t.State()
	if s.state == nil {
		for _, x := range now {
			s.state = append(s.state, make([]float32, len(x)))
		}
	}
	for i, x := range now {
		copy(s.state[i], x)
	}
}

// restore brings back the best state and returns its epoch; 0 if there is none.
func (s *stopper) restore(t Trainer) int {
	if s.state == nil {
		return 0
	}
	for i, x := range t.State() {
		copy(x, s.state[i])
	}
	return s.epoch
}
