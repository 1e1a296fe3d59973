package quant_test

import (
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/pass"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/runtime/conv"
	"github.com/nngen/nngen/runtime/pool"
	rt "github.com/nngen/nngen/runtime/quant"
	"github.com/nngen/nngen/runtime/vec"
	"github.com/nngen/nngen/spec"
)

// networks have among them every kind of unit, and sizes around those of panels and blocks of the kernels.
var networks = map[string]string{
	"dense": `
input: {shape: [13]}
preprocess: [{rescale: {scale: 0.5, offset: 0.25}}]
layers:
  - dense: {units: 33, activation: relu}
  - dropout: 0.5
  - dense: {units: 7, activation: tanh}
  - dense: {units: 40, use_bias: false}
  - relu6
  - output: {task: multiclass, units: 3}`,
	"wide": `
input: {shape: [257]}
layers:
  - dense: {units: 65, activation: sigmoid}
  - dense: {units: 1, activation: leaky_relu}
  - dense: {units: 300, activation: gelu}
  - output: {task: binary}`,
	"images": `
input: {shape: [9, 7, 3]}
layers:
  - conv2d: {filters: 5, kernel_size: 3, padding: same, activation: relu, name: a}
  - conv2d: {filters: 9, kernel_size: [2, 3], strides: [2, 1], use_bias: false}
  - batch_norm
  - relu6
  - depthwise_conv2d: {kernel_size: 3, padding: same, depth_multiplier: 2, dilation_rate: [2, 1]}
  - batch_norm
  - max_pool2d: {pool_size: 2, strides: 1}
  - average_pool2d: {pool_size: 2, padding: same}
  - conv2d: {filters: 40, kernel_size: 1, activation: silu}
  - global_average_pool2d
  - output: {task: multiclass, units: 11}`,
	"long patches": `
input: {shape: [3, 3, 501]}
layers:
  - conv2d: {filters: 6, kernel_size: 3, padding: same, activation: relu}
  - flatten
  - output: {task: regression, units: 2}`,
	"head of a convolution": `
input: {shape: [6, 5, 2]}
layers:
  - depthwise_conv2d: {kernel_size: 2}
  - conv2d: {filters: 3, kernel_size: 3, padding: same}
  - softmax: {name: s}
outputs: true`,
	"skips": `
input: {shape: [12]}
layers:
  - dense: {name: a, units: 12, activation: relu}
  - dense: {name: b, units: 12}
  - add: {from: [a, b]}
  - relu: {name: c}
  - concatenate: {from: [a, c, b]}
  - dense: {units: 5, activation: elu}
  - output: {task: regression}`,
	"sequences": `
input: {shape: [10, 4]}
layers:
  - conv1d: {filters: 6, kernel_size: 3, padding: causal, dilation_rate: 2, activation: relu}
  - max_pool1d: 2
  - depthwise_conv1d: {kernel_size: 2, activation: relu}
  - dense: {units: 9, activation: hard_swish}
  - flatten
  - output: {task: multiclass, units: 4}`,
	"lstm": `
input: {shape: [7, 3]}
layers:
  - lstm: {units: 9, return_sequences: true}
  - lstm: {units: 5, go_backwards: true, use_bias: false}
  - dense: {units: 4, activation: relu}
  - output: {task: regression}`,
	"gru": `
input: {shape: [6, 5]}
layers:
  - gru: {units: 17, return_sequences: true, go_backwards: true}
  - gru: {units: 3, return_sequences: true, reset_after: false}
  - gru: {units: 20, reset_after: false}
  - output: {task: multiclass, units: 4}`,
	"simple": `
input: {shape: [40, 2]}
layers:
  - simple_rnn: {units: 33, return_sequences: true}
  - simple_rnn: {units: 1}
  - output: {task: regression}`,
	"bidirectional": `
input: {shape: [9, 4]}
layers:
  - bidirectional: {layer: {lstm: {units: 6, return_sequences: true}}}
  - bidirectional: {layer: {gru: {units: 5}}, merge_mode: sum}
  - output: {task: binary}`,
	"masked": `
input: {name: words, shape: [8], tokens: {characters: abcdef}}
layers:
  - padding_mask: {name: mask, from: words}
  - embedding: {name: table, output_dim: 5, from: words, padding_idx: 0}
  - lstm: {name: first, units: 6, return_sequences: true, from: [table, mask]}
  - gru: {name: second, units: 4, from: [first, mask], go_backwards: true}
  - simple_rnn: {name: third, units: 3, from: [first, mask]}
  - concatenate: {from: [second, third]}
  - output: {task: multiclass, units: 3}`,
	"moves": `
input: {shape: [6, 4, 2]}
layers:
  - conv2d: {filters: 8, kernel_size: 1, activation: clip}
  - zero_padding2d: {padding: [[1, 0], [2, 1]]}
  - cropping2d: {cropping: [[0, 1], [1, 0]]}
  - up_sampling2d: {size: 2}
  - depth_to_space: {block_size: 2}
  - space_to_depth: {block_size: 4}
  - permute: {dims: [2, 3, 1]}
  - slice: {start: 1, size: 3}
  - thresholded_relu: {theta: 0.2}
  - flatten
  - output: {task: multiclass, units: 4}`,
	"moves of sequences": `
input: {shape: [8, 3]}
layers:
  - conv1d: {filters: 5, kernel_size: 2, activation: elu}
  - cropping1d: {cropping: [6, 0]}
  - zero_padding1d: {padding: [0, 2]}
  - up_sampling1d: {size: 2}
  - dense: {units: 3}
  - flatten
  - dense: {units: 5, activation: relu}
  - repeat_vector: {n: 3}
  - gru: {units: 4}
  - output: {task: binary}`,
	"two inputs": `
inputs: [{name: p, shape: [5]}, {name: q, shape: [3]}]
layers:
  - dense: {name: a, units: 8, from: p, activation: relu}
  - dense: {name: b, units: 6, from: q, activation: relu}
  - concatenate: {from: [a, b]}
  - output: {task: binary}`,
}

// build returns a network of the table with random weights.
func build(t testing.TB, text string, skip ...string) (*quant.Network, *ref.Network) {
	t.Helper()
	if head, ok := strings.CutSuffix(text, "\noutputs: true"); ok {
		text = strings.Replace(head, "- softmax: {name: s}", "- output: {dense: false, task: multiclass}", 1)
	}
	s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m"+text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	for _, p := range network.Params {
		p.Ident = spec.Ident(p.Name)
	}
	q, problems := quant.Divide(network, skip)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	n := ref.New(network, 7)
	r := rand.New(rand.NewSource(3))
	for _, p := range network.Params {
		for i := range n.Params[p] {
			switch {
			case p.Role == ir.Trained && len(p.Shape) == 1, p.Role == ir.Running:
				n.Params[p][i] += r.Float64() // biases are not 0, and variances above it
			}
			n.Params[p][i] = float64(float32(n.Params[p][i]))
		}
	}
	return q, n
}

// batch draws examples.
func batch(n *ref.Network, rows int, seed int64) ref.Batch {
	r := rand.New(rand.NewSource(seed))
	b := ref.Batch{N: rows}
	for _, in := range n.Net.Inputs {
		x := make([]float64, rows*in.Shape.Size())
		for i := range x {
			if x[i] = float64(float32(4*r.Float64() - 1.5)); in.Vocabulary != nil {
				x[i] = float64(r.Intn(in.Vocabulary.Size()))
			}
		}
		b.Inputs = append(b.Inputs, x)
	}
	return b
}

// quantized calibrates a network on some examples.
func quantized(t testing.TB, q *quant.Network, n *ref.Network, b ref.Batch) quant.Numbers {
	t.Helper()
	observed, ranges, weights := map[*op.Layer]*quant.Observed{}, map[*op.Layer][2]float64{}, map[string][]float32{}
	pass := n.Forward(b, false, 0)
	q.Observe(observed, pass.Values, pass.States)
	for l, o := range observed {
		low, high := o.Range(quant.MinMax, 0)
		ranges[l] = [2]float64{low, high}
	}
	for p, x := range n.Params {
		for _, v := range x {
			weights[p.Name] = append(weights[p.Name], float32(v))
		}
	}
	all, err := q.Quantize(weights, ranges)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestThePlanComputesTheReference runs the plan of each network, call by call, and holds every int8 number against the
// reference in whole numbers, and what is float32 within roundings.
func TestThePlanComputesTheReference(t *testing.T) {
	for name, text := range networks {
		t.Run(name, func(t *testing.T) {
			q, n := build(t, text)
			all := quantized(t, q, n, batch(n, 64, 1))
			b := batch(n, 5, 2)
			want := q.Reference(all, b.N, b.Inputs, nil)
			g := q.Lower()
			pass.Run(g, pass.Inference, pass.Options{Plain: true})
			for _, p := range append(g.Params, q.Params...) {
				p.Ident = spec.Ident(p.Name)
			}
			pass.Run(g, pass.Forward, pass.Options{Plain: true})
			graphs := plan.Graphs{Infer: g}
			for _, in := range n.Net.Inputs {
				graphs.Inputs = append(graphs.Inputs, in.Name)
			}
			for _, o := range n.Net.Outputs {
				graphs.Outputs = append(graphs.Outputs, o.Name)
			}
			p := plan.Build(graphs)
			m := &machine{t: t, q: q, all: all, geometries: p.Geometries, n: b.N, slots: map[*ir.Slot]any{},
				outputs: map[int][]float32{}}
			for _, x := range b.Inputs {
				in := make([]float32, len(x))
				for i, v := range x {
					in[i] = float32(v)
				}
				m.inputs = append(m.inputs, in)
			}
			p.Batch.Visit(m.do)
			labels := map[string]*ir.Value{}
			for _, node := range g.Nodes {
				for _, r := range node.Results {
					labels[r.Label] = r
				}
			}
			compared := 0
			for _, u := range q.Units {
				v := labels[u.Name]
				if u.Kind == quant.ToInt8 {
					v = labels[u.Name+", int8"]
				}
				if !u.Integer() || v == nil || v.Place == ir.InView {
					continue
				}
				span, ok := p.Batch.Stored(v)
				if !ok {
					t.Fatalf("%s is not stored", u.Name)
				}
				for i, got := range m.int8s(span) {
					if int64(got) != want[u].Ints[i] {
						t.Fatalf("%s %s: number %d is %d, want %d", u.Kind, u.Name, i, got, want[u].Ints[i])
					}
				}
				compared++
			}
			if compared < 2 {
				t.Errorf("%d values were compared", compared)
			}
			for k, y := range q.Outputs(want) {
				for i, w := range y {
					if d := math.Abs(float64(m.outputs[k][i]) - w); !(d <= 1e-5*(1+math.Abs(w))) {
						t.Errorf("output %d[%d] is %v, want %v", k, i, m.outputs[k][i], w)
					}
				}
			}
			own := q.Apart(all, b.N, n.Forward(b, false, 0).Values)
			if len(own) == 0 {
				t.Error("no layer was looked at by itself")
			}
		})
	}
}

// TestStatesOfRecurrentLayersAreNamed divides a network whose states go from one layer to another: the layers are
// named, and stay in float32 if they are skipped.
func TestStatesOfRecurrentLayersAreNamed(t *testing.T) {
	text := "version: 1\nname: m\ninput: {shape: [6, 4]}\nlayers:\n" +
		"  - lstm: {name: reads, units: 5, return_sequences: true, return_state: true}\n" +
		"  - lstm: {name: writes, units: 5, initial_state: [reads.h, reads.c]}\n  - dense: {units: 8}\n" +
		"  - output: {task: binary}\n"
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	_, problems = quant.Divide(network, nil)
	got := fmt.Sprint(problems)
	for _, want := range []string{`layer "reads": lstm with a state that others read or give has no form in 8-bit integers`,
		`layer "writes": lstm with a state`} {
		if !strings.Contains(got, want) {
			t.Errorf("the errors\n%s\nlack %q", got, want)
		}
	}
	q, problems := quant.Divide(network, []string{"reads", "writes"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	for _, u := range q.Units {
		if u.Kind.Recurrent() {
			t.Errorf("%s is quantised", u.Name)
		}
	}
	q.Lower()
}

// TestRangesOfRecurrentLayersHoldTheirStates has the ranges of a training that saw the last step alone.
func TestRangesOfRecurrentLayersHoldTheirStates(t *testing.T) {
	text := "version: 1\nname: m\ninput: {shape: [6, 4]}\nlayers:\n  - lstm: {name: r, units: 5}\n" +
		"  - dense: {name: d, units: 8}\n  - output: {task: binary}\nquantize: {aware: true}\n"
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	q, problems := quant.Divide(network, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	for _, l := range network.Layers {
		want, known := map[string][2]float64{"r": {-0.9, 0.5}, "d": {-0.25, 0.5}}[l.Name]
		got := q.Trained(l, [2]float64{-0.25, 0.5}, [2]float64{-0.9, 0.25})
		if known && got != want {
			t.Errorf("layer %s: the range is %v, want %v", l.Name, got, want)
		}
	}
}

// TestRangesLieWithinWhatLayersCompute bounds ranges of layers that have bounds.
func TestRangesLieWithinWhatLayersCompute(t *testing.T) {
	q, n := build(t, networks["dense"])
	r, m := build(t, networks["lstm"])
	seen := map[string]bool{}
	for _, c := range []struct {
		q *quant.Network
		n *ref.Network
	}{{q, n}, {r, m}} {
		for _, l := range c.n.Net.Layers {
			low, high := c.q.Within(l, -9, 9)
			want, ok := map[string][2]float64{"tanh": {-1, 1}, "lstm": {-1, 1}, "relu6": {0, 6}}[l.Def.Kind.Name]
			if !ok {
				want = [2]float64{-9, 9}
			}
			seen[l.Def.Kind.Name] = ok
			if low != want[0] || high != want[1] {
				t.Errorf("%s: the range is %v to %v, want %v", l.Name, low, high, want)
			}
		}
	}
	if !seen["tanh"] || !seen["lstm"] || !seen["relu6"] || seen["dense"] {
		t.Errorf("kinds with bounds: %v", seen)
	}
}

// TestRangesOfPicturesAreThoseOfBytes behind each preprocessing, and of no layer beyond.
func TestRangesOfPicturesAreThoseOfBytes(t *testing.T) {
	for preprocess, want := range map[string][2]float64{
		"": {0, 255}, "preprocess: [{rescale: {scale: 2, offset: -10}}]\n": {-10, 500},
		"preprocess: [{rescale: {scale: 2}}, {rescale: {scale: -1, offset: 10}}]\n": {-500, 10},
		"preprocess: [standardize]\n": {(0 - 100) * 0.5, (255 - 100) * 0.5},
	} {
		q, n := build(t, "\ninput: {name: x, shape: [1, 2, 1]}\n"+preprocess+"layers:\n  - flatten: {name: f}\n"+
			"  - dense: {name: d, units: 8}\n  - output: {task: binary}\n")
		for _, l := range net.Preprocessing(q.Net, q.Net.Inputs[0]) {
			for i, fitted := range [][]float64{{100, 40}, {0.5, 0.25}} {
				if l.Params[i].Values == nil {
					n.Params[l.Params[i]] = fitted
				}
			}
		}
		rounded := false
		for _, l := range q.Net.Layers {
			low, high, ok := q.Pixels(l, n.Params)
			switch {
			case l.Name == "d" && ok:
				t.Errorf("%q: the dense layer is told to read pixels", preprocess)
			case q.Rounds(l):
				rounded = true
				if !ok || low != want[0] || high != want[1] {
					t.Errorf("%q: %s has %v to %v, %t, want %v", preprocess, l.Name, low, high, ok, want)
				}
			}
		}
		if !rounded {
			t.Errorf("%q: nothing is rounded", preprocess)
		}
	}
}

// machine runs the calls of a plan.
type machine struct {
	t   *testing.T
	q   *quant.Network
	all quant.Numbers
	n   int
	// geometries are those of the plan.
	geometries []*plan.Geometry
	slots      map[*ir.Slot]any
	inputs     [][]float32
	outputs    map[int][]float32
}

// memory returns the array of a range.
func (m *machine) memory(s plan.Span) any {
	switch s.Mem {
	case plan.Input:
		return m.inputs[s.Port]
	case plan.Output:
		if m.outputs[s.Port] == nil {
			m.outputs[s.Port] = make([]float32, m.n*m.q.Net.Outputs[s.Port].Layer.Shape.Size())
		}
		return m.outputs[s.Port]
	case plan.Slot:
		if m.slots[s.Slot] == nil {
			if n := m.n * s.Slot.Size; s.Slot.DType == ir.Int8 {
				m.slots[s.Slot] = make([]int8, n)
			} else {
				m.slots[s.Slot] = make([]float32, n)
			}
		}
		return m.slots[s.Slot]
	case plan.Parameter:
		a := m.all[s.Param.Param]
		switch {
		case s.Param.Layout.Order == plan.QuantPanels:
			packed := make([]int8, s.Param.Len())
			l := s.Param.Layout
			rt.Pack(l.Runs, l.K/l.Runs, l.N, a.Int8, packed)
			return packed
		case a.Int8 != nil:
			return a.Int8
		case a.Int32 != nil:
			return a.Int32
		}
		return a.Float
	}
	m.t.Fatalf("memory %v", s.Mem)
	return nil
}

func cut[T any](m *machine, s plan.Span, x []T) []T {
	if s.Len < 0 {
		return x
	}
	return x[s.From : m.n*s.Len]
}

func (m *machine) int8s(a plan.Arg) []int8 {
	return cut(m, a.(plan.Span), m.memory(a.(plan.Span)).([]int8))
}
func (m *machine) int32s(a plan.Arg) []int32 { return m.memory(a.(plan.Span)).([]int32) }
func (m *machine) floats(a plan.Arg) []float32 {
	return cut(m, a.(plan.Span), m.memory(a.(plan.Span)).([]float32))
}

func (m *machine) int(a plan.Arg) int {
	if c, ok := a.(plan.Count); ok {
		return m.n * int(c)
	}
	return int(a.(plan.Int))
}

func (m *machine) rescale(a plan.Arg) rt.Rescale {
	f := a.(plan.Struct).Fields
	return rt.Rescale{Bias: m.int32s(f[0].Arg), Multiplier: m.int32s(f[1].Arg),
		Shift: m.int32s(f[2].Arg), Range: m.int32s(f[3].Arg)}
}

func (m *machine) gates(a plan.Arg) rt.Gates {
	f := a.(plan.Struct).Fields
	return rt.Gates{Bias: m.int32s(f[0].Arg), Multiplier: m.int32s(f[1].Arg), Shift: m.int32s(f[2].Arg),
		State: m.int32s(f[3].Arg)}
}

func (m *machine) steps(a plan.Arg) (s rt.Steps) {
	for _, f := range a.(plan.Struct).Fields {
		switch v := f.Arg.(type) {
		case plan.Int:
			*map[string]*int{"T": &s.T, "F": &s.F, "U": &s.U}[f.Name] = int(v)
		case plan.Flag:
			*map[string]*bool{"Reverse": &s.Reverse, "All": &s.All}[f.Name] = bool(v)
		}
	}
	return s
}

func (m *machine) geometry(a plan.Arg) *conv.Geometry {
	for _, g := range m.geometries {
		if g.Name == a.(plan.Var).Name {
			return &conv.Geometry{H: g.H, W: g.W, C: g.C, OH: g.OH, OW: g.OW, OC: g.OC, FH: g.FH, FW: g.FW, SH: g.SH, SW: g.SW,
				PT: g.PT, PL: g.PL, DH: g.DH, DW: g.DW, Groups: g.Groups}
		}
	}
	m.t.Fatalf("no geometry %v", a)
	return nil
}

func (m *machine) window(a plan.Arg) (w pool.Window) {
	fields := map[string]*int{"H": &w.H, "W": &w.W, "C": &w.C, "OH": &w.OH, "OW": &w.OW, "FH": &w.FH, "FW": &w.FW,
		"SH": &w.SH, "SW": &w.SW, "PT": &w.PT, "PL": &w.PL}
	for _, f := range a.(plan.Struct).Fields {
		*fields[f.Name] = int(f.Arg.(plan.Int))
	}
	return w
}

func (m *machine) border(a plan.Arg) (b pool.Border) {
	fields := map[string]*int{"H": &b.H, "W": &b.W, "C": &b.C, "Top": &b.Top, "Bottom": &b.Bottom, "Left": &b.Left,
		"Right": &b.Right}
	for _, f := range a.(plan.Struct).Fields {
		*fields[f.Name] = int(f.Arg.(plan.Int))
	}
	return b
}

func (m *machine) scale(a plan.Arg) (s pool.Scale) {
	fields := map[string]*int{"H": &s.H, "W": &s.W, "C": &s.C, "FH": &s.FH, "FW": &s.FW}
	for _, f := range a.(plan.Struct).Fields {
		*fields[f.Name] = int(f.Arg.(plan.Int))
	}
	return s
}

// do runs a statement.
func (m *machine) do(s plan.Stmt) {
	c := s.(plan.Call)
	a := c.Args
	switch c.Pkg + "." + c.Name {
	case "quant.Quantize":
		rt.Quantize(m.int8s(a[0]), m.floats(a[1]), m.floats(a[2]), m.int32s(a[3]))
	case "quant.Dequantize":
		rt.Dequantize(m.floats(a[0]), m.int8s(a[1]), m.floats(a[2]), m.int32s(a[3]))
	case "quant.Dense":
		rt.Dense(m.int(a[0]), m.int(a[1]), m.int(a[2]), m.int8s(a[3]), m.int8s(a[4]), m.int8s(a[5]), m.rescale(a[6]))
	case "quant.DenseFloat":
		rt.DenseFloat(m.int(a[0]), m.int(a[1]), m.int(a[2]), m.floats(a[3]), m.int8s(a[4]), m.int8s(a[5]),
			m.int32s(a[6]), m.floats(a[7]))
	case "quant.Conv":
		rt.Conv(m.int(a[0]), m.geometry(a[1]), m.int8s(a[2]), m.int8s(a[3]), m.int8s(a[4]), m.rescale(a[5]))
	case "quant.ConvFloat":
		rt.ConvFloat(m.int(a[0]), m.geometry(a[1]), m.floats(a[2]), m.int8s(a[3]), m.int8s(a[4]), m.int32s(a[5]),
			m.floats(a[6]), m.int32s(a[7]))
	case "quant.Depthwise":
		rt.Depthwise(m.int(a[0]), m.geometry(a[1]), m.int8s(a[2]), m.int8s(a[3]), m.int8s(a[4]), m.rescale(a[5]))
	case "quant.Max":
		rt.Max(m.int(a[0]), m.window(a[1]), m.int8s(a[2]), m.int8s(a[3]))
	case "quant.Average":
		rt.Average(m.int(a[0]), m.window(a[1]), m.int8s(a[2]), m.int8s(a[3]))
	case "quant.Pad":
		rt.Pad(m.int(a[0]), m.border(a[1]), m.int8s(a[2]), m.int8s(a[3]), m.int32s(a[4]))
	case "quant.Crop":
		rt.Crop(m.int(a[0]), m.border(a[1]), m.int8s(a[2]), m.int8s(a[3]))
	case "quant.Nearest":
		rt.Nearest(m.int(a[0]), m.scale(a[1]), m.int8s(a[2]), m.int8s(a[3]))
	case "quant.Transpose":
		rt.Transpose(m.int(a[0]), a[1].(plan.Ints), a[2].(plan.Ints), m.int8s(a[3]), m.int8s(a[4]))
	case "quant.Add":
		rt.Add(m.int8s(a[0]), m.int8s(a[1]), m.int8s(a[2]), m.int32s(a[3]))
	case "quant.LSTM", "quant.GRU", "quant.GRUBefore", "quant.Simple":
		f := map[string]func(int, rt.Steps, []int8, []int8, []float32, []int8, []int8, rt.Gates){"LSTM": rt.LSTM,
			"GRU": rt.GRU, "GRUBefore": rt.GRUBefore, "Simple": rt.Simple}[c.Name]
		var mask []float32
		if _, none := a[4].(plan.Nil); !none {
			mask = m.floats(a[4])
		}
		f(m.int(a[0]), m.steps(a[1]), m.int8s(a[2]), m.int8s(a[3]), mask, m.int8s(a[5]), m.int8s(a[6]), m.gates(a[7]))
	case "quant.Rows":
		rt.Rows(m.int(a[0]), m.int(a[1]), m.int(a[2]), m.int8s(a[3]), m.floats(a[4]), m.int8s(a[5]))
	case "quant.Lookup":
		rt.Lookup(m.int8s(a[0]), m.int8s(a[1]), m.int8s(a[2]))
	case "quant.Columns":
		rt.Columns(m.int(a[0]), m.int(a[1]), m.int(a[2]), m.int8s(a[3]), m.int(a[4]), m.int8s(a[5]), m.int8s(a[6]))
	case "vec.Affine":
		vec.Affine(m.int(a[0]), m.int(a[1]), m.floats(a[2]), m.floats(a[3]), m.floats(a[4]), m.floats(a[5]))
	case "vec.Step":
		vec.Step(m.floats(a[0]), m.floats(a[1]))
	case "vec.Softmax":
		vec.Softmax(m.int(a[0]), m.int(a[1]), m.floats(a[2]), m.floats(a[3]))
	case "vec.Sigmoid":
		vec.Sigmoid(m.floats(a[0]), m.floats(a[1]))
	case "pool.Average":
		pool.Average(m.int(a[0]), m.window(a[1]), m.floats(a[2]), m.floats(a[3]))
	default:
		m.t.Fatalf("a call of %s.%s", c.Pkg, c.Name)
	}
}

// TestQuantisationIsCloseToFloat holds the outputs in 8-bit integers against those in float64: where nothing is wrong
// but roundings, the noise is some forty decibels below the signal.
func TestQuantisationIsCloseToFloat(t *testing.T) {
	for name, text := range networks {
		t.Run(name, func(t *testing.T) {
			q, n := build(t, text)
			b := batch(n, 64, 1)
			all := quantized(t, q, n, b)
			pass := n.Forward(b, false, 0)
			values := q.Reference(all, b.N, b.Inputs, nil)
			for _, u := range q.Units {
				if !u.Reported() {
					continue
				}
				signal, noise := 0.0, 0.0
				for i, w := range pass.Values[u.Last()].Data {
					d := u.Real(values[u], i) - w
					signal, noise = signal+w*w, noise+d*d
				}
				if db := 10 * math.Log10(signal/noise); !(db > 20) {
					t.Errorf("%s %s: %.1f dB, want 20", u.Kind, u.Name, db)
				}
			}
		})
	}
}

// TestTheHintNamesLayersOfBlocks divides a network with blocks of which some layers have no form in integers, and again
// without what the hint names: all others are integers. The name of a block stands for all its layers.
func TestTheHintNamesLayersOfBlocks(t *testing.T) {
	text := "version: 1\nname: m\ninput: {shape: [6, 4]}\nblocks:\n  pair: [layer_norm, dense: {units: 4}, rms_norm]\n" +
		"layers:\n  - dense: {units: 4}\n  - pair: {name: block, repeat: 2}\n  - layer_norm\n  - output: {task: binary}\n"
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	skip := []string{"block.1.layer_norm1", "block.1", "block.2.layer_norm1", "block", "layer_norm1"}
	_, problems = quant.Divide(network, nil)
	for _, p := range problems {
		want := "write quantize: {skip: [" + strings.Join(skip, ", ") + "]} to leave what has none in float32"
		if p.Hint != want {
			t.Errorf("the hint is %q, want %q", p.Hint, want)
		}
	}
	if len(problems) != 5 {
		t.Errorf("%d errors, want 5", len(problems))
	}
	if _, problems = quant.Divide(network, skip); problems.Err() != nil {
		t.Error(problems)
	}
}

// TestUnsupportedLayersAreNamedAtOnce divides a network whose layers have no form in integers: each is named, with the
// hint to skip it, and with that it is divided.
func TestUnsupportedLayersAreNamedAtOnce(t *testing.T) {
	text := "version: 1\nname: m\ninput: {shape: [6, 4]}\nlayers:\n" +
		"  - multi_head_attention: {name: remember, num_heads: 2, key_dim: 2}\n  - flatten\n  - dense: {units: 8}\n" +
		"  - layer_norm: {name: even}\n" +
		"  - dense: {units: 8, activation: relu}\n  - batch_norm: {name: late}\n  - dense: {units: 8}\n" +
		"  - output: {task: binary}\n"
	s, problems := spec.Parse("m.yaml", []byte(text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	_, problems = quant.Divide(network, nil)
	got := fmt.Sprint(problems)
	for _, want := range []string{`m.yaml:5:`, `layer "remember": multi_head_attention has no form in 8-bit integers`,
		`m.yaml:8:`,
		`layer "even": layer_norm has no form`,
		`layer "late": batch_norm that is not right behind a product, into which it would be folded, has no form`} {
		if !strings.Contains(got, want) {
			t.Errorf("the errors\n%s\nlack %q", got, want)
		}
	}
	q, problems := quant.Divide(network, []string{"remember", "even", "late"})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	products := 0
	for _, u := range q.Units {
		if u.Kind == quant.Dense {
			products++
		}
	}
	if products != 4 {
		t.Errorf("%d dense layers are quantised, want 4", products)
	}
	if _, problems = quant.Divide(network, []string{"remember", "even", "late", "dense1", "dense2",
		"dense3", "output1"}); problems.Err() == nil {
		t.Error("a network without a product in integers is no error")
	}
}
