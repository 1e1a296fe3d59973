package fit

// The schedules of PyTorch's torch.optim.lr_scheduler, in closed form. PerStep says whether t counts
// steps or epochs.

// StepDecay multiplies the rate by Gamma after every StepSize: η·γ^⌊t/StepSize⌋.
type StepDecay struct {
	StepSize int
	Gamma    float64
	PerStep  bool
}

func (s StepDecay) divisor() int { return s.StepSize }

// Rate implements Schedule.
func (s StepDecay) Rate(base float64, t Time) float64 {
	return base * ipow(s.Gamma, t.at(s.PerStep)/s.StepSize)
}

// MultiStep multiplies the rate by Gamma at each milestone.
type MultiStep struct {
	Milestones []int
	Gamma      float64
	PerStep    bool
}

// Rate implements Schedule.
func (s MultiStep) Rate(base float64, t Time) float64 {
	passed := 0
	for _, m := range s.Milestones {
		if t.at(s.PerStep) >= m {
			passed++
		}
	}
	return base * ipow(s.Gamma, passed)
}

// Exponential is η·γᵗ.
type Exponential struct {
	Gamma   float64
	PerStep bool
}

// Rate implements Schedule.
func (s Exponential) Rate(base float64, t Time) float64 { return base * ipow(s.Gamma, t.at(s.PerStep)) }

// Polynomial is η·(1 − min(t, Total)/Total)^Power.
type Polynomial struct {
	Total   int
	Power   float64
	PerStep bool
}

func (s Polynomial) divisor() int { return s.Total }

// Rate implements Schedule.
func (s Polynomial) Rate(base float64, t Time) float64 {
	return base * pow(1-float64(min(t.at(s.PerStep), s.Total))/float64(s.Total), s.Power)
}

// Cosine is MinLR + (η − MinLR)·(1 + cos(π·t/TMax))/2.
type Cosine struct {
	TMax    int
	MinLR   float64
	PerStep bool
}

func (s Cosine) divisor() int { return s.TMax }

// Rate implements Schedule.
func (s Cosine) Rate(base float64, t Time) float64 {
	return s.MinLR + float64((base-s.MinLR)*(1+cosPi(float64(t.at(s.PerStep))/float64(s.TMax))))/2
}

// WarmRestarts is Cosine that starts again after T0, then T0·TMult, … (Loshchilov and Hutter, SGDR,
// 2017).
type WarmRestarts struct {
	T0, TMult int
	MinLR     float64
	PerStep   bool
}

func (s WarmRestarts) divisor() int { return min(s.T0, s.TMult) }

// Rate implements Schedule.
func (s WarmRestarts) Rate(base float64, t Time) float64 {
	at, period := t.at(s.PerStep), s.T0
	for at >= period {
		at -= period
		period *= s.TMult
	}
	return Cosine{TMax: period, MinLR: s.MinLR, PerStep: true}.Rate(base, Time{Step: at, StepsPerEpoch: 1})
}

// Cyclical goes up and down between MinLR and MaxLR (Smith, Cyclical learning rates, 2017). The
// optimizer's rate plays no part.
type Cyclical struct {
	MinLR, MaxLR float64
	StepSize     int    // from the lowest rate to the highest
	Mode         string // triangular, triangular2: peaks halve with each cycle, exp_range: peaks fall by Gammaᵗ
	Gamma        float64
	PerStep      bool
}

func (s Cyclical) divisor() int { return s.StepSize }

// Rate implements Schedule.
func (s Cyclical) Rate(_ float64, t Time) float64 {
	at := t.at(s.PerStep)
	cycle := at / (2 * s.StepSize)
	x := float64(at-2*s.StepSize*cycle) / float64(s.StepSize) // in [0, 2)
	if x > 1 {
		x = 2 - x
	}
	scale := 1.0
	switch s.Mode {
	case "triangular2":
		scale = ipow(0.5, cycle)
	case "exp_range":
		scale = ipow(s.Gamma, at)
	}
	return s.MinLR + float64(float64((s.MaxLR-s.MinLR)*x)*scale)
}

// OneCycle goes up to MaxLR and then down far below the start (Smith and Topin, Super-convergence,
// 2018). The optimizer's rate plays no part.
type OneCycle struct {
	MaxLR               float64
	Total               int // steps; 0 for all of the training
	PctStart            float64
	Linear              bool // else by cosines
	DivFactor, FinalDiv float64
	PerStep             bool
}

// Rate implements Schedule. The peak is at PctStart·total − 1, as in PyTorch; one at 0 or before has no way up, one at
// the end no way down.
func (s OneCycle) Rate(_ float64, t Time) float64 {
	total := s.Total
	if total == 0 {
		total = t.total(s.PerStep)
	}
	at := float64(min(t.at(s.PerStep), total-1))
	start := s.MaxLR / s.DivFactor
	up := float64(s.PctStart*float64(total)) - 1
	down := float64(total-1) - up
	switch {
	case up > 0 && at <= up:
		return s.anneal(start, s.MaxLR, at/up)
	case down > 0:
		return s.anneal(s.MaxLR, start/s.FinalDiv, (at-up)/down)
	}
	return s.MaxLR
}

// whole tells whether other epochs mean other rates.
func (s OneCycle) whole() bool { return s.Total == 0 }

func (s OneCycle) anneal(from, to, x float64) float64 {
	if s.Linear {
		return from + float64((to-from)*x)
	}
	return to + float64((from-to)*(1+cosPi(x)))/2
}
