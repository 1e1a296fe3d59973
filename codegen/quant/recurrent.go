package quant

import (
	"fmt"
	"math"
	"slices"
)

// gateBits are the fractional bits of the gates of recurrent layers.
const gateBits = 12

// mostGate bounds the numbers of a gate before its function, without their fractional bits.
const mostGate = 1 << 30

// cell quantises the weights of a recurrent layer: those of the input and those of the state each by the largest of a
// column, and what makes outputs of its state. See package quant of the runtime.
func (z *quantizer) cell(u *Unit) error {
	if z.given != nil {
		return fmt.Errorf("layer %q: %s takes no scales of another tool", u.Name, u.Kind)
	}
	stateBits, unit := 15, 15 // of the state, and of what the outputs are made of
	if u.Kind == LSTM {
		stateBits, unit = stateBitsFor(u.Most), 30
	}
	if err := z.settle(u.Range, math.Ldexp(1+1e-6, -unit)); err != nil {
		return err
	}
	ps, cols := u.Layers[0].Params, u.Layers[0].Params[0].Shape[1]
	biases := make([]float64, 2*cols)
	if len(ps) > 2 {
		copy(biases, z.weights[ps[2].Name])
	}
	bias, multiplier, shift := make([]int32, 2*cols), make([]int32, 2*cols), make([]int32, 2*cols)
	for i, from := range []*Range{u.In[0].Range, u.Range} {
		kernel, err := z.columns(u, z.weights[ps[i].Name], biases[i*cols:][:cols], from,
			bias[i*cols:], multiplier[i*cols:], shift[i*cols:])
		if err != nil {
			return err
		}
		z.all[u.Params[i]] = Array{Int8: kernel}
	}
	z.all[u.Params[2]], z.all[u.Params[3]] = Array{Int32: bias}, Array{Int32: multiplier}
	z.all[u.Params[4]] = Array{Int32: shift}
	m, t := fixedPoint(math.Ldexp(1/float64(u.Range.Scale), -unit))
	z.all[u.Params[5]] = Array{Int32: []int32{u.Range.Zero, m, t, int32(stateBits)}}
	return nil
}

// stateBitsFor returns the fractional bits of 16 that leave room for a number, with a tenth to spare: calibration has
// not seen all inputs, and larger numbers are cut off.
func stateBitsFor(most float64) int {
	if most *= 1.1; most == 0 {
		return 15
	}
	_, exp := math.Frexp(most)
	return max(0, min(15-exp, 15))
}

// columns quantises a matrix by its columns, whose products with numbers of a range, and a bias, are parts of gates.
func (z *quantizer) columns(u *Unit, w, b []float64, in *Range, bias, multiplier, shift []int32) ([]int8, error) {
	cols := len(b)
	kernel := make([]int8, len(w))
	for j := range cols {
		scale := 0.0
		for i := j; i < len(w); i += cols {
			if w[i]-w[i] != 0 {
				return nil, fmt.Errorf("layer %q: weight %d is %v: only finite weights can be quantised", u.Name, i, w[i])
			}
			scale = math.Max(scale, math.Abs(w[i])/127)
		}
		if b[j]-b[j] != 0 {
			return nil, fmt.Errorf("layer %q: bias %d is %v: only finite weights can be quantised", u.Name, j, b[j])
		}
		// A bias is as exact as a gate, whose unit may be far below that of products of small weights.
		if least := math.Abs(b[j]) / float64(in.Scale) / (mostSum / 2); scale < least || scale == 0 {
			scale = math.Max(least, 1e-9)
		}
		var size, most float64
		for ; ; scale *= 2 { // at most some times, where a bias is far above the weights
			sum := 0.0
			size = 0
			for i := j; i < len(w); i += cols {
				k := math.RoundToEven(w[i] / scale)
				kernel[i] = int8(k)
				sum, size = sum+k, size+math.Abs(k)
			}
			c := math.RoundToEven(b[j]/(float64(in.Scale)*scale)) - float64(in.Zero)*sum
			if most = math.Abs(c) + 128*size; most < mostSum {
				bias[j] = int32(c)
				break
			}
		}
		factor := math.Ldexp(float64(in.Scale)*scale, gateBits)
		if most*factor >= mostGate {
			return nil, fmt.Errorf("layer %q: the sums of its gates reach %.3g, but at most %d are computed with; "+
				"scale its input", u.Name, math.Ldexp(most*factor, -gateBits), mostGate>>gateBits)
		}
		if most == 0 { // of zeros nothing comes, whatever the factor, which may be too large for a shift
			factor = 0
		}
		multiplier[j], shift[j] = fixedPointOf(factor)
	}
	return kernel, nil
}

// rows quantises a table of vectors by its least and its greatest number; the row of padding is 0.
func (z *quantizer) rows(u *Unit) error {
	w := slices.Clone(z.weights[u.Layers[0].Params[0].Name])
	width := u.Layers[0].Params[0].Shape[1]
	if padding := u.node.Int("padding"); padding >= 0 {
		clear(w[padding*width:][:width])
	}
	low, high := 0.0, 0.0
	for i, v := range w {
		if v-v != 0 {
			return fmt.Errorf("layer %q: weight %d is %v: only finite weights can be quantised", u.Name, i, v)
		}
		low, high = math.Min(low, v), math.Max(high, v)
	}
	if z.given == nil {
		z.settled[u.Range] = true
		u.Range.Scale, u.Range.Zero = scaleOf(low, high)
	}
	kernel := make([]int8, len(w))
	for i, v := range u.Range.quantized(w).Ints {
		kernel[i] = int8(v)
	}
	z.all[u.Params[0]] = Array{Int8: kernel}
	return nil
}
