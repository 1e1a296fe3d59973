package ref

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/spec"
)

// vectors are those of testdata/torch.
type vectors struct {
	Optimizers struct {
		W     []float64
		G     [][]float64
		Cases []struct {
			Kind  string
			Attrs map[string]any
			W     [][]float64
		}
	}
	Activations struct {
		X, DY []float64
		Cases map[string]struct{ Y, DX []float64 }
	}
	Losses []struct {
		Kind  string
		Attrs map[string]any
		Y, T  []float64
		Loss  float64
		DY    []float64
	}
	Norms struct {
		X, DY                [][]float64
		Gamma, Beta          []float64
		LayerNorm, BatchNorm norm
	}
	Initializers map[string]struct{ Std, Max float64 }
}

type norm struct {
	Y, DX                    [][]float64
	DGamma, DBeta, Mean, Var []float64
}

func load(t *testing.T) vectors {
	t.Helper()
	b, err := os.ReadFile("../../testdata/torch/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	var more struct {
		Norms struct {
			L norm `json:"layer_norm"`
			B norm `json:"batch_norm"`
		}
	}
	if err := json.Unmarshal(b, &more); err != nil {
		t.Fatal(err)
	}
	v.Norms.LayerNorm, v.Norms.BatchNorm = more.Norms.L, more.Norms.B
	return v
}

// node returns a use of a kind of a family with all defaults and the given attributes.
func node(t *testing.T, f spec.Family, kind string, attrs map[string]any) spec.Node {
	t.Helper()
	schema := op.Schema()
	k := schema.Kind(f, kind)
	if k == nil {
		t.Fatalf("no %s %q", f, kind)
	}
	n := spec.Node{Kind: kind}
	for _, a := range k.Attrs {
		v := a.Default
		if w, ok := attrs[a.Name]; ok {
			v = w
			if list, ok := w.([]any); ok {
				var x []float64
				for _, e := range list {
					x = append(x, e.(float64))
				}
				v = x
			}
		}
		if v != nil {
			n.Attrs = append(n.Attrs, spec.Value{Name: a.Name, V: v})
		}
	}
	return n
}

func close(t *testing.T, what string, got, want []float64, tol float64) {
	t.Helper()
	for i := range want {
		if diff := math.Abs(got[i] - want[i]); !(diff <= tol*math.Max(1, math.Abs(want[i]))) {
			t.Errorf("%s: element %d is %v, PyTorch has %v", what, i, got[i], want[i])
		}
	}
}

func TestOptimizersAgreeWithPyTorch(t *testing.T) {
	v := load(t)
	seen := map[string]bool{}
	for _, c := range v.Optimizers.Cases {
		seen[c.Kind] = true
		n := node(t, spec.OptimizerFamily, c.Kind, c.Attrs)
		w := slices.Clone(v.Optimizers.W)
		state := map[string][]float64{}
		for _, s := range op.OptimizerByName(n.Kind).Kept(n) {
			state[s] = make([]float64, len(w))
		}
		for k, g := range v.Optimizers.G {
			lr := 0.05
			if k >= 4 {
				lr = 0.02
			}
			Update(n, w, g, state, k+1, lr, 1)
			close(t, c.Kind, w, c.W[k], 1e-12)
		}
	}
	for _, k := range op.Schema()[spec.OptimizerFamily] {
		if !seen[k.Name] {
			t.Errorf("no vectors for %s", k.Name)
		}
	}
}

// TestClassicalMomentumDiffersWhenTheRateVaries follows v ← γv + η∇J, θ ← θ − v by hand.
func TestClassicalMomentumDiffersWhenTheRateVaries(t *testing.T) {
	n := node(t, spec.OptimizerFamily, "momentum", map[string]any{"classical": true, "momentum": 0.5})
	w, state := []float64{1}, map[string][]float64{"velocity": {0}}
	Update(n, w, []float64{2}, state, 1, 0.1, 1)  // v = 0.2
	Update(n, w, []float64{4}, state, 2, 0.01, 1) // v = 0.1 + 0.04
	if want := 1 - 0.2 - 0.14; math.Abs(w[0]-want) > 1e-15 {
		t.Errorf("w = %v, want %v", w[0], want)
	}
}

func TestActivationsAgreeWithPyTorch(t *testing.T) {
	v := load(t)
	attrs := map[string]map[string]any{"gelu_tanh": {"approximate": "tanh"}}
	kinds := map[string]string{"gelu_tanh": "gelu"}
	for name, c := range v.Activations.Cases {
		kind := name
		if k, ok := kinds[name]; ok {
			kind = k
		}
		var def *op.Def
		for _, d := range op.All() {
			if d.Kind.Name == kind {
				def = d
			}
		}
		f := len(v.Activations.X)
		call := &op.Call{Layer: &op.Layer{Def: def, Node: node(t, spec.ActivationFamily, kind, attrs[name])}, N: 1,
			X: []op.Tensor{{Shape: ir.Shape{1, f}, Data: v.Activations.X}}, Y: empty(ir.Shape{1, f}),
			DY: op.Tensor{Shape: ir.Shape{1, f}, Data: v.Activations.DY}, DX: []op.Tensor{empty(ir.Shape{1, f})}}
		def.Forward(call)
		def.Backward(call)
		tol := 1e-12
		switch name {
		case "leaky_relu", "hard_sigmoid", "hard_swish":
			tol = 1e-7 // our slope is what float32 holds; PyTorch's constants are of float32
		}
		close(t, name, call.Y.Data, c.Y, tol)
		close(t, name+" derivative", call.DX[0].Data, c.DX, tol)
	}
}

func TestLossesAgreeWithPyTorch(t *testing.T) {
	seen := map[string]bool{"perceptron": true} // PyTorch has none
	for _, c := range load(t).Losses {
		seen[c.Kind] = true
		l := op.LossByName(c.Kind)
		dy := make([]float64, len(c.Y))
		loss := l.Eval(node(t, spec.LossFamily, c.Kind, c.Attrs), c.Y, c.T, dy)
		// Attributes are what float32 holds.
		close(t, c.Kind, []float64{loss}, []float64{c.Loss}, 1e-7)
		close(t, c.Kind+" derivative", dy, c.DY, 1e-7)
	}
	for _, l := range op.Losses() {
		if !seen[l.Kind.Name] {
			t.Errorf("no vectors for %s", l.Kind.Name)
		}
	}
}

func TestNormsAgreeWithPyTorch(t *testing.T) {
	v := load(t).Norms
	for _, c := range []struct {
		def  *op.Def
		want norm
	}{{op.LayerNorm, v.LayerNorm}, {op.BatchNorm, v.BatchNorm}} {
		flat := func(x [][]float64) op.Tensor {
			return op.Tensor{Shape: ir.Shape{5, 4}, Data: slices.Concat(x...)}
		}
		f := ir.Shape{4}
		call := &op.Call{Layer: &op.Layer{Def: c.def, Node: node(t, spec.LayerFamily, c.def.Kind.Name, nil)}, N: 5,
			Training: true,
			X:        []op.Tensor{flat(v.X)}, Y: empty(ir.Shape{5, 4}), DY: flat(v.DY), DX: []op.Tensor{empty(ir.Shape{5, 4})},
			P: []op.Tensor{{Shape: f, Data: slices.Clone(v.Gamma)}, {Shape: f, Data: slices.Clone(v.Beta)}, empty(f),
				{Shape: f, Data: []float64{1, 1, 1, 1}}},
			DP: []op.Tensor{empty(f), empty(f), empty(f), empty(f)}}
		c.def.Forward(call)
		c.def.Backward(call)
		name := c.def.Kind.Name
		close(t, name, call.Y.Data, flat(c.want.Y).Data, 1e-12)
		close(t, name+" dx", call.DX[0].Data, flat(c.want.DX).Data, 1e-11)
		close(t, name+" dgamma", call.DP[0].Data, c.want.DGamma, 1e-12)
		close(t, name+" dbeta", call.DP[1].Data, c.want.DBeta, 1e-12)
		if c.def == op.BatchNorm {
			close(t, name+" running mean", call.P[2].Data, c.want.Mean, 1e-12)
			close(t, name+" running variance", call.P[3].Data, c.want.Var, 1e-12)
		}
	}
}

// TestInitializersSpreadAsPyTorchs compares deviation and range over many draws.
func TestInitializersSpreadAsPyTorchs(t *testing.T) {
	for name, want := range load(t).Initializers {
		p := &ir.Param{Shape: ir.Shape{30, 2000}, FanIn: 30, FanOut: 20, Stream: 7,
			Init: node(t, spec.InitializerFamily, name, nil)}
		sum, top := 0.0, 0.0
		x := Initial(p, 3)
		for _, v := range x {
			sum += v * v
			top = math.Max(top, math.Abs(v))
		}
		if std := math.Sqrt(sum / float64(len(x))); math.Abs(std/want.Std-1) > 0.02 {
			t.Errorf("%s: deviation %v, PyTorch's is %v", name, std, want.Std)
		}
		if uniform := name[len(name)-7:] == "uniform"; uniform && math.Abs(top/want.Max-1) > 0.001 {
			t.Errorf("%s: range %v, PyTorch's is %v", name, top, want.Max)
		}
	}
}

// empty returns a tensor of zeros.
func empty(s ir.Shape) op.Tensor { return op.Tensor{Shape: s, Data: make([]float64, s.Size())} }
