package c99

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/codegen/net"
	"github.com/nngen/nngen/codegen/plan"
	"github.com/nngen/nngen/codegen/quant"
)

// Files are what Write makes.
type Files struct {
	Source, Header []byte
	// Weights, Workspace and Constants are bytes: of the numbers of the weights, of the memory that a prediction
	// works in, and of other tables.
	Weights, Workspace, Constants int
	// StepWorkspace and State are bytes of what a step of a stream works in, and of what it remembers; 0 without one.
	StepWorkspace, State int
	// Int8Workspace is bytes of what a prediction from int8 numbers to int8 numbers works in; 0 without one.
	Int8Workspace int
}

// Network is what Write prints.
type Network struct {
	Net  *net.Net
	Name string // what all names that others see begin with, and the files are called
	// Infer and Step are the prediction and the step of a stream, nil for none, which the passes have worked on.
	Infer, Step *ir.Graph
	// Core is a prediction from int8 numbers to int8 numbers, and Borders say what those stand for; nil for none.
	Core    *ir.Graph
	Borders *quant.Borders
	// Weights are the numbers of parameters by their names, in the order that files of weights have.
	Weights map[string]quant.Array
}

// Floats returns the weights of a network in float32.
func Floats(weights map[string][]float32) map[string]quant.Array {
	all := map[string]quant.Array{}
	for name, x := range weights {
		all[name] = quant.Array{Float: x}
	}
	return all
}

// Write prints a network. It is an error if the library lacks a function that the network needs; all are named.
func Write(n Network, version string) (*Files, error) {
	network := n.Net
	w := &writer{net: network, name: name(n.Name), version: version, header: n.Name + ".h", files: &Files{},
		library: library{arrays: map[string]string{}, names: map[string]bool{}}}
	var inputs, outputs []string
	for _, in := range network.Inputs {
		inputs = append(inputs, in.Name)
	}
	for _, out := range network.Outputs {
		outputs = append(outputs, out.Name)
	}
	if slices.Contains(systemHeaders, w.header) {
		return nil, fmt.Errorf("the standard library of C has a header %s, which a compiler may take for this one; give the "+
			"network another name", w.header)
	}
	w.inputs, w.outputs = ports("x", inputs), ports("y", outputs)
	w.plan = plan.Portable(n.Infer, n.Step, n.Core, inputs, outputs)
	floats := map[string][]float32{}
	for name, a := range n.Weights {
		floats[name] = a.Float
		w.int8 = w.int8 || a.Int8 != nil
	}
	all := maps.Clone(n.Weights)
	for name, x := range plan.Folded(n.Infer, floats) {
		if x != nil {
			all[name] = quant.Array{Float: x}
		}
	}
	w.constants(all)
	w.predict = w.function(w.plan.One)
	w.files.Workspace = w.predict.bytes()
	for _, in := range network.Inputs {
		w.predict.in = append(w.predict.in, in.Shape.Size())
	}
	for _, out := range network.Outputs {
		w.predict.out = append(w.predict.out, out.Layer.Shape.Size())
	}
	if n.Step != nil {
		w.step = w.function(w.plan.Step)
		w.files.StepWorkspace = w.step.bytes()
		w.files.State = 4
		for _, q := range w.plan.Step.CarriedParams() {
			w.files.State += 4 * q.Size()
		}
	}
	if n.Core != nil {
		w.core, w.borders = w.function(w.plan.Core), n.Borders
		w.files.Int8Workspace = w.core.bytes()
	}
	if len(w.missing) > 0 {
		slices.Sort(w.missing)
		return nil, fmt.Errorf("there is no %s in C", strings.Join(slices.Compact(w.missing), ", no "))
	}
	w.decisions(floats)
	if w.core != nil {
		w.integers(&w.whole)
	}
	w.files.Source, w.files.Header = w.source(), w.head()
	return w.files, nil
}

// systemHeaders are those of the standard library of C, by C23.
var systemHeaders = strings.Fields("assert.h complex.h ctype.h errno.h fenv.h float.h inttypes.h iso646.h limits.h " +
	"locale.h math.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbit.h stdbool.h stdckdint.h stddef.h " +
	"stdint.h stdio.h stdlib.h " +
	"stdnoreturn.h string.h tgmath.h threads.h time.h uchar.h wchar.h wctype.h")

// ports names the parameters for inputs or outputs: x, or x_NAME where there are several.
func ports(letter string, names []string) []string {
	if len(names) == 1 {
		return []string{letter}
	}
	taken := map[string]bool{}
	var all []string
	for _, of := range names {
		all = append(all, unique(taken, letter+"_"+name(of)))
	}
	return all
}

// unique returns a name, with a number behind it if it is taken, and takes it.
func unique(taken map[string]bool, name string) string {
	free := name
	for i := 2; taken[free]; i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	taken[free] = true
	return free
}

type writer struct {
	library
	predict *printer
	step    *printer // nil for none
	core    *printer // of int8 numbers, nil for none
	borders *quant.Borders
	int8    bool            // some weights are int8
	whole   strings.Builder // what declares the prediction of int8 numbers
	net     *net.Net
	name    string // that all names which others see begin with
	version string
	header  string
	files   *Files
	tables  strings.Builder // constant arrays
	choices strings.Builder // functions that read predictions
	public  strings.Builder // their declarations
}

// constants prints the arrays that the calls read: weights, connections and geometries.
func (w *writer) constants(numbers map[string]quant.Array) {
	taken := map[string]bool{}
	array := func(of string) string {
		w.arrays[of] = unique(taken, "w_"+name(of))
		return w.arrays[of]
	}
	seen := map[*ir.Param]bool{}
	each := func(q *ir.Param) {
		if seen[q] {
			return
		}
		seen[q] = true
		if q.Pattern != nil {
			w.pattern(q, array(plan.PatternName(q)))
		}
		items := literals(numbers[q.Name])
		t := q.DType.Computed()
		fmt.Fprintf(&w.tables, "/* %s, %s */\nstatic const %s %s[%d] = {",
			remark(q.Name), shape(q.Shape), ctype(t), array(q.Name), len(items))
		list(&w.tables, items)
		w.tables.WriteString("};\n\n")
		w.files.Weights += t.Bytes() * len(items)
	}
	read := func(a plan.Arg) {
		if s, ok := a.(plan.Span); ok && s.Mem == plan.Parameter {
			each(s.Param.Param)
		}
	}
	for _, f := range []*plan.Func{w.plan.One, w.plan.Step, w.plan.Core} {
		if f != nil {
			f.Visit(func(s plan.Stmt) { plan.Visit(s, read) })
		}
	}
	for _, c := range w.plan.Cells {
		for _, a := range c.Weights {
			read(a)
		}
	}
	for _, g := range slices.Concat(w.plan.Geometries, w.plan.StepGeometries) {
		w.files.Constants += 4 * 15
		w.use("conv_Geometry")
		of := array(g.Name)
		fmt.Fprintf(&w.tables, "static const conv_Geometry %s = %s;\n\n", of, geometry(&g.ConvGeometry))
	}
}

// literals prints the numbers of an array.
func literals(a quant.Array) (items []string) {
	for _, v := range a.Float {
		items = append(items, literal(v))
	}
	for _, v := range a.Int8 {
		items = append(items, strconv.Itoa(int(v)))
	}
	for _, v := range a.Int32 {
		items = append(items, integer(v))
	}
	return items
}

// pattern prints the connections of a sparse parameter.
func (w *writer) pattern(p *ir.Param, of string) {
	start, index := []string{"0"}, make([]string, len(p.Pattern))
	for k, at := range p.Pattern {
		index[k] = strconv.Itoa(at[0])
		for len(start) <= at[1] {
			start = append(start, strconv.Itoa(k))
		}
	}
	for len(start) <= p.Out {
		start = append(start, strconv.Itoa(len(p.Pattern)))
	}
	w.files.Constants += 4 * (len(start) + len(index))
	fmt.Fprintf(&w.tables, "/* the connections of %s, of %d×%d */\nstatic const int32_t %s_start[%d] = {",
		remark(p.Name), p.In, p.Out, of, len(start))
	list(&w.tables, start)
	fmt.Fprintf(&w.tables, "};\n\nstatic const int32_t %s_index[%d] = {", of, max(1, len(index)))
	if len(index) == 0 {
		index = []string{"0"} // C has no empty arrays
	}
	list(&w.tables, index)
	fmt.Fprintf(&w.tables, "};\n\nstatic const %s %[2]s = {%d, %d, %[2]s_start, %[2]s_index};\n\n",
		w.use("sparse_Pattern"), of, p.In, p.Out)
}

// shape writes extents as 8×8×1.
func shape(s ir.Shape) string {
	if len(s) == 0 {
		return "1"
	}
	return s.String()
}

// layout says where the channels of an input stand, behind its shape; "" where it has no more than one axis.
func (w *writer) layout(input int) string {
	in := w.net.Spec.Inputs[input]
	if len(in.Shape) < 2 {
		return ""
	}
	return ", " + strings.ReplaceAll(in.Layout, "_", " ")
}

// bytes returns the memory that the function works in.
func (p *printer) bytes() int { return int(p.fn.Bytes(1)) + 4*p.scratch }

// function prints the body of a function.
func (w *writer) function(fn *plan.Func) *printer {
	p := &printer{library: &w.library, fn: fn}
	p.in, p.out = fn.Sizes()
	for _, par := range fn.Paragraphs {
		p.statements(par)
	}
	return p
}
