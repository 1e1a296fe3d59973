package verify

import (
	"math"

	"github.com/nngen/nngen/codegen/emit"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/golden"
	"github.com/nngen/nngen/runtime/safetensors"
)

// goldenRows is the number of examples in golden vectors.
const goldenRows = 8

// disturbances is the number of disturbed evaluations that a bound is taken from, and margin the
// factor on the largest effect seen. It covers weights with a folded norm too: they are rounded a few times more than a
// chain of products is for each, see pass fold-norm.
const (
	disturbances = 12
	margin       = 4
)

// Golden returns the golden vectors that the self-tests of the generated packages read, by path below
// the folder of the inference package. The inference vectors are for weights, by name of the tensor;
// if that is nil, for the initial ones of the spec's seed, which the vectors then hold. Else they name the checksum of
// the weights' file.
//
// The bound of each number comes from evaluating the reference again with every layer's result, and
// gradient, off by as much as its own bound in random directions: four times the largest effect.
func Golden(network *net.Net, weights map[string][]float32, checksum string) (map[string][]byte, error) {
	seed := network.Spec.Training.Seed
	n := ref.New(network, seed)
	files := map[string][]byte{}
	if network.Spec.Generate.Train {
		b, err := trainVectors(n)
		if err != nil {
			return nil, err
		}
		files[network.Spec.Name+"train/"+emit.Golden] = b
	}
	b, err := inferVectors(n, weights, checksum)
	files[emit.Golden] = b
	return files, err
}

// vectors gathers tensors.
type vectors []safetensors.Tensor

func (v *vectors) add(name string, rows int, x []float64) {
	shape := []int{len(x)}
	if rows > 0 {
		shape = []int{rows, len(x) / rows}
	}
	data := make([]float32, len(x))
	for i := range x {
		data[i] = float32(x[i])
	}
	*v = append(*v, safetensors.Tensor{Name: name, Shape: shape, Data: data})
}

// expect adds what is wanted, and how far float32 may be from it: the largest change among others.
func (v *vectors) expect(name string, rows int, want []float64, others [][]float64) {
	v.add(name, rows, want)
	v.add("tol."+name, rows, tolerance(want, others))
}

// tolerance returns how far float32 may be from numbers that disturbed evaluations change to others.
func tolerance(want []float64, others [][]float64) []float64 {
	tol := make([]float64, len(want))
	for i, w := range want {
		for _, o := range others {
			tol[i] = math.Max(tol[i], math.Abs(o[i]-w))
		}
		tol[i] = margin*tol[i] + 4*u*math.Abs(w) + 0x1p-120
	}
	return tol
}

// round makes the parameters what float32 holds.
func round(n *ref.Network) {
	for _, x := range n.Params {
		for i, v := range x {
			x[i] = float64(float32(v))
		}
	}
}

// disturb sets up a network whose layers are off by their bounds.
func disturb(n *ref.Network, draw *source) {
	n.Disturb = func(x, bound []float64) {
		for i := range x {
			if draw.next() < 0.5 {
				x[i] += bound[i]
			} else {
				x[i] -= bound[i]
			}
		}
	}
}

// examples draws inputs such that they are about 1 in size after preprocessing.
func examples(n *ref.Network, rows int, draw *source) ref.Batch {
	b := ref.Batch{N: rows}
	for _, in := range n.Net.Inputs {
		size := in.Shape.Size()
		x := make([]float64, rows*size)
		center, scale := preprocessing(n, in)
		for i := range x {
			x[i] = float64(float32((2*draw.next()-1)/scale[i%len(scale)] + center[i%len(center)]))
			if tokens := n.Net.Tokens(in); tokens > 0 {
				x[i] = math.Floor(float64(tokens) * draw.next())
			}
		}
		b.Inputs = append(b.Inputs, x)
	}
	return b
}

// preprocessing returns the constants right behind an input; 0 and 1 if there are none.
func preprocessing(n *ref.Network, in *op.Layer) (center, scale []float64) {
	for _, l := range n.Net.Layers {
		if len(l.In) == 1 && l.In[0] == in && len(l.Params) == 2 && l.Params[0].Role == ir.Constant {
			return n.Params[l.Params[0]], n.Params[l.Params[1]]
		}
	}
	return []float64{0}, []float64{1}
}

func inferVectors(n *ref.Network, weights map[string][]float32, checksum string) ([]byte, error) {
	meta := map[string]string{"spec": n.Net.Spec.ModelSum()}
	var v vectors
	round(n)
	if weights != nil {
		meta["weights"] = checksum
		for _, p := range n.Net.Params {
			n.Params[p] = vector(weights[p.Name])
		}
	} else {
		for _, p := range n.Net.Params {
			v.add("w."+p.Name, 0, n.Params[p])
		}
	}
	draw := &source{seed: n.Net.Spec.Training.Seed}
	b := examples(n, goldenRows, draw)
	for i, in := range n.Net.Inputs {
		v.add("x."+in.Name, b.N, b.Inputs[i])
	}
	outputs := func() [][]float64 { return predictions(n, b) }
	want := outputs()
	others := disturbed(n, draw, outputs)
	for i, o := range n.Net.Outputs {
		v.expect("y."+o.Name, b.N, want[i], column(others, i))
	}
	return safetensors.Encode(meta, v)
}

// disturbed evaluates f several times with disturbed layers.
func disturbed(n *ref.Network, draw *source, f func() [][]float64) [][][]float64 {
	disturb(n, draw)
	defer func() { n.Disturb = nil }()
	var out [][][]float64
	for range disturbances {
		out = append(out, f())
	}
	return out
}

func column(xs [][][]float64, i int) [][]float64 {
	var out [][]float64
	for _, x := range xs {
		out = append(out, x[i])
	}
	return out
}

func trainVectors(n *ref.Network) ([]byte, error) {
	network := n.Net
	round(n)
	rows := network.Spec.Training.BatchSize
	if rows == 0 || rows > goldenRows {
		rows = goldenRows
	}
	draw := &source{seed: network.Spec.Training.Seed + 1}
	b := examples(n, rows, draw)
	var v vectors
	for i, in := range network.Inputs {
		v.add("x."+in.Name, rows, b.Inputs[i])
	}
	for _, o := range network.Outputs {
		t := vector(targets(o, rows, draw))
		b.Targets = append(b.Targets, t)
		v.add("t."+o.Name, rows, t)
	}
	saved := map[*ir.Param][]float64{}
	for p, x := range n.Params {
		saved[p] = append([]float64(nil), x...)
	}
	values := func() [][]float64 {
		for p, x := range saved { // running statistics move
			copy(n.Params[p], x)
		}
		pass := n.Forward(b, true, 0)
		out := [][]float64{{n.Loss(b, pass)}}
		grads := n.Backward(b, pass)
		for _, p := range network.Params {
			if p.Role == ir.Trained {
				out = append(out, sample(grads.Params[p]))
			}
		}
		return out
	}
	want := values()
	others := disturbed(n, draw, values)
	for p, x := range saved {
		copy(n.Params[p], x)
	}
	v.expect("loss", 0, want[0], column(others, 0))
	i := 0
	for _, p := range network.Params {
		if p.Role == ir.Trained {
			i++
			v.expect("d."+p.Name, 0, want[i], column(others, i))
		}
	}
	return safetensors.Encode(map[string]string{"spec": network.Spec.ModelSum()}, v)
}

// sample returns at most golden.SampleSize elements, evenly spread.
func sample(x []float64) []float64 {
	if len(x) <= golden.SampleSize {
		return x
	}
	out := make([]float64, golden.SampleSize)
	for i := range out {
		out[i] = x[i*(len(x)/golden.SampleSize)]
	}
	return out
}
