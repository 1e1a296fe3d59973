package bounds

import (
	"math"
	"math/rand/v2"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
)

// Direction says how an output depends on one element of the inputs over a box.
type Direction string

// The directions. A network that rises never falls, but may stay level.
const (
	Rises     Direction = "rises"
	Falls     Direction = "falls"
	Level     Direction = "level"
	Both      Direction = "rises and falls" // there are points where it rises, and others where it falls
	Undecided Direction = "undecided"
)

// mostBoxes bounds the boxes that a question is cut into.
const mostBoxes = 1 << 10

// Monotone tells how element j of an output depends on element i of input k over a box: by ranges of the derivative, in
// boxes that are halved along their widest side, relative to the whole, where the sign is open; and by points whose
// derivatives have both signs. A slope of less than 10⁻¹² of the largest counts as none.
func Monotone(network *net.Net, params map[string][]float32, inputs [][]Interval, output, j, k,
	i int) (Direction, error) {
	probe := &ref.Network{Net: network, Params: map[*ir.Param][]float64{}}
	for _, q := range network.Params {
		for _, v := range params[q.Name] {
			probe.Params[q] = append(probe.Params[q], float64(v))
		}
	}
	up, down := false, false
	r := rand.New(rand.NewPCG(1, 1))
	for range 256 {
		b := ref.Batch{N: 1}
		for _, in := range inputs {
			x := make([]float64, len(in))
			for e, v := range in {
				x[e] = v.Lo + r.Float64()*(v.Hi-v.Lo)
			}
			b.Inputs = append(b.Inputs, x)
		}
		pass := probe.Forward(b, false, 0)
		o := network.Outputs[output].Layer
		seed := make([]float64, o.Shape.Size())
		seed[j] = 1
		if g := probe.InputGradients(pass, map[*op.Layer][]float64{o: seed})[k]; g != nil {
			up, down = up || g[i] > 0, down || g[i] < 0
		}
	}
	if up && down {
		return Both, nil
	}
	least, most := math.Inf(1), math.Inf(-1)
	queue := [][][]Interval{inputs}
	for at := 0; at < len(queue); at++ {
		a, err := Analyze(network, params, queue[at], false)
		if err != nil {
			return "", err
		}
		d, ok := a.slope(output, j, k, i)
		if !ok {
			return Undecided, nil
		}
		open := d.Lo < 0 && d.Hi > 0 || down && d.Hi > 0 || up && d.Lo < 0
		if !open {
			least, most = math.Min(least, d.Lo), math.Max(most, d.Hi)
			continue
		}
		left, right, ok := halve(queue[at], inputs)
		if !ok || len(queue)+2 > mostBoxes {
			return Undecided, nil
		}
		queue = append(queue, left, right)
	}
	switch {
	case least == 0 && most == 0:
		return Level, nil
	case least >= 0:
		return Rises, nil
	case most <= 0:
		return Falls, nil
	}
	return Undecided, nil
}

// halve cuts a box in the middle of the side that is widest in parts of the whole.
func halve(b, whole [][]Interval) (left, right [][]Interval, ok bool) {
	k0, i0, widest := 0, 0, 0.0
	for k := range b {
		for i, v := range b[k] {
			if w := whole[k][i].Hi - whole[k][i].Lo; w > 0 && (v.Hi-v.Lo)/w > widest {
				k0, i0, widest = k, i, (v.Hi-v.Lo)/w
			}
		}
	}
	if widest < 1e-6 {
		return nil, nil, false
	}
	for k := range b {
		left, right = append(left, append([]Interval{}, b[k]...)), append(right, append([]Interval{}, b[k]...))
	}
	mid := b[k0][i0].Lo/2 + b[k0][i0].Hi/2
	left[k0][i0].Hi, right[k0][i0].Lo = mid, mid
	return left, right, true
}

// slope returns a range of the derivative of element j of an output for element i of input k; not ok where a kind has
// no range of its derivative.
func (a *Analysis) slope(output, j, k, i int) (Interval, bool) {
	o := a.net.Outputs[output].Layer
	mids, rads := map[*op.Layer][]float64{}, map[*op.Layer][]float64{}
	mids[o], rads[o] = make([]float64, o.Shape.Size()), make([]float64, o.Shape.Size())
	mids[o][j] = 1
	for at := len(a.net.Layers) - 1; at >= 0; at-- {
		l := a.net.Layers[at]
		if mids[l] == nil || len(l.In) == 0 {
			continue
		}
		add := func(in *op.Layer, mid, rad []float64) {
			if mids[in] == nil {
				mids[in], rads[in] = make([]float64, len(mid)), make([]float64, len(mid))
			}
			for e := range mid {
				mids[in][e] += mid[e]
				rads[in][e] += rad[e]
			}
		}
		switch r := ruleOf(l); {
		case r.form == affine || r.form == distance:
			mid, rad := a.transpose(l, mids[l], 1, false), a.transpose(l, rads[l], 1, true)
			for e, in := range l.In {
				add(in, mid[e], magnitude(rad[e]))
			}
		case r.bends || l.Def.Kind.Name == "leaky_relu":
			x := a.boxes[l.In[0]]
			mid, rad := make([]float64, len(x.lo)), make([]float64, len(x.lo))
			for e := range mid {
				d := derivative(l, x.lo[e], x.hi[e])
				lo, hi := mids[l][e]-rads[l][e], mids[l][e]+rads[l][e]
				p := []float64{lo * d.Lo, lo * d.Hi, hi * d.Lo, hi * d.Hi}
				least, most := math.Min(math.Min(p[0], p[1]), math.Min(p[2], p[3])),
					math.Max(math.Max(p[0], p[1]), math.Max(p[2], p[3]))
				mid[e], rad[e] = least/2+most/2, most/2-least/2
			}
			add(l.In[0], mid, rad)
		default:
			return Interval{}, false
		}
	}
	in := a.net.Inputs[k]
	if mids[in] == nil {
		return Interval{}, true
	}
	d := Interval{mids[in][i] - rads[in][i], mids[in][i] + rads[in][i]}
	nothing := negligible * (math.Abs(mids[in][i]) + rads[in][i])
	if math.Abs(d.Lo) <= nothing {
		d.Lo = 0
	}
	if math.Abs(d.Hi) <= nothing {
		d.Hi = 0
	}
	return d, true
}

// negligible is the part of the largest slope that counts as none: what float64 rounds of it, with room to spare.
const negligible = 1e-12

// derivative returns the range of the derivative of a function between lo and hi.
func derivative(l *op.Layer, lo, hi float64) Interval {
	switch l.Def.Kind.Name {
	case "relu", "leaky_relu":
		below := 0.0
		if l.Def.Kind.Name == "leaky_relu" {
			below = l.Node.Float("negative_slope")
		}
		switch {
		case lo > 0:
			return Interval{1, 1}
		case hi <= 0:
			return Interval{below, below}
		}
		return Interval{math.Min(below, 1), math.Max(below, 1)}
	}
	df := func(x float64) float64 { t := math.Tanh(x); return 1 - t*t }
	if l.Def.Kind.Name == "sigmoid" {
		df = func(x float64) float64 { return 1 / (2 + math.Exp(x) + math.Exp(-x)) }
	}
	d := Interval{math.Min(df(lo), df(hi)), math.Max(df(lo), df(hi))}
	if lo < 0 && hi > 0 {
		d.Hi = df(0)
	}
	return d
}
