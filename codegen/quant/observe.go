package quant

import (
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
)

// The observers, which choose the range of a value from what a calibration sees of it.
const (
	MinMax     = "min_max"    // from the least to the greatest
	Percentile = "percentile" // without a share of the numbers at both ends
	MSE        = "mse"        // with the least mean squared error of the quantised numbers
)

// Observed is what a calibration saw of the output of a layer.
type Observed struct {
	Low, High float64 // the least and the greatest number
	count     int
	sample    []float64 // of the numbers, evenly spread over those seen
	stride    int
}

// mostSampled bounds the numbers that are kept of a layer. Above it every second is dropped, so that those that stay
// are spread evenly.
const mostSampled = 1 << 16

// See takes in numbers.
func (o *Observed) See(x []float64) {
	if o.count == 0 && len(x) > 0 {
		o.Low, o.High, o.stride = x[0], x[0], 1
	}
	for _, v := range x {
		o.Low, o.High = math.Min(o.Low, v), math.Max(o.High, v)
		if o.count%o.stride == 0 {
			o.sample = append(o.sample, v)
		}
		o.count++
		if len(o.sample) == mostSampled {
			for i := range mostSampled / 2 {
				o.sample[i] = o.sample[2*i]
			}
			o.sample = o.sample[:mostSampled/2]
			o.stride *= 2
		}
	}
}

// Outliers returns the share of the numbers that lie farther than four standard deviations from the mean; of a normal
// distribution it is 0.006 %.
func (o *Observed) Outliers() float64 {
	mean, square := 0.0, 0.0
	for _, v := range o.sample {
		mean += v
	}
	mean /= float64(len(o.sample))
	for _, v := range o.sample {
		square += (v - mean) * (v - mean)
	}
	limit, n := 4*math.Sqrt(square/float64(len(o.sample))), 0
	for _, v := range o.sample {
		if math.Abs(v-mean) > limit {
			n++
		}
	}
	return float64(n) / float64(len(o.sample))
}

// Range returns the range that an observer chooses; share is that of the numbers that a percentile keeps, in percent.
func (o *Observed) Range(observer string, share float64) (low, high float64) {
	switch observer {
	case Percentile:
		sorted := slices.Sorted(slices.Values(o.sample))
		tail := int(float64(len(sorted)) * (1 - share/100) / 2)
		return sorted[tail], sorted[len(sorted)-1-tail]
	case MSE:
		return o.least()
	}
	return o.Low, o.High
}

// seenRows is the number of rows whose least and greatest number Beyond is to hold.
const seenRows = 10000

// Beyond returns the range from the least number to the greatest that is expected of 10,000 rows, given what some fewer
// have: inputs of later rows go beyond those that a calibration saw, and int8 numbers would cut them off. The largest
// numbers, one of √rows of all, are taken to have an exponential tail, in which the greatest of m rows is by
// β·ln(m/rows) above that of some, β being their mean distance from the least of them; so are the smallest. Numbers
// that many rows share at the end of their range do not move it, and a range that numbers have by what they are is
// that: from 0 or −1 to 1, as of shares and scaled pictures, and from 0 to 255, as of bytes.
//
// Source: Coles, An Introduction to Statistical Modeling of Extreme Values, 2001, section 4 (threshold models, ξ = 0).
func (o *Observed) Beyond(rows int) (low, high float64) {
	more := math.Log(float64(seenRows) / float64(rows))
	if more <= 0 || o.isNatural() {
		return o.Low, o.High
	}
	sorted := slices.Sorted(slices.Values(o.sample))
	n := int(float64(len(sorted)) / math.Sqrt(float64(rows)))
	if n < 2 {
		return o.Low, o.High
	}
	var below, above float64
	for i := range n {
		below += (sorted[n-1] - sorted[i]) / float64(n)
		above += (sorted[len(sorted)-1-i] - sorted[len(sorted)-n]) / float64(n)
	}
	return o.Low - more*below, o.High + more*above
}

// isNatural tells whether the numbers go just from end to end of a range that numbers have by what they are.
func (o *Observed) isNatural() bool {
	for _, r := range [][2]float64{{0, 1}, {-1, 1}, {0, 255}} {
		const rounded = 1e-6 // times the end, of 255 divided by 255
		if math.Abs(o.Low-r[0]) <= rounded && math.Abs(o.High-r[1]) <= rounded*r[1] {
			return true
		}
	}
	return false
}

// least returns the range, a part of that from the least number to the greatest, with the least mean squared error.
// Parts of a hundredth are tried: the error is flat around its minimum.
func (o *Observed) least() (low, high float64) {
	best := math.Inf(1)
	for part := 100; part >= 20; part-- {
		lo, hi := math.Min(o.Low, 0)*float64(part)/100, math.Max(o.High, 0)*float64(part)/100
		scale, zero := scaleOf(lo, hi)
		sum := 0.0
		for _, v := range o.sample {
			q := clampInt8(math.RoundToEven(v/float64(scale)) + float64(zero))
			d := (q-float64(zero))*float64(scale) - v
			sum += d * d
		}
		if sum < best {
			best, low, high = sum, lo, hi
		}
	}
	return low, high
}

// scaleOf returns the scale and the zero of a range, which is made to hold 0: it is a number that padding and
// rectifiers need exactly.
func scaleOf(low, high float64) (scale float32, zero int32) {
	low, high = math.Min(low, 0), math.Max(high, 0)
	scale = float32((high - low) / 255)
	if !(scale > 0) || math.IsInf(float64(scale), 0) {
		scale = 1
	}
	return scale, int32(clampInt8(math.RoundToEven(-128 - low/float64(scale))))
}

func clampInt8(x float64) float64 { return math.Max(-128, math.Min(x, 127)) }

// Observe gathers what a pass computes in the layers whose ranges a network needs: of recurrent layers, the outputs of
// all steps and the largest cell state, which states returns as op.States.
func (q *Network) Observe(all map[*op.Layer]*Observed, values map[*op.Layer]op.Tensor,
	states func(*op.Layer) (h, c []float64)) {
	seen := map[*op.Layer]bool{}
	for _, u := range q.Units {
		if u.Range == nil || seen[u.Range.Layer] {
			continue
		}
		l := u.Range.Layer
		seen[l] = true
		if all[l] == nil {
			all[l] = &Observed{}
		}
		if !u.Kind.Recurrent() {
			all[l].See(values[l].Data)
			continue
		}
		h, c := states(l)
		all[l].See(h)
		for _, v := range c {
			u.Most = math.Max(u.Most, math.Abs(v))
		}
	}
}

// Rounds tells whether a network rounds float32 numbers that a layer computes: inputs, behind their preprocessing, and
// what is made of them in float32.
func (q *Network) Rounds(l *op.Layer) bool {
	return slices.ContainsFunc(q.Units, func(u *Unit) bool { return u.Kind == ToInt8 && u.Range.Layer == l })
}

// bounded are the kinds of layers whose results lie between two numbers, whatever they read.
var bounded = map[*op.Def][2]float64{op.Tanh: {-1, 1}, op.Softsign: {-1, 1}, op.Sin: {-1, 1},
	op.Cos: {-1, 1}, op.Erf: {-1, 1}, op.Sigmoid: {0, 1}, op.HardSigmoid: {0, 1}, op.ReLU6: {0, 6}}

// Within returns a range within the numbers that a layer can compute. Outputs of recurrent layers are between −1 and 1.
func (q *Network) Within(l *op.Layer, low, high float64) (float64, float64) {
	limits, ok := bounded[l.Def]
	for _, u := range q.Units {
		if u.Kind.Recurrent() && u.Range.Layer == l {
			limits, ok = [2]float64{-1, 1}, true
		}
	}
	if !ok {
		return low, high
	}
	return math.Max(low, limits[0]), math.Min(high, limits[1])
}

// Pixels returns the range of what a layer hands on of pictures of bytes, which go from 0 to 255, given the constants
// of preprocessing: false for a layer that is no input of the network, behind preprocessing or not.
func (q *Network) Pixels(l *op.Layer, params map[*ir.Param][]float64) (low, high float64, ok bool) {
	var steps []*op.Layer
	for ; !slices.Contains(q.Net.Inputs, l); l = l.In[0] {
		if len(l.In) != 1 || !l.Preprocesses() && !reshapes(l) {
			return 0, 0, false
		}
		if l.Preprocesses() {
			steps = append(steps, l)
		}
	}
	low, high = math.Inf(1), math.Inf(-1)
	for i := range l.Shape.Size() {
		ends := [2]float64{0, 255}
		for _, step := range slices.Backward(steps) {
			center, scale := params[step.Params[0]][i], params[step.Params[1]][i]
			ends = [2]float64{(ends[0] - center) * scale, (ends[1] - center) * scale}
		}
		low, high = min(low, ends[0], ends[1]), max(high, ends[0], ends[1])
	}
	return low, high, true
}

// Trained returns the range of what a layer computes, given that which a training that rounds found, and that which the
// calibration did. It is that of the training; but a recurrent layer reads its outputs of the steps before in its
// range, too, of which such a training rounds none and may not even have seen all: there the range holds both.
func (q *Network) Trained(l *op.Layer, trained, observed [2]float64) [2]float64 {
	for _, u := range q.Units {
		if u.Kind.Recurrent() && u.Range.Layer == l {
			return [2]float64{math.Min(trained[0], observed[0]), math.Max(trained[1], observed[1])}
		}
	}
	return trained
}
