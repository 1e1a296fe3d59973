package golden

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/runtime/golden"
	"github.com/nngen/nngen/spec"
)

// never are the kinds whose results on whole numbers are not claimed to be exact, each with its reason.
var never = map[string]string{
	"celu": "exp(x/α)", "exp": "exp", "hard_sigmoid": "x/6", "hard_swish": "x/6", "log": "ln",
	"reciprocal": "1/x", "sin": "sin", "cos": "cos", "selu": "λ and α",
	"softplus": "ln 2 at 0", "softsign": "1/(1 + |x|)", "sqrt": "√x", "quick_gelu": "1.702",
	"output":        "it is written out",
	"bidirectional": "the layers that it holds",
	"quantiles":     "softplus", "targets": "made by an output", "temperature": "made by an output",
}

// wholeCases are cases beside those of the kinds, with constants that are powers of two.
var wholeCases = map[string][]op.Case{
	"leaky_relu":            {{In: []ir.Shape{{9}}, Attrs: "negative_slope: 0.25"}},
	"global_average_pool1d": {{In: []ir.Shape{{4, 3}}}},
}

// TestKindsAreExactOnWholeNumbers looks for each kind that is exact on whole numbers in a probe of some case of it:
// where none is, its cell Exact promises nothing. The other kinds are listed with reasons.
func TestKindsAreExactOnWholeNumbers(t *testing.T) {
	for _, d := range op.All() {
		name := d.Kind.Name
		if (d.Exact == nil) != (never[name] != "") {
			t.Errorf("%s: has a cell Exact: %v, has a reason for none: %q", name, d.Exact != nil, never[name])
		}
		if d.Exact == nil || len(d.Cases) == 0 {
			continue
		}
		exact := false
		for _, c := range append(d.Cases, wholeCases[name]...) {
			p, ok := NewProbes(caseOf(t, d, c), mostRows)
			if !ok {
				t.Fatalf("%s: no probe", name)
			}
			for l := range p.Predictions.Values {
				exact = exact || l.Name == "it" && p.Gradients.Trained[l] != nil ||
					l.Name == "it" && strings.HasPrefix(name, "gaussian")
			}
		}
		if !exact {
			t.Errorf("%s is exact in the probe of none of its cases", name)
		}
	}
}

// caseOf builds a network around a case of a kind.
func caseOf(t *testing.T, d *op.Def, c op.Case) *net.Net {
	t.Helper()
	var b strings.Builder
	b.WriteString("version: 1\nname: m\ntask: regression\ninputs:\n")
	var inputs []string
	for i, s := range c.In {
		inputs = append(inputs, fmt.Sprintf("in%d", i))
		fmt.Fprintf(&b, "  - {name: in%d, shape: [%s]}\n", i, strings.ReplaceAll(s.String(), "×", ", "))
	}
	from, fronts := c.Fronts(inputs)
	fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out}\n", fronts,
		d.Kind.Name, c.Keys("it", from))
	s, problems := spec.Parse("m.yaml", []byte(b.String()), op.Schema())
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	network, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return network
}

// TestSumsBeyond24BitsAreNotExact gives a sum of whole numbers that float32 cannot hold.
func TestSumsBeyond24BitsAreNotExact(t *testing.T) {
	network := build(t, "  - flatten\n  - dense: {name: h, units: 1}\n  - output\n")
	h := network.Layers[1]
	for _, l := range network.Layers {
		if l.Name == "h" {
			h = l
		}
	}
	for _, c := range []struct {
		w, x  float64
		exact bool
	}{{1 << 11, 1 << 11, true}, {1 << 12, 1<<12 + 1, false}, {0.5, 1 << 20, true},
		{0x1p-12, 1 << 20, false}, {0.1, 1, false}} {
		in := network.Layers[0].Shape.Size()
		call := &op.Call{Layer: h, N: 1, X: []op.Tensor{{Shape: []int{1, in}, Data: make([]float64, in)}},
			P: []op.Tensor{{Shape: []int{in, 1}, Data: make([]float64, in)}, {Shape: []int{1}, Data: []float64{0}}},
			Y: op.Tensor{Shape: []int{1, 1}, Data: make([]float64, 1)}}
		call.X[0].Data[0], call.P[0].Data[0] = c.x, c.w
		call.X[0].Data[1], call.P[0].Data[1] = 1, 1
		h.Def.Forward(call)
		if got := op.Settle(call.Y.Data) && h.Def.Exact(call); got != c.exact {
			t.Errorf("%v·%v + 1 is exact: %v, want %v", c.w, c.x, got, c.exact)
		}
	}
}

// TestChecksumsShowEachNumber changes one number at a time, and the sign of a 0, which is none.
func TestChecksumsShowEachNumber(t *testing.T) {
	x := make([]float32, 300)
	for i := range x {
		x[i] = float32(i%7 - 3)
	}
	sum := golden.ChecksumExact(x)
	for i := range x {
		x[i]++
		if golden.ChecksumExact(x) == sum {
			t.Errorf("element %d does not change the checksum", i)
		}
		x[i]--
	}
	x[3] = float32(math.Copysign(0, -1))
	if golden.ChecksumExact(x) != sum {
		t.Error("the sign of 0 changes the checksum")
	}
}

// TestCoverageSaysWhereThereAreNoGradients asks networks without parameters that are trained.
func TestCoverageSaysWhereThereAreNoGradients(t *testing.T) {
	p, ok := NewProbes(build(t, "  - flatten\n  - output: {dense: false, task: regression}\n"), mostRows)
	if !ok {
		t.Fatal("no probe")
	}
	if got, want := p.Coverage(), "; no parameter is trained"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want it to end with %q", got, want)
	}
	p.Predictions.network.Net.Params = []*ir.Param{{Role: ir.Trained, Name: "p"}}
	if got, want := p.Coverage(), " and none of the gradients of 1 parameter"; !strings.HasSuffix(got, want) {
		t.Errorf("%q, want it to end with %q", got, want)
	}
}

// TestKindsSayWhatTheirGradientsShow adds up to what Coverage says, and names those that are 0 or not exact.
func TestKindsSayWhatTheirGradientsShow(t *testing.T) {
	p, ok := NewProbes(build(t, "  - flatten\n  - dense: {units: 2}\n  - reshape: [2, 1]\n  - gru: {name: g, units: 2}\n"+
		"  - dense: {name: e, units: 2, activation: exp}\n  - output\n"), mostRows)
	if !ok {
		t.Fatal("no probe")
	}
	shown, exact, all := 0, 0, 0
	for _, k := range p.Kinds() {
		shown, exact, all = shown+k.Shown, exact+k.Shown+len(k.Zero), all+k.Shown+len(k.Zero)+len(k.Inexact)
		for _, name := range append(append([]string{}, k.Zero...), k.Inexact...) {
			if !strings.Contains(k.String(), name) {
				t.Errorf("%s does not name %s", k, name)
			}
		}
		if strings.Contains(k.String(), ": 0 ") || strings.Contains(k.String(), " 0 exact") {
			t.Errorf("%s counts what there is none of", k)
		}
	}
	want := fmt.Sprintf("the gradients of %d of %d parameters, %d of them not 0", exact, all, shown)
	if exact == 0 {
		want = fmt.Sprintf("none of the gradients of %d parameters", all)
	}
	if got := p.Coverage(); !strings.HasSuffix(got, want) {
		t.Errorf("kinds say %q, all together %q", want, got)
	}
	if shown == all {
		t.Errorf("exp is exact: %v", p.Kinds())
	}
}

// TestUnitNormIsExactBehindAnInput: rows of an input that it reads have one number that is not 0, whose length is exact,
// and so is all that reads the result; behind a layer with parameters nothing is.
func TestUnitNormIsExactBehindAnInput(t *testing.T) {
	const rest = "  - flatten\n  - dense: {name: h, units: 4, activation: relu}\n  - output: {task: regression}\n"
	p, ok := NewProbes(build(t, "  - unit_norm: {name: u}\n"+rest), mostRows)
	if !ok {
		t.Fatal("no probe")
	}
	for l, y := range p.Predictions.Values {
		if width := l.Shape[len(l.Shape)-1]; l.Name == "u" {
			for at := 0; at < len(y); at += width {
				ones := 0
				for _, v := range y[at:][:width] {
					if v == 1 {
						ones++
					} else if v != 0 {
						t.Fatalf("a row is %v", y[at:][:width])
					}
				}
				if ones != 1 {
					t.Fatalf("a row is %v", y[at:][:width])
				}
			}
		}
	}
	if got, want := p.Coverage(), "the results of 5 of 5 layers and the gradients of 4 of 4 parameters, 4 of them not 0"; got != want {
		t.Errorf("in front: %s, want %s", got, want)
	}
	p, _ = NewProbes(build(t, "  - conv2d: {name: g, filters: 3, kernel_size: 1}\n  - unit_norm: {name: u}\n"+rest), mostRows)
	for l := range p.Predictions.Values {
		if l.Name == "u" {
			t.Error("it is exact behind a layer")
		}
	}
}

// TestWhatIsNearIsWhatASearchFinds compares, for random networks, what one visit of each connection says of the layers
// around each with a search from it.
func TestWhatIsNearIsWhatASearchFinds(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		var b strings.Builder
		b.WriteString("  - flatten: {name: s0}\n")
		for i := 1; i < 40; i++ {
			from := func() int { return max(0, i-1-r.IntN(4)) }
			kind := []string{"relu: {", "dropout: {rate: 0.25, ", "dropout: {rate: 0.3, ", "dropout: {rate: 0.5, ", "tanh: {",
				"dropout: {rate: 0.1, ", "prelu: {", "add: {", "dense: {units: 243, "}[r.IntN(9)]
			if kind == "add: {" {
				fmt.Fprintf(&b, "  - add: {name: s%d, from: [s%d, s%d]}\n", i, i-1, from())
			} else {
				fmt.Fprintf(&b, "  - %sname: s%d, from: s%d}\n", kind, i, from())
			}
		}
		network := build(t, b.String()+"  - output: {name: output}\n")
		around := newNear(network)
		for _, l := range network.Layers {
			// closer holds what is found in one direction, without what lies beyond layers with parameters.
			closer := func(next func(*op.Layer) []*op.Layer) map[*op.Layer]bool {
				found := map[*op.Layer]bool{}
				for open := next(l); len(open) > 0; open = open[1:] {
					if at := open[0]; !found[at] {
						found[at] = true
						if len(at.Params) == 0 {
							open = append(open, next(at)...)
						}
					}
				}
				return found
			}
			behind := closer(func(l *op.Layer) []*op.Layer { return l.In })
			ahead := closer(func(l *op.Layer) (readers []*op.Layer) {
				for _, m := range network.Layers {
					if slices.Contains(m.In, l) {
						readers = append(readers, m)
					}
				}
				return readers
			})
			unit, product := 1.0, 1
			for _, m := range network.Layers {
				if ahead[m] && m.Def.Far {
					unit = 128
				}
				if f := factorOfDropout(m); isDropout(m) && (ahead[m] || behind[m]) && product%f != 0 && product <= 64 {
					product *= f
				}
			}
			if product <= 64 {
				unit *= float64(product)
			}
			drops := slices.ContainsFunc(network.Layers, func(m *op.Layer) bool { return behind[m] && isDropout(m) })
			if got := around.unit(l); got != unit || drops != (len(around.behind[l.Index]) > 0) {
				t.Fatalf("%s: unit %v, want %v; dropouts behind it: %t\n%s", l.Name, got, unit, drops, b.String())
			}
		}
	}
}

// TestProbesVisitALayerOnceHoweverManyWaysLeadToIt draws probes of 64 pairs of activations that are added, which 2⁶⁴ ways
// lead through, with dropouts behind and before them.
func TestProbesVisitALayerOnceHoweverManyWaysLeadToIt(t *testing.T) {
	var b strings.Builder
	b.WriteString("  - flatten\n  - dense: {units: 2}\n  - dropout: {name: s0, rate: 0.25}\n")
	for i := 1; i <= 64; i++ {
		fmt.Fprintf(&b, "  - relu: {name: p%d, from: s%d}\n  - abs: {name: q%[1]d, from: s%[2]d}\n", i, i-1)
		fmt.Fprintf(&b, "  - maximum: {name: s%d, from: [p%[1]d, q%[1]d]}\n", i)
	}
	network := build(t, b.String()+"  - dropout: {rate: 0.3}\n  - dense: {name: last, units: 4}\n  - output: {name: output}\n")
	around := newNear(network)
	for _, l := range network.Layers {
		if want := 3.0 * 7; len(l.Params) > 0 && l.Name != "output" && around.unit(l) != want {
			t.Errorf("the unit of %s is %v, want the factors of both dropouts, %v", l.Name, around.unit(l), want)
		}
	}
	in, first := around.ahead[network.Inputs[0].Index], around.ahead[network.Layers[2].Index]
	if len(in) != 0 || len(first) != 2 {
		t.Errorf("dropouts %v read the input, and %v the first dense layer, by way of layers without parameters; want none "+
			"and both", in, first)
	}
	if _, ok := NewProbes(network, mostRows); !ok {
		t.Error("no probe")
	}
}
