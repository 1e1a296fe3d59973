package fit

// InverseTime falls with the inverse of the time: η/(1 + DecayRate·t/DecaySteps), with the quotient rounded down if
// Staircase.
type InverseTime struct {
	DecayRate  float64
	DecaySteps int
	Staircase  bool
	PerStep    bool
}

// Rate implements Schedule.
func (s InverseTime) Rate(base float64, t Time) float64 {
	at := t.at(s.PerStep)
	x := float64(at) / float64(s.DecaySteps)
	if s.Staircase {
		x = float64(at / s.DecaySteps)
	}
	return base / (1 + float64(s.DecayRate*x))
}

func (s InverseTime) divisor() int { return s.DecaySteps }
