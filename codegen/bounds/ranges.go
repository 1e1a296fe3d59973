package bounds

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/net"
)

// deviations is how many standard deviations an input reaches from its mean: of a normal number one in 16,000 is
// beyond.
const deviations = 4

// Ranges are what RangeText says in words, in the order of network.Inputs: the range of each element of each input.
func Ranges(network *net.Net, params map[string][]float32) [][]Interval {
	all := make([][]Interval, len(network.Inputs))
	for k, in := range network.Inputs {
		all[k] = make([]Interval, in.Shape.Size())
		for i := range all[k] {
			all[k][i] = Interval{-1, 1}
			if tokens := network.Tokens(in); tokens > 0 {
				all[k][i] = Interval{0, float64(tokens - 1)}
			}
		}
		steps := net.Preprocessing(network, in)
		if len(steps) == 0 {
			continue
		}
		center, scale := params[steps[0].Params[0].Name], params[steps[0].Params[1].Name]
		lo, hi := -float64(deviations), float64(deviations)
		switch node := steps[0].Node; node.Kind {
		case "min_max":
			lo, hi = node.Float("min"), node.Float("max")
		case "rescale":
			last := rescaled(node.Float("scale"))
			for i := range all[k] {
				all[k][i] = Interval{math.Min(0, last), math.Max(0, last)}
			}
			continue
		}
		for i := range all[k] {
			c, s := float64(center[i%len(center)]), float64(scale[i%len(scale)])
			if s == 0 {
				all[k][i] = Interval{c, c}
				continue
			}
			a, b := c+lo/s, c+hi/s
			all[k][i] = Interval{math.Min(a, b), math.Max(a, b)}
		}
	}
	return all
}

// rescaled returns what a rescale, its offset apart, makes 1 of, such as 255 of a scale of 0.00392156862745098: to 6
// digits, which stand in RangeText.
func rescaled(scale float64) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(1/scale, 'g', 6, 64), 64)
	if err != nil { // 1/scale overflows
		return math.Copysign(math.MaxFloat64, v)
	}
	return v
}

// RangeText says what Ranges are of the inputs of a network.
func RangeText(network *net.Net) string {
	var parts []string
	add := func(text string) {
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	for _, in := range network.Inputs {
		steps := net.Preprocessing(network, in)
		switch {
		case network.Tokens(in) > 0:
			add("all tokens")
		case len(steps) == 0:
			add("inputs from -1 to 1")
		case steps[0].Node.Kind == "min_max":
			add("inputs within the range of the training rows")
		case steps[0].Node.Kind == "rescale":
			last := rescaled(steps[0].Node.Float("scale"))
			add(fmt.Sprintf("inputs from %v to %v", math.Min(0, last), math.Max(0, last)))
		default:
			add("inputs within 4 standard deviations of their means")
		}
	}
	return strings.Join(parts, " and ")
}
