package quant

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/safetensors"
)

// Array holds the numbers of a parameter, in the one of its fields that its type says.
type Array struct {
	Float []float32
	Int8  []int8
	Int32 []int32
}

// Numbers are those of the parameters of a network.
type Numbers map[*ir.Param]Array

// Tensors returns the arrays under their names.
func (q *Network) Tensors(all Numbers) []safetensors.Tensor {
	var list []safetensors.Tensor
	for _, p := range q.Params {
		a := all[p]
		t := safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: a.Float, Int8: a.Int8, Int32: a.Int32}
		switch p.DType {
		case ir.Int8:
			t.Type = safetensors.I8
		case ir.Int32:
			t.Type = safetensors.I32
		}
		list = append(list, t)
	}
	return list
}

// Decode reads the numbers from a file of weights. It is an error if that belongs to another network, or if it holds
// numbers that no quantisation writes, for which the arithmetic has no place: shifts as wide as a number, sums beyond
// 2³⁰.
func (q *Network) Decode(b []byte) (Numbers, error) {
	all := Numbers{}
	for _, p := range q.Params {
		switch n := p.Size(); p.DType {
		case ir.Int8:
			all[p] = Array{Int8: make([]int8, n)}
		case ir.Int32:
			all[p] = Array{Int32: make([]int32, n)}
		default:
			all[p] = Array{Float: make([]float32, n)}
		}
	}
	if err := safetensors.Load(b, "spec", q.Sum(), q.Tensors(all)); err != nil {
		return nil, err
	}
	return all, q.check(all)
}

// Quantize returns the numbers of the network, given the weights of that in float32, by name, and the range of each
// layer that an observer chose. It is an error if a weight is not finite.
func (q *Network) Quantize(weights map[string][]float32, ranges map[*op.Layer][2]float64) (Numbers, error) {
	z := &quantizer{Network: q, weights: map[string][]float64{}, ranges: ranges}
	for name, w := range weights {
		z.weights[name] = make([]float64, len(w))
		for i, v := range w {
			z.weights[name][i] = float64(v)
		}
	}
	return z.numbers()
}

// Given are the scales that a model has which another tool quantised.
type Given struct {
	Ranges map[*op.Layer]Range     // of the outputs of layers
	Scales map[*op.Layer][]float32 // of the weights of products, one for each output channel; without, they are chosen
}

// Adopt returns the numbers of the network with given scales, where Quantize chooses them. It is an error if a value
// that is int8 has no range, or if the arithmetic has no place for a scale: the error names the layer.
func (q *Network) Adopt(weights map[string][]float64, given Given) (Numbers, error) {
	z := &quantizer{Network: q, weights: weights, given: &given}
	for _, u := range q.Units {
		if !u.Integer() {
			continue
		}
		r, ok := given.Ranges[u.Range.Layer]
		if !ok {
			return nil, fmt.Errorf("layer %q: its output is not rounded", u.Range.Layer.Name)
		}
		if !(r.Scale > 0) || math.IsInf(float64(r.Scale), 0) || r.Zero < -128 || r.Zero > 127 {
			return nil, fmt.Errorf("layer %q: its output has the scale %g and the zero %d", u.Range.Layer.Name, r.Scale, r.Zero)
		}
		u.Range.Scale, u.Range.Zero = r.Scale, r.Zero
	}
	return z.numbers()
}

// numbers returns those of all parameters.
func (z *quantizer) numbers() (Numbers, error) {
	z.all, z.settled = Numbers{}, map[*Range]bool{}
	for _, u := range z.Units {
		if err := z.unit(u); err != nil {
			return nil, err
		}
	}
	for _, p := range z.Params {
		if _, ok := z.all[p]; !ok {
			floats := make([]float32, p.Size())
			for i, v := range z.weights[p.Name] {
				floats[i] = float32(v)
			}
			z.all[p] = Array{Float: floats}
		}
	}
	return z.all, nil
}

// RangesKey is the key of the metadata of int8 weights that holds the ranges of values: see Ranges.
const RangesKey = "ranges"

// Ranges returns the scale and the zero of each value that is int8, as JSON, by the layer that it is the output of. The
// arrays hold them only multiplied with one another.
func (q *Network) Ranges() (string, error) {
	all := map[string]Range{}
	for _, u := range q.Units {
		if u.Integer() {
			all[u.Range.Layer.Name] = *u.Range
		}
	}
	text, err := json.Marshal(all)
	return string(text), err
}

// RangesBytes returns about how many bytes Ranges takes in a weight file, before the ranges are known too.
func (q *Network) RangesBytes() int64 {
	layers := map[string]bool{}
	for _, u := range q.Units {
		if u.Integer() {
			layers[u.Range.Layer.Name] = true
		}
	}
	n := 0
	for name := range layers {
		n += len(name) + len(`\"\":{\"scale\":0.30198348,\"zero\":-100},`) // JSON in JSON
	}
	return int64(n)
}

// SetRanges gives values the ranges that Ranges wrote.
func (q *Network) SetRanges(text string) error {
	if text == "" {
		return errors.New("the file says nothing of the ranges of activations, as those of an older nngen")
	}
	all := map[string]Range{}
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		return fmt.Errorf("the ranges of activations: %w", err)
	}
	for _, u := range q.Units {
		if !u.Integer() {
			continue
		}
		r, ok := all[u.Range.Layer.Name]
		if !ok || !(r.Scale > 0) || r.Zero < -128 || r.Zero > 127 {
			return fmt.Errorf("layer %q: scale %g and zero %d", u.Range.Layer.Name, r.Scale, r.Zero)
		}
		u.Range.Scale, u.Range.Zero = r.Scale, r.Zero
	}
	return nil
}

// Weights returns the numbers of a product as sums of x − zero need them: the kernel, the scale of each channel's
// weights, and the bias, in steps of the scale of x times that of the channel.
func (u *Unit) Weights(all Numbers) (kernel []int8, scales []float32, bias []int32) {
	kernel, in, n := all[u.Params[0]].Int8, u.In[0].Range, u.channels()
	bias = slices.Clone(all[u.Params[1]].Int32)
	for i, k := range kernel {
		bias[i%n] += in.Zero * int32(k)
	}
	for j := range n {
		var scale float64 // of the sum
		if u.Integer() {
			m, shift := all[u.Params[2]].Int32[j], all[u.Params[3]].Int32[j]
			scale = math.Ldexp(float64(m), -int(shift)) * float64(u.Range.Scale)
		} else {
			scale = float64(all[u.Params[2]].Float[j])
		}
		s := float32(math.Max(scale/float64(in.Scale), 1e-30)) // a factor below 2⁻³² is 0
		if !u.Integer() {
			s = factorOf(float32(scale), in.Scale, s)
		}
		scales = append(scales, s)
	}
	return kernel, scales, bias
}

// factorOf returns the number near s whose product with in rounds to scale; s if there is none.
func factorOf(scale, in, s float32) float32 {
	for _, near := range []float32{s, math.Nextafter32(s, 0), math.Nextafter32(s, 2*s)} {
		if float32(float64(in)*float64(near)) == scale {
			return near
		}
	}
	return s
}

// Norm returns the batch norm that the weights of a product take in; nil if there is none.
func (u *Unit) Norm() *op.Layer { return u.norm }

type quantizer struct {
	*Network
	weights map[string][]float64
	ranges  map[*op.Layer][2]float64
	given   *Given // nil for scales that are chosen
	all     Numbers
	settled map[*Range]bool
}

// settle gives a range its scale, at least least, and its zero. It is an error if that which is given is smaller.
func (z *quantizer) settle(r *Range, least float64) error {
	if z.given != nil {
		if float64(r.Scale)*(1+9e-7) < least { // which is a part in a million above what factors below 1 need
			return fmt.Errorf("layer %q: its output is rounded to steps of %g, which are below those of its sums, %g",
				r.Layer.Name, r.Scale, least)
		}
		return nil
	}
	if z.settled[r] {
		return nil
	}
	z.settled[r] = true
	low, high := math.Min(z.ranges[r.Layer][0], 0), math.Max(z.ranges[r.Layer][1], 0)
	if r.Scale, r.Zero = scaleOf(low, high); float64(r.Scale) < least {
		r.Scale, r.Zero = scaleOf(low*least*255/(high-low), high*least*255/(high-low))
	}
	return nil
}

func (z *quantizer) unit(u *Unit) error {
	switch u.Kind {
	case ToInt8, Concat, Lookup:
		if err := z.settle(u.Range, 0); err != nil {
			return err
		}
	}
	switch u.Kind {
	case ToInt8:
		z.border(u, u.Range)
	case ToFloat:
		z.border(u, u.In[0].Range)
	case Move:
		for _, p := range u.Params {
			z.all[p] = Array{Int32: []int32{u.Range.Zero}}
		}
	case Dense, Conv, Depthwise:
		return z.product(u)
	case SimpleRNN, LSTM, GRU, GRUBefore:
		return z.cell(u)
	case Embedding:
		return z.rows(u)
	case Add:
		return z.sum(u)
	case Concat:
		for i, in := range u.In {
			z.all[u.Params[i]] = Array{Int8: table(in.Range, u.Range, func(x float64) float64 { return x })}
		}
	case Lookup:
		l := u.Layers[0]
		z.all[u.Params[0]] = Array{Int8: table(u.In[0].Range, u.Range, func(x float64) float64 {
			c := &op.Call{Layer: l, N: 1, X: []op.Tensor{{Shape: ir.Shape{1, 1}, Data: []float64{x}}},
				Y: op.Tensor{Shape: ir.Shape{1, 1}, Data: make([]float64, 1)}}
			l.Def.Forward(c)
			return c.Y.Data[0]
		})}
	}
	return nil
}

// border sets the scale and the zero by which values are quantised or brought back.
func (z *quantizer) border(u *Unit, r *Range) {
	z.all[u.Params[0]], z.all[u.Params[1]] = Array{Float: []float32{r.Scale}}, Array{Int32: []int32{r.Zero}}
}

// table returns f for each int8 number of one range, in another.
func table(from, to *Range, f func(float64) float64) []int8 {
	t := make([]int8, 256)
	for i := range t {
		y := f(float64(int32(i)-128-from.Zero) * float64(from.Scale))
		if math.IsNaN(y) {
			y = 0 // of a number that calibration never saw
		}
		t[i] = int8(clampInt8(math.RoundToEven(y/float64(to.Scale)) + float64(to.Zero)))
	}
	return t
}

// mostSum bounds the sums of products: see package quant of the runtime.
const mostSum = 1 << 30

// product quantises the weights of a product, those of each channel by their largest. Scales of weights are numbers of
// float32, as files of other tools have them.
func (z *quantizer) product(u *Unit) error {
	w, b, err := z.folded(u)
	if err != nil {
		return err
	}
	in, n := u.In[0].Range, len(b)
	kernel, bias := make([]int8, len(w)), make([]int32, n)
	scales := make([]float64, n)
	var given []float32
	if z.given != nil {
		given = z.given.Scales[u.kernel()]
	}
	most := 0.0
	for j := range n {
		for i := j; i < len(w); i += n {
			scales[j] = math.Max(scales[j], math.Abs(w[i])/127)
		}
		if scales[j] == 0 {
			scales[j] = math.Max(math.Abs(b[j])/float64(in.Scale)/(mostSum/2), 1e-9)
		}
		scales[j] = float64(float32(scales[j]))
		if given != nil {
			scales[j] = float64(given[j])
		}
		for ; ; scales[j] *= 2 { // at most some times, where a bias is far above the weights
			sum, size := 0.0, 0.0
			for i := j; i < len(w); i += n {
				k := math.RoundToEven(w[i] / scales[j])
				if k < math.MinInt8 || k > math.MaxInt8 {
					return fmt.Errorf("layer %q: a weight of its channel %d is %g times its scale of %g, but 8 bits hold -128 to 127",
						u.Name, j, k, scales[j])
				}
				kernel[i] = int8(k)
				sum, size = sum+k, size+math.Abs(k)
			}
			c := math.RoundToEven(b[j]/z.step(in, scales[j])) - float64(in.Zero)*sum
			if bias[j] = int32(math.Max(-mostSum, math.Min(c, mostSum))); math.Abs(c)+128*size < mostSum {
				break
			}
			if given != nil {
				return fmt.Errorf("layer %q: the sums of its channel %d reach %g, but at most 2³⁰ are computed with",
					u.Name, j, math.Abs(c)+128*size)
			}
		}
		most = math.Max(most, float64(in.Scale)*scales[j])
	}
	z.all[u.Params[0]], z.all[u.Params[1]] = Array{Int8: kernel}, Array{Int32: bias}
	if !u.Integer() {
		scale := make([]float32, n)
		for j := range scale {
			scale[j] = float32(float64(in.Scale) * scales[j])
		}
		z.all[u.Params[2]] = Array{Float: scale}
		if u.Kind != Dense {
			z.all[u.Params[3]] = Array{Int32: []int32{in.Zero}}
		}
		return nil
	}
	if err := z.settle(u.Range, most*(1+1e-6)); err != nil {
		return err
	}
	out := u.Range
	multiplier, shift := make([]int32, n), make([]int32, n)
	for j := range n {
		multiplier[j], shift[j] = fixedPoint(float64(in.Scale) * scales[j] / float64(out.Scale))
	}
	z.all[u.Params[2]], z.all[u.Params[3]] = Array{Int32: multiplier}, Array{Int32: shift}
	z.all[u.Params[4]] = Array{Int32: []int32{in.Zero, out.Zero, bound(u.Low, out), bound(u.High, out)}}
	return nil
}

// step returns the unit of the bias of a channel. Tools that write it as integers have it in float32.
func (z *quantizer) step(in *Range, scale float64) float64 {
	s := float64(in.Scale) * scale
	if z.given != nil {
		return float64(float32(s))
	}
	return s
}

// bound returns a bound of a rectifier as a quantised number.
func bound(v float64, r *Range) int32 {
	return int32(clampInt8(math.RoundToEven(v/float64(r.Scale)) + float64(r.Zero)))
}

// fixedPoint is fixedPointOf for a factor below 1, whose shift is at least 31.
func fixedPoint(factor float64) (multiplier, shift int32) {
	multiplier, shift = fixedPointOf(factor)
	if shift < 31 {
		panic(fmt.Sprintf("BUG: factor %v is not below 1", factor))
	}
	return multiplier, shift
}

// fixedPointOf returns a factor from 0 to below 2³⁰ as multiplier/2^shift, with multiplier in [2³⁰, 2³¹) and shift in
// [1, 62]; 0 for one below 2⁻³².
func fixedPointOf(factor float64) (multiplier, shift int32) {
	if factor == 0 {
		return 0, 31
	}
	frac, exp := math.Frexp(factor)
	m := math.RoundToEven(frac * (1 << 31))
	if m == 1<<31 {
		m, exp = m/2, exp+1
	}
	if exp < -31 {
		return 0, 31
	}
	return int32(m), int32(31 - exp)
}

// folded returns the weights and the bias of a product, with those of the norm behind it. Channels are the last axis.
func (z *quantizer) folded(u *Unit) (w, b []float64, err error) {
	ps, n := u.kernel().Params, u.channels()
	w = slices.Clone(z.weights[ps[0].Name])
	b = make([]float64, n)
	if len(ps) > 1 {
		copy(b, z.weights[ps[1].Name])
	}
	if u.norm != nil {
		get := func(i, j int) float64 { return z.weights[u.norm.Params[i].Name][j] }
		for j := range n {
			s := get(0, j) / math.Sqrt(get(3, j)+u.norm.Node.Float("epsilon"))
			for i := j; i < len(w); i += n {
				w[i] *= s
			}
			b[j] = (b[j]-get(2, j))*s + get(1, j)
		}
	}
	for i, v := range w {
		if v-v != 0 {
			return nil, nil, fmt.Errorf("layer %q: weight %d is %v: only finite weights can be quantised", u.Name, i, v)
		}
	}
	for j, v := range b {
		if v-v != 0 {
			return nil, nil, fmt.Errorf("layer %q: bias %d is %v: only finite weights can be quantised", u.Name, j, v)
		}
	}
	return w, b, nil
}

// sum settles an addition: see Add of package quant of the runtime.
func (z *quantizer) sum(u *Unit) error {
	a, b := u.In[0].Range, u.In[1].Range
	twice := 2 * math.Max(float64(a.Scale), float64(b.Scale))
	if err := z.settle(u.Range, twice/(1<<20)*(1+1e-6)); err != nil {
		return err
	}
	p := []int32{a.Zero, 0, 0, b.Zero, 0, 0, 0, 0, u.Range.Zero, -128, 127}
	p[1], p[2] = fixedPoint(float64(a.Scale) / twice)
	p[4], p[5] = fixedPoint(float64(b.Scale) / twice)
	p[6], p[7] = fixedPoint(twice / (1 << 20) / float64(u.Range.Scale))
	z.all[u.Params[0]] = Array{Int32: p}
	return nil
}
