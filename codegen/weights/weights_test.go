package weights

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nngen/nngen/codegen/data"
	"github.com/nngen/nngen/codegen/fuzzing"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

const fixtures = "../../testdata/weights"

// TestTorchWeightsGiveTheOutputsOfTorch fills networks with state_dicts and compares with what PyTorch computed in
// float64.
func TestTorchWeightsGiveTheOutputsOfTorch(t *testing.T) {
	for _, name := range []string{"mlp", "cnn", "gru", "rnn", "lstm_two", "lstm_bidirectional", "encoder",
		"separate", "text", "decoder"} {
		t.Run(name, func(t *testing.T) { agrees(t, name, weightsOf(t, name)) })
	}
}

// weightsOf reads the file of a network, of either format.
func weightsOf(t *testing.T, name string) *File {
	t.Helper()
	found, _ := filepath.Glob(filepath.Join(fixtures, name+".[sn][ap]*"))
	if len(found) != 1 {
		t.Fatalf("files of %s: %v", name, found)
	}
	f, err := Read(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// agrees matches a file with a network and runs that.
func agrees(t *testing.T, name string, f *File) *Result {
	t.Helper()
	network := build(t, name)
	r, err := Match(network, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range r.Table {
		t.Logf("%s → %s  %s", row.Arrays, row.Param, row.What)
	}
	shape, x, err := data.ReadNPY(filepath.Join(fixtures, name+".x.npy"))
	if err != nil {
		t.Fatal(err)
	}
	_, want, err := data.ReadNPY(filepath.Join(fixtures, name+".y.npy"))
	if err != nil {
		t.Fatal(err)
	}
	n := ref.New(network, 0)
	n.Params = map[*ir.Param][]float64{}
	for _, p := range network.Params {
		n.Params[p] = wide(r.Params[p.Name])
	}
	got := n.Forward(ref.Batch{N: shape[0], Inputs: [][]float64{wide(x)}}, false, 0).Values[network.Outputs[0].Layer].Data
	if len(got) != len(want) {
		t.Fatalf("%d outputs, want %d", len(got), len(want))
	}
	worst, scale := 0.0, 1.0
	for i, v := range want {
		scale = max(scale, math.Abs(float64(v)))
		worst = max(worst, math.Abs(got[i]-float64(v)))
	}
	if !(worst <= 2e-6*scale) {
		t.Errorf("off by %g of %g", worst, scale)
	}
	return r
}

func wide(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

func build(t *testing.T, name string) *net.Net {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(fixtures, name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, string(src))
}

func parse(t *testing.T, src string) *net.Net {
	t.Helper()
	s, problems := spec.Parse("net.yaml", []byte(src), op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	n, problems := net.Build(s, nil)
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	return n
}

// TestKerasFormsAreRead writes the parameters of networks in the shapes and under the names of Keras 2 and 3.
func TestKerasFormsAreRead(t *testing.T) {
	const head = "version: 1\nname: k\ntask: regression\n"
	for _, c := range []struct {
		name, src string
		// forms are for each parameter the name and shape of Keras; "" for one that it has not.
		forms map[string]form
	}{
		{"keras2",
			head +
				"input: {name: x, shape: [6, 6, 2]}\nlayers:\n  - separable_conv2d: {name: a, filters: 3, kernel_size: 3}\n" +
				"  - batch_norm: {name: b}\n" +
				"  - depthwise_conv2d: {name: d, kernel_size: 3}\n  - flatten\n  - dense: {name: c, units: 4}\n" +
				"  - output: {name: o, units: 2}\n", map[string]form{
				"a.depthwise_kernel": {"separable_conv2d/depthwise_kernel:0", nil},
				"a.pointwise_kernel": {"separable_conv2d/pointwise_kernel:0", []int{1, 1, 2, 3}},
				"a.bias":             {"separable_conv2d/bias:0", nil}, "b.gamma": {"batch_normalization/gamma:0", nil},
				"b.beta": {"batch_normalization/beta:0", nil},
				"b.mean": {"batch_normalization/moving_mean:0", nil}, "b.var": {"batch_normalization/moving_variance:0", nil},
				"d.depthwise_kernel": {"depthwise_conv2d/depthwise_kernel:0", nil}, "d.bias": {"depthwise_conv2d/bias:0", nil},
				"c.kernel": {"dense/kernel:0", nil}, "c.bias": {"dense/bias:0", nil}, "o.kernel": {"dense_1/kernel:0", nil},
				"o.bias": {"dense_1/bias:0", nil}}},
		{"keras3",
			head +
				"input: {name: x, shape: [5, 4]}\nlayers:\n  - multi_head_attention: {name: m, num_heads: 2, key_dim: 3}\n" +
				"  - layer_norm: {name: n}\n" +
				"  - gru: {name: g, units: 4, return_sequences: true}\n  - bidirectional: {name: w, layer: {lstm: {units: 3}}}\n" +
				"  - output: {name: o, units: 2}\n", map[string]form{
				"m.query_kernel":  {"f/multi_head_attention/query/kernel", []int{4, 2, 3}},
				"m.query_bias":    {"f/multi_head_attention/query/bias", []int{2, 3}},
				"m.key_kernel":    {"f/multi_head_attention/key/kernel", []int{4, 2, 3}},
				"m.key_bias":      {"f/multi_head_attention/key/bias", []int{2, 3}},
				"m.value_kernel":  {"f/multi_head_attention/value/kernel", []int{4, 2, 3}},
				"m.value_bias":    {"f/multi_head_attention/value/bias", []int{2, 3}},
				"m.output_kernel": {"f/multi_head_attention/attention_output/kernel", []int{2, 3, 4}},
				"m.output_bias":   {"f/multi_head_attention/attention_output/bias", nil},
				"n.gamma":         {"f/layer_normalization/gamma", nil}, "n.beta": {"f/layer_normalization/beta", nil},
				"g.kernel": {"f/gru/gru_cell/kernel", nil}, "g.recurrent_kernel": {"f/gru/gru_cell/recurrent_kernel", nil},
				"g.bias":                      {"f/gru/gru_cell/bias", []int{24}},
				"w.forward.kernel":            {"f/w/forward_lstm/lstm_cell/kernel", nil},
				"w.forward.recurrent_kernel":  {"f/w/forward_lstm/lstm_cell/recurrent_kernel", nil},
				"w.forward.bias":              {"f/w/forward_lstm/lstm_cell/bias", nil},
				"w.backward.kernel":           {"f/w/backward_lstm/lstm_cell/kernel", nil},
				"w.backward.recurrent_kernel": {"f/w/backward_lstm/lstm_cell/recurrent_kernel", nil},
				"w.backward.bias":             {"f/w/backward_lstm/lstm_cell/bias", nil},
				"o.kernel":                    {"f/dense/kernel", nil}, "o.bias": {"f/dense/bias", nil}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			network := parse(t, c.src)
			n := ref.New(network, 7)
			f := &File{}
			for i, p := range network.Params {
				for k := range n.Params[p] {
					n.Params[p][k] = float64(float32(float64(i) + float64(k)/64)) // exact, all different
				}
				k, ok := c.forms[p.Name]
				if !ok {
					t.Fatalf("no form of %s", p.Name)
				}
				if k.shape == nil {
					k.shape = p.Shape
				}
				f.Arrays = append(f.Arrays, &Array{Name: k.name, Shape: k.shape, Data: n.Params[p]})
			}
			slices.Reverse(f.Arrays) // the order of a file without order means nothing
			r, err := Match(network, f, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range network.Params {
				if !slices.Equal(wide(r.Params[p.Name]), n.Params[p]) {
					t.Errorf("%s has other numbers", p.Name)
				}
			}
		})
	}
}

type form struct {
	name  string
	shape []int
}

// TestBiasesOfCuDNNAreAdded: its lstm keeps those of input and state apart.
func TestBiasesOfCuDNNAreAdded(t *testing.T) {
	network := parse(t,
		"version: 1\nname: k\ninput: {name: x, shape: [3, 1]}\ntask: regression\nlayers:\n  - lstm: {name: l, units: 1}\n"+
			"  - output: {name: o, units: 1}\n")
	f := &File{Arrays: []*Array{
		{"l/kernel", []int{1, 4}, []float64{1, 2, 3, 4}}, {"l/recurrent_kernel", []int{1, 4}, []float64{5, 6, 7, 8}},
		{"l/bias", []int{8}, []float64{1, 2, 3, 4, 10, 20, 30, 40}}, {"o/kernel", []int{1, 1}, []float64{1}},
		{"o/bias", []int{1}, []float64{0}},
	}}
	r, err := Match(network, f, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{11, 22, 33, 44}; !slices.Equal(r.Params["l.bias"], want) {
		t.Errorf("biases %v, want %v", r.Params["l.bias"], want)
	}
}

const twoAlike = "version: 1\nname: two\ninput: {name: x, shape: [4]}\ntask: regression\nlayers:\n" +
	"  - dense: {name: first, units: 4}\n  - dense: {name: second, units: 4, trainable: false}\n" +
	"  - output: {name: out, units: 2}\n"

// linearNamed returns the arrays of modules of n×n weights.
func linearNamed(names ...string) *File {
	f := &File{}
	for i, name := range names {
		w := &Array{Name: name + ".weight", Shape: []int{4, 4}, Data: make([]float64, 16)}
		w.Data[0] = float64(i + 1)
		f.Arrays = append(f.Arrays, w, &Array{Name: name + ".bias", Shape: []int{4}, Data: make([]float64, 4)})
	}
	f.Arrays = append(f.Arrays, &Array{Name: "out.weight", Shape: []int{2, 4}, Data: make([]float64, 8)},
		&Array{Name: "out.bias", Shape: []int{2}, Data: make([]float64, 2)})
	return f
}

// TestAmbiguitiesAreRefused: two layers that could be exchanged are told apart by name, number, order or the user
// alone.
func TestAmbiguitiesAreRefused(t *testing.T) {
	network := parse(t, twoAlike)
	for _, c := range []struct {
		file    *File
		o       Options
		first   float32 // what the first layer's kernel begins with
		refused string
	}{
		{linearNamed("second", "first"), Options{}, 2, ""}, // second is frozen
		{linearNamed("net.2", "net.10"), Options{}, 1, ""},
		{linearNamed("net.10", "net.2"), Options{}, 2, ""},
		{linearNamed("up", "down"), Options{}, 0,
			`layer "first" (dense, kernel 4×4, bias 4): 2 modules of the file fit, and neither names nor order tell which: up (bias 4, weight 4×4), down (bias 4, weight 4×4); say by --map up=first`},
		{linearNamed("up", "down"), Options{Map: map[string]string{"down": "first"}}, 2, ""},
		{&File{Arrays: linearNamed("up", "down").Arrays, Ordered: true}, Options{}, 1, ""},
		{linearNamed("first"), Options{}, 0,
			`layer "second" (dense, kernel 4×4, bias 4): nothing of the file is left for it`},
		{linearNamed("first", "second", "third"), Options{}, 0,
			"third (bias 4, weight 4×4) of the file has no layer that is without weights; leave it out by --map third="},
		{linearNamed("first", "second", "third"), Options{Map: map[string]string{"third": ""}}, 1, ""},
		{linearNamed("first", "second"), Options{Map: map[string]string{"second": "nowhere"}}, 0,
			`--map second=nowhere: the network has no layer "nowhere"`},
		{linearNamed("first", "second"), Options{Map: map[string]string{"nowhere": "first"}}, 0,
			`--map nowhere=first: the file has no array or module "nowhere"; it has first, second, out`},
		{linearNamed("up", "down"), Options{Map: map[string]string{"up": "second", "down": "first", "nowhere": "out"}}, 0,
			`it has up, down, out`},
		{linearNamed("up", "down"), Options{Map: map[string]string{"down.weight": "first.kernel", "down.bias": "first.bias"}},
			2,
			""},
		{linearNamed("up", "down"), Options{Map: map[string]string{"down.weight": "first.kernel"}}, 0,
			`--map down.weight=first.kernel: a weight may have another layout than first.kernel; pair the module with layer "first"`},
		{linearNamed("up", "down"), Options{Map: map[string]string{"down.bias": "out.bias"}}, 0,
			`--map down.bias=out.bias: down.bias is 4, want 2`},
		{linearNamed("up", "down"), Options{Map: map[string]string{"down.bias": "first.bios"}}, 0,
			`the network has no parameter "first.bios"`},
		{linearNamed("first", "second"), Options{From: "jax"}, 0, "--from jax: want torch or keras"},
	} {
		r, err := Match(network, c.file, c.o)
		switch {
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused)):
			t.Errorf("error %v, want %q", err, c.refused)
		case c.refused == "" && err != nil:
			t.Error(err)
		case c.refused == "" && r.Params["first.kernel"][0] != c.first:
			t.Errorf("the first layer has the weights of module %v, want %v", r.Params["first.kernel"][0], c.first)
		}
	}
}

// TestSingleArraysAreTurnedAsThoseOfModules: a square matrix that Map pairs with a parameter by itself is transposed,
// as it is with its module.
func TestSingleArraysAreTurnedAsThoseOfModules(t *testing.T) {
	f := linearNamed("up", "down")
	for i := range f.Arrays[2].Data {
		f.Arrays[2].Data[i] = float64(i)
	}
	r, err := Match(parse(t, twoAlike), f, Options{Map: map[string]string{"down.weight": "first.kernel",
		"down.bias": "first.bias"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Params["first.kernel"][:4]; !slices.Equal(got, []float32{0, 4, 8, 12}) {
		t.Errorf("the first row of the kernel is %v", got)
	}
	if got := r.Table[0].What; got != "transposed; as told" {
		t.Errorf("the table says %q", got)
	}
}

// listed returns arrays of whole numbers, all different; names and shapes alternate.
func listed(of ...any) *File {
	f := &File{}
	for i := 0; i < len(of); i += 2 {
		a := &Array{Name: of[i].(string), Shape: of[i+1].([]int)}
		size := 1
		for _, d := range a.Shape {
			size *= d
		}
		for k := range size {
			a.Data = append(a.Data, float64(100*i+k))
		}
		f.Arrays = append(f.Arrays, a)
	}
	return f
}

const sklearnMLP = "version: 1\nname: mlp\ninput: {name: x, shape: [3]}\ntask: regression\nlayers:\n" +
	"  - dense: {name: h1, units: 2, activation: relu}\n" +
	"  - dense: {name: h2, units: 2, activation: relu}\n  - dropout: {rate: 0.5}\n  - output: {name: y}\n"

// TestArraysOfAnyNameArePairedAsTold: names without dots are arrays with --map, whose matrices have the layout of the
// framework.
func TestArraysOfAnyNameArePairedAsTold(t *testing.T) {
	told := map[string]string{"w0": "h1.kernel", "b0": "h1.bias", "w1": "h2.kernel", "b1": "h2.bias", "w2": "y.kernel",
		"b2": "y.bias"}
	keras := listed("w0", []int{3, 2}, "b0", []int{2}, "w1", []int{2, 2}, "b1", []int{2}, "w2", []int{2, 1}, "b2",
		[]int{1})
	torch := listed("w0", []int{2, 3}, "b0", []int{2}, "w1", []int{2, 2}, "b1", []int{2}, "w2", []int{1, 2}, "b2",
		[]int{1})
	for _, c := range []struct {
		from   string
		file   *File
		h1, h2 []float32
	}{
		{"keras", keras, []float32{0, 1, 2, 3, 4, 5}, []float32{400, 401, 402, 403}},
		{"torch", torch, []float32{0, 3, 1, 4, 2, 5}, []float32{400, 402, 401, 403}},
	} {
		r, err := Match(parse(t, sklearnMLP), c.file, Options{From: c.from, Map: told})
		if err != nil {
			t.Errorf("%s: %v", c.from, err)
			continue
		}
		if !slices.Equal(r.Params["h1.kernel"], c.h1) || !slices.Equal(r.Params["h2.kernel"], c.h2) ||
			!slices.Equal(r.Params["h2.bias"], []float32{600, 601}) {
			t.Errorf("%s: %v", c.from, r.Params)
		}
	}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{From: "torch", Map: told},
			"w0 is 3×2, want 2×3; PyTorch keeps a matrix as out × in; --from keras takes one of in × out"},
		{Options{From: "keras"},
			"where names of arrays do not tell, --map ARRAY=PARAMETER does, as --map w0=h1.kernel,b0=h1.bias"},
		{Options{From: "keras"}, "as --map w1=h2.kernel,b1=h2.bias"},
		{Options{From: "keras", Map: map[string]string{"w0": "h1.colonel"}}, `no layer "h1.colonel"`},
	} {
		if _, err := Match(parse(t, sklearnMLP), keras, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

// TestPerceptronsOfScikitLearn: the lists coefs_ and intercepts_ are in the order of the layers, whatever that of the
// file; a network that is no such chain, or of other shapes, is refused.
func TestPerceptronsOfScikitLearn(t *testing.T) {
	f := listed("intercepts_1", []int{2}, "coefs_2", []int{2, 1}, "coefs_1", []int{2, 2}, "coefs_0", []int{3, 2},
		"intercepts_0", []int{2}, "intercepts_2", []int{1})
	for _, o := range []Options{{}, {From: "keras"},
		{From: "keras", Map: map[string]string{"coefs_0": "h1.kernel", "intercepts_0": "h1.bias"}},
		{Map: map[string]string{"coefs_1": "h2.kernel", "intercepts_1": "h2.bias",
			"coefs_0": "h1.kernel", "intercepts_0": "h1.bias", "coefs_2": "y.kernel", "intercepts_2": "y.bias"}}} {
		r, err := Match(parse(t, sklearnMLP), f, o)
		if err != nil {
			t.Errorf("%v: %v", o, err)
			continue
		}
		if r.From != "scikit-learn" || !slices.Equal(r.Params["h1.kernel"], []float32{600, 601, 602, 603, 604, 605}) ||
			!slices.Equal(r.Params["h2.kernel"], []float32{400, 401, 402, 403}) ||
			!slices.Equal(r.Params["h2.bias"], []float32{0, 1}) {
			t.Errorf("%v: %s, %v", o, r.From, r.Params)
		}
	}
	beside := strings.Replace(sklearnMLP, "  - dropout: {rate: 0.5}\n", "  - add: {name: sum, from: [h1, h2]}\n", 1)
	if _, err := Match(parse(t, sklearnMLP), f, Options{Map: map[string]string{"coefs_1": "h1.kernel"}}); err == nil {
		t.Error("a layer has the matrix of another")
	}
	for _, src := range []string{beside, strings.Replace(sklearnMLP, "units: 2", "units: 4", 1)} {
		if _, err := Match(parse(t, src), f, Options{}); err == nil || !strings.Contains(err.Error(), "mlp.") {
			t.Errorf("error %v", err)
		}
	}
}

// TestSingleArraysBesideTheLayers pairs an array with a parameter that is of no layer.
func TestSingleArraysBesideTheLayers(t *testing.T) {
	_, err := Match(parse(t, twoAlike+"generate: {guard: true}\n"), linearNamed("up", "down"),
		Options{Map: map[string]string{"down.bias": "guard.limit"}})
	want := "--map down.bias=guard.limit: down.bias is 4, want 1"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestABatchNormIsNotLeftOut: a spec whose exporter folded a batch norm away takes no weights from before that, and
// nothing of the norm's statistics can be left out, as a module or as arrays. Other parameters of a norm can.
func TestABatchNormIsNotLeftOut(t *testing.T) {
	const lost = "of the file is a batch norm, and the spec has none for it"
	for _, c := range []struct {
		roles   []string
		out     []string // what --map leaves out
		refused string
	}{
		{[]string{"weight", "bias", "running_mean", "running_var"}, nil,
			"norm (bias 4, running_mean 4, running_var 4, weight 4) " + lost},
		{[]string{"weight", "bias", "running_mean", "running_var"}, []string{"norm"},
			"--map norm=: norm (bias 4, running_mean 4, running_var 4, weight 4) " + lost},
		{[]string{"running_mean", "running_var"}, []string{"norm.running_mean", "norm.running_var"},
			"--map norm.running_mean=: norm (running_mean 4, running_var 4) " + lost},
		{[]string{"gamma", "beta", "moving_mean", "moving_variance"}, []string{"norm"}, "--map norm=: norm (beta 4, "},
		{[]string{"weight", "bias"}, []string{"norm"}, ""},
	} {
		f := linearNamed("first", "second")
		for _, role := range c.roles {
			f.Arrays = append(f.Arrays, &Array{Name: "norm." + role, Shape: []int{4}, Data: []float64{1, 2, 3, 4}})
		}
		o := Options{Map: map[string]string{}, From: "torch"}
		if slices.Contains(c.roles, "gamma") {
			o.From = "keras"
		}
		for _, name := range c.out {
			o.Map[name] = ""
		}
		_, err := Match(parse(t, twoAlike), f, o)
		switch {
		case c.refused == "" && err != nil:
			t.Errorf("%v left out: %v", c.out, err)
		case c.refused != "" && (err == nil || !strings.Contains(err.Error(), c.refused) ||
			strings.Contains(err.Error(), "leave it out by --map norm")):
			t.Errorf("%v left out: error %v, want %q", c.out, err, c.refused)
		}
	}
}

// TestAShapeThatDoesNotFitIsNamed: a module with the name of a layer, and other weights.
func TestAShapeThatDoesNotFitIsNamed(t *testing.T) {
	f := linearNamed("first", "second")
	f.Arrays[0].Shape, f.Arrays[0].Data = []int{5, 4}, make([]float64, 20)
	_, err := Match(parse(t, twoAlike), f, Options{})
	if err == nil || !strings.Contains(err.Error(),
		`layer "first" and first, paired by name: first.weight is 5×4, want 4×4`) {
		t.Errorf("error %v", err)
	}
}

// TestWeightsOfTheNetworkItselfNeedNoFramework: a file with the names of the spec is taken as it is.
func TestWeightsOfTheNetworkItselfNeedNoFramework(t *testing.T) {
	network := parse(t, twoAlike)
	f := &File{}
	for _, p := range network.Params {
		f.Arrays = append(f.Arrays, &Array{p.Name, p.Shape, slices.Repeat([]float64{0.5}, p.Size())})
	}
	r, err := Match(network, f, Options{})
	if err != nil || r.From != "nngen" || len(r.Params) != len(network.Params) {
		t.Errorf("%v, error %v", r, err)
	}
}

// TestNumbersBeyondFloat32AreRefused puts a number of float64 that float32 has none for into a file of nngen's own names,
// and into one of PyTorch's: the error says where it is. An infinity is one already, and left to those who read weights.
func TestNumbersBeyondFloat32AreRefused(t *testing.T) {
	network := parse(t, twoAlike)
	own := &File{}
	for _, p := range network.Params {
		own.Arrays = append(own.Arrays, &Array{p.Name, p.Shape, slices.Repeat([]float64{0.5}, p.Size())})
	}
	for _, c := range []struct {
		file *File
		name string
		want string
	}{
		{own, "first.kernel",
			"first.kernel 4×4 holds -1e+300 at element [1, 2]: weights are float32, of which the largest is 3.4e+38"},
		{linearNamed("first", "second"), "second.weight",
			"second.weight 4×4 holds -1e+300 at element [1, 2]: weights are float32"},
	} {
		a := c.file.Arrays[slices.IndexFunc(c.file.Arrays, func(a *Array) bool { return a.Name == c.name })]
		for _, x := range []float64{-1e300, math.MaxFloat32, math.Inf(1)} {
			a.Data = slices.Clone(a.Data)
			a.Data[6] = x
			_, err := Match(network, c.file, Options{})
			if x == -1e300 && (err == nil || !strings.Contains(err.Error(), c.want)) || x != -1e300 && err != nil {
				t.Errorf("%v: error %v, want %q", x, err, c.want)
			}
		}
	}
}

// TestHeadersSayWhatIsWrongWithThem reads safetensors whose headers are too long, cut off, or have too many axes: the
// error says so, and shows no more than a line of them.
func TestHeadersSayWhatIsWrongWithThem(t *testing.T) {
	file := func(size int, header string) []byte {
		return append(binary.LittleEndian.AppendUint64(nil, uint64(size)), header...)
	}
	axes := `{"w": {"dtype": "F32", "shape": [` + strings.Repeat("1,", 20000) + `1], "data_offsets": [0, 4]}}`
	for want, b := range map[string][]byte{
		"takes 16777217 bytes; at most 16777216":  file(maxHeader+1, "{}"+strings.Repeat(" ", maxHeader-1)),
		"cut off: it takes 100 bytes, of which 5": file(100, `{"a":`),
		`tensor "w" has 20001 axes; at most 64`:   append(file(len(axes), axes), 0, 0, 0, 0),
		"neither safetensors nor an npz":          []byte("module example.com/m\n"),
	} {
		if _, err := Decode(b); err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 200 {
			t.Errorf("%.300v, want %s", err, want)
		}
	}
}

// FuzzDecode: no bytes make the reader panic or take memory beyond what they hold.
func FuzzDecode(f *testing.F) {
	for _, name := range []string{"mlp.safetensors", "encoder.safetensors", "rnn.npz"} {
		b, err := os.ReadFile(filepath.Join(fixtures, name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	fuzzing.Fuzz(f, func(t *testing.T, b []byte) { Decode(b) })
}

// TestFilesOfKerasSayWhatToWrite: HDF5, alone or in a .keras file, is answered with the line of Python that writes what
// is read.
func TestFilesOfKerasSayWhatToWrite(t *testing.T) {
	var zipped bytes.Buffer
	z := zip.NewWriter(&zipped)
	for _, name := range []string{"metadata.json", "config.json", "model.weights.h5"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"m.h5": []byte("\x89HDF\r\n\x1a\n…"), "m.keras": zipped.Bytes()} {
		if _, err := Decode(b); err == nil || !strings.Contains(err.Error(), SaveKeras) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// TestRolesOfArraysWithoutNames takes the names of arrays away: told which parameter each is for, a network has the same
// numbers as by names. Where a parameter is made of several arrays, or an array is for several, there is no such role.
func TestRolesOfArraysWithoutNames(t *testing.T) {
	whole := 0
	for _, name := range []string{"mlp", "cnn", "gru", "rnn", "lstm_two", "lstm_bidirectional", "encoder", "separate",
		"text", "decoder"} {
		network, f := build(t, name), weightsOf(t, name)
		want, err := Match(network, f, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range network.Layers {
			for _, p := range l.Params {
				for _, fw := range []*framework{torch, keras} {
					fw.roleOf(l, p, orders{})
				}
			}
		}
		bare, told := &File{}, map[string]string{}
		for i, a := range f.Arrays {
			name := fmt.Sprintf("a%d", i)
			bare.Arrays = append(bare.Arrays, &Array{Name: name, Shape: a.Shape, Data: a.Data})
			told[name] = "" // what no network needs
			for _, row := range want.Table {
				if row.Arrays == arrayText(a) && row.Param != "" {
					told[name], _, _ = strings.Cut(row.Param, " ")
				}
			}
		}
		got, err := Match(network, bare, Options{From: want.From, Map: told})
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		whole++
		for _, p := range network.Params {
			if !slices.Equal(got.Params[p.Name], want.Params[p.Name]) {
				t.Errorf("%s: %s has other numbers", name, p.Name)
			}
		}
	}
	if whole < 5 {
		t.Errorf("%d networks of single arrays", whole)
	}
}
