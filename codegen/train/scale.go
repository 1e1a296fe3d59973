package train

import (
	"fmt"
	"math"
	"strings"

	"github.com/nngen/nngen/runtime/fit"
	"github.com/nngen/nngen/spec"
)

// rangeKey is the key of the metadata of weights that holds the range of the numbers of each input which a training
// read from arrays or pictures: what they are scaled to is said nowhere in such files.
const rangeKey = "range"

// rangesOf returns the least and the largest number of each input of a set.
func rangesOf(s fit.Set) [][2]float32 {
	var list [][2]float32
	for _, x := range s.X {
		r := [2]float32{float32(math.Inf(1)), float32(math.Inf(-1))}
		for _, v := range x {
			r[0], r[1] = min(r[0], v), max(r[1], v)
		}
		list = append(list, r)
	}
	return list
}

// rangeText returns what weights say of the ranges of a training set; "" of tables and texts.
func rangeText(s *spec.Spec, train fit.Set) string {
	if s.Data == nil || s.Data.Train == nil || train.N == 0 {
		return ""
	}
	switch s.Data.Train.Format {
	case "idx", "npy", "image":
	default:
		return ""
	}
	var list []string
	for _, r := range rangesOf(train) {
		list = append(list, fmt.Sprintf("%g %g", r[0], r[1]))
	}
	return strings.Join(list, ", ")
}

// otherScale is from how many times the largest magnitude of the training on, or as many times below it, a whole set is
// taken to be scaled otherwise: 255 stands to 1 as in pictures of bytes, and no picture of bytes with something to see
// stays below 16.
const otherScale = 16

// scaledOtherwise says that the numbers of a set are likely scaled otherwise than those that a network learned from, by
// what the metadata of its weights say of these; "" if they are not, or the weights do not say.
func scaledOtherwise(meta map[string]string, file string, s fit.Set) string {
	known := strings.Split(meta[rangeKey], ", ")
	if meta[rangeKey] == "" || len(known) != len(s.X) || s.N == 0 {
		return ""
	}
	magnitude := func(r [2]float32) float64 { return math.Max(math.Abs(float64(r[0])), math.Abs(float64(r[1]))) }
	for i, is := range rangesOf(s) {
		var was [2]float32
		if _, err := fmt.Sscanf(known[i], "%g %g", &was[0], &was[1]); err != nil {
			return ""
		}
		a, b := magnitude(was), magnitude(is)
		if a > 0 && b > 0 && (b >= otherScale*a || b*otherScale <= a) {
			return fmt.Sprintf("the numbers of %s are from %g to %g, those that the network learned from were from %g to %g: "+
				"bring them to the same scale, or the predictions are of what it never saw", file, is[0], is[1], was[0], was[1])
		}
	}
	return ""
}
