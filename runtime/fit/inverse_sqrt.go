package fit

import "math"

// InverseSqrt falls with the root of the time: η·√(T/(t + T)), T being the Timescale (Vaswani et al., Attention is all you
// need, 2017, §5.3).
type InverseSqrt struct {
	Timescale int
	PerStep   bool
}

// Rate implements Schedule.
func (s InverseSqrt) Rate(base float64, t Time) float64 {
	return base * math.Sqrt(float64(s.Timescale)/float64(t.at(s.PerStep)+s.Timescale))
}

func (s InverseSqrt) divisor() int { return s.Timescale }
