package fit

import "math"

// EarlyStopping ends a training when a metric, or several, no longer improve.
type EarlyStopping struct {
	Monitor  string // loss or another metric, with val_ for the validation set; without that set there is no stopping
	Patience int    // epochs without improvement after which it ends; 0 counts as 1
	MinDelta float64
	// RestoreBest brings back the state of the best epoch, by Monitor, at the end.
	RestoreBest bool
	// MinEpochs is the number of epochs before whose end it does not end.
	MinEpochs int
	// Others are metrics beside Monitor whose improvement counts as well: the training ends when none improves.
	Others []string
}

// stopping says that options may have an EarlyStopping.
const stopping = true //nngen:part EarlyStopping

// stopper is the state of an EarlyStopping.
type stopper struct {
	EarlyStopping
	best  []float64 // values of Monitor and Others; NaN before the first
	epoch int       // of the best Monitor; 0 before the first
	wait  int
	state [][]float32
}

func newStopper(e EarlyStopping) *stopper {
	s := &stopper{EarlyStopping: e, best: make([]float64, 1+len(e.Others))}
	for i := range s.best {
		s.best[i] = math.NaN()
	}
	return s
}

// Patience follows an EarlyStopping from beside a training.
type Patience struct{ s *stopper }

// Follow returns what follows a training that e may end, from its first epoch on.
func Follow(e EarlyStopping) *Patience {
	e.RestoreBest = false
	return &Patience{newStopper(e)}
}

// Observe takes the metrics of the next epoch. It tells whether Monitor improved, and after how many more epochs without
// any improvement the training ends; 0 if it ends now.
func (p *Patience) Observe(e Epoch) (improved bool, left int) {
	if p.s.observe(Trainer{}, e) {
		return false, 0
	}
	return p.s.epoch == e.Epoch, max(p.s.Patience-p.s.wait, p.s.MinEpochs-e.Epoch, 1)
}

// observe takes the metrics of an epoch and tells whether to stop.
func (s *stopper) observe(t Trainer, e Epoch) bool {
	measured, improved := false, false
	for i, name := range append([]string{s.Monitor}, s.Others...) {
		m, ok := e.find(name)
		measured = measured || ok
		if !ok || !s.improves(i, m) {
			continue
		}
		s.best[i], s.wait, improved = m.Value, 0, true
		if i == 0 {
			s.epoch = e.Epoch
			if s.RestoreBest {
				s.keep(t)
			}
		}
	}
	if !measured || improved {
		return false
	}
	s.wait++
	return s.wait >= s.Patience && e.Epoch >= s.MinEpochs
}

// improves tells whether a metric is better than the best of monitor i by more than MinDelta.
func (s *stopper) improves(i int, m Metric) bool {
	if m.Value != m.Value { // NaN never improves
		return false
	}
	if s.best[i] != s.best[i] {
		return true
	}
	gain := m.Value - s.best[i]
	if m.Lower {
		gain = -gain
	}
	return gain > s.MinDelta
}

func (s *stopper) keep(t Trainer) {
	if s.state == nil {
		s.state = cloneArrays(t.State)
	}
	copyArrays(s.state, t.State)
}

// replay goes on from the epochs that are over, but for the state of the best, and tells whether they end the training.
func (s *stopper) replay(epochs []Epoch) (stopped bool) {
	fresh := newStopper(s.EarlyStopping)
	fresh.RestoreBest = false
	for _, e := range epochs {
		stopped = fresh.observe(Trainer{}, e)
	}
	s.best, s.epoch, s.wait = fresh.best, fresh.epoch, fresh.wait
	return stopped
}

// restore brings back the best state and returns its epoch; 0 if there is none.
func (s *stopper) restore(t Trainer) int {
	if s.state == nil {
		return 0
	}
	copyArrays(t.State, s.state)
	return s.epoch
}
