package chart

import (
	"math"
	"strconv"
	"strings"
)

// Axis is a range of numbers, Low < High, that is drawn along a line; with Log, Low > 0, by their logarithms.
type Axis struct {
	Low, High float64
	Log       bool
}

// least is the narrowest range that an axis has, so that the steps between its ticks are normal numbers.
const least = 1e-300

// Around returns the axis of all numbers: with some room if they are one number, or so close that float64 tells few
// between them apart.
func Around(numbers []float64) Axis {
	a := Axis{Low: math.Inf(1), High: math.Inf(-1)}
	for _, v := range numbers {
		a.Low, a.High = math.Min(a.Low, v), math.Max(a.High, v)
	}
	if a.Low > a.High {
		return Axis{Low: 0, High: 1}
	}
	largest := math.Max(math.Abs(a.Low), math.Abs(a.High))
	if half := a.High/2 - a.Low/2; half > 5e-13*largest && half > least {
		return a
	}
	room := math.Max(largest*0.1, least)
	if largest == 0 {
		room = 1
	}
	return Axis{Low: a.Low - room, High: a.High + room}
}

// Widen returns the axis with a share of its length more at both ends.
func (a Axis) Widen(share float64) Axis {
	if a.Log {
		low, high := math.Log(a.Low), math.Log(a.High) // whose quotient may be beyond float64
		room := share * (high - low)
		return Axis{Low: math.Max(math.Exp(low-room), math.SmallestNonzeroFloat64),
			High: math.Min(math.Exp(high+room), math.MaxFloat64), Log: true}
	}
	room := float64(share*a.High) - float64(share*a.Low)
	return Axis{Low: math.Max(a.Low-room, -math.MaxFloat64), High: math.Min(a.High+room, math.MaxFloat64)}
}

// Share returns where v is between the ends: 0 at Low, 1 at High.
func (a Axis) Share(v float64) float64 {
	if a.Log {
		return (math.Log(v) - math.Log(a.Low)) / (math.Log(a.High) - math.Log(a.Low))
	}
	return (v/2 - a.Low/2) / (a.High/2 - a.Low/2) // halves, since the difference may be beyond float64
}

// Step returns the distance of about n ticks: 1, 2 or 5 times a power of ten; of a logarithmic axis in decades.
func (a Axis) Step(n int) float64 {
	if a.Log {
		return math.Max(1, math.Ceil((math.Log10(a.High)-math.Log10(a.Low))/float64(n)))
	}
	raw := a.High/float64(n) - a.Low/float64(n)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5, 10} {
		if f*step >= raw {
			return f * step
		}
	}
	return 10 * step
}

// Ticks returns about n round numbers of the axis: powers of ten of a logarithmic one, or if it holds less than two of
// them, those that a linear one has.
func (a Axis) Ticks(n int) []float64 {
	var list []float64
	if a.Log {
		from, to := math.Ceil(math.Log10(a.Low)-1e-9), math.Floor(math.Log10(a.High)+1e-9)
		for k := from; k <= to; k += a.Step(n) {
			list = append(list, math.Pow(10, k))
		}
		if len(list) > 1 {
			return list
		}
		return Axis{Low: a.Low, High: a.High}.Ticks(n)
	}
	step := a.Step(n)
	for k := math.Ceil(a.Low/step - 1e-9); (k-1e-9)*step <= a.High && len(list) <= 2*n; k++ {
		list = append(list, k*step)
	}
	return list
}

// Label writes one of about n ticks.
func (a Axis) Label(v float64, n int) string {
	if a.Log {
		return Label(v, 0)
	}
	return Label(v, a.Step(n))
}

// Label writes a number so that it differs from others that are a step away; with three digits for a step of 0.
func Label(v, step float64) string {
	if v == 0 || math.Abs(v) < step/1e6 {
		return "0" // also for −0 and what is left of it
	}
	digits := 3.0
	if step > 0 && step < math.Abs(v) {
		digits = math.Max(digits, math.Ceil(math.Log10(math.Abs(v)/step))+2)
	}
	v = round(v, int(math.Min(digits, 15)))
	if a := math.Abs(v); a < 1e-3 || a >= 1e5 {
		return strings.Replace(strconv.FormatFloat(v, 'e', -1, 64), "e+", "e", 1)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// round returns v with some digits.
func round(v float64, digits int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'e', digits-1, 64), 64)
	if err != nil {
		return v
	}
	return r
}
