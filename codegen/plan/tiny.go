package plan

import (
	"fmt"
	"maps"
	"slices"

	"github.com/nngen/nngen/codegen/ir"
	"github.com/nngen/nngen/runtime/norm"
)

// Tiny returns the plan of Portable for package tiny of the runtime: parameters are constants of the package, what a
// call works in is Scratch of the workspace, and nothing is prepared. What reads a parameter and has no function there
// gets a copy in scratch memory.
func Tiny(infer, step, core *ir.Graph, inputs, outputs []string) *Plan {
	p := Portable(infer, step, core, inputs, outputs)
	for _, f := range []*Func{p.One, p.Step, p.Core} {
		if f == nil {
			continue
		}
		f.arenasByType()
		t := rewriter{p, f}
		for i := range f.Paragraphs {
			for j := range f.Paragraphs[i].Steps {
				s := &f.Paragraphs[i].Steps[j]
				for k := range s.Stmts {
					s.Stmts[k] = t.statement(s.Stmts[k])
				}
			}
		}
	}
	return p
}

// constantCall is a function of package tiny that stands for one of the runtime.
type constantCall struct {
	name   string
	consts []int // the arguments that are constants, some of which may be absent
	absent int   // arguments that follow where the call has none, such as initial states
	plain  bool  // an epilogue that does nothing follows
	// scratch returns the numbers that the call works in beside its results; nil for one that takes none.
	scratch func(c Call) int
}

// constantCalls are the functions of package tiny, by those of the runtime that calls name.
var constantCalls = map[Callee]constantCall{
	{Pkg: "gemm", Name: "NN"}:             {name: "NN", consts: []int{5}},
	{Pkg: "gemm", Name: "NT"}:             {name: "NT", consts: []int{5}},
	{Pkg: "gemm", Name: "BatchNN"}:        {name: "BatchNN"},
	{Pkg: "gemm", Name: "BatchNT"}:        {name: "BatchNT"},
	{Pkg: "conv", Name: "Forward"}:        {name: "Conv", consts: []int{4}},
	{Pkg: "conv", Name: "Depthwise"}:      {name: "Conv", consts: []int{4}},
	{Pkg: "conv", Name: "Transposed"}:     {name: "ConvTransposed", consts: []int{4}},
	{Pkg: "conv", Name: "DX"}:             {name: "ConvTransposed", consts: []int{4}, plain: true},
	{Pkg: "conv", Name: "DepthwiseDX"}:    {name: "DepthwiseDX", consts: []int{4}},
	{Pkg: "vec", Name: "Affine"}:          {name: "Affine", consts: []int{4, 5}},
	{Pkg: "vec", Name: "AddRow"}:          {name: "AddRow", consts: []int{4}},
	{Pkg: "vec", Name: "MulRow"}:          {name: "MulRow", consts: []int{4}},
	{Pkg: "vec", Name: "PReLU"}:           {name: "PReLU", consts: []int{4}},
	{Pkg: "norm", Name: "BatchNormInfer"}: {name: "BatchNormInfer", consts: []int{4, 5, 6, 7}},
	{Pkg: "norm", Name: "LayerNorm"}:      {name: "LayerNorm", consts: []int{4, 5}},
	{Pkg: "norm", Name: "RMSNorm"}:        {name: "RMSNorm", consts: []int{4}},
	{Pkg: "norm", Name: "GroupNorm"}: {name: "GroupNorm", consts: []int{6, 7},
		scratch: func(c Call) int { return 2 * int(c.Args[2].(Int)) }},
	{Pkg: "lookup", Name: "Rows"}:       {name: "Rows", consts: []int{6}},
	{Pkg: "sparse", Name: "Forward"}:    {name: "Sparse", consts: []int{4}},
	{Pkg: "pool", Name: "Max"}:          {name: "MaxPool"},
	{Pkg: "rnn", Name: "LastCells"}:     {name: "LastCells"},
	{Pkg: "rnn", Name: "Simple"}:        {name: "Simple", consts: []int{4, 5, 6}, absent: 1, scratch: units(1)},
	{Pkg: "rnn", Name: "SimpleFrom"}:    {name: "Simple", consts: []int{4, 5, 6}, scratch: units(1)},
	{Pkg: "rnn", Name: "LSTM"}:          {name: "LSTM", consts: []int{6, 7, 8}, absent: 2, scratch: units(5)},
	{Pkg: "rnn", Name: "LSTMFrom"}:      {name: "LSTM", consts: []int{6, 7, 8}, scratch: units(5)},
	{Pkg: "rnn", Name: "GRU"}:           {name: "GRU", consts: []int{6, 7, 8}, absent: 1, scratch: units(5)},
	{Pkg: "rnn", Name: "GRUFrom"}:       {name: "GRU", consts: []int{6, 7, 8}, scratch: units(5)},
	{Pkg: "rnn", Name: "GRUBefore"}:     {name: "GRUBefore", consts: []int{6, 7, 8}, absent: 1, scratch: units(5)},
	{Pkg: "rnn", Name: "GRUBeforeFrom"}: {name: "GRUBefore", consts: []int{6, 7, 8}, scratch: units(5)},
	// Steps of cells are named by the type of the cell; their constants are those of the cell.
	{Pkg: "rnn", Name: "SimpleCell"}:       {name: "SimpleStep", consts: []int{4, 5, 6}, scratch: units(1)},
	{Pkg: "rnn", Name: "LSTMCell"}:         {name: "LSTMStep", consts: []int{5, 6, 7}, scratch: units(5)},
	{Pkg: "rnn", Name: "GRUCell"}:          {name: "GRUStep", consts: []int{4, 5, 6}, scratch: units(5)},
	{Pkg: "rnn", Name: "GRUBeforeCell"}:    {name: "GRUBeforeStep", consts: []int{4, 5, 6}, scratch: units(5)},
	{Pkg: "quant", Name: "Quantize"}:       {name: "Quantize", consts: []int{2, 3}},
	{Pkg: "quant", Name: "Dequantize"}:     {name: "Dequantize", consts: []int{2, 3}},
	{Pkg: "quant", Name: "Add"}:            {name: "QuantAdd", consts: []int{3}},
	{Pkg: "quant", Name: "Lookup"}:         {name: "QuantLookup", consts: []int{2}},
	{Pkg: "quant", Name: "Columns"}:        {name: "QuantColumns", consts: []int{6}},
	{Pkg: "quant", Name: "Dense"}:          {name: "QuantDense", consts: []int{5}},
	{Pkg: "quant", Name: "DenseFloat"}:     {name: "QuantDenseFloat", consts: []int{5, 6, 7}},
	{Pkg: "quant", Name: "Conv"}:           {name: "QuantConv", consts: []int{4}},
	{Pkg: "quant", Name: "ConvFloat"}:      {name: "QuantConvFloat", consts: []int{4, 5, 6, 7}},
	{Pkg: "quant", Name: "Depthwise"}:      {name: "QuantDepthwise", consts: []int{4}},
	{Pkg: "quant", Name: "DepthwiseFloat"}: {name: "QuantDepthwiseFloat", consts: []int{4, 5, 6, 7}},
	{Pkg: "quant", Name: "Rows"}:           {name: "QuantRows", consts: []int{5}},
	{Pkg: "quant", Name: "Simple"}:         {name: "QuantSimple", consts: []int{5, 6}, scratch: units(4)},
	{Pkg: "quant", Name: "LSTM"}:           {name: "QuantLSTM", consts: []int{5, 6}, scratch: units(4)},
	{Pkg: "quant", Name: "GRU"}:            {name: "QuantGRU", consts: []int{5, 6}, scratch: units(4)},
	{Pkg: "quant", Name: "GRUBefore"}:      {name: "QuantGRUBefore", consts: []int{5, 6}, scratch: units(4)},
	{Pkg: "quant", Name: "Max"}:            {name: "QuantMax"},
	{Pkg: "quant", Name: "Average"}:        {name: "QuantAverage"},
	{Pkg: "quant", Name: "Pad"}:            {name: "QuantPad", consts: []int{4}},
	{Pkg: "quant", Name: "Crop"}:           {name: "QuantCrop"},
	{Pkg: "quant", Name: "Nearest"}:        {name: "QuantNearest"},
	{Pkg: "quant", Name: "Transpose"}:      {name: "QuantTranspose"},
	{Pkg: "attention", Name: "Forward"}: {name: "Attention",
		scratch: func(c Call) int { return 2 * whole(c.Args[1], "TK") }},
	{Pkg: "attention", Name: "Step"}: {name: "AttentionStep",
		scratch: func(c Call) int { return 2 * whole(c.Args[1], "TK") }},
}

// constantTypes are the types of package tiny by those of the runtime.
var constantTypes = map[string]string{"rnn.Shape": "Steps", "attention.Shape": "Heads", "quant.Rescale": "Rescale",
	"quant.Steps": "QuantSteps", "quant.Gates": "Gates"}

// units returns what a recurrent layer works in: so many numbers for each of its units.
func units(k int) func(Call) int { return func(c Call) int { return k * whole(c.Args[1], "U") } }

// whole returns a whole number of a struct.
func whole(a Arg, name string) int {
	for _, f := range a.(Struct).Fields {
		if f.Name == name {
			return int(f.Arg.(Int))
		}
	}
	return 0
}

// rewriter makes the statements of a function those of package tiny.
type rewriter struct {
	plan *Plan
	fn   *Func
}

func (t rewriter) statement(s Stmt) Stmt {
	switch s := s.(type) {
	case Call:
		return t.call(s)
	case Guarded:
		return Guarded{t.arg(s.Mask, new(int)), t.call(s.Call)}
	case Copy:
		if src, ok := constant(s.Src); ok {
			return invoke(Callee{Pkg: "tiny", Name: "Copy"}, s.Dst, src)
		}
		return Copy{s.Dst, t.arg(s.Src, new(int))}
	}
	return s
}

// call returns a call of package tiny, or one of the runtime as it is.
func (t rewriter) call(c Call) Call {
	if c.Field != "" {
		c = t.cell(c)
	}
	used := 0 // numbers of scratch memory
	row, known := constantCalls[c.Callee]
	for _, i := range row.consts {
		_, absent := c.Args[i].(Nil)
		if _, ok := constant(c.Args[i]); !ok && !absent {
			known = false
		}
	}
	if !known {
		return Call{c.Callee, t.args(c.Args, &used)}
	}
	of := Call{Callee: Callee{Pkg: "tiny", Name: row.name}}
	for i, a := range c.Args {
		if slices.Contains(row.consts, i) {
			of.Args = append(of.Args, number(a))
		} else {
			of.Args = append(of.Args, t.arg(a, &used))
		}
	}
	for range row.absent {
		of.Args = append(of.Args, Nil{})
	}
	if row.plain {
		of.Args = append(of.Args, Struct{Pkg: "tiny", Type: "Epilogue"})
	}
	if row.scratch != nil {
		of.Args = append(of.Args, t.scratch(row.scratch(c), &used))
	}
	return of
}

// cell returns the step of a prepared cell as a call with all that the cell holds.
func (t rewriter) cell(c Call) Call {
	for _, cell := range t.plan.Cells {
		if cell.Field == c.Field {
			args := append([]Arg{c.Args[0], cell.Shape}, c.Args[1:]...)
			return Call{Callee{Pkg: "rnn", Name: cell.Type}, append(args, cell.Weights...)}
		}
	}
	panic("BUG: no cell " + c.Field)
}

// scratch returns memory behind what a call uses already.
func (t rewriter) scratch(n int, used *int) Span {
	s := Span{Mem: Scratch, From: *used, Len: *used + n}
	*used += n
	t.fn.Scratch = max(t.fn.Scratch, *used)
	return s
}

// constant returns a range of a parameter as a constant of the package.
func constant(a Arg) (Span, bool) {
	s, ok := a.(Span)
	if !ok || s.Mem != Parameter {
		return Span{}, false
	}
	s.Mem = Constant
	return s, true
}

// number returns an argument that is a constant, or none.
func number(a Arg) Arg {
	if s, ok := constant(a); ok {
		return s
	}
	return Text("")
}

func (t rewriter) args(all []Arg, used *int) []Arg {
	var list []Arg
	for _, a := range all {
		list = append(list, t.arg(a, used))
	}
	return list
}

// arg returns an argument for package tiny: a parameter becomes a copy in scratch memory.
func (t rewriter) arg(a Arg, used *int) Arg {
	switch a := a.(type) {
	case Call:
		return t.call(a)
	case Span:
		if c, ok := constant(a); ok {
			return invoke(Callee{Pkg: "tiny", Name: "Copy"}, t.scratch(c.Numbers(), used), c)
		}
	case Epilogue:
		return epilogueOf(a)
	case Struct:
		if name, ok := constantTypes[a.Pkg+"."+a.Type]; ok {
			s := Struct{Pkg: "tiny", Type: name, Fields: slices.Clone(a.Fields)}
			for i, f := range s.Fields {
				if c, ok := constant(f.Arg); ok {
					s.Fields[i].Arg = c
				}
			}
			return s
		}
	case Name:
		if a.Pkg == "lookup" {
			return Name{"tiny", a.Name}
		}
	case Var:
		return t.variable(a.Name)
	}
	return a
}

// Numbers returns the numbers of a range of a parameter.
func (s Span) Numbers() int {
	switch {
	case s.ByStep:
		return s.Len
	case s.Len >= 0:
		return s.Len - s.From
	}
	return s.Param.Param.Size() - s.From
}

// epilogueOf returns what a product does to its sums.
func epilogueOf(e Epilogue) Struct {
	s := Struct{Pkg: "tiny", Type: "Epilogue"}
	if e.Bias != nil {
		s.Fields = append(s.Fields, Field{"Bias", number(e.Bias)})
	}
	if e.Act != "" {
		s.Fields = append(s.Fields, Field{"Act", Name{"tiny", goName(e.Act)}})
	}
	if e.Alpha != nil {
		s.Fields = append(s.Fields, Field{"Alpha", Real(*e.Alpha)})
	}
	return s
}

// variable returns the value of a geometry, or of the connections of a sparse parameter.
func (t rewriter) variable(name string) Struct {
	for _, all := range [][]*Geometry{t.plan.Geometries, t.plan.StepGeometries} {
		for _, g := range all {
			if g.Name == name {
				return ints("tiny", "Geometry", "H", g.H, "W", g.W, "C", g.C, "OH", g.OH, "OW", g.OW, "OC", g.OC,
					"FH", g.FH, "FW", g.FW, "SH", g.SH, "SW", g.SW, "PT", g.PT, "PL", g.PL, "DH", g.DH, "DW", g.DW, "Groups", g.Groups)
			}
		}
	}
	for _, p := range t.fn.Graph.Params {
		if p.Pattern != nil && PatternName(p) == name {
			s := ints("tiny", "Pattern", "In", p.In, "Out", p.Out)
			s.Fields = append(s.Fields, Field{"Start", Ident(PatternStart(p))}, Field{"Index", Ident(PatternIndex(p))})
			return s
		}
	}
	panic(fmt.Sprintf("BUG: no variable %s", name))
}

// PatternStart and PatternIndex name the constants that hold the connections of a sparse parameter.
func PatternStart(p *ir.Param) string { return fieldName(PatternName(p)) + "Start" }
func PatternIndex(p *ir.Param) string { return fieldName(PatternName(p)) + "Index" }

// Constants returns the parameters that functions of a plan of Tiny read, in order.
func (p *Plan) Constants() []*ir.Param {
	var all []*ir.Param
	seen := map[*ir.Param]bool{}
	for _, f := range []*Func{p.One, p.Step, p.Core} {
		if f == nil {
			continue
		}
		f.Visit(func(s Stmt) {
			Visit(s, func(a Arg) {
				if s, ok := a.(Span); ok && s.Mem == Constant && !seen[s.Param.Param] {
					seen[s.Param.Param] = true
					all = append(all, s.Param.Param)
				}
			})
		})
	}
	return all
}

// Folded returns weights with the parameters that are computed when a model is loaded: see ir.Fold.
func Folded(g *ir.Graph, weights map[string][]float32) map[string][]float32 {
	all := maps.Clone(weights)
	for _, p := range g.Params {
		if p.Role != ir.Folded || p != p.Fold.W {
			continue
		}
		f := p.Fold
		of := func(p *ir.Param) []float32 {
			if p == nil {
				return nil
			}
			return weights[p.Name]
		}
		width := f.B.Size()
		kernel, bias := make([]float32, p.Size()), make([]float32, width)
		if f.Groups > 0 {
			c := p.Shape[len(p.Shape)-1]
			norm.FoldTransposed(p.Size()/(width/f.Groups*c), width, c, f.Groups, kernel, bias, of(f.Kernel), of(f.Bias),
				of(f.Gamma), of(f.Beta), of(f.Mean), of(f.Var), float32(f.Epsilon))
		} else {
			norm.Fold(p.Size()/width, width, kernel, bias, of(f.Kernel), of(f.Bias), of(f.Gamma), of(f.Beta), of(f.Mean),
				of(f.Var), float32(f.Epsilon))
		}
		all[f.W.Name], all[f.B.Name] = kernel, bias
	}
	return all
}
