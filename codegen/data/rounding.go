package data

import (
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/runtime/fit"
)

// fewSteps is the number of float32 numbers from the least to the largest of a column below which rounding is part of
// what is learned: a share of a thousandth of the range each.
const fewSteps = 1000

// stepsOf returns how many float32 numbers there are from the least to the largest of x, if that is few; else 0. Small
// whole numbers are exact, however few they are.
func stepsOf(x []float32) int {
	low, high := slices.Min(x), slices.Max(x)
	if !slices.ContainsFunc(x, inexact) {
		return 0
	}
	if n := (float64(high) - float64(low)) / step(max(-low, high)); n > 0 && n < fewSteps {
		return int(n) + 1
	}
	return 0
}

// step returns how far the next larger float32 is from a number of at least 0.
func step(v float32) float64 { return float64(math.Nextafter32(v, float32(math.Inf(1)))) - float64(v) }

// Rounding returns by how much float32 may have rounded the largest of some numbers; 0 if it has all whole numbers of
// their size.
func Rounding(x []float32) float64 {
	if len(x) == 0 {
		return 0
	}
	if large := max(-slices.Min(x), slices.Max(x)); large >= 1<<24 {
		return step(large) / 2
	}
	return 0
}

// RoundedTargets says, of each output of a set with a number for targets, of how few of them float32 tells apart, if it
// does of so few that rounding is part of what is learned and measured. Names are what TargetNames returns.
func RoundedTargets(network *net.Net, set fit.Set, names [][]string) (list []string) {
	for i, o := range network.Outputs {
		if o.Classes != nil || o.Steps() != 1 || set.N == 0 || i >= len(set.Y) {
			continue
		}
		least, rounded, name := 0, 0, fmt.Sprintf("output %q", o.Name)
		for k := range o.TargetWidth() {
			few := stepsOf(auditColumn{at: k, width: 1}.of(set.Y[i], set.N))
			if few == 0 {
				continue
			}
			if rounded++; least != 0 && few >= least {
				continue
			}
			if least = few; i < len(names) && k < len(names[i]) {
				name = fmt.Sprintf("label %q", names[i][k])
			}
		}
		if rounded == 0 {
			continue
		}
		if rounded > 1 {
			name += fmt.Sprintf(", the worst of %d such", rounded)
		}
		list = append(list, fmt.Sprintf("%s: its targets are so large, and so much alike, that float32 tells only %d of "+
			"them apart, and metrics are of those; take a level away", name, least))
	}
	return list
}

// Within says how much is known of numbers that are the same in float32, as a part of a sentence: "" if all are whole
// numbers below 2²⁴, each of which float32 has.
func Within(x []float32) string {
	if slices.ContainsFunc(x, inexact) {
		return ", to the 24 bits that float32 has"
	}
	return ""
}

// inexact tells whether a number may be one that float32 had to round.
func inexact(v float32) bool { return max(v, -v) >= 1<<24 || v != float32(int32(v)) }

// unscalable tells whether the numbers of x differ, but by so little that the scale which would bring them to a range
// of 1 is no float32: they are left as they are.
func unscalable(x []float32) bool {
	apart := float64(slices.Max(x)) - float64(slices.Min(x))
	return apart > 0 && apart*math.MaxFloat32 < 1
}

// tooAlike says so.
func tooAlike(x []float32) string {
	return fmt.Sprintf("its numbers, from %g to %g, are so much alike that float32 can't scale them up", slices.Min(x),
		slices.Max(x))
}
