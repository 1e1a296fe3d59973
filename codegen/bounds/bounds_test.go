package bounds

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// network builds a network of layers with parameters around their initial values.
func network(t testing.TB, text string, seed uint64) (*net.Net, map[string][]float32) {
	t.Helper()
	s, problems := spec.Parse("m.yaml", []byte("version: 1\nname: m\n"+text), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems, text)
	}
	n, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems, text)
	}
	r := rand.New(rand.NewPCG(seed, 7))
	params := map[string][]float32{}
	for _, q := range n.Params {
		x := ref.Initial(q, seed)
		for i := range x {
			switch {
			case q.Role == ir.Running:
				x[i] = 0.5 + r.Float64()
			case q.Values == nil:
				x[i] += 0.4 * (r.Float64() - 0.5)
			}
			params[q.Name] = append(params[q.Name], float32(x[i]))
		}
	}
	return n, params
}

func reference(n *net.Net, params map[string][]float32) *ref.Network {
	r := &ref.Network{Net: n, Params: map[*ir.Param][]float64{}}
	for _, q := range n.Params {
		for _, v := range params[q.Name] {
			r.Params[q] = append(r.Params[q], float64(v))
		}
	}
	return r
}

// sample draws an example of a box, half of the elements at an end; tokens are whole.
func sample(n *net.Net, boxes [][]Interval, r *rand.Rand) ref.Batch {
	b := ref.Batch{N: 1}
	for k, in := range boxes {
		x := make([]float64, len(in))
		for i, v := range in {
			switch r.IntN(4) {
			case 0:
				x[i] = v.Lo
			case 1:
				x[i] = v.Hi
			default:
				x[i] = v.Lo + r.Float64()*(v.Hi-v.Lo)
			}
			if n.Tokens(n.Inputs[k]) > 0 {
				x[i] = math.Floor(x[i])
			}
		}
		b.Inputs = append(b.Inputs, x)
	}
	return b
}

var nets = []string{
	"input: {shape: [3]}\ntask: regression\nlayers:\n  - dense: {units: 6, activation: relu}\n" +
		"  - dense: {units: 5, activation: relu}\n  - output: {units: 2, standardize: false}\n",
	"input: {shape: [4]}\npreprocess: [standardize]\ntask: binary\nlayers:\n" +
		"  - dense: {name: a, units: 6, activation: tanh}\n  - dense: {name: b, units: 6, activation: sigmoid}\n" +
		"  - add: {from: [a, b]}\n  - output\n",
	"input: {shape: [4]}\ntask: multiclass\nclasses: 3\nlayers:\n  - dense: {units: 7, activation: relu}\n  - output\n",
	"input: {shape: [6, 6, 1]}\ntask: multiclass\nclasses: 3\nlayers:\n  - conv2d: {filters: 3, kernel_size: 3}\n" +
		"  - batch_norm\n  - relu\n  - max_pool2d\n  - flatten\n  - dense: {units: 4, activation: gelu}\n  - layer_norm\n" +
		"  - output\n",
	"input: {shape: [3]}\ntask: regression\nlayers:\n  - dense: {units: 6, activation: tanh}\n" +
		"  - output: {quantiles: [0.05, 0.5, 0.95]}\n",
	"input: {name: text, shape: [5], tokens: {characters: abc}}\ntask: regression\nlayers:\n" +
		"  - padding_mask: {name: mask, from: text}\n  - embedding: {name: words, from: text, output_dim: 3}\n" +
		"  - global_average_pool1d: {name: mean, from: [words, mask]}\n  - dense: {units: 4, activation: relu}\n" +
		"  - output: {standardize: false}\n",
}

// TestRangesHoldAllSamples draws 10⁵ examples of the boxes of networks, and a network around each kind with a rule.
func TestRangesHoldAllSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	hold := func(name, text string, samples int) {
		n, params := network(t, text, 3)
		boxes := Ranges(n, params)
		for _, tight := range []bool{false, true} {
			a, err := Analyze(n, params, boxes, tight)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				return
			}
			network := reference(n, params)
			for range samples {
				pass := network.Forward(sample(n, boxes, r), false, 0)
				for _, l := range n.Layers {
					for i, y := range pass.Values[l].Data {
						if b := a.boxes[l]; !(b.lo[i] <= y && y <= b.hi[i]) {
							t.Fatalf("%s: %s[%d] = %v outside of [%v, %v], tight: %v", name, l.Name, i, y, b.lo[i], b.hi[i], tight)
						}
					}
				}
			}
		}
	}
	for i, text := range nets {
		hold(fmt.Sprint("net ", i), text, 10_000) // 10⁵ in all: each network, with and without linear functions
	}
	for _, d := range op.All() {
		for i, c := range d.Cases {
			if text, ok := caseText(d, c); ok {
				n, _ := network(t, text, 3)
				if at := layer(n, "it"); at == nil || ruleOf(at).form != unknown {
					hold(fmt.Sprint(d.Kind.Name, " ", i), text, 50)
				}
			}
		}
	}
}

func layer(n *net.Net, name string) *op.Layer {
	for _, l := range n.Layers {
		if l.Name == name {
			return l
		}
	}
	return nil
}

// caseText is a network around a case of a kind.
func caseText(d *op.Def, c op.Case) (string, bool) {
	if d.Kind.Name == "time_distributed" || d.Kind.Name == "bidirectional" {
		return "", false
	}
	var b strings.Builder
	b.WriteString("task: regression\ninputs:\n")
	var inputs []string
	for i, s := range c.In {
		inputs = append(inputs, fmt.Sprintf("in%d", i))
		fmt.Fprintf(&b, "  - {name: in%d, shape: [%s]}\n", i, strings.ReplaceAll(s.String(), "×", ", "))
	}
	from, fronts := c.Fronts(inputs)
	fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out}\n", fronts,
		d.Kind.Name, c.Keys("it", from))
	return b.String(), true
}

// TestRangesAreThoseOfAllPatterns compares ranges of tiny relu networks of one input with the exact ones, which lie
// where a unit turns on or at an end: linear functions lose little there.
func TestRangesAreThoseOfAllPatterns(t *testing.T) {
	worst := 0.0
	for seed := range uint64(20) {
		n, params := network(t,
			"input: {shape: [1]}\ntask: regression\nlayers:\n  - dense: {name: h, units: 4, activation: relu}\n"+
				"  - output: {standardize: false}\n", seed)
		box := [][]Interval{{{-1, 1}}}
		ranges, err := Range(n, params, box, 64)
		if err != nil {
			t.Fatal(err)
		}
		points := []float64{-1, 1}
		for j := range 4 {
			if x := -float64(params["h.bias"][j]) / float64(params["h.kernel"][j]); x > -1 && x < 1 {
				points = append(points, x)
			}
		}
		least, most := math.Inf(1), math.Inf(-1)
		for _, x := range points {
			y := reference(n, params).Forward(ref.Batch{N: 1, Inputs: [][]float64{{x}}}, false, 0).
				Values[n.Outputs[0].Layer].Data[0]
			least, most = math.Min(least, y), math.Max(most, y)
		}
		got := ranges[0][0]
		if got.Lo > least || got.Hi < most {
			t.Errorf("seed %d: [%v, %v] does not hold [%v, %v]", seed, got.Lo, got.Hi, least, most)
		}
		worst = math.Max(worst, (got.Hi-got.Lo)/(most-least))
	}
	if t.Logf("the widest range is %.2f times the exact one", worst); worst > 1.1 {
		t.Errorf("ranges are up to %.2f times as wide as the exact ones", worst)
	}
}

// TestDirectionsAreDecided compares directions with the derivatives at points of the box, of small networks of relu.
func TestDirectionsAreDecided(t *testing.T) {
	counts := map[Direction]int{}
	for seed := range uint64(12) {
		n, params := network(t,
			"input: {shape: [2]}\ntask: regression\nlayers:\n  - dense: {name: h, units: 5, activation: relu}\n"+
				"  - output: {standardize: false}\n", seed)
		box := [][]Interval{{{-1, 1}, {-1, 1}}}
		for i := range 2 {
			d, err := Monotone(n, params, box, 0, 0, 0, i)
			if err != nil {
				t.Fatal(err)
			}
			counts[d]++
			r, network := rand.New(rand.NewPCG(seed, 5)), reference(n, params)
			up, down := 0, 0
			for range 2000 {
				pass := network.Forward(sample(n, box, r), false, 0)
				switch g := network.InputGradients(pass, map[*op.Layer][]float64{n.Outputs[0].Layer: {1}})[0][i]; {
				case g > 0:
					up++
				case g < 0:
					down++
				}
			}
			if (d == Rises || d == Level) && down > 0 || (d == Falls || d == Level) && up > 0 ||
				d == Both && (up == 0 || down == 0) {
				t.Errorf("seed %d, input %d: %s, but it rises at %d points and falls at %d", seed, i, d, up, down)
			}
		}
	}
	if t.Log(counts); counts[Undecided] > 3 || counts[Both] == 0 || counts[Rises]+counts[Falls] == 0 {
		t.Errorf("of 24 directions: %v", counts)
	}
	for _, activation := range []string{"relu", "tanh", "sigmoid"} {
		n, params := network(t, "input: {shape: [2]}\ntask: binary\nlayers:\n  - dense: {name: h, units: 5, activation: "+
			activation+"}\n  - output\n", 1)
		for i, w := range params["h.kernel"] { // the first input raises all units, the other lowers them
			params["h.kernel"][i] = float32(math.Copysign(math.Abs(float64(w)), float64(9-2*i)))
		}
		for name, w := range params {
			for i := range w {
				if strings.HasSuffix(name, ".kernel") && name != "h.kernel" {
					w[i] = float32(math.Abs(float64(w[i])))
				}
			}
		}
		box := [][]Interval{{{-1, 1}, {-1, 1}}}
		for i, want := range []Direction{Rises, Falls} {
			if d, err := Monotone(n, params, box, 0, 0, 0, i); err != nil || d != want {
				t.Errorf("%s, input %d: %s %v, want %s", activation, i, d, err, want)
			}
		}
	}
}

// TestEachKindHasARule walks the kinds: each has a rule, or is known to have none.
func TestEachKindHasARule(t *testing.T) {
	none := " bidirectional sin cos multi_head_attention dot group_norm log log_softmax positional_rotation prelu " +
		"reciprocal simple_rnn sqrt square time_distributed output input state "
	for _, d := range op.All() {
		_, ok := rules[d.Kind.Name]
		ok = ok || strings.Contains(strings.Join(strings.Fields(affineKinds), " ")+" ", d.Kind.Name+" ")
		if ok == strings.Contains(none, " "+d.Kind.Name+" ") {
			t.Errorf("%s: has a rule: %v", d.Kind.Name, ok)
		}
	}
}

// TestMeansOfStepsThatAreKept has masks that keep all steps, some, or perhaps none.
func TestMeansOfStepsThatAreKept(t *testing.T) {
	lo, hi := []float64{1, 2, 5}, []float64{3, 4, 6}
	for _, c := range []struct{ least, most []float64 }{
		{[]float64{1, 0, 0}, []float64{1, 1, 0}}, {[]float64{0, 0, 0}, []float64{0, 1, 1}},
		{[]float64{0, 0, 0}, []float64{0, 0, 0}},
	} {
		want := box{[]float64{1}, []float64{4}}
		switch {
		case c.most[2] == 1:
			want = box{[]float64{0}, []float64{6}}
		case c.most[1] == 0:
			want = box{[]float64{0}, []float64{0}}
		}
		b := newBox(1)
		kept([][]float64{lo, c.least}, [][]float64{hi, c.most}, &b)
		if math.Abs(b.lo[0]-want.lo[0]) > 1e-9 || math.Abs(b.hi[0]-want.hi[0]) > 1e-9 {
			t.Errorf("%v to %v: %v, want %v", c.least, c.most, b, want)
		}
	}
}

// TestErrorsAreBelowTheirBounds computes networks in float32, each product and sum rounded in order, and looks for
// errors beyond the bound, at the ends of the box and between.
func TestErrorsAreBelowTheirBounds(t *testing.T) {
	text := "input: {shape: [6]}\ntask: regression\nlayers:\n  - dense: {name: a, units: 9, activation: relu}\n" +
		"  - dense: {name: b, units: 7, activation: relu}\n  - output: {name: o, units: 2, standardize: false}\n"
	r := rand.New(rand.NewPCG(4, 2))
	for seed := range uint64(5) {
		n, params := network(t, text, seed)
		boxes := Ranges(n, params)
		a, err := Analyze(n, params, boxes, false)
		if err != nil {
			t.Fatal(err)
		}
		bound, why := a.MaxError(0)
		if why != nil || bound <= 0 {
			t.Fatal(bound, why)
		}
		worst, network := 0.0, reference(n, params)
		for range 3000 {
			b := sample(n, boxes, r)
			x := make([]float32, 6)
			for i := range x {
				x[i] = float32(b.Inputs[0][i])
				b.Inputs[0][i] = float64(x[i])
			}
			for _, l := range []string{"a", "b", "o"} {
				w, bias := params[l+".kernel"], params[l+".bias"]
				y := make([]float32, len(bias))
				for j := range y {
					y[j] = bias[j]
					for i, v := range x {
						p := v * w[i*len(y)+j]
						y[j] = float32(y[j] + p)
					}
					if l != "o" {
						y[j] = max(y[j], 0)
					}
				}
				x = y
			}
			want := network.Forward(b, false, 0).Values[n.Outputs[0].Layer].Data
			for j := range want {
				worst = math.Max(worst, math.Abs(want[j]-float64(x[j])))
			}
		}
		if t.Logf("largest error %.3g, bound %.3g: %.0f times", worst, bound, bound/worst); worst > bound ||
			worst == 0 || bound > 300*worst {
			t.Errorf("seed %d: the largest error is %.3g, the bound %.3g", seed, worst, bound)
		}
	}
}

// TestTheTextOfRangesIsTrue holds what the doc of MaxError says of the inputs against the boxes that it is for.
func TestTheTextOfRangesIsTrue(t *testing.T) {
	for _, c := range []struct {
		preprocess, text string
		lo, hi           float64
	}{
		{"", "inputs from -1 to 1", -1, 1},
		{"preprocess: [rescale: {scale: 0.0625}]\n", "inputs from 0 to 16", 0, 16},
		{"preprocess: [rescale: {scale: 0.00392156862745098}]\n", "inputs from 0 to 255", 0, 255},
		{"preprocess: [rescale: {scale: 0.3, offset: 0.7}]\n", "inputs from 0 to 3.33333", 0, 3.33333},
		{"preprocess: [rescale: {scale: -2, offset: 1}]\n", "inputs from -0.5 to 0", -0.5, 0},
		{"preprocess: [min_max: {min: -1, max: 3}]\n", "inputs within the range of the training rows", 10, 20},
		{"preprocess: [standardize]\n", "inputs within 4 standard deviations of their means", 1, 9},
	} {
		n, params := network(t, "input: {name: x, shape: [1]}\n"+c.preprocess+
			"task: regression\nlayers: [output: {standardize: false}]\n", 3)
		set := func(name string, v float32) {
			if p := params[name]; p != nil {
				p[0] = v
			}
		}
		// As fitted to rows from 10 to 20, y = (x - 12.5)·0.4, and to those of mean 5 and deviation 1.
		set("x.min_max.center", 12.5)
		set("x.min_max.scale", 0.4)
		set("x.standardize.center", 5)
		set("x.standardize.scale", 1)
		if text := RangeText(n); text != c.text {
			t.Errorf("%s the text is %q, want %q", c.preprocess, text, c.text)
		}
		box := Ranges(n, params)[0][0]
		if math.Abs(box.Lo-c.lo) > 1e-5 || math.Abs(box.Hi-c.hi) > 1e-5 ||
			strings.Contains(c.preprocess, "rescale") && (box.Lo != c.lo || box.Hi != c.hi) {
			t.Errorf("%s the range is %v, want from %v to %v", c.preprocess, box, c.lo, c.hi)
		}
	}
}

// TestNumbersBeyondFloat32HaveNoBound sets weights so large that a product, a sum, a mean or a difference in the midst of
// a network may be infinite in float32, though its outputs are not in exact arithmetic: no bound of the error holds.
func TestNumbersBeyondFloat32HaveNoBound(t *testing.T) {
	head := "input: {shape: [3]}\ntask: regression\nlayers:\n  - dense: {name: h, units: 2}\n"
	output := "  - output: {name: y, units: 1, standardize: false}\n"
	for name, c := range map[string]struct {
		layers string
		large  map[string]float32
	}{
		"a sum":  {"  - tanh\n" + output, map[string]float32{"h.kernel": 2e38}},
		"a bias": {"  - sigmoid\n" + output, map[string]float32{"h.bias": 3e38}},
		"a product": {"  - dense: {name: g, units: 2}\n  - multiply: {from: [h, g]}\n  - tanh\n" + output,
			map[string]float32{"h.bias": 1e20, "g.bias": 1e20, "h.kernel": 0, "g.kernel": 0}},
		"a difference": {"  - dense: {name: g, from: x, units: 2}\n  - subtract: {from: [h, g]}\n  - softsign\n" + output,
			map[string]float32{"h.bias": 2e38, "g.bias": -2e38}},
		"a mean": {"  - reshape: {target_shape: [2, 1]}\n  - global_average_pool1d\n  - tanh\n" + output,
			map[string]float32{"h.bias": 2e38, "h.kernel": 0}},
		"an output": {output, map[string]float32{"y.kernel": 3e38}},
	} {
		n, params := network(t, head+c.layers, 1)
		inputs := [][]Interval{{{-1, 1}, {-1, 1}, {-1, 1}}}
		for _, large := range []bool{false, true} {
			if large {
				for q, v := range c.large {
					if params[q] == nil {
						t.Fatalf("%s: there is no %q", name, q)
					}
					for i := range params[q] {
						params[q][i] = v
					}
				}
			}
			a, err := Analyze(n, params, inputs, true)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			most, why := a.MaxError(0)
			if (why != nil) != large || large && !strings.Contains(why.Why, "too large for float32") {
				t.Errorf("%s, large weights %v: the bound is %g, %v", name, large, most, why)
			}
		}
	}
}
