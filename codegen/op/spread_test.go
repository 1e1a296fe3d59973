package op

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/spec"
)

// TestSpreadIsThatOfTheValues compares what initializers say of their values with the values.
func TestSpreadIsThatOfTheValues(t *testing.T) {
	for _, in := range Initializers() {
		if in.Spread == nil {
			continue // auto
		}
		n := spec.Node{Kind: in.Kind.Name}
		for _, a := range in.Kind.Attrs {
			v := a.Default
			if v == nil {
				v = 0.75
			}
			if a.Name == "mean" {
				v = 0.5
			}
			n.Attrs = append(n.Attrs, spec.Value{Name: a.Name, V: v})
		}
		const side = 60
		p := &ir.Param{Name: "w", Shape: ir.Shape{side, side}, FanIn: side, FanOut: side, Init: n}
		r, x := rand.New(rand.NewPCG(1, 2)), make([]float64, side*side)
		draws := make([]float64, side*side)
		for i := range draws {
			draws[i] = r.Float64()
		}
		in.Fill(p, func(i int) float64 { return draws[i] }, x)
		mean, square := 0.0, 0.0
		for _, v := range x {
			mean += v / float64(len(x))
		}
		for _, v := range x {
			square += (v - mean) * (v - mean) / float64(len(x))
		}
		center, radius := in.Spread(p)
		deviation := radius / math.Sqrt(3)
		// The deviation of the mean of 3,600 numbers is a sixtieth of theirs; the truncated normal has 0.88 of what it
		// says.
		switch {
		case math.Abs(mean-center) > deviation/10 && in != Identity:
			t.Errorf("%s: the mean is %v, Spread says %v", n.Kind, mean, center)
		case square < 1e-20 && radius != filledSpread:
			t.Errorf("%s: all values are %v, and the radius %v", n.Kind, mean, radius)
		case square >= 1e-20 && math.Abs(math.Sqrt(square)/deviation-1) > 0.13:
			t.Errorf("%s: the deviation is %v, Spread says %v", n.Kind, math.Sqrt(square), deviation)
		}
	}
}
