// Package plantest runs portable plans by the functions of the runtime, for tests that hold what is printed of a plan
// against them.
package plantest

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/nngen/nngen/codegen"
	"github.com/nngen/nngen/codegen/golden"
	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/op"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/quant"
	"github.com/nngen/nngen/codegen/ref"
	"github.com/nngen/nngen/spec"
)

// Compile compiles a spec that must be fine, as far as to its plan.
func Compile(t *testing.T, file string, src []byte, files fs.FS) *codegen.Output {
	t.Helper()
	s, problems := spec.Parse(file, src, op.Schema())
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	out, problems := codegen.Compile(s, files, codegen.Options{ImportPath: "example.com/m", Runtime: "example.com/nnrt",
		Int8: s.Quantize.Written, PlanOnly: true})
	if problems.Err() != nil {
		t.Fatalf("%v\n%s", problems, src)
	}
	return out
}

// Draw makes weights of a network up, of the size of initial ones.
func Draw(out *codegen.Output, r *rand.Rand) map[string][]float32 {
	all := map[string][]float32{}
	for _, p := range out.Net.Params {
		rule := golden.Draw(p)
		x := make([]float32, p.Size())
		for i := range x {
			x[i] = float32(rule[0] + rule[1]*(2*r.Float64()-1))
			if p.Role == ir.Running {
				x[i] = r.Float32() + 0.5
			}
		}
		for i, v := range p.Values {
			x[i] = float32(v)
		}
		all[p.Name] = x
	}
	return all
}

// Example makes an example up: tokens where a layer looks them up, 0 at some places, else numbers of some sizes.
func Example(out *codegen.Output, r *rand.Rand) [][]float32 {
	var all [][]float32
	for _, in := range out.Net.Inputs {
		rows := 0
		for _, n := range out.Infer.Nodes {
			if n.Prim == ir.LookupPrim && rooted(n.Args[0], in.Name) {
				rows = n.Args[1].Shape[0]
			}
		}
		x := make([]float32, in.Shape.Size())
		for i := range x {
			switch x[i] = float32(r.NormFloat64() * math.Pow(4, float64(r.IntN(3)-1))); {
			case rows > 0:
				x[i] = float32(r.IntN(rows))
			case r.IntN(8) == 0:
				x[i] = 0
			}
		}
		all = append(all, x)
	}
	return all
}

// rooted tells whether a value is an input.
func rooted(v *ir.Value, input string) bool {
	for v.Of != nil {
		v = v.Of
	}
	return v.Def.Prim == ir.InputPrim && v.Def.Text("name") == input
}

// machine runs the calls of a function of a plan by the functions of the runtime.
type machine struct {
	plan    *plan.Plan
	fn      *plan.Func
	slots   map[int]any // as all that a span may name: a []float32, []int8 or []int32
	scratch []float32
	params  map[string]any
	in, out [][]float32
	in8     [][]int8 // those of ports of int8 numbers
	out8    [][]int8
	state   map[string][]float32
	steps   int
	unknown map[string]bool
}

// newMachine returns what runs a function of a plan.
func newMachine(p *plan.Plan, fn *plan.Func, weights map[string][]float32) *machine {
	m := &machine{plan: p, fn: fn, slots: map[int]any{}, scratch: make([]float32, fn.Scratch),
		params: map[string]any{}, state: map[string][]float32{}, unknown: map[string]bool{}}
	for name, x := range plan.Folded(fn.Graph, weights) {
		m.params[name] = x
	}
	_, sizes := fn.Sizes()
	for _, n := range sizes {
		m.out = append(m.out, make([]float32, n))
	}
	memory := make([]float32, fn.Arena/4)
	for i := range memory {
		memory[i] = float32(math.NaN()) // what nothing may read before it is written
	}
	integers := make([]int8, fn.ArenaInt8)
	for _, s := range fn.Graph.Slots {
		if s.DType == ir.Int8 && fn.ArenaInt8 > 0 {
			m.slots[s.ID] = integers[fn.Place(s):][:s.Size]
			continue
		}
		at := memory[fn.Place(s)/4:]
		if m.slots[s.ID] = at[:s.Size*s.DType.Bytes()/4]; s.DType == ir.Int8 {
			m.slots[s.ID] = unsafe.Slice((*int8)(unsafe.Pointer(unsafe.SliceData(at))), s.Size)
		}
	}
	for _, p := range fn.CarriedParams() {
		m.state[p.Name] = make([]float32, p.Size())
	}
	return m
}

// Run computes one example with the functions of the runtime, and returns those that it does not know.
func Run(out *codegen.Output, weights map[string][]float32, x [][]float32) ([][]float32, map[string]bool) {
	ins, outs := Ports(out)
	p := plan.Portable(out.Infer, nil, nil, ins, outs)
	m := newMachine(p, p.One, weights)
	m.run(x)
	return m.out, m.unknown
}

// RunInt8 is Run for the package of 8-bit integers.
func RunInt8(out *codegen.Output, all quant.Numbers, x [][]float32) ([][]float32, map[string]bool) {
	ins, outs := Ports(out)
	return runInt8(plan.Portable(out.Int8Infer, nil, nil, ins, outs), all, x)
}

// TinyInt8 is RunInt8 with package tiny of the runtime.
func TinyInt8(out *codegen.Output, all quant.Numbers, x [][]float32) ([][]float32, map[string]bool) {
	ins, outs := Ports(out)
	return runInt8(plan.Tiny(out.Int8Infer, nil, nil, ins, outs), all, x)
}

// Whole is what a network computes from int8 numbers, by the functions of the runtime or by package tiny of it.
func Whole(out *codegen.Output, all quant.Numbers, x [][]int8, tiny bool) ([][]int8, map[string]bool) {
	ins, outs := Ports(out)
	p := plan.Portable(out.Int8Infer, nil, out.Int8Core, ins, outs)
	if tiny {
		p = plan.Tiny(out.Int8Infer, nil, out.Int8Core, ins, outs)
	}
	m := newMachine(p, p.Core, nil)
	for q, a := range all {
		switch q.DType {
		case ir.Int8:
			m.params[q.Name] = a.Int8
		case ir.Int32:
			m.params[q.Name] = a.Int32
		}
	}
	_, sizes := p.Core.Sizes()
	m.in8, m.out8 = x, nil
	for _, n := range sizes {
		m.out8 = append(m.out8, make([]int8, n))
	}
	m.run(nil)
	return m.out8, m.unknown
}

func runInt8(p *plan.Plan, all quant.Numbers, x [][]float32) ([][]float32, map[string]bool) {
	floats := map[string][]float32{}
	for q, a := range all {
		floats[q.Name] = a.Float
	}
	m := newMachine(p, p.One, floats)
	for q, a := range all {
		switch q.DType {
		case ir.Int8:
			m.params[q.Name] = a.Int8
		case ir.Int32:
			m.params[q.Name] = a.Int32
		}
	}
	m.run(x)
	return m.out, m.unknown
}

// Tiny computes one example with package tiny of the runtime.
func Tiny(out *codegen.Output, weights map[string][]float32, x [][]float32) ([][]float32, map[string]bool) {
	ins, outs := Ports(out)
	p := plan.Tiny(out.Infer, nil, nil, ins, outs)
	m := newMachine(p, p.One, weights)
	for i := range m.scratch {
		m.scratch[i] = float32(math.NaN()) // what nothing may read before it is written
	}
	m.run(x)
	return m.out, m.unknown
}

// TinySteps feeds an example step by step to package tiny, and returns the outputs after each step.
func TinySteps(out *codegen.Output, weights map[string][]float32, x [][]float32) (after [][][]float32) {
	ins, outs := Ports(out)
	p := plan.Tiny(out.Infer, out.Stream, nil, ins, outs)
	m := newMachine(p, p.Step, weights)
	in, _ := p.Step.Sizes()
	for k := range out.Stream.Stream {
		var step [][]float32
		for i, x := range x {
			if len(x) > in[i] {
				x = x[k*in[i]:][:in[i]]
			}
			step = append(step, x)
		}
		m.run(step)
		m.steps++
		var made [][]float32
		for _, y := range m.out {
			made = append(made, slices.Clone(y))
		}
		after = append(after, made)
	}
	return after
}

// run runs the function on inputs.
func (m *machine) run(x [][]float32) {
	m.in = x
	m.fn.Visit(func(s plan.Stmt) {
		switch s := s.(type) {
		case plan.Call:
			m.call(s)
		case plan.Clear:
			dst := m.span(s.Dst.(plan.Span))
			reflect.Copy(dst, reflect.MakeSlice(dst.Type(), dst.Len(), dst.Len()))
		case plan.Copy:
			src, ok := s.Src.(plan.Span)
			if call, isCall := s.Src.(plan.Call); isCall {
				reflect.Copy(m.span(s.Dst.(plan.Span)), m.call(call)[0])
			} else if ok {
				reflect.Copy(m.span(s.Dst.(plan.Span)), m.span(src))
			}
		case plan.Guarded:
			if m.span(s.Mask.(plan.Span)).Index(0).Float() > 0.5 {
				m.call(s.Call)
			}
		default:
			panic(fmt.Sprintf("%T", s))
		}
	})
}

func (m *machine) span(s plan.Span) reflect.Value {
	var x any
	switch s.Mem {
	case plan.Slot:
		x = m.slots[s.Slot.ID]
	case plan.Parameter, plan.Constant:
		x = m.params[s.Param.Name]
	case plan.Carried:
		x = m.state[s.Param.Name]
	case plan.Input:
		if s.Int8 {
			x = m.in8[s.Port]
		} else {
			x = m.in[s.Port]
		}
	case plan.Output:
		if s.Int8 {
			x = m.out8[s.Port]
		} else {
			x = m.out[s.Port]
		}
	case plan.Scratch:
		x = m.scratch
	}
	v := reflect.ValueOf(x)
	if s.ByStep {
		return v.Slice(m.steps*s.Len, (m.steps+1)*s.Len)
	}
	if s.Len >= 0 {
		v = v.Slice(0, s.Len)
	}
	return v.Slice(s.From, v.Len())
}

// call calls a function of the runtime.
func (m *machine) call(c plan.Call) []reflect.Value {
	f, ok := functions[c.Pkg+"."+c.Name]
	if !ok {
		m.unknown[c.Pkg+"."+c.Name] = true
		return []reflect.Value{reflect.ValueOf([]float32(nil))}
	}
	fn := reflect.ValueOf(f)
	var args []reflect.Value
	for i, a := range c.Args {
		args = append(args, m.arg(a, fn.Type().In(i)))
	}
	return fn.Call(args)
}

// arg returns an argument as a type wants it.
func (m *machine) arg(a plan.Arg, t reflect.Type) reflect.Value {
	v := reflect.New(t).Elem()
	switch a := a.(type) {
	case plan.Int:
		v.SetInt(int64(a))
	case plan.Real:
		v.SetFloat(float64(float32(a)))
	case plan.Flag:
		v.SetBool(bool(a))
	case plan.Nil:
	case plan.Started:
		v.SetBool(m.steps == 0)
	case plan.Taken:
		v.SetInt(int64(m.steps))
	case plan.Name:
		v.Set(reflect.ValueOf(constants[a.Pkg+"."+a.Name]).Convert(t))
	case plan.Text:
		v.SetString(string(a))
	case plan.Ident:
		v.SetString(m.connections(string(a)))
	case plan.Call:
		v.Set(m.call(a)[0])
	case plan.Ints:
		v.Set(reflect.ValueOf([]int(a)))
	case plan.Span:
		if a.Mem == plan.Constant {
			v.SetString(bytesOf(m.span(a).Interface()))
			break
		}
		v.Set(m.span(a))
	case plan.Struct:
		for _, f := range a.Fields {
			v.FieldByName(f.Name).Set(m.arg(f.Arg, v.FieldByName(f.Name).Type()))
		}
	case plan.Var:
		v.Set(m.variable(a.Name))
	case plan.Epilogue:
		v.Set(reflect.ValueOf(m.epilogue(a)))
	default:
		panic(fmt.Sprintf("%T", a))
	}
	return v
}

// CaseSpec returns the text of a network around a case of a kind.
func CaseSpec(name string, d *op.Def, c op.Case) string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\nname: %s\ntask: regression\ngenerate: {train: false}\ninputs:\n", name)
	var from []string
	for j, s := range c.In {
		fmt.Fprintf(&b, "  - {name: in%d, shape: %s}\n", j, list(s))
		from = append(from, fmt.Sprintf("in%d", j))
	}
	from, fronts := c.Fronts(from)
	fmt.Fprintf(&b, "layers:\n%s  - %s: {%s}\n  - flatten\n  - output: {name: out, units: 2}\n",
		fronts, d.Kind.Name, c.Keys("it", from))
	return b.String()
}

// ExamplesOf compiles the networks of some examples, of all without names.
func ExamplesOf(t *testing.T, names ...string) (all []*codegen.Output) {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	specs, err := filepath.Glob(filepath.Join(filepath.Dir(here), "../../../generated/*/*.yaml"))
	if err != nil || len(specs) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range specs {
		if len(names) > 0 && !slices.Contains(names, strings.TrimSuffix(filepath.Base(file), ".yaml")) {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, Compile(t, file, src, os.DirFS(filepath.Dir(file))))
	}
	return all
}

// Ports returns the names of inputs and outputs.
func Ports(out *codegen.Output) (ins, outs []string) {
	for _, in := range out.Net.Inputs {
		ins = append(ins, in.Name)
	}
	for _, o := range out.Net.Outputs {
		outs = append(outs, o.Name)
	}
	return ins, outs
}

// bytesOf returns numbers as package tiny reads them.
func bytesOf(x any) string {
	b, err := binary.Append(nil, binary.LittleEndian, x)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// connections returns the constant of some connections.
func (m *machine) connections(name string) string {
	for _, p := range m.fn.Graph.Params {
		switch {
		case p.Pattern == nil:
		case plan.PatternStart(p) == name:
			return bytesOf(pattern(p).Start)
		case plan.PatternIndex(p) == name:
			return bytesOf(pattern(p).Index)
		}
	}
	panic(name)
}

// Streams compiles networks of all kinds that carry something from one step to the next.
func Streams(t *testing.T) []*codegen.Output {
	t.Helper()
	const series, tokens = "input: {shape: [6, 2]}\n", "input: {shape: [6]}\n"
	const masked = "inputs: [{name: x, shape: [6, 2]}, {name: keep, shape: [6]}]\n"
	var outs []*codegen.Output
	for i, layers := range []string{
		series + "layers: [lstm: {units: 3}, output: {units: 1}]",
		series + "layers: [gru: {units: 3, reset_after: false}, output: {units: 1}]",
		series +
			"layers: [gru: {units: 3, return_sequences: true}, dropout: {rate: 0.5}, simple_rnn: {units: 2}, output: " +
			"{units: 2}]",
		series + "layers: [gru: {units: 3, return_sequences: true}, output: {units: 1}]",
		series + "layers: [conv1d: {filters: 3, kernel_size: 2, padding: causal, dilation_rate: 3}, output: {units: 1}]",
		series +
			"layers: [dense: {name: a, units: 3}, gru: {name: b, units: 3, return_sequences: true}, add: {from: [a, b]}, " +
			"layer_norm, output: {units: 1}]",
		tokens +
			"layers: [embedding: {input_dim: 9, output_dim: 2}, positional_encoding, gru: {units: 3}, output: {units: 1}]",
		masked + "layers: [lstm: {name: a, units: 3, from: [x, keep]}, output: {units: 1}]",
		tokens + "layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 2, from: x}, " +
			"gru: {name: a, units: 3, from: [e, keep]}, output: {units: 1}]",
		"input: {shape: [40, 2]}\nlayers: [multi_head_attention: {num_heads: 2, key_dim: 3, causal: true}, " +
			"output: {units: 1}]",
		tokens + "layers: [padding_mask: {name: keep}, embedding: {name: e, input_dim: 9, output_dim: 4, from: x}, " +
			"positional_encoding: {name: p, encoding: learned}, " +
			"multi_head_attention: {name: a, num_heads: 2, causal: true, from: [p, keep]}, add: {from: [p, a]}, " +
			"rms_norm, output: {units: 3}]",
	} {
		out := Compile(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: m%d\ntask: regression\n%s\n", i, layers), nil)
		if out.Stream == nil {
			t.Fatalf("%s: no stream", layers)
		}
		outs = append(outs, out)
	}
	return outs
}

// LongAttention compiles networks with more weights than attention makes at a time, with and without a mask: they work
// through several blocks of queries.
func LongAttention(t *testing.T) []*codegen.Output {
	t.Helper()
	var outs []*codegen.Output
	for i, layers := range []string{
		"input: {shape: [160, 4]}\nlayers: [multi_head_attention: {num_heads: 2, causal: true}, flatten, output: {units: 1}]",
		"inputs: [{name: x, shape: [160, 4]}, {name: keep, shape: [160]}]\n" +
			"layers: [multi_head_attention: {num_heads: 2, from: [x, keep]}, flatten, output: {units: 1}]",
		"input: {shape: [160, 4]}\nlayers: [multi_head_attention: {num_heads: 2, causal: true}, output: {units: 1}]",
		"inputs: [{name: x, shape: [160, 4]}, {name: keep, shape: [160]}]\n" +
			"layers: [multi_head_attention: {num_heads: 2, causal: true, from: [x, keep]}, output: {units: 1}]",
	} {
		outs = append(outs, Compile(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: m%d\ntask: regression\n%s\n", i, layers),
			nil))
	}
	return outs
}

// Int8Specs have among them every kind of unit of package quant, products with int8 and with float32 results, and
// layers that stay in float32.
var Int8Specs = []string{
	"input: {shape: [13]}\npreprocess: [{rescale: {scale: 0.5, offset: 0.25}}]\nlayers:\n" +
		"  - dense: {units: 33, activation: relu}\n  - dense: {units: 7, activation: tanh}\n" +
		"  - dense: {units: 40, use_bias: false}\n  - relu6\n  - output: {task: multiclass, units: 3}\n",
	"input: {shape: [9, 7, 3]}\nlayers:\n" +
		"  - conv2d: {filters: 5, kernel_size: 3, padding: same, activation: relu}\n" +
		"  - conv2d: {filters: 9, kernel_size: [2, 3], strides: [2, 1], use_bias: false}\n  - batch_norm\n  - relu6\n" +
		"  - depthwise_conv2d: {kernel_size: 3, padding: same, depth_multiplier: 2, dilation_rate: [2, 1]}\n" +
		"  - max_pool2d: {pool_size: 2, strides: 1}\n  - average_pool2d: {pool_size: 2, padding: same}\n" +
		"  - conv2d: {filters: 40, kernel_size: 1, activation: silu}\n  - global_average_pool2d\n" +
		"  - output: {task: multiclass, units: 11}\n",
	"input: {shape: [6, 5, 2]}\nlayers:\n  - depthwise_conv2d: {kernel_size: 2}\n" +
		"  - conv2d: {filters: 3, kernel_size: 3, padding: same}\n  - output: {dense: false, task: multiclass}\n",
	"input: {shape: [6, 5, 2]}\nlayers:\n  - conv2d: {filters: 4, kernel_size: 1}\n" +
		"  - depthwise_conv2d: {kernel_size: 2, padding: same}\n  - output: {dense: false, task: multiclass}\n",
	"input: {shape: [12]}\nlayers:\n  - dense: {name: a, units: 12, activation: relu}\n  - dense: {name: b, units: 12}\n" +
		"  - add: {from: [a, b]}\n  - relu: {name: c}\n  - concatenate: {from: [a, c, b]}\n" +
		"  - dense: {units: 5, activation: elu}\n  - output: {task: regression}\n",
	"input: {shape: [10, 4]}\nlayers:\n" +
		"  - conv1d: {filters: 6, kernel_size: 3, padding: causal, dilation_rate: 2, activation: relu}\n" +
		"  - max_pool1d: 2\n  - lstm: {name: remember, units: 5}\n  - dense: {units: 9, activation: hard_swish}\n" +
		"  - output: {task: binary}\n",
	"input: {shape: [7, 3]}\nlayers:\n  - lstm: {units: 9, return_sequences: true}\n" +
		"  - gru: {units: 6, return_sequences: true, go_backwards: true}\n" +
		"  - bidirectional: {layer: {gru: {units: 5, reset_after: false}}}\n" +
		"  - output: {task: regression}\n",
	"input: {name: words, shape: [8], tokens: {characters: abcdef}}\nlayers:\n" +
		"  - padding_mask: {name: mask, from: words}\n" +
		"  - embedding: {name: table, output_dim: 5, from: words, padding_idx: 0}\n" +
		"  - lstm: {name: first, units: 6, return_sequences: true, from: [table, mask]}\n" +
		"  - simple_rnn: {units: 4, from: [first, mask], go_backwards: true}\n  - output: {task: multiclass, units: 3}\n",
	"input: {shape: [6, 4, 2]}\nlayers:\n  - conv2d: {filters: 8, kernel_size: 1, activation: clip}\n" +
		"  - zero_padding2d: {padding: [[1, 0], [2, 1]]}\n  - cropping2d: {cropping: [[0, 1], [1, 0]]}\n" +
		"  - up_sampling2d: {size: 2}\n  - depth_to_space: {block_size: 2}\n  - permute: {dims: [2, 3, 1]}\n" +
		"  - slice: {start: 1, size: 3}\n  - flatten\n  - output: {task: multiclass, units: 4}\n",
	"input: {shape: [9]}\npreprocess: [{rescale: {scale: 0.5}}]\nlayers:\n" +
		"  - dense: {name: h, units: 8, activation: relu}\n" +
		"  - concatenate: {name: both, from: [h, x]}\n  - output: {task: binary}\n",
}

// Int8 compiles one of them.
func Int8(t *testing.T, i int, text string) *codegen.Output {
	t.Helper()
	skip := ""
	if strings.Contains(text, "remember") {
		skip = "skip: [remember]"
	}
	return Compile(t, "m.yaml", fmt.Appendf(nil, "version: 1\nname: q%d\n%squantize: {%s}\n", i, text, skip), nil)
}

// Calibrate is Quantize for examples made up.
func Calibrate(t *testing.T, out *codegen.Output, weights map[string][]float32, r *rand.Rand) quant.Numbers {
	t.Helper()
	var examples [][][]float32
	for range 32 {
		examples = append(examples, Example(out, r))
	}
	return Quantize(t, out, weights, examples)
}

// Quantize calibrates a network in 8-bit integers on some examples, each a list of inputs.
func Quantize(t *testing.T, out *codegen.Output, weights map[string][]float32, examples [][][]float32) quant.Numbers {
	t.Helper()
	n := &ref.Network{Net: out.Net, Params: map[*ir.Param][]float64{}}
	for _, p := range out.Net.Params {
		n.Params[p] = wide(nil, weights[p.Name])
	}
	b := ref.Batch{N: len(examples), Inputs: make([][]float64, len(out.Net.Inputs))}
	for _, x := range examples {
		for i := range b.Inputs {
			b.Inputs[i] = wide(b.Inputs[i], x[i])
		}
	}
	observed, ranges := map[*op.Layer]*quant.Observed{}, map[*op.Layer][2]float64{}
	pass := n.Forward(b, false, 0)
	out.Int8.Observe(observed, pass.Values, pass.States)
	for l, o := range observed {
		low, high := o.Range(quant.MinMax, 0)
		ranges[l] = [2]float64{low, high}
	}
	all, err := out.Int8.Quantize(weights, ranges)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wide appends numbers.
func wide(to []float64, x []float32) []float64 {
	for _, v := range x {
		to = append(to, float64(v))
	}
	return to
}
