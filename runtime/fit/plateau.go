package fit

import "fmt"

// Plateau multiplies the rate by Factor when Monitor has not improved for more than Patience epochs.
type Plateau struct {
	Monitor            string
	Factor             float64
	Patience, Cooldown int
	Threshold          float64 // relative improvement that counts
	MinLR              float64

	factor    float64
	best      float64
	seen      bool
	bad, cool int
}

// Rate implements Schedule.
func (s *Plateau) Rate(base float64, _ Time) float64 {
	if s.factor == 0 {
		s.factor = 1
	}
	return max(base*s.factor, min(base, s.MinLR))
}

// Observe takes the metrics of an epoch.
func (s *Plateau) Observe(e Epoch) {
	m, ok := e.find(s.Monitor)
	if !ok {
		return
	}
	if s.factor == 0 {
		s.factor = 1
	}
	// A metric improves by a share of its size, whatever its sign.
	limit := s.best * (1 + s.Threshold)
	if m.Lower == (s.best >= 0) {
		limit = s.best * (1 - s.Threshold)
	}
	switch {
	case m.Value != m.Value: // NaN never improves
		s.bad++
	case !s.seen || m.Lower && m.Value < limit || !m.Lower && m.Value > limit:
		s.best, s.seen, s.bad = m.Value, true, 0
	default:
		s.bad++
	}
	if s.cool > 0 {
		s.cool--
		s.bad = 0
	}
	if s.bad > s.Patience {
		s.factor *= s.Factor
		s.cool, s.bad = s.Cooldown, 0
	}
}

func (s *Plateau) monitors() string { return s.Monitor }

// replay goes on from the epochs that are over.
func (s *Plateau) replay(epochs []Epoch) {
	s.factor, s.best, s.seen, s.bad, s.cool = 0, 0, false, 0, 0
	for _, e := range epochs {
		s.Observe(e)
	}
}

func (s *Plateau) description() string {
	return fmt.Sprintf("%T %s %v %d %d %v %v", s, s.Monitor, s.Factor, s.Patience, s.Cooldown, s.Threshold, s.MinLR)
}
